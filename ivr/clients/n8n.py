"""n8n's webhook: one signed POST an attempt, bounded in time."""

import hashlib
import hmac
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from pydantic import SecretStr

from ivr.clients.bounded import RepeatingAdapter
from ivr.receiver import Answer, Delivery

CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 8.0
LONGEST_RETRY_AFTER_S = 3600.0
CONNECTIONS = 8
"""So many are kept for the next events."""


class _Session(requests.Session):
    """Follows no redirect: where to is nowhere looked at, and may be anything. Keeps no cookie; several threads may use it."""

    def __init__(self, url: str, answer_limit_s: float) -> None:
        super().__init__()
        # Proxies and certificates: asked for at every request, the environment would cost a quarter of its time.
        environment = self.merge_environment_settings(url, {}, None, None, None)
        self.proxies, self.verify, self.trust_env = environment["proxies"], environment["verify"], False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self.mount(scheme, RepeatingAdapter(answer_limit_s, pool_maxsize=CONNECTIONS))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """There is none."""


class Webhook:
    """Where events go; without a secret they are unsigned."""

    def __init__(self, url: SecretStr, secret: SecretStr | None, answer_limit_s: float = ANSWER_TIMEOUT_S) -> None:
        self._url = url
        self._secret = secret
        self._answer_limit_s = answer_limit_s
        self._session = _Session(url.get_secret_value(), answer_limit_s)

    def post(self, delivery: Delivery) -> Answer:
        """Hand one event over; every failure is an answer too. Of the receiver's answer the body is thrown away."""
        options: Any = {"timeout": (CONNECT_TIMEOUT_S, self._answer_limit_s), "allow_redirects": False, "stream": True}
        headers = self._headers(delivery, int(time.time()))
        try:
            with self._session.post(self._url.get_secret_value(), delivery.body, headers=headers, **options) as response:
                wait_s = retry_after_s(response.headers.get("Retry-After"), datetime.now(UTC))
                return Answer(response.status_code, retry_after_s=wait_s)
        except requests.RequestException as error:
            # The error's own text holds the address, which may hold a secret.
            return Answer(failure=type(error).__name__)

    def _headers(self, delivery: Delivery, timestamp_s: int) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Lilly",
            "Idempotency-Key": delivery.key,
            "X-Lilly-Event": delivery.event_type,
            "X-Lilly-Timestamp": str(timestamp_s),
            "X-Lilly-Attempt": str(delivery.attempt),
        }
        if self._secret is not None:
            headers["X-Lilly-Signature"] = signature(self._secret.get_secret_value(), timestamp_s, delivery.body)
        return headers


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """`t=<Unix seconds>,v1=<lower-case hex HMAC-SHA256(secret, t + "." + raw body)>`."""
    digest = hmac.new(secret.encode(), b"%d." % timestamp_s + body, hashlib.sha256).hexdigest()
    return f"t={timestamp_s},v1={digest}"


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110: seconds or a date), at most an hour; None when it is absent or nonsense."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)
