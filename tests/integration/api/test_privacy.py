"""A patient who asks what is kept of them is told, and who wants it erased leaves nothing but what counts."""

import json
from datetime import date, timedelta

import pytest

from ivr import models
from ivr.models import (
    ALL_MODELS,
    Appointment,
    AppointmentStatus,
    AuditEntry,
    BookingRequest,
    Call,
    CallbackRequest,
    Operation,
    OutboxEvent,
    Patient,
    SmsKind,
    SmsMessage,
    Source,
    SpeechRetry,
    ToolCall,
    Turn,
    WaitlistEntry,
)
from ivr.outbox import record
from tests.integration.api.desk import Desk
from tests.integration.rows import a_doctor, a_patient, a_slot, an_appointment

BORN = date(1990, 1, 1)
WORDS = ("maria", "gonzalez", "1982-03-04", "0198234", "palpitations", "0182777")


@pytest.fixture
def maria(admin: Desk) -> Patient:
    """A patient who has left traces everywhere, some by the desk, some in a call that became another patient's."""
    now = models.now()
    person = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04", "phone": "+12020198234"}
    made = admin.post("/patients", person, headers={"Idempotency-Key": "k"})
    maria, ben = Patient.get_by_id(made["id"]), a_patient("Ben Okafor", BORN, "+12025550183")
    slot = a_slot(a_doctor(), -48, now=now)
    history = [{"role": "user", "content": "I am Maria"}]
    call = Call.create(sid="CA1", patient=ben, from_number=maria.phone, ended_at=now, history=history, unsaid="Maria")
    said = {"caller_text": "Maria Gonzalez", "reply_text": "Thanks, Maria", "heard_text": "Thanks, Maria"}
    turn = Turn.create(call=call, ordinal=1, timeline={"a": 7}, **said)
    told = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04"}
    result = {"patient": {"name": "Maria Gonzalez"}}
    ToolCall.create(call=call, turn=turn, name="identify_patient", arguments=told, result=result, duration_ms=3)
    SpeechRetry.create(call=call, text="Thanks, Maria", language="en")
    CallbackRequest.create(call=call, patient=maria, phone="+12020182777", reason="palpitations")
    visit = an_appointment(maria, slot, reason="palpitations", status=AppointmentStatus.COMPLETED)
    request = {"patient": maria, "slot": slot, "source": Source.PHONE, "reason": "palpitations", "operation": Operation.BOOK}
    BookingRequest.create(**request, call=call, idempotency_key="b", state="done", result=visit, finished_at=now)
    message = {"to_number": maria.phone, "body": "Dear Maria", "facts": {"name": "Maria"}}
    SmsMessage.create(kind=SmsKind.BOOKED, patient=maria, idempotency_key="m", **message)
    WaitlistEntry.create(patient=maria, specialty=slot.doctor.specialty)
    record("appointment.booked", visit, {"patient_id": maria.id, "patient": {"name": "Maria Gonzalez"}})
    return maria


def everything() -> str:
    rows = [row.__data__ for model in ALL_MODELS for row in model.select()]
    return json.dumps(rows, default=lambda value: bytes(value).decode() if isinstance(value, memoryview) else str(value)).lower()


def test_everything_of_one_patient_is_exported_and_nothing_of_another(admin: Desk, maria: Patient) -> None:
    ben = Patient.get(Patient.name == "Ben Okafor")
    an_appointment(ben, a_slot(a_doctor("Kim"), -24), reason="a secret of his")
    found = admin.get(f"/patients/{maria.id}/export")
    assert found["patient"]["name"] == "Maria Gonzalez"
    assert {name: len(rows) for name, rows in found.items() if isinstance(rows, list)} == {
        **dict.fromkeys(("appointments", "booking_requests", "calls", "turns", "tool_calls", "speech_retries", "callback_requests"), 1),
        **dict.fromkeys(("waitlist_entries", "messages", "events", "changes"), 1),
        **dict.fromkeys(("former_ids", "reminders"), 0),
    }
    assert found["turns"][0]["caller_text"] == "Maria Gonzalez" and "a secret of his" not in json.dumps(found)


def test_an_erased_patient_leaves_no_word_anywhere_and_what_counts_stays(admin: Desk, maria: Patient) -> None:
    assert [word for word in WORDS if word not in everything()] == []
    erased = admin.post(f"/patients/{maria.id}/erase", status=200)
    assert erased["name"] == "(erased)" and erased["erased_at"]
    assert [word for word in WORDS if word in everything()] == []
    assert "ben okafor" in everything()
    assert Appointment.get().status == AppointmentStatus.COMPLETED and Turn.get().timeline == {"a": 7}
    assert ToolCall.get().duration_ms == 3 and Call.get().sid == "CA1"
    assert (SmsMessage.get().state, SmsMessage.get().why, WaitlistEntry.get().state) == ("skipped", "erased", "closed")
    assert OutboxEvent.get().payload["data"] == {"patient_id": maria.id}
    last = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    assert (last.action, last.subject, last.before) == ("erased", f"patient:{maria.id}", None)
    assert [patient["name"] for patient in admin.get("/patients")["items"]] == ["Ben Okafor"]
    assert admin.change(f"/patients/{maria.id}", {"name": "Maria"}, status=409)["code"] == "patient_erased"
    assert admin.post(f"/patients/{maria.id}/erase", status=409)["code"] == "patient_erased"


def test_who_is_expected_or_on_the_line_is_not_erased(admin: Desk) -> None:
    ben, maria, now = a_patient("Ben Okafor"), a_patient(), models.now()
    path = f"/patients/{ben.id}/erase"
    coming = an_appointment(ben, a_slot(a_doctor(), 24, now=now))
    assert admin.post(path, status=409)["code"] == "has_appointments"
    Appointment.update(status=AppointmentStatus.CANCELLED).where(Appointment.id == coming.id).execute()
    slot = a_slot(a_doctor("Kim"), 25, now=now)
    request = BookingRequest.create(operation=Operation.BOOK, patient=ben, slot=slot, source=Source.DESK, idempotency_key="b")
    assert admin.post(path, status=409)["code"] == "has_appointments"
    request.delete_instance()
    call = Call.create(sid="CA1", patient=ben, started_at=now - timedelta(minutes=1))
    assert admin.post(path, status=409)["code"] == "patient_on_call"
    Call.update(ended_at=now).where(Call.id == call.id).execute()
    admin.post(path, status=200)
    assert Patient.get_by_id(maria.id).name == "Maria Gonzalez"


def test_what_was_merged_into_a_patient_is_erased_with_them(admin: Desk) -> None:
    kept, other = a_patient(), a_patient("Maria Gonsales", phone="+12025550182")
    admin.change(f"/patients/{other.id}", {"language": "es"})
    admin.post(f"/patients/{kept.id}/merge", {"other_id": other.id}, status=200)
    admin.post(f"/patients/{kept.id}/erase", status=200)
    assert [word for word in ("gonsales", "gonzalez", "2025550182") if word in everything()] == []
