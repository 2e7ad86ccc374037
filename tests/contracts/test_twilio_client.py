"""Twilio's REST as a call needs it: calls fetched, ended and redirected, messages sent, nothing waited for too long."""

import contextlib
import socket
import threading
import time

import pytest
from pydantic import SecretStr

from ivr.clients.twilio import CallDetails, TwilioClient
from ivr.config import Settings
from ivr.errors import ProviderError
from tests.contracts.offline_server import OfflineServer
from tests.contracts.provider import took_s

ACCOUNT = "AC" + "1" * 32
CALL = "CA" + "2" * 32
CALLER, HOSPITAL = "+15550198234", "+15550100000"


def settings(url: str | None, **more: object) -> Settings:
    account = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": SecretStr("secret"), "twilio_api_base_url": url}
    return Settings(app_env="test", **(account | more))  # type: ignore[arg-type]


@pytest.fixture
def twilio(stand_in: OfflineServer) -> TwilioClient:
    call = {"sid": CALL, "account_sid": ACCOUNT, "from": CALLER, "to": HOSPITAL, "status": "in-progress"}
    stand_in.forget_calls()
    stand_in.post("/control/twilio/calls", json=call).raise_for_status()
    return TwilioClient(settings(stand_in.url), limit_s=0.5)


def orders(stand_in: OfflineServer) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = stand_in.get("/control/twilio")["calls"][0]["orders"]
    return kept


def test_a_call_is_fetched_with_its_numbers(twilio: TwilioClient) -> None:
    assert twilio.fetch_call(CALL) == CallDetails(CALL, CALLER, HOSPITAL, "in-progress")


def test_a_call_is_hung_up_once_and_again_without_complaint(stand_in: OfflineServer, twilio: TwilioClient) -> None:
    twilio.hang_up(CALL)
    twilio.hang_up(CALL)
    assert orders(stand_in) == [{"kind": "completed"}]
    assert twilio.fetch_call(CALL).status == "completed"


def test_a_call_is_sent_to_another_url(stand_in: OfflineServer, twilio: TwilioClient) -> None:
    twilio.redirect(CALL, "https://lilly.example/voice/after-stream")
    assert orders(stand_in) == [{"kind": "redirect", "url": "https://lilly.example/voice/after-stream", "method": "POST"}]


def test_a_message_is_sent(stand_in: OfflineServer, twilio: TwilioClient) -> None:
    sid = twilio.send_sms(CALLER, "Your appointment is on Monday.", sender=HOSPITAL)
    message = stand_in.get("/control/twilio")["messages"][-1]
    assert (message["sid"], message["to"], message["from"], message["body"]) == (sid, CALLER, HOSPITAL, "Your appointment is on Monday.")


def test_what_is_refused_is_told_without_the_number(twilio: TwilioClient) -> None:
    with pytest.raises(ProviderError) as failure:
        twilio.send_sms("5550198234", "Hello.", sender=HOSPITAL)
    assert (failure.value.code, failure.value.retryable) == ("refused", False)
    assert "555" not in str(failure.value)
    with pytest.raises(ProviderError, match="refused"):
        twilio.fetch_call("CA" + "9" * 32)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("status_429", "rate_limited"), ("status_500", "unavailable"), ("garbage", "garbage"), ("drop", "unavailable"), ("stall", "timeout")],
)
def test_failures_are_told_by_their_codes_and_in_time(stand_in: OfflineServer, twilio: TwilioClient, kind: str, code: str) -> None:
    stand_in.fault("twilio", kind)
    failures: list[ProviderError] = []

    def fetch() -> None:
        with pytest.raises(ProviderError) as failure:
            twilio.fetch_call(CALL)
        failures.append(failure.value)

    assert took_s(fetch) < 1.5
    assert failures[0].code == code


BEGINNINGS = (
    b"HTTP/1.1 200 OK\r\nX: ",
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"',
    b"HTTP/1.0 200 OK\r\n\r\n1",
)
"""Of an answer whose headers do not end, of one whose body does not, and of one that would be whole wherever it is cut off."""


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_an_answer_that_drips_is_cut_off_in_time(beginning: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=(server, beginning))
        dripping.start()
        twilio = TwilioClient(settings(f"http://127.0.0.1:{server.getsockname()[1]}"), limit_s=0.5)
        began_s = time.monotonic()
        with pytest.raises(ProviderError) as failure:
            twilio.send_sms(CALLER, "Hello.", sender=HOSPITAL)
        assert time.monotonic() - began_s < 2.5
        assert failure.value.retryable
        dripping.join(10)


def drip(server: socket.socket, beginning: bytes) -> None:
    """Answer with a byte at a time, each well within what is waited for one, until the connection is cut off or 5 s are over."""
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        connection.sendall(beginning)
        for _ in range(50):
            time.sleep(0.1)
            connection.sendall(b"1")


def test_without_an_account_every_method_says_so(stand_in: OfflineServer) -> None:
    nobody = TwilioClient(settings(stand_in.url, twilio_account_sid=None))
    with pytest.raises(ProviderError, match="no account"):
        nobody.fetch_call(CALL)
