"""Twilio's webhooks and the media stream's door: who is let in, and what bad input gets."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from twilio.request_validator import RequestValidator
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ivr.models import Call, StreamToken, database
from ivr.stack import Stack

Form = dict[str, str]


def new_sid(kind: str = "CA") -> str:
    return kind + uuid4().hex


def post(stack: Stack, path: str, form: Form, *, signature: str | None = None) -> requests.Response:
    signed = RequestValidator(stack.auth_token).compute_signature(stack.url + path, form)
    headers = {"X-Twilio-Signature": signed if signature is None else signature}
    return requests.post(stack.url + path, data=form, headers=headers, timeout=10)


def ring(stack: Stack, call_sid: str) -> str:
    """Let a call come in; returns its stream's token."""
    answer = post(stack, "/voice/incoming", {"CallSid": call_sid, "From": "+12025550143", "To": "+12025550100"})
    assert answer.status_code == 200
    token = re.search(r'<Parameter name="token" value="([^"]+)"', answer.text)
    assert token, answer.text
    return token[1]


@contextlib.contextmanager
def socket(stack: Stack, *, signature: str | None = None) -> Iterator[Any]:
    url = stack.url.replace("http", "ws", 1) + "/media-stream"
    signed = RequestValidator(stack.auth_token).compute_signature(url, {})
    with connect(url, additional_headers={"X-Twilio-Signature": signed if signature is None else signature}, close_timeout=2) as opened:
        yield opened


def start(call_sid: str, token: str | None, **changes: Any) -> str:
    stream_sid = new_sid("MZ")
    fields = {
        "streamSid": stream_sid,
        "accountSid": new_sid("AC"),
        "callSid": call_sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": token} if token else {},
        **changes,
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": stream_sid, "start": fields})


CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})


def first_event(opened: Any) -> str:
    """The first thing that Lilly sends: media, when she takes the call."""
    return str(json.loads(opened.recv(timeout=10))["event"])


def is_refused(opened: Any) -> bool:
    with contextlib.suppress(ConnectionClosed):
        opened.recv(timeout=10)
        return False
    return True


def metric(stack: Stack, line: str) -> float:
    text = requests.get(f"{stack.url}/metrics", timeout=10).text
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


def test_a_call_is_answered_with_its_stream_and_a_way_back(stack: Stack) -> None:
    call_sid = new_sid()
    answer = post(stack, "/voice/incoming", {"CallSid": call_sid, "From": "+12025550143", "To": "+12025550100"})
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert f'<Stream url="ws://{stack.url.removeprefix("http://")}/media-stream">' in answer.text
    assert f'<Connect action="{stack.url}/voice/after-stream" method="POST">' in answer.text
    with database.connection_context():
        assert Call.get(Call.sid == call_sid).from_number == "+12025550143"


@pytest.mark.parametrize("path", ["/voice/incoming", "/voice/after-stream", "/voice/status"])
@pytest.mark.parametrize("signature", ["", "nonsense", "ÄÖ"])
def test_what_twilio_has_not_signed_is_refused(stack: Stack, path: str, signature: str) -> None:
    answer = post(stack, path, {"CallSid": new_sid()}, signature=signature.encode("latin-1", "replace").decode("latin-1"))
    assert answer.status_code == 403 and answer.json()["code"] == "forbidden"


@pytest.mark.parametrize("form", [{}, {"CallSid": "CA1"}, {"CallSid": "'; DROP TABLE call; --"}])
def test_a_form_without_a_proper_call_is_refused_by_name(stack: Stack, form: Form) -> None:
    answer = post(stack, "/voice/incoming", form)
    assert answer.status_code == 400 and "CallSid" in answer.json()["detail"]


def test_a_withheld_number_is_no_number(stack: Stack) -> None:
    call_sid = new_sid()
    post(stack, "/voice/incoming", {"CallSid": call_sid, "From": "anonymous", "To": "+12025550100"})
    with database.connection_context():
        assert Call.get(Call.sid == call_sid).from_number is None


def test_she_greets_who_comes_with_a_fresh_token(stack: Stack) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    with socket(stack) as opened:
        opened.send(CONNECTED)
        opened.send(start(call_sid, token))
        assert first_event(opened) == "media"


@pytest.mark.parametrize("case", ["spent", "another call's", "made up", "too old"])
def test_a_token_that_is_not_good_is_refused(stack: Stack, case: str) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    if case == "spent":
        with socket(stack) as opened:
            opened.send(start(call_sid, token))
            assert first_event(opened) == "media"
    elif case == "another call's":
        token = ring(stack, new_sid())
    elif case == "made up":
        token = "x" * 43
    else:
        with database.connection_context():
            StreamToken.update(expires_at=StreamToken.expires_at - timedelta(hours=1)).execute()
    with socket(stack) as opened:
        opened.send(start(call_sid, token))
        assert is_refused(opened)


def test_a_handshake_without_a_signature_is_refused(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(stack, signature="nonsense"):
        pass
    assert refused.value.response.status_code == 403


def test_a_second_stream_of_a_live_call_is_refused_and_the_first_goes_on(stack: Stack) -> None:
    call_sid = new_sid()
    first, second = ring(stack, call_sid), ring(stack, call_sid)
    with socket(stack) as opened:
        opened.send(start(call_sid, first))
        assert first_event(opened) == "media"
        with socket(stack) as another:
            another.send(start(call_sid, second))
            assert is_refused(another)
        assert first_event(opened) in ("media", "mark")


def test_a_one_way_stream_is_closed_and_the_log_says_what_to_configure(stack: Stack) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    with socket(stack) as opened:
        opened.send(start(call_sid, token, tracks=["inbound", "outbound"]))
        assert is_refused(opened)
    eventually(lambda: "<Connect><Stream>" in stack.processes.log_of("web").read_text())


def test_a_stream_from_twilio_s_console_is_taken_on_its_signature_and_its_number_is_fetched(stack: Stack) -> None:
    call_sid = new_sid()
    registration = {"sid": call_sid, "account_sid": "AC" + "0" * 32, "from": "+12025550177", "to": "+12025550100", "status": "in-progress"}
    requests.post(f"{stack.offline_url}/control/twilio/calls", json=registration, timeout=10).raise_for_status()
    with socket(stack) as opened:
        opened.send(start(call_sid, None))
        assert first_event(opened) == "media"
        with database.connection_context():
            assert Call.get(Call.sid == call_sid).from_number == "+12025550177"


def test_a_stream_without_token_of_a_call_that_twilio_does_not_know_is_refused(stack: Stack) -> None:
    with socket(stack) as opened:
        opened.send(start(new_sid(), None))
        assert is_refused(opened)


MALFORMED = [
    "",
    "{",
    "[]",
    "null",
    '{"event": "media"}',
    '{"event": "media", "streamSid": "MZ", "media": {"payload": "***"}}',
    '{"event": "media", "streamSid": "MZ", "media": {"payload": 5}}',
    '{"event": "unheard-of", "streamSid": "MZ"}',
    '{"event": "mark", "streamSid": "MZ"}',
    '{"event": "dtmf", "streamSid": "MZ", "dtmf": {"digit": "xyz"}}',
    "\x00\x01",
    "x" * 60_000,
    "x" * 200_000,
]


def test_malformed_messages_are_survived_and_counted(stack: Stack) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    before = metric(stack, 'lilly_bad_messages_total{reason="not_json"}')
    with socket(stack) as opened:
        for text in MALFORMED:
            opened.send(text)
        opened.send(start(call_sid, token))
        assert first_event(opened) == "media"
        for text in MALFORMED:
            opened.send(text)
        opened.send(b"\xff\xfe")
        assert first_event(opened) in ("media", "mark")
        opened.send(start(call_sid, token))
        assert first_event(opened) in ("media", "mark")
    eventually(lambda: metric(stack, 'lilly_bad_messages_total{reason="not_json"}') >= before + 5)


def test_media_before_the_start_is_passed_over(stack: Stack) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    with socket(stack) as opened:
        media = {"payload": "/w==", "track": "inbound", "chunk": "1", "timestamp": "1"}
        opened.send(json.dumps({"event": "media", "streamSid": "MZ", "media": media}))
        opened.send(CONNECTED)
        opened.send(start(call_sid, token))
        assert first_event(opened) == "media"


def test_a_plain_request_to_the_socket_is_refused_in_good_order(stack: Stack) -> None:
    answer = requests.get(f"{stack.url}/media-stream", timeout=10)
    assert answer.status_code in (400, 403) and answer.headers["Content-Type"] == "application/problem+json"


def test_after_a_stream_that_broke_off_the_call_goes_on(stack: Stack) -> None:
    call_sid = new_sid()
    token = ring(stack, call_sid)
    with socket(stack) as opened:
        opened.send(start(call_sid, token))
        assert first_event(opened) == "media"
    answer = post(stack, "/voice/after-stream", {"CallSid": call_sid})
    assert "<Connect" in answer.text and token not in answer.text


def test_what_her_voice_could_not_say_in_spanish_is_said_in_spanish_before_the_call_goes_on(stack: Stack) -> None:
    call_sid = new_sid()
    ring(stack, call_sid)
    with database.connection_context():
        Call.update(language="es", unsaid="Un momento, por favor.").where(Call.sid == call_sid).execute()
    answer = post(stack, "/voice/after-stream", {"CallSid": call_sid})
    assert re.search(r'<Say language="es-US" voice="Polly.Lupe-Neural">Un momento, por favor.</Say><Connect ', answer.text), answer.text
    assert "<Say" not in post(stack, "/voice/after-stream", {"CallSid": call_sid}).text


def test_after_a_call_that_is_over_there_is_only_hanging_up(stack: Stack) -> None:
    call_sid = new_sid()
    ring(stack, call_sid)
    post(stack, "/voice/status", {"CallSid": call_sid, "CallStatus": "completed"})
    assert "<Hangup" in post(stack, "/voice/after-stream", {"CallSid": call_sid}).text


@pytest.mark.parametrize("form", [{"CallStatus": "completed"}, {"CallSid": "x", "CallStatus": "completed"}])
def test_a_status_without_a_call_is_refused(stack: Stack, form: Form) -> None:
    assert post(stack, "/voice/status", form).status_code == 400


def test_an_unknown_status_or_call_is_passed_over(stack: Stack) -> None:
    assert post(stack, "/voice/status", {"CallSid": new_sid(), "CallStatus": "levitating"}).status_code == 204


def test_many_calls_ring_at_once(stack: Stack) -> None:
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda _: ring(stack, new_sid()), range(32)))
    assert len(set(tokens)) == 32


def test_health_readiness_and_metrics_answer(stack: Stack) -> None:
    assert requests.get(f"{stack.url}/healthz", timeout=10).json() == {"status": "ok"}
    ready = requests.get(f"{stack.url}/readyz", timeout=10)
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(("bookings", "clips", "database", "notifications", "redis"), True)
    assert "lilly_calls_live" in requests.get(f"{stack.url}/metrics", timeout=10).text


def test_the_api_wants_a_credential_and_takes_the_stack_s_own(stack: Stack) -> None:
    assert requests.get(f"{stack.url}/doctors", timeout=10).status_code == 401
    assert requests.get(f"{stack.url}/doctors", headers=stack.credential, timeout=10).status_code == 200


@pytest.mark.parametrize("field", ["name", "reason"])
def test_a_nul_character_in_a_body_is_refused_by_name(stack: Stack, field: str) -> None:
    patient = {"name": "Ann Lee", "date_of_birth": "1990-01-01", "phone": "+12025550111"}
    body: dict[str, Any] = {"slot_id": 1, "patient": patient, "reason": "x"}
    (patient if field == "name" else body)[field] = "a\0b"
    answer = requests.post(f"{stack.url}/appointments", json=body, headers=stack.credential, timeout=10)
    assert answer.status_code == 422 and field in answer.json()["errors"][0]["field"]
