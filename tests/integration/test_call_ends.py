"""A call ends, whoever tells of it; and what its caller has not heard of is told to them in another way, once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from ivr import bookings, call_ends, calls, models
from ivr.errors import ProviderError
from ivr.models import BookingRequest, Call, CallbackRequest, Hold, OutboxEvent, Slot, Source, database
from ivr.schemas import BookAppointment
from tests.integration.broker import somebody_waits_for_a_lock, wait_until
from tests.integration.rows import a_doctor_with_slots, a_patient, some_patients

pytestmark = pytest.mark.usefixtures("db")

SID, TAKEN = "CA1", "That slot has just been taken."


@dataclass
class Known:
    """What Twilio knows of a call."""

    status: str
    ended_at: datetime | None = None


@pytest.fixture
def call() -> Call:
    """A patient's call that goes on."""
    calls.begin(SID, "+12025550143", "+12025550100")
    calls.bind_patient(calls.get(SID), a_patient())
    return calls.open_stream(SID, "MZ1", owner="web-1")


@pytest.fixture
def slot() -> Slot:
    """A slot to come."""
    return a_doctor_with_slots()[1][0]


def ask(call: Call, slot: Slot) -> BookingRequest:
    """The caller wants a slot."""
    assert call.patient is not None
    wanted = BookAppointment(slot_id=slot.id)
    return bookings.request_booking(call.patient, wanted, source=Source.PHONE, call=call, idempotency_key="key")


def refuse(request: BookingRequest) -> BookingRequest:
    """Somebody else is faster."""
    Hold.delete().execute()
    (other,) = some_patients(1)
    faster = bookings.request_booking(other, BookAppointment(slot_id=request.slot_id), source=Source.WEB, idempotency_key="faster")
    bookings.carry_out(faster.id)
    refused = bookings.carry_out(request.id)
    assert (refused.state, refused.error_code) == ("refused", "slot_taken")
    return refused


def hears(call: Call, slot: Slot, result: dict[str, Any], words: str) -> None:
    """The tool's result, and what was heard after it."""
    booking = {"name": "book_appointment", "arguments": orjson.dumps({"slot_id": slot.id, "reason": None}).decode()}
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "Yes, please."},
        {"role": "assistant", "content": "One moment.", "tool_calls": [{"id": "call_1", "type": "function", "function": booking}]},
        {"role": "tool", "tool_call_id": "call_1", "content": orjson.dumps(result).decode()},
    ]
    if words:
        said.append({"role": "assistant", "content": words})
    assert calls.save_history(call, said)


def failed(code: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": TAKEN, "retryable": False}}


def hangs_up(call: Call) -> None:
    """The stream ends, and some time later Twilio tells so."""
    calls.close_stream(call.sid, "MZ1")
    call_ends.make_up(call.sid)
    call_ends.note(call.sid, "completed")


def called_back() -> list[str]:
    """Why anybody is to be called back; each is told to the outside once."""
    asked = [request.reason for request in CallbackRequest.select()]
    assert OutboxEvent.select().where(OutboxEvent.event_type == "call.needs_follow_up").count() == len(asked)
    return asked


class TestWhatWasNotHeard:
    def test_who_hangs_up_before_a_refusal_is_called_back_once(self, call: Call, slot: Slot) -> None:
        refuse(ask(call, slot))

        hangs_up(call)

        (reason,) = called_back()
        assert "could not be fulfilled" in reason

    def test_who_has_heard_the_refusal_is_not(self, call: Call, slot: Slot) -> None:
        refuse(ask(call, slot))
        hears(call, slot, failed("slot_taken"), "I'm sorry, somebody was faster. Would you like —")

        hangs_up(call)

        assert called_back() == []

    @pytest.mark.parametrize("words", ["", "I'm sorry, some —"])
    def test_who_hangs_up_before_its_first_sentence_is_over_is_called_back(self, call: Call, slot: Slot, words: str) -> None:
        refuse(ask(call, slot))
        hears(call, slot, failed("slot_taken"), words)

        hangs_up(call)

        assert len(called_back()) == 1

    def test_who_was_told_that_it_is_being_confirmed_has_not_heard_that_it_was_refused_meanwhile(self, call: Call, slot: Slot) -> None:
        refuse(ask(call, slot))
        hears(call, slot, {"ok": True, "state": "pending"}, "I'll send you a text message.")

        hangs_up(call)

        assert len(called_back()) == 1

    def test_what_is_refused_after_the_caller_has_left_is_known_to_be_unheard(self, call: Call, slot: Slot) -> None:
        request = ask(call, slot)
        call_ends.make_up(SID)

        refuse(request)

        assert len(called_back()) == 1

    def test_what_is_being_refused_just_now_is_waited_for(self, call: Call, slot: Slot) -> None:
        request = ask(call, slot)
        Hold.delete().execute()

        def leave() -> None:
            with database.connection_context():
                call_ends.make_up(SID)

        leaving = threading.Thread(target=leave)
        with database.atomic():
            BookingRequest.select().where(BookingRequest.id == request.id).for_update().get()
            leaving.start()
            wait_until(somebody_waits_for_a_lock, 5, "the end of the call waits for that of the request")
            refused = {"state": "refused", "error_code": "slot_taken", "error_message": TAKEN, "finished_at": models.now()}
            BookingRequest.update(**refused).where(BookingRequest.id == request.id).execute()
        leaving.join(10)

        assert len(called_back()) == 1

    @pytest.mark.parametrize(("words", "owed"), [("", True), ("You're booked.", False)])
    def test_a_booking_that_was_not_heard_of_counts_on_its_text_message(self, call: Call, slot: Slot, words: str, owed: bool) -> None:
        bookings.carry_out(ask(call, slot).id)
        hears(call, slot, {"ok": True, "state": "done", "appointment": {}}, words)

        hangs_up(call)

        assert BookingRequest.get().confirm_by_sms is owed
        assert called_back() == []

    def test_what_others_have_asked_for_is_not_the_caller_s(self, call: Call, slot: Slot) -> None:
        (other,) = some_patients(1)
        bookings.request_booking(other, BookAppointment(slot_id=slot.id), source=Source.WEB, idempotency_key="other")

        hangs_up(call)

        assert not BookingRequest.get().confirm_by_sms


class TestAnEndThatWasToldInVain:
    @pytest.fixture
    def lost(self, call: Call, slot: Slot) -> BookingRequest:
        """What is owed to a caller who has left unnoticed."""
        request = ask(call, slot)
        calls.close_stream(SID, "MZ1")
        return refuse(request)

    def test_twilio_is_asked_for_it_and_then_it_is_as_if_it_had_been_told(self, lost: BookingRequest) -> None:
        ended_at = models.now().replace(microsecond=0)

        assert later(2, lambda _: Known("completed", ended_at)) == 1
        assert later(3, lambda _: Known("completed", ended_at)) == 0

        (told,) = OutboxEvent.select().where(OutboxEvent.event_type == "call.completed")
        assert told.payload["data"]["ended_at"] == ended_at.isoformat()
        assert len(called_back()) == 1

    def test_a_call_that_goes_on_is_left_alone(self, call: Call) -> None:
        calls.close_stream(SID, "MZ1")

        assert later(2, lambda _: Known("in-progress")) == 0

        assert Call.get().ended_at is None

    def test_nothing_is_asked_in_a_call_s_first_minute_nor_while_its_stream_is_young(self, call: Call) -> None:
        assert [calls.unaccounted(now=call.started_at + timedelta(minutes=minutes)) for minutes in (9, 11)] == [[], [SID]]
        calls.close_stream(SID, "MZ1")
        assert [calls.unaccounted(now=call.started_at + timedelta(seconds=seconds)) for seconds in (59, 61)] == [[], [SID]]

    def test_a_twilio_that_is_away_is_asked_once_and_one_that_does_not_know_a_call_for_the_next(self) -> None:
        for number in range(3):
            calls.begin(f"CA{number}", None, None)
        asked: list[str] = []

        def fails(retryable: bool) -> Callable[[str], Known]:
            def fetch(call_sid: str) -> Known:
                asked.append(call_sid)
                raise ProviderError("twilio", "no", code="unavailable" if retryable else "refused", retryable=retryable)

            return fetch

        assert later(2, fails(retryable=True)) == 0
        assert len(asked) == 1
        assert later(2, fails(retryable=False)) == 0
        assert len(asked) == 4

    def test_what_not_even_twilio_knows_is_over_when_no_call_can_be_longer(self, lost: BookingRequest) -> None:
        def fetch(_: str) -> Known:
            raise ProviderError("twilio", "refused (404)", code="refused", retryable=False)

        assert [later(minutes, fetch) for minutes in (240, 251, 252)] == [0, 1, 0]

        assert Call.get().ended_reason == "end_not_told"
        assert len(called_back()) == 1


def later(minutes: float, fetch: Callable[[str], Known]) -> int:
    """What is found out when the calls are so old."""
    Call.update(started_at=models.now() - timedelta(minutes=minutes)).execute()
    return call_ends.find_out(fetch)
