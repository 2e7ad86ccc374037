"""The benchmark that breaks things sees what was said too early or in vain, and what was never told."""

from datetime import datetime, timedelta

import pytest

from bench._reckoning import UNTOLD_ENDS, _count, untrue_speech
from ivr import outbox
from ivr.models import BookingRequest, Call, Patient, Turn
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db")

SECOND = timedelta(seconds=1)


@pytest.fixture
def call() -> Call:
    """A call of ten seconds, whose caller speaks at its beginning and after five."""
    return Call.create(sid="CA1", patient=a_patient(), started_at=NOW, ended_at=NOW + 10 * SECOND)


def heard(call: Call, *texts: str) -> None:
    for ordinal, text in enumerate(texts):
        Turn.create(call=call, ordinal=ordinal, heard_text=text, started_at=NOW + 5 * ordinal * SECOND)


def is_done(call: Call, operation: str, at: datetime) -> None:
    row = {"patient": Patient.get(), "source": "phone", "idempotency_key": f"{operation} {at}", "state": "done", "finished_at": at}
    appointment = an_appointment(a_patient("Other"), a_slot(a_doctor()))
    of_it = {"slot": None if operation == "cancel" else appointment.slot, "appointment": None if operation == "book" else appointment}
    BookingRequest.create(operation=operation, call=call, result=appointment, **row, **of_it)


@pytest.mark.parametrize(
    ("text", "operation", "after_s", "wrong"),
    [
        ("Done! It's booked with Dr. Samir.", "book", 1, 0),
        ("Done! It's booked with Dr. Samir.", "book", 6, 1),
        ("I've cancelled your appointment.", "book", 1, 1),
        ("I've cancelled your appointment.", "cancel", 1, 0),
        ("Su cita ha sido cancelada.", "book", 1, 1),
        ("I've moved your appointment to Tuesday.", "cancel", 1, 1),
        ("Shall I book it?", "cancel", 1, 0),
    ],
)
def test_what_is_said_must_have_been_done_in_that_call_by_then(call: Call, text: str, operation: str, after_s: float, wrong: int) -> None:
    is_done(call, operation, NOW + after_s * SECOND)
    heard(call, text, "Goodbye!")
    assert untrue_speech() == wrong


def test_what_another_call_has_done_bears_nothing_out(call: Call) -> None:
    is_done(Call.create(sid="CA2"), "book", NOW)
    heard(call, "It has been booked.")
    assert untrue_speech() == 1


def test_an_appointment_that_is_there_may_be_told(call: Call) -> None:
    heard(call, "Your appointment is booked for Monday at nine.")
    assert untrue_speech() == 1
    an_appointment(Patient.get(), a_slot(a_doctor()), created_at=NOW - SECOND)
    assert untrue_speech() == 0


def test_a_call_whose_end_nobody_is_told_is_a_lost_event(call: Call) -> None:
    Call.create(sid="CA2", started_at=NOW)
    assert _count(UNTOLD_ENDS) == 1
    outbox.record("call.completed", call, {})
    assert _count(UNTOLD_ENDS) == 0
