"""Whatever the SDKs raise leaves the clients with a stable code and without a word of what was said."""

import httpx2
import openai
import orjson
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from ivr.clients.sdk import FAILURES, event_error, is_loopback, provider_error
from ivr.errors import ProviderError

REQUEST = httpx2.Request("POST", "https://api.example/v1/chat/completions")
SECRET = "My name is Maria Gonzalez"


def status(code: int, error_code: str | None = None) -> openai.APIStatusError:
    body = {"message": SECRET, "code": error_code}
    return openai.APIStatusError(SECRET, response=httpx2.Response(code, request=REQUEST), body=body)


def handshake(code: int) -> InvalidStatus:
    return InvalidStatus(Response(code, "", Headers(), SECRET.encode()))


def bad_json() -> ValueError:
    with pytest.raises(ValueError) as failure:
        orjson.loads(f'{{"text": "{SECRET}')
    return failure.value


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (status(429), "rate_limited", True),
        (status(429, "insufficient_quota"), "refused", False),
        (status(500), "unavailable", True),
        (status(503), "unavailable", True),
        (status(408), "timeout", True),
        (status(400), "refused", False),
        (status(401), "refused", False),
        (status(404), "refused", False),
        (handshake(429), "rate_limited", True),
        (handshake(502), "unavailable", True),
        (handshake(403), "refused", False),
        (openai.APITimeoutError(REQUEST), "timeout", True),
        (openai.APIConnectionError(request=REQUEST), "unavailable", True),
        (httpx2.ReadTimeout(SECRET), "timeout", True),
        (httpx2.RemoteProtocolError(SECRET), "dropped", True),
        (httpx2.ReadError(SECRET), "dropped", True),
        (ConnectionClosedError(Close(1011, SECRET), None), "dropped", True),
        (InvalidMessage(SECRET), "garbage", True),
        (TimeoutError(SECRET), "timeout", True),
        (ConnectionRefusedError(SECRET), "unavailable", True),
        (bad_json(), "garbage", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_failure_becomes_a_code_that_says_whether_to_try_again(error: Exception, code: str, retryable: bool) -> None:
    assert isinstance(error, FAILURES)
    failure = provider_error("llm", error)
    assert (failure.code, failure.retryable, failure.provider) == (code, retryable, "llm")
    assert SECRET not in str(failure)


def test_a_provider_error_stays_what_it_is() -> None:
    failure = ProviderError("stt", "lost", code="dropped")
    assert provider_error("llm", failure) is failure


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"type": "invalid_request_error", "code": "invalid_api_key", "message": SECRET}, "refused"),
        ({"type": "requests", "code": "rate_limit_exceeded", "message": SECRET}, "rate_limited"),
        ({"type": "server_error", "message": SECRET}, "unavailable"),
        (None, "unavailable"),
    ],
)
def test_an_error_event_becomes_a_code(error: object, code: str) -> None:
    failure = event_error("tts", error)
    assert failure.code == code
    assert SECRET not in str(failure)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/v1", "http://[::1]:8/v1", "http://localhost/v1"])
def test_this_machine_is_known(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://10.0.0.5/v1", "http://localhost.example/v1"])
def test_other_machines_are_other_machines(url: str) -> None:
    assert not is_loopback(url)
