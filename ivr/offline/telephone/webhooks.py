"""How the telephone company reaches Lilly: addresses as they were given out, requests signed as Twilio signs them."""

import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp
from twilio.request_validator import RequestValidator

WEBHOOK_TIMEOUT_S = 15.0
"""Twilio gives a webhook this long to answer."""
TWIML_TYPES = ("text/xml", "application/xml")


@dataclass(frozen=True, slots=True)
class Target:
    """The Lilly that is called.

    Requests go to `base_url`; signatures, and the addresses that Lilly gives out, are made of `public_url` (the same
    if it is not set). Nothing is signed without `auth_token`. `offline_url` is the stand-in's own address: calls are
    registered there, orders for them come from there, and its ears answer there.
    """

    base_url: str
    public_url: str | None = None
    auth_token: str | None = field(default=None, repr=False)
    account_sid: str = "AC" + "0" * 32
    offline_url: str | None = None
    incoming_path: str = "/voice/incoming"
    status_path: str | None = "/voice/status"

    @property
    def public(self) -> str:
        """What the outside calls Lilly's address."""
        return (self.public_url or self.base_url).rstrip("/")

    def route(self, public_address: str) -> str:
        """Where a public address is really served."""
        for public, real in ((self.public, self.base_url.rstrip("/")), (_socket(self.public), _socket(self.base_url.rstrip("/")))):
            if public_address.startswith(public + "/"):
                return real + public_address.removeprefix(public)
        return public_address

    def signature(self, public_address: str, form: dict[str, str]) -> dict[str, str]:
        """The header that proves that a request is Twilio's."""
        if self.auth_token is None:
            return {}
        return {"X-Twilio-Signature": RequestValidator(self.auth_token).compute_signature(public_address, form)}


def absolute(reference: str, document: str) -> str:
    """An address in a document, which may be relative to the document's own."""
    return urljoin(document, reference)


def absolute_socket(reference: str, document: str) -> str:
    """The same for a WebSocket."""
    return reference if "://" in reference else _socket(absolute(reference, document))


def _socket(address: str) -> str:
    return "ws" + address.removeprefix("http")


class WebhookFailed(Exception):
    """Lilly did not answer as a webhook must; in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook said, and after how many milliseconds."""

    document: str
    address: str
    took_ms: float


class Webhooks:
    """Signed requests for one call."""

    def __init__(self, target: Target, session: aiohttp.ClientSession) -> None:
        self.target = target
        self.session = session

    async def twiml(self, public_address: str, form: dict[str, str], method: str = "POST") -> Answer:
        """Fetch a document. Raises `WebhookFailed` unless it is answered 2xx, as XML, within Twilio's patience."""
        answer, content_type = await self._request(public_address, form, method)
        if content_type not in TWIML_TYPES:
            raise WebhookFailed(f"{public_address} answered {content_type} instead of XML")
        return answer

    async def tell(self, public_address: str, form: dict[str, str]) -> Answer:
        """Post a callback, whose answer does not matter beyond being 2xx."""
        return (await self._request(public_address, form, "POST"))[0]

    async def _request(self, public_address: str, form: dict[str, str], method: str) -> tuple[Answer, str]:
        headers = self.target.signature(public_address, form if method == "POST" else {})
        began = time.perf_counter()
        try:
            async with self.session.request(
                method,
                self.target.route(public_address),
                data=form if method == "POST" else None,
                headers=headers,
                timeout=aiohttp.ClientTimeout(WEBHOOK_TIMEOUT_S),
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise WebhookFailed(f"{public_address} did not answer: {type(error).__name__}") from None
        if not response.ok:
            raise WebhookFailed(f"{public_address} answered {response.status}")
        return Answer(text, public_address, (time.perf_counter() - began) * 1000), response.content_type
