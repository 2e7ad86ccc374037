"""The OpenAI SDK set up for a telephone call: bounded waits, connections that are kept, errors with our codes."""

import contextlib
import ipaddress
import logging
import socket
import ssl
from functools import cache
from urllib.parse import urlsplit

import httpx2
import openai
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, WebSocketException

from ivr.config import Provider
from ivr.errors import ProviderError

CONNECT_LIMIT_S = 1.5
KEEPALIVE_S = 300.0

FAILURES = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, WebSocketException, OSError, ValueError, ProviderError)
"""What the SDK and its transports raise when a provider fails, or answers what cannot be read (ValueError)."""

_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_TALKATIVE_LOGGERS = ("openai", "httpx2", "httpcore2", "websockets", "twilio")


def open_client(provider: Provider, *, read_limit_s: float, connections: int = 64) -> openai.OpenAI:
    """An SDK client for one provider: no retries of its own, and no wait longer than `read_limit_s`."""
    keep_patients_out_of_logs()
    transport = openai.DefaultHttpxClient(
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEPALIVE_S),
        timeout=httpx2.Timeout(read_limit_s, connect=min(CONNECT_LIMIT_S, read_limit_s)),
        verify=tls_context(),
        trust_env=not is_loopback(provider.base_url),
    )
    return openai.OpenAI(
        api_key=provider.api_key.get_secret_value(),
        base_url=provider.base_url,
        timeout=httpx2.Timeout(read_limit_s, connect=min(CONNECT_LIMIT_S, read_limit_s)),
        max_retries=0,
        http_client=transport,
    )


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine; the environment's proxies are not asked for such a one."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def provider_error(provider: str, error: Exception) -> ProviderError:
    """One of `FAILURES` as a `ProviderError`.

    Its code is `timeout`, `rate_limited`, `unavailable`, `refused`, `dropped` or `garbage`; its message tells nothing
    of what was sent or answered.
    """
    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APIStatusError):
        return status_error(provider, error.status_code, error.code)
    if isinstance(error, InvalidStatus):
        return status_error(provider, error.response.status_code)
    code = _code(error)
    return ProviderError(provider, f"{code} ({type(error).__name__})", code=code)


def status_error(provider: str, status: int, code: str | None = None) -> ProviderError:
    """An HTTP status, with the error code from the answer's body if there is one, as a `ProviderError`."""
    if status == 429 and code not in _SPENT:
        return ProviderError(provider, "rate limited (429)", code="rate_limited")
    if status == 408:
        return ProviderError(provider, "timeout (408)", code="timeout")
    if status >= 500:
        return ProviderError(provider, f"unavailable ({status})", code="unavailable")
    return ProviderError(provider, f"refused ({status})", code="refused", retryable=False)


def event_error(provider: str, error: object) -> ProviderError:
    """The `error` object of a streamed event as a `ProviderError`."""
    details = error if isinstance(error, dict) else {}
    kind, code = details.get("type"), details.get("code")
    if code == "rate_limit_exceeded" or kind in ("requests", "tokens"):
        return status_error(provider, 429)
    return status_error(provider, 400 if kind == "invalid_request_error" else 500)


def _code(error: Exception) -> str:
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return "timeout"
    if isinstance(error, openai.APIConnectionError | InvalidHandshake) and not isinstance(error, InvalidMessage):
        return "unavailable"
    if isinstance(error, ConnectionClosed | httpx2.TransportError | httpx2.StreamError):
        return "dropped"
    return "unavailable" if isinstance(error, OSError) else "garbage"


def shut(response: httpx2.Response) -> None:
    """Cut the connection that a response comes over; whoever reads it fails at once, which closing alone does not do."""
    with contextlib.suppress(OSError):
        response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)


@cache
def tls_context() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes 90 ms, so once a process."""
    return httpx2.create_ssl_context()


@cache
def keep_patients_out_of_logs() -> None:
    """Raise the SDKs' loggers above DEBUG and INFO, where they write bodies and URLs."""
    for name in _TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
