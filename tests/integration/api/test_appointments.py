"""Appointments by REST: the same requests, holds and rules as in a call, carried out by a worker."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from icalendar import Calendar

from ivr import models
from ivr.access import Role, Scope
from ivr.idempotency import Claim
from ivr.models import Appointment, AuditEntry, BookingRequest, OutboxEvent, Patient, database
from tests.integration.api.desk import Desk, a_user, bearer, key_of
from tests.integration.broker import Worker
from tests.integration.rows import a_doctor_with_slots, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("worker")

MARIA = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04", "phone": "(202) 555-0182"}
BEN = {"name": "Ben Okafor", "date_of_birth": "1990-01-01", "phone": "(202) 555-0183"}


@pytest.fixture
def desk(app: OpenAPI, db: None) -> Desk:
    """Somebody at the front desk."""
    return Desk(app, bearer(app, a_user(Role.DESK)))


@pytest.fixture
def program(app: OpenAPI, db: None) -> Desk:
    """N8n, with a key of limited scope."""
    return Desk(app, key_of(Scope.APPOINTMENTS_READ, Scope.APPOINTMENTS_WRITE))


def test_a_slot_is_booked_for_a_patient_who_is_registered_with_it(desk: Desk) -> None:
    _, slots = a_doctor_with_slots()
    made = desk.ask("POST", "/appointments", {"slot_id": slots[0].id, "patient": MARIA, "reason": "chest pain"})
    body = made.get_json()
    assert made.status_code == 201 and made.headers["Location"] == f"/appointments/{body['id']}"
    assert (body["status"], body["slot"]["id"], body["slot"]["doctor"]) == ("booked", slots[0].id, "Dr. Samir")
    assert (body["reason"], body["patient"]) == ("chest pain", {**MARIA, "phone": "+12025550182", "id": Patient.get().id})
    assert desk.get(f"/appointments/{body['id']}") == body
    request = BookingRequest.get()
    assert (request.source, request.state, request.operation) == ("desk", "done", "book")
    (entry,) = AuditEntry.select().where(AuditEntry.subject == f"appointment:{body['id']}")
    assert (entry.actor, entry.action, entry.before) == (request.actor, "booked", None)
    assert [event.event_type for event in OutboxEvent.select()] == ["appointment.booked"]


def test_a_program_books_moves_and_cancels_as_a_caller_would(program: Desk) -> None:
    _, slots = a_doctor_with_slots()
    booked = program.post("/appointments", {"slot_id": slots[0].id, "patient": MARIA})
    moved = program.ask("PATCH", f"/appointments/{booked['id']}", {"slot_id": slots[1].id}).get_json()
    assert (moved["slot"]["id"], moved["replaces_id"], moved["status"]) == (slots[1].id, booked["id"], "booked")
    cancelled = program.ask("PATCH", f"/appointments/{moved['id']}", {"status": "cancelled"}).get_json()
    assert (cancelled["id"], cancelled["status"]) == (moved["id"], "cancelled")
    assert [request.source for request in BookingRequest.select()] == ["n8n"] * 3
    assert [entry.action for entry in AuditEntry.select().where(AuditEntry.actor.startswith("api_key:")).order_by(AuditEntry.id)] == [
        "booked",
        "rescheduled",
        "cancelled",
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"slot_id": 1}, "already_moved"), ({"status": "cancelled"}, "already_moved"), ({"status": "completed"}, "already_moved")],
)
def test_what_is_over_changes_no_more(desk: Desk, change: dict[str, Any], code: str) -> None:
    _, slots = a_doctor_with_slots()
    booked = desk.post("/appointments", {"slot_id": slots[0].id, "patient": MARIA})
    desk.ask("PATCH", f"/appointments/{booked['id']}", {"slot_id": slots[1].id})
    change = {"slot_id": slots[2].id} if "slot_id" in change else change
    answer = desk.ask("PATCH", f"/appointments/{booked['id']}", change)
    assert (answer.status_code, answer.get_json()["code"]) == (409, code)


def test_a_taken_slot_is_409_slot_taken_and_a_busy_patient_is_told_apart(desk: Desk) -> None:
    _, slots = a_doctor_with_slots("Samir")
    desk.post("/appointments", {"slot_id": slots[0].id, "patient": MARIA})
    assert desk.post("/appointments", {"slot_id": slots[0].id, "patient": BEN}, status=409)["code"] == "slot_taken"
    _, same_time = a_doctor_with_slots("Kim")
    assert desk.post("/appointments", {"slot_id": same_time[0].id, "patient": MARIA}, status=409)["code"] == "patient_busy"
    assert desk.post("/appointments", {"slot_id": 2147483647, "patient": BEN}, status=404)["code"] == "not_found"


def test_of_ten_who_book_one_slot_at_once_one_is_booked(app: OpenAPI, desk: Desk) -> None:
    _, slots = a_doctor_with_slots()

    def book(number: int) -> tuple[int, str | None]:
        patient = {"name": f"Patient Number{number}", "date_of_birth": "1980-01-01", "phone": f"+1202555{number:04}"}
        answer = Desk(app, desk.headers).ask("POST", "/appointments", {"slot_id": slots[0].id, "patient": patient})
        return answer.status_code, answer.get_json().get("code")

    with ThreadPoolExecutor(10) as threads:
        answers = sorted(threads.map(book, range(10)), key=lambda answer: answer[0])
    assert answers == [(201, None)] + [(409, "slot_taken")] * 9


def test_one_key_books_once_and_ten_at_once_are_one(app: OpenAPI, desk: Desk) -> None:
    _, slots = a_doctor_with_slots()
    body, key = {"slot_id": slots[0].id, "patient": MARIA}, {"Idempotency-Key": "run 7"}
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: Desk(app, desk.headers).ask("POST", "/appointments", body, key), range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409} and Appointment.select().count() == 1
    assert {answer.get_json()["code"] for answer in answers if answer.status_code == 409} <= {"request_in_progress"}
    assert desk.post("/appointments", body, headers=key)["id"] == Appointment.get().id
    assert BookingRequest.select().count() == 1


def test_who_dies_after_the_booking_and_before_the_answer_is_kept_finds_it_booked_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, slots = a_doctor_with_slots()
    body, key = {"slot_id": slots[0].id, "patient": MARIA}, {"Idempotency-Key": "run 8"}
    with monkeypatch.context() as dying:
        dying.setattr(Claim, "keep", lambda *_: 1 / 0)
        desk.post("/appointments", body, status=500, headers=key)
    assert desk.post("/appointments", body, headers=key)["id"] == Appointment.get().id
    assert Appointment.select().count() == BookingRequest.select().count() == OutboxEvent.select().count() == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"phone": "12"}, "phone_invalid", "patient.phone"),
        ({"phone": None}, "phone_needed", "patient.phone"),
        ({"date_of_birth": "1800-01-01"}, "date_of_birth_invalid", "patient.date_of_birth"),
        ({"date_of_birth": "yesterday"}, "invalid_input", "patient.date_of_birth"),
        ({"date_of_birth": 19820304}, "invalid_input", "patient.date_of_birth"),
        ({"name": "?"}, "name_invalid", "patient.name"),
        ({"name": "a\0b"}, "invalid_input", "patient.name"),
        ({"id": 1}, "invalid_input", "patient.id"),
    ],
)
def test_a_patient_who_cannot_be_is_refused_by_field(desk: Desk, wrong: dict[str, Any], code: str, field: str) -> None:
    _, slots = a_doctor_with_slots(slots=1)
    refusal = desk.post("/appointments", {"slot_id": slots[0].id, "patient": MARIA | wrong}, status=422)
    assert (refusal["code"], [fault["field"] for fault in refusal["errors"]]) == (code, [field])
    assert not Patient.select().count() and not BookingRequest.select().count()


@pytest.mark.parametrize("change", [{}, {"slot_id": 1, "status": "cancelled"}, {"status": "booked"}, {"slot_id": None}])
def test_a_change_says_one_thing(desk: Desk, change: dict[str, Any]) -> None:
    assert desk.ask("PATCH", "/appointments/1", change).status_code == 422


def test_who_came_and_who_did_not_is_noted_once_the_time_has_come(desk: Desk) -> None:
    doctor, slots = a_doctor_with_slots()
    past = [an_appointment(a_patient(f"Patient {n}", phone=f"+1555000000{n}"), a_slot(doctor, -1 - n, now=models.now())) for n in range(2)]
    coming = an_appointment(a_patient(), slots[0])
    assert desk.ask("PATCH", f"/appointments/{coming.id}", {"status": "completed"}).get_json()["code"] == "not_begun"
    for appointment, status in zip(past, ("completed", "no_show"), strict=True):
        for _ in range(2):
            assert desk.ask("PATCH", f"/appointments/{appointment.id}", {"status": status}).get_json()["status"] == status
    assert [event.event_type for event in OutboxEvent.select().order_by(OutboxEvent.id)] == ["appointment.completed", "appointment.no_show"]
    assert desk.ask("PATCH", f"/appointments/{past[0].id}", {"status": "no_show"}).status_code == 409


def test_a_change_built_on_what_is_no_longer_so_is_refused(desk: Desk) -> None:
    doctor, slots = a_doctor_with_slots()
    booked = desk.ask("POST", "/appointments", {"slot_id": slots[0].id, "patient": MARIA})
    path, was = f"/appointments/{booked.get_json()['id']}", {"If-Match": booked.headers["ETag"]}
    cancelled = desk.ask("PATCH", path, {"status": "cancelled"}, was)
    assert cancelled.status_code == 200 and cancelled.headers["ETag"] == desk.ask("GET", path).headers["ETag"] != booked.headers["ETag"]
    for change in ({"status": "cancelled"}, {"slot_id": slots[1].id}, {"status": "completed"}):
        stale = desk.ask("PATCH", path, change, was)
        assert (stale.status_code, stale.get_json()["code"]) == (412, "stale")
    assert BookingRequest.select().count() == 2
    past = an_appointment(a_patient(), a_slot(doctor, -1, now=models.now()))
    assert desk.ask("PATCH", f"/appointments/{past.id}", {"status": "completed"}, was).status_code == 412
    assert desk.ask("PATCH", f"/appointments/{past.id}", {"status": "completed"}, {"If-Match": "*"}).status_code == 200


def test_appointments_are_found_by_patient_doctor_day_and_status(desk: Desk) -> None:
    samir, kim = a_doctor_with_slots("Samir"), a_doctor_with_slots("Kim")
    maria, ben = a_patient(), a_patient("Ben Okafor", phone="+15550000001")
    one, two = an_appointment(maria, samir[1][0]), an_appointment(ben, kim[1][1])
    gone = an_appointment(maria, samir[1][2], status="cancelled")
    day = one.starts_at.astimezone(desk.app.extensions["lilly"].settings.timezone).date()

    def found(**query: Any) -> list[int]:
        return [appointment["id"] for appointment in desk.get("/appointments", **query)["items"]]

    assert found() == [one.id, two.id, gone.id] and found(sort="-starts_at") == [gone.id, two.id, one.id]
    assert found(patient_id=maria.id) == [one.id, gone.id] and found(patient_id=maria.id, status="booked") == [one.id]
    assert found(doctor_id=kim[0].id) == [two.id]
    assert found(day=day) == found() and found(day=day + timedelta(days=2)) == [] and found(date_to=day - timedelta(days=1)) == []
    assert found(date_from=day) == found() and found(date_from="9999-12-31") == [] and found(day="0001-01-01") == []


def test_one_appointment_is_a_calendar_entry_without_the_patient(desk: Desk) -> None:
    _, slots = a_doctor_with_slots()
    appointment = an_appointment(a_patient(), slots[0])
    answer = desk.ask("GET", f"/appointments/{appointment.id}.ics")
    (event,) = Calendar.from_ical(answer.get_data()).events
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert (event.start, event.end, event.status) == (slots[0].starts_at, slots[0].ends_at, "CONFIRMED")
    assert "Dr. Samir" in str(event.summary) and b"Maria" not in answer.get_data() and b"Gonzalez" not in answer.get_data()


def test_the_id_of_a_request_reaches_the_worker_s_log(desk: Desk, worker: Worker) -> None:
    _, slots = a_doctor_with_slots()
    body = {"slot_id": slots[0].id, "patient": MARIA}
    assert desk.ask("POST", "/appointments", body, {"X-Request-ID": "from-the-desk-42"}).status_code == 201
    (line,) = [line for line in worker.said().splitlines() if "from-the-desk-42" in line and "(book)" in line]
    assert "Gonzalez" not in line
    with database.connection_context():
        assert AuditEntry.get(AuditEntry.action == "booked").request_id == "from-the-desk-42"
