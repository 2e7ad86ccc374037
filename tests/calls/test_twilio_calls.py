"""Calls that leave their stream: TwiML, redirects, dials, and orders over REST."""

import asyncio
from collections.abc import Iterator

import pytest
import requests
from aiohttp import web

from ivr.offline.faults import Faults
from ivr.offline.telephone.caller import Caller
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.program import Telephony
from ivr.offline.telephone.rest import TwilioRest
from ivr.offline.telephone.webhooks import Target
from ivr.voice import media_stream
from tests.calls.fake_lilly import CONNECT, HANGUP, FakeLilly, serving
from tests.calls.placing import greet_and_listen, place, silent, wait_for_the_end


def test_a_dial_is_answered_or_not_as_arranged_and_its_action_hears_so() -> None:
    dial = '<Response><Dial timeout="20" action="/voice/after-dial">+12025550199</Dial></Response>'
    sorry = '<Response><Say language="en-US">Sorry, nobody is there.</Say></Response>'
    documents = {"/voice/incoming": [CONNECT], "/voice/after-stream": [dial], "/voice/after-dial": [dial, sorry]}
    lilly = FakeLilly(silent, documents)
    telephony = Telephony(dials=("busy", "answered"), ring_ms=20, talk_ms=20, say_ms_per_character=5)

    call = place(lilly, wait_for_the_end, Caller(telephony=telephony, patience_s=5))

    assert [form["DialCallStatus"] for path, form in lilly.forms if path == "/voice/after-dial"] == ["busy", "completed"]
    assert [event.detail for event in call.of_kind("say")] == ["Sorry, nobody is there."]
    assert call.violations == []


def test_a_redirect_is_followed_and_a_program_that_ends_hangs_up() -> None:
    documents = {
        "/voice/incoming": ["<Response><Pause length='0'/><Redirect>/voice/next</Redirect></Response>"],
        "/voice/next": ["<Response/>"],
    }
    lilly = FakeLilly(silent, documents)

    call = place(lilly, wait_for_the_end)

    assert [path for path, _ in lilly.forms] == ["/voice/incoming", "/voice/next", "/voice/status"]
    assert call.ended_by == "lilly"


def test_a_number_that_only_says_something_is_heard_out() -> None:
    async def listens(patient: Patient) -> None:
        await patient.lilly_finishes()

    lilly = FakeLilly(silent, {"/voice/incoming": ["<Response><Say>We are closed.</Say><Pause length='5'/></Response>"]})
    quick = Telephony(say_ms_per_character=10)
    call = place(lilly, listens, Caller(turn_wait_ms=100, patience_s=5, telephony=quick))

    assert len(call.turns[0].reply) == pytest.approx(14 * 10 * 8, abs=160 * 8)
    assert call.ended_by == "caller"


def test_a_stream_set_up_in_the_console_needs_no_webhook() -> None:
    lilly = FakeLilly(silent)
    console = "<Response><Connect><Stream url='wss://lilly.example/media-stream'/></Connect></Response>"

    call = place(lilly, wait_for_the_end, Caller(twiml=console, patience_s=5))

    assert [path for path, _ in lilly.forms] == ["/voice/status"]
    assert lilly.conversations[0].stream_sid
    assert call.violations == []


def test_a_handshake_that_is_refused_is_a_violation_and_the_action_is_requested() -> None:
    lilly = FakeLilly(silent, {"/voice/incoming": [CONNECT.replace("{url}", "/no-such-stream")], "/voice/after-stream": [HANGUP]})

    call = place(lilly, wait_for_the_end)

    assert call.violations == ["the stream's handshake failed: 405"]
    assert "/voice/after-stream" in [path for path, _ in lilly.forms]


def test_a_webhook_that_answers_nonsense_ends_the_call() -> None:
    call = place(FakeLilly(silent, {"/voice/incoming": ["<Response><Sing/></Response>"]}), wait_for_the_end)

    assert "<Sing> is not carried out here" in call.violations[0]


@pytest.fixture
def exchange() -> Iterator[str]:
    """The Twilio stand-in's address."""
    app = web.Application()
    TwilioRest(Faults()).add_to(app)
    with serving(app) as address:
        yield address


def change_call(exchange: str, call_sid: str, **form: str) -> None:
    account = Target("").account_sid
    path = f"/2010-04-01/Accounts/{account}/Calls/{call_sid}.json"
    requests.post(exchange + path, form, auth=(account, "secret"), timeout=3).raise_for_status()


def test_a_call_ended_over_rest_gets_stop_and_shows_as_completed(exchange: str) -> None:
    lilly = FakeLilly(greet_and_listen)

    async def is_hung_up_on(patient: Patient) -> None:
        await patient.lilly_begins()
        await asyncio.to_thread(change_call, exchange, patient.call_sid, Status="completed")
        await patient.lilly_hangs_up()

    call = place(lilly, is_hung_up_on, offline_url=exchange)

    assert (call.ended_by, call.script_finished) == ("lilly", True)
    assert isinstance(lilly.conversations[0].messages[-1], media_stream.Stop)
    registered = requests.get(exchange + "/control/twilio", timeout=3).json()["calls"]
    assert [(entry["sid"], entry["status"], entry["from"]) for entry in registered] == [(call.sid, "completed", "+12025550143")]


def test_a_redirect_over_rest_takes_the_call_out_of_its_stream(exchange: str) -> None:
    lilly = FakeLilly(greet_and_listen, {"/voice/incoming": [CONNECT], "/voice/elsewhere": ["<Response><Say>Elsewhere.</Say></Response>"]})

    async def is_sent_elsewhere(patient: Patient) -> None:
        await patient.lilly_begins()
        await asyncio.to_thread(change_call, exchange, patient.call_sid, Url=lilly.public_url + "/voice/elsewhere")
        await patient.lilly_hangs_up()

    call = place(lilly, is_sent_elsewhere, offline_url=exchange)

    assert [event.detail for event in call.of_kind("say")] == ["Elsewhere."]
    assert [path for path, _ in lilly.forms] == ["/voice/incoming", "/voice/elsewhere", "/voice/status"]
    assert lilly.refused == []
