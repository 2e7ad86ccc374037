"""Patients by REST: found however they are spelled, registered once, and made one when they were registered twice."""

from datetime import date, timedelta

import pytest
from flask_openapi.openapi import OpenAPI

from ivr import bookings, models
from ivr.access import Role
from ivr.models import Appointment, AuditEntry, Call, OutboxEvent, Patient, RequestState, SmsKind, SmsMessage, Source, WaitlistEntry
from ivr.outbox import record
from ivr.schemas import BookAppointment
from tests.integration.api.desk import Desk, a_user, bearer
from tests.integration.rows import a_doctor, a_doctor_with_slots, a_patient, a_slot, an_appointment

MARIA = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04", "phone": "(202) 555-0182"}


@pytest.fixture
def desk(app: OpenAPI, db: None) -> Desk:
    """Somebody at the front desk."""
    return Desk(app, bearer(app, a_user(Role.DESK)))


def names(desk: Desk, **query: str) -> list[str]:
    return [patient["name"] for patient in desk.get("/patients", **query)["items"]]


def test_a_patient_is_registered_once_and_the_second_time_told_who_it_is(desk: Desk) -> None:
    made = desk.post("/patients", MARIA | {"language": "es"})
    assert (made["phone"], made["language"], made["erased_at"]) == ("+12025550182", "es", None)
    assert desk.get(f"/patients/{made['id']}") == made
    again = desk.post("/patients", MARIA | {"name": "maría gonzales"}, status=409)
    assert (again["code"], again["id"]) == ("patient_exists", made["id"])
    assert Patient.select().count() == 1
    assert [entry.action for entry in AuditEntry.select().where(AuditEntry.subject == f"patient:{made['id']}")] == ["created"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"phone": "12"}, "phone_invalid"), ({"date_of_birth": "2999-01-01"}, "date_of_birth_invalid"), ({"name": "!?"}, "name_invalid")],
)
def test_who_cannot_be_is_not_registered(desk: Desk, wrong: dict[str, str], code: str) -> None:
    refusal = desk.post("/patients", MARIA | wrong, status=422)
    assert (refusal["code"], refusal["errors"][0]["field"]) == (code, next(iter(wrong)))


def test_patients_are_found_by_the_sound_of_a_name_by_birth_and_by_number_in_pages(desk: Desk) -> None:
    a_patient()
    a_patient("Ben Okafor", date(1990, 1, 1), "+12025550183")
    a_patient("Ana Müller-Kim", date(1990, 1, 1), "+12025550184")
    assert names(desk) == ["Ana Müller-Kim", "Ben Okafor", "Maria Gonzalez"]
    found = {"Gonsales": "Maria Gonzalez", "maria gonzales": "Maria Gonzalez", "Muller": "Ana Müller-Kim", "Okafour": "Ben Okafor"}
    for heard, name in found.items():
        assert names(desk, name=heard) == [name]
    assert names(desk, name="Gonzalez", date_of_birth="1990-01-01") == names(desk, name="…") == []
    assert names(desk, date_of_birth="1990-01-01", sort="-name") == ["Ben Okafor", "Ana Müller-Kim"]
    assert names(desk, phone="202 555 0183") == ["Ben Okafor"]
    first = desk.get("/patients", limit=2)
    assert names(desk, limit="2", cursor=first["next_cursor"]) == ["Maria Gonzalez"]


def test_a_patient_is_changed_and_found_by_the_new_name_and_never_over_anothers_change(desk: Desk) -> None:
    maria, path = a_patient(), f"/patients/{a_patient('Ben Okafor').id}"
    old = desk.ask("GET", path).headers["ETag"]
    changed = desk.change(path, {"name": "Benjamin Ruiz", "phone": "202-555-0199", "language": "en"})
    assert (changed["name"], changed["phone"], names(desk, name="ruis")) == ("Benjamin Ruiz", "+12025550199", ["Benjamin Ruiz"])
    assert desk.change(path, {"language": None}, status=412, etag=old)["code"] == "stale"
    twin = {"name": maria.name, "date_of_birth": "1982-03-04", "phone": maria.phone}
    assert desk.change(path, twin, status=409)["code"] == "already_exists"
    assert desk.change(path, {"phone": "1"}, status=422)["code"] == "phone_invalid"


def test_a_message_that_nobody_has_tried_to_send_goes_to_the_number_of_the_moment(desk: Desk) -> None:
    ben, maria = a_patient("Ben Okafor", phone="+12025550182"), a_patient(phone="+12025550183")
    for patient, attempts, state in ((ben, 0, "pending"), (ben, 1, "pending"), (ben, 0, "skipped"), (maria, 0, "pending")):
        row = {"patient": patient, "to_number": patient.phone, "idempotency_key": f"{patient.id} {attempts} {state}"}
        SmsMessage.create(kind=SmsKind.BOOKED, attempts=attempts, state=state, **row)
    desk.change(f"/patients/{ben.id}", {"phone": "202-555-0199"})
    numbers = [message.to_number[-2:] for message in SmsMessage.select().order_by(SmsMessage.id)]
    assert numbers == ["99", "82", "82", "83"]


def test_who_was_registered_twice_becomes_one_with_everything_of_both(admin: Desk) -> None:
    kept, other = a_patient(), a_patient("Maria Gonsales", phone="+12025550182")
    doctor, now = a_doctor(), models.now()
    mine, theirs = (an_appointment(who, a_slot(doctor, hours, now=now)) for who, hours in ((kept, 24), (other, 48)))
    call = Call.create(sid="CA1", patient=other, ended_at=now)
    wish = WaitlistEntry.create(patient=other, specialty=doctor.specialty)
    message = SmsMessage.create(kind=SmsKind.BOOKED, patient=other, to_number=other.phone, idempotency_key="m")
    event = record("appointment.booked", theirs, {"patient_id": other.id})
    merged = admin.post(f"/patients/{kept.id}/merge", {"other_id": other.id}, status=200)
    assert (merged["id"], merged["name"]) == (kept.id, "Maria Gonzalez")
    assert {appointment.patient_id for appointment in Appointment.select()} == {kept.id} and mine.patient_id == kept.id
    assert [row.get_by_id(one.id).patient_id for row, one in ((Call, call), (WaitlistEntry, wish), (SmsMessage, message))] == [kept.id] * 3
    assert OutboxEvent.get_by_id(event.id).payload["data"] == {"patient_id": kept.id}
    gone = admin.ask("GET", f"/patients/{other.id}").get_json()
    assert (gone["status"], gone["code"], gone["id"]) == (404, "patient_merged", kept.id)
    (entry,) = AuditEntry.select()
    assert (entry.action, entry.subject, entry.before["id"], entry.after["id"]) == ("merged", f"patient:{kept.id}", other.id, kept.id)


def test_an_event_that_was_posted_before_a_merge_keeps_its_body(admin: Desk) -> None:
    kept, other = a_patient(), a_patient("Maria Gonsales", phone="+12025550182")
    event = record("call.completed", Call.create(sid="CA1", ended_at=models.now()), {"patient_id": other.id})
    OutboxEvent.update(attempts=1).execute()
    admin.post(f"/patients/{kept.id}/merge", {"other_id": other.id}, status=200)
    assert OutboxEvent.get().payload == event.payload
    assert [one["id"] for one in admin.get(f"/patients/{kept.id}/export")["events"]] == [event.id]


def test_patients_who_are_booked_at_one_time_or_on_the_line_stay_two(admin: Desk) -> None:
    kept, other, now = a_patient(), a_patient("Maria Gonsales", phone="+12025550182"), models.now()
    for index, who in enumerate((kept, other)):
        an_appointment(who, a_slot(a_doctor(f"Kim{index}"), 24, now=now))
    path, body = f"/patients/{kept.id}/merge", {"other_id": other.id}
    assert admin.post(path, body, status=409)["code"] == "appointments_overlap"
    assert Appointment.select().where(Appointment.patient == other).count() == 1
    Appointment.delete().where(Appointment.patient == other).execute()
    call = Call.create(sid="CA1", patient=other, started_at=now - timedelta(minutes=1))
    assert admin.post(path, body, status=409)["code"] == "patient_on_call"
    Call.update(ended_at=now).where(Call.id == call.id).execute()
    assert admin.post(path, {"other_id": kept.id}, status=422)["code"] == "same_patient"
    assert admin.post(path, {"other_id": 999_999}, status=404)["code"] == "not_found"
    admin.post(path, body, status=200)
    assert Patient.select().count() == 1


def test_a_booking_that_is_filed_meanwhile_is_carried_out_for_who_is_left(admin: Desk) -> None:
    kept, other = a_patient(), a_patient("Maria Gonsales", phone="+12025550182")
    _, slots = a_doctor_with_slots()
    wanted = BookAppointment(slot_id=slots[0].id)
    request = bookings.request_booking(other, wanted, source=Source.DESK, idempotency_key="b")
    admin.post(f"/patients/{kept.id}/merge", {"other_id": other.id}, status=200)
    assert bookings.carry_out(request.id).state == RequestState.DONE
    assert Appointment.get().patient_id == kept.id
