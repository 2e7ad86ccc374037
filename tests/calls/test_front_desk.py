"""The way to the front desk over Twilio's webhooks: what is dialled, and what follows when nobody answers."""

import re

import pytest

from ivr import calls
from ivr.demo import Records
from ivr.models import Call, CallbackRequest, OutboxEvent, database
from ivr.offline.telephone.caller import Caller, place_call
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.program import Telephony
from ivr.offline.telephone.webhooks import Target
from ivr.stack import Stack
from tests.calls.test_telephone import CONNECTED, eventually, first_event, new_sid, post, ring, socket, start


def ended(stack: Stack, reason: str, unsaid: str | None = None) -> str:
    """A call whose stream has ended for a reason; returns its CallSid."""
    call_sid = new_sid()
    ring(stack, call_sid)
    with database.connection_context():
        Call.update(ended_reason=reason, unsaid=unsaid).where(Call.sid == call_sid).execute()
    return call_sid


def after_dial(stack: Stack, call_sid: str, outcome: str) -> str:
    answer = post(stack, "/voice/after-dial", {"CallSid": call_sid, "DialCallStatus": outcome})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/xml")
    return answer.text


def called_back(call_sid: str) -> list[CallbackRequest]:
    with database.connection_context():
        return list(CallbackRequest.select().join(Call).where(Call.sid == call_sid))


def events(call_sid: str) -> list[str]:
    with database.connection_context():
        return [event.event_type for event in OutboxEvent.select().join(Call).where(Call.sid == call_sid)]


@pytest.mark.parametrize("reason", ["transfer", "failed", "too_long"])
def test_after_such_a_stream_the_front_desk_is_dialled(stack: Stack, reason: str) -> None:
    answer = post(stack, "/voice/after-stream", {"CallSid": ended(stack, reason)})
    dial = re.search(r"<Dial ([^>]*)>([^<]*)</Dial>", answer.text)
    assert dial and dial[2] == "+12025550190"
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', dial[1]))
    assert attributes == {
        "timeout": "20",
        "action": f"{stack.url}/voice/after-dial",
        "method": "POST",
        "callerId": "+12025550100",
    }


def test_what_her_own_voice_could_not_say_is_said_before_the_dialling(stack: Stack) -> None:
    answer = post(stack, "/voice/after-stream", {"CallSid": ended(stack, "transfer", "One moment, please.")})
    assert re.search(r"<Say [^>]*>One moment, please.</Say><Dial ", answer.text)


@pytest.mark.parametrize("outcome", ["completed", "answered"])
def test_after_a_talk_with_the_front_desk_the_call_is_over(stack: Stack, outcome: str) -> None:
    call_sid = ended(stack, "transfer")
    assert "<Hangup" in after_dial(stack, call_sid, outcome)
    assert called_back(call_sid) == []


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed", "canceled"])
def test_when_nobody_answers_lilly_goes_on_and_the_caller_is_to_be_called_back(stack: Stack, outcome: str) -> None:
    call_sid = ended(stack, "transfer")
    text = after_dial(stack, call_sid, outcome)
    assert "<Connect" in text and '<Parameter name="opening" value="nobody_there"' in text
    (request,) = called_back(call_sid)
    assert (request.phone, request.state) == ("+12025550143", "open")
    assert events(call_sid) == ["call.needs_follow_up"]


def test_telling_it_twice_makes_one_request(stack: Stack) -> None:
    call_sid = ended(stack, "transfer")
    assert "<Connect" in after_dial(stack, call_sid, "busy")
    assert "<Connect" in after_dial(stack, call_sid, "busy")
    assert len(called_back(call_sid)) == 1 and len(events(call_sid)) == 1


@pytest.mark.parametrize("reason", ["failed", "too_long"])
def test_where_she_cannot_go_on_twilio_says_that_the_desk_calls_back(stack: Stack, reason: str) -> None:
    call_sid = ended(stack, reason)
    with database.connection_context():
        calls.set_language(calls.get(call_sid), "es")
    text = after_dial(stack, call_sid, "no-answer")
    assert re.search(r'<Say language="es-US"[^>]*>[^<]*Le devolverán la llamada[^<]*</Say><Hangup ?/>', text)
    assert len(called_back(call_sid)) == 1


def test_a_caller_who_hung_up_while_it_rang_is_called_back_too(stack: Stack) -> None:
    call_sid = ended(stack, "transfer")
    post(stack, "/voice/status", {"CallSid": call_sid, "CallStatus": "completed"})
    assert "<Hangup" in after_dial(stack, call_sid, "canceled")
    assert len(called_back(call_sid)) == 1


def test_a_number_that_is_not_known_is_asked_for(stack: Stack) -> None:
    call_sid = new_sid()
    post(stack, "/voice/incoming", {"CallSid": call_sid, "From": "+266696687", "To": "+12025550100"})
    text = after_dial(stack, call_sid, "busy")
    assert '<Parameter name="opening" value="nobody_there_number"' in text
    assert [request.phone for request in called_back(call_sid)] == [None]


@pytest.mark.parametrize("outcome", ["", "levitating", "COMPLETED", "busy\x00"])
def test_an_outcome_that_twilio_does_not_know_is_refused_by_name(stack: Stack, outcome: str) -> None:
    answer = post(stack, "/voice/after-dial", {"CallSid": new_sid(), "DialCallStatus": outcome})
    assert answer.status_code == 400 and "DialCallStatus" in answer.json()["detail"]


@pytest.mark.parametrize("form", [{"DialCallStatus": "busy"}, {"CallSid": "CA1", "DialCallStatus": "busy"}])
def test_a_dial_without_a_proper_call_is_refused_by_name(stack: Stack, form: dict[str, str]) -> None:
    answer = post(stack, "/voice/after-dial", form)
    assert answer.status_code == 400 and "CallSid" in answer.json()["detail"]


def test_a_dial_of_an_unknown_call_is_hung_up(stack: Stack) -> None:
    assert "<Hangup" in after_dial(stack, new_sid(), "busy")


def test_a_dial_that_twilio_has_not_signed_is_refused(stack: Stack) -> None:
    form = {"CallSid": new_sid(), "DialCallStatus": "busy"}
    assert post(stack, "/voice/after-dial", form, signature="nonsense").status_code == 403


def test_an_opening_that_nobody_ordered_is_the_greeting(stack: Stack, records: Records) -> None:
    call_sid = new_sid()
    parameters = {"token": ring(stack, call_sid), "opening": "apology"}
    with socket(stack) as opened:
        opened.send(CONNECTED)
        opened.send(start(call_sid, None, customParameters=parameters))
        assert first_event(opened) == "media"
    eventually(lambda: ["receptionist" in turn.reply_text for turn in records.turns(call_sid)] == [True])


def test_a_stream_set_up_in_the_console_is_moved_on_over_rest(stack: Stack, lilly: Target) -> None:
    console = f'<Response><Connect><Stream url="ws{stack.url.removeprefix("http")}/media-stream"/></Connect></Response>'

    async def presses_zero(patient: Patient) -> None:
        await patient.lilly_begins()
        await patient.press("0")
        await patient.lilly_hangs_up()

    call = place_call(lilly, presses_zero, Caller(twiml=console, telephony=Telephony(dials=("answered",), talk_ms=100)))

    assert call.violations == []
    assert [event.detail for event in call.of_kind("dial")] == ["+12025550190: answered"]
    assert call.ended_by == "lilly"
