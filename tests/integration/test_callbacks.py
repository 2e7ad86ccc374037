"""Who is to be called back: one open request a call, with what the caller wanted, told to the outside with it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from ivr import callbacks, calls, models
from ivr.agent.tools import CallContext, run_tool
from ivr.config import Settings
from ivr.errors import InvalidInput
from ivr.models import Call, CallbackRequest, CallbackState, OutboxEvent, ToolCall, database
from ivr.queue import BookingStates
from tests.integration.rows import NOW, a_patient

pytestmark = pytest.mark.usefixtures("db")


def a_call(number: str | None = "+12025550143", sid: str = "CA1") -> Call:
    calls.begin(sid, number, "+12025550100", now=NOW)
    return calls.get(sid)


def test_the_caller_s_number_and_wish_are_kept_and_the_event_tells_neither() -> None:
    call = a_call()
    calls.set_language(call, "es")
    asked = callbacks.request(call, " a question about a bill ", "US", now=NOW)
    assert (asked.phone, asked.reason, asked.language, asked.state) == ("+12025550143", "a question about a bill", "es", "open")
    event = OutboxEvent.get()
    assert (event.event_type, event.subject, event.call_id) == ("call.needs_follow_up", f"call:{call.id}", call.id)
    assert event.payload["data"] == {"callback_request_id": asked.id, "call_sid": "CA1", "patient_id": None, "language": "es"}


def test_without_a_caller_s_number_the_patient_s_own_is_called() -> None:
    call = a_call("anonymous")
    calls.bind_patient(call, a_patient(phone="+15550198234"))
    asked = callbacks.request(call, "", "US")
    assert asked.phone == "+15550198234" and asked.patient is not None


def test_a_number_that_is_given_later_completes_the_same_request() -> None:
    call = a_call(None)
    first = callbacks.request(call, "a bill", "US")
    assert first.phone is None
    again = callbacks.request(call, "", "US", phone="two oh two, five five five, oh one four seven")
    assert (again.id, again.phone, again.reason) == (first.id, "+12025550147", "a bill")
    assert OutboxEvent.select().count() == 1


def test_what_a_caller_wants_besides_is_added_once() -> None:
    call = a_call()
    callbacks.request(call, "a bill", "US")
    for _ in range(2):
        callbacks.request(call, "the visit on Monday", "US")
    assert CallbackRequest.get().reason == "a bill\nthe visit on Monday"


def test_a_number_that_cannot_be_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(InvalidInput) as caught:
        callbacks.request(a_call(), "a bill", "US", phone="12345")
    assert caught.value.code == "phone_invalid"
    assert not CallbackRequest.select().count()


def test_a_request_that_is_done_leaves_room_for_another() -> None:
    call = a_call()
    first = callbacks.request(call, "a bill", "US")
    CallbackRequest.update(state=CallbackState.DONE, done_at=models.now()).where(CallbackRequest.id == first.id).execute()
    assert callbacks.request(call, "another bill", "US").id != first.id
    assert [event.sequence for event in OutboxEvent.select().order_by(OutboxEvent.id)] == [1, 2]


def test_of_ten_that_ask_at_once_for_one_call_there_is_one() -> None:
    call = a_call()

    def ask(_: int) -> int:
        with database.connection_context():
            return callbacks.request(call, "a bill", "US").id

    with ThreadPoolExecutor(10) as threads:
        assert len(set(threads.map(ask, range(10)))) == 1
    assert OutboxEvent.select().count() == 1


def test_the_wish_is_the_reason_of_the_transfer_or_else_the_caller_s_last_words() -> None:
    call = a_call()
    assert callbacks.wish(call) == ""
    calls.record_turn(call, calls.TurnRecord(0, reply_text="Hello."))
    calls.record_turn(call, calls.TurnRecord(1, "I have a question about my bill.", "I can't tell you that."))
    calls.record_turn(call, calls.TurnRecord(2, reply_text="Are you still there?"))
    assert callbacks.wish(call) == "I have a question about my bill."
    ToolCall.create(call=call, name="transfer_to_human", arguments={"reason": "a bill", "phone": None}, duration_ms=1)
    ToolCall.create(call=call, name="end_call", arguments={}, duration_ms=1)
    assert callbacks.wish(call) == "a bill"


@pytest.fixture
def states() -> Iterator[BookingStates]:
    states = BookingStates("redis://127.0.0.1:1")
    yield states
    states.close()


def transfer(call: Call, states: BookingStates, desk: str | None, phone: str | None = None) -> dict[str, Any]:
    context = CallContext(call, Settings(front_desk_number=desk), states, "en")
    return run_tool(context, "transfer_to_human", json.dumps({"reason": "a bill", "phone": phone}))


def test_with_a_front_desk_the_tool_promises_a_transfer_and_writes_nothing(states: BookingStates) -> None:
    assert transfer(a_call(), states, "+12025550190") == {"ok": True, "state": "transferring"}
    assert not CallbackRequest.select().count()


def test_without_one_it_says_so_and_the_caller_is_to_be_called_back(states: BookingStates) -> None:
    result = transfer(a_call(), states, None)
    assert (result["ok"], result["state"]) == (True, "will_be_called_back")
    assert CallbackRequest.get().phone == "+12025550143"


def test_without_any_number_it_wants_one_and_takes_it(states: BookingStates) -> None:
    call = a_call(None)
    assert transfer(call, states, None)["error"]["code"] == "phone_needed"
    assert transfer(call, states, None, "12")["error"]["code"] == "phone_invalid"
    assert transfer(call, states, None, "202 555 0147")["state"] == "will_be_called_back"
    assert [asked.phone for asked in CallbackRequest.select()] == ["+12025550147"]


def test_a_caller_who_gives_a_number_after_nobody_answered_is_not_put_through_again(states: BookingStates) -> None:
    call = a_call(None)
    callbacks.request(call, "a bill", "US")
    assert transfer(call, states, "+12025550190", "202 555 0147")["state"] == "will_be_called_back"
    assert CallbackRequest.get().phone == "+12025550147"


def test_a_request_outlives_its_patient() -> None:
    call = a_call()
    calls.bind_patient(call, a_patient(born=date(1990, 1, 1)))
    asked = callbacks.request(call, "a bill", "US")
    assert call.patient is not None
    call.patient.delete_instance()
    assert CallbackRequest.get_by_id(asked.id).patient is None
