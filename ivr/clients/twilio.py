"""Twilio: its REST for calls and messages, and the signatures of its requests to us."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from ivr import phones
from ivr.clients.bounded import BoundedAdapter
from ivr.clients.sdk import is_loopback, keep_patients_out_of_logs, status_error
from ivr.config import Settings
from ivr.errors import ProviderError

LIMIT_S = 3.0
CONNECTIONS = 16
CLOCKS_DIFFER = timedelta(seconds=5)

_CALL_IS_OVER = 21220
_FAILURES = (TwilioException, requests.RequestException, ValueError)


@dataclass(frozen=True, slots=True)
class CallDetails:
    """A call as Twilio knows it; numbers are E.164, or what the network gave (`anonymous`)."""

    sid: str
    from_number: str | None
    to_number: str | None
    status: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentSms:
    """A message that Twilio has taken; its seconds are whole."""

    sid: str
    body: str = field(repr=False)
    created_at: datetime


class TwilioClient:
    """What a call needs of Twilio's REST.

    Every method raises `ProviderError`, also when there is no account in the settings; none waits longer than `limit_s` for
    the connection, nor for the whole of the answer: what is claimed while a message is being sent stays claimed.
    """

    def __init__(self, settings: Settings, limit_s: float = LIMIT_S) -> None:
        keep_patients_out_of_logs()
        self._rest: Client | None = None
        if settings.twilio_account_sid and settings.twilio_auth_token:
            http = _HttpClient(settings.twilio_api_base_url, limit_s)
            self._rest = Client(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value(), http_client=http)

    def fetch_call(self, call_sid: str) -> CallDetails:
        """A call's numbers, its status, and when it ended."""
        try:
            call = self._client().calls(call_sid).fetch()
        except _FAILURES as error:
            raise _provider_error(error) from None
        ended_at = call.end_time if isinstance(call.end_time, datetime) else None
        return CallDetails(call_sid, call._from, call.to, call.status, ended_at)

    def hang_up(self, call_sid: str) -> None:
        """End a call; one that is over already is left alone."""
        self._update(call_sid, status="completed")

    def redirect(self, call_sid: str, url: str) -> None:
        """Have a call go on with the TwiML at a URL; one that is over is left alone."""
        self._update(call_sid, url=url, method="POST")

    def send_sms(self, to: str, body: str, *, sender: str, status_url: str | None = None) -> str:
        """Send a message; returns its sid. Twilio posts what becomes of it to `status_url`."""
        options = {"status_callback": status_url} if status_url else {}
        try:
            return str(self._client().messages.create(to=to, from_=sender, body=body, **options).sid)
        except _FAILURES as error:
            raise _provider_error(error) from None

    def sent_sms(self, to: str, *, sender: str, limit: int = 50) -> list[SentSms]:
        """The latest messages to a number, newest first, whatever has become of them."""
        try:
            return [
                SentSms(one.sid, one.body or "", one.date_created) for one in self._client().messages.list(to=to, from_=sender, limit=limit)
            ]
        except _FAILURES as error:
            raise _provider_error(error) from None

    def _client(self) -> Client:
        if self._rest is None:
            raise ProviderError("twilio", "no account is set", code="refused", retryable=False)
        return self._rest

    def _update(self, call_sid: str, **changes: str) -> None:
        try:
            self._client().calls(call_sid).update(**changes)
        except _FAILURES as error:
            if not (isinstance(error, TwilioRestException) and error.code == _CALL_IS_OVER):
                raise _provider_error(error) from None


class TwilioCarrier:
    """Messages from the hospital's number, each with a status callback that names our own id."""

    def __init__(self, client: TwilioClient, sender: str, public_url: str | None) -> None:
        self._client, self._sender, self._public_url = client, sender, public_url

    def send(self, to: str, body: str, message_id: int) -> str:
        """Send a message; returns its sid."""
        status_url = f"{self._public_url}/voice/sms-status?message={message_id}" if self._public_url else None
        return self._client.send_sms(to, body, sender=self._sender, status_url=status_url)

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        """The sids of the same text to the same number since then."""
        sent = self._client.sent_sms(to, sender=self._sender)
        return [one.sid for one in sent if one.body == body and one.created_at >= since - CLOCKS_DIFFER]


def carrier(settings: Settings) -> TwilioCarrier | None:
    """Who sends messages with these settings: nobody without an account, its token and a number to send from."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from_number):
        return None
    sender = phones.e164(settings.twilio_from_number, settings.hospital_country)
    return TwilioCarrier(TwilioClient(settings), sender, settings.public_url) if sender else None


class _HttpClient(TwilioHttpClient):
    """The SDK's client with a time limit, and with another host in place of Twilio's if one is set."""

    def __init__(self, base_url: str | None, limit_s: float) -> None:
        super().__init__(timeout=limit_s)
        self._base = urlsplit(base_url) if base_url else None
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, BoundedAdapter(limit_s, with_body=True, pool_maxsize=CONNECTIONS))
        self.session.trust_env = not (base_url and is_loopback(base_url))

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        return super().request(method, self._at_base(url), *args, **options)

    def _at_base(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        return urlunsplit(parts._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=self._base.path.rstrip("/") + parts.path))


def valid_signature(url: str, params: Mapping[str, Any] | str, signature: str | None, token: str) -> bool:
    """Whether Twilio signed a request to `url` with these form fields (or this JSON text).

    A WebSocket's handshake has no fields, and is signed for the `wss://` URL as it was given out, which the SDK's
    validator gets wrong when a port is to be added.
    """
    if not signature:
        return False
    validator = RequestValidator(token)
    if urlsplit(url).scheme not in ("ws", "wss"):
        return bool(validator.validate(url, params, signature))
    given = signature.encode()
    # Every candidate is compared, so that the time tells nothing.
    matches = [hmac.compare_digest(validator.compute_signature(candidate, {}).encode(), given) for candidate in _spellings(url)]
    return any(matches)


def _spellings(url: str) -> tuple[str, ...]:
    """A WebSocket's URL as given, without its port, and with the scheme's own."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = 443 if parts.scheme == "wss" else 80
    if parts.port not in (None, port):
        return (url,)
    return tuple(urlunsplit(parts._replace(netloc=netloc)) for netloc in (host, f"{host}:{port}"))


def _provider_error(error: Exception) -> ProviderError:
    if isinstance(error, TwilioRestException):
        failure = status_error("twilio", error.status)
        failure.provider_code = str(error.code) if error.code else None
        return failure
    if isinstance(error, requests.Timeout):
        return ProviderError("twilio", "timeout", code="timeout")
    code = "unavailable" if isinstance(error, requests.RequestException) else "garbage"
    return ProviderError("twilio", f"{code} ({type(error).__name__})", code=code)
