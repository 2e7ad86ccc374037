"""Several people who change one thing at the same instant: one of them has their way, the others are told, and nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from threading import Barrier
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from werkzeug.test import TestResponse

from ivr.access import Role
from ivr.models import (
    Appointment,
    AppointmentStatus,
    AuditEntry,
    BookingRequest,
    CallbackRequest,
    Doctor,
    KnowledgeEntry,
    OutboxEvent,
    Patient,
    Row,
    Schedule,
    Slot,
    User,
)
from tests.integration.api.desk import Desk, a_user, bearer
from tests.integration.broker import wait_until
from tests.integration.rows import a_doctor, a_doctor_with_slots, a_patient, an_appointment

ROUNDS = 5
MARIA = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04", "phone": "(202) 555-0182"}

Ask = Callable[[Desk], TestResponse]


@pytest.fixture
def another(app: OpenAPI, admin: Desk) -> Desk:
    """A second admin."""
    return Desk(app, bearer(app, a_user(Role.ADMIN, "another@hospital.example")))


def at_once(*asked: tuple[Desk, Ask]) -> list[TestResponse]:
    """What is asked at one instant, each on a thread and a connection of its own."""
    together = Barrier(len(asked))

    def one(who: Desk, ask: Ask) -> TestResponse:
        together.wait(5)
        return ask(Desk(who.app, who.headers))

    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(lambda pair: one(*pair), asked))


def a_schedule() -> Schedule:
    return Schedule.create(doctor=a_doctor(), weekday=0, starts=time(9), ends=time(12))


def an_entry() -> KnowledgeEntry:
    return KnowledgeEntry.create(topic="parking", language="en", text="Behind the house.")


ROWS: tuple[tuple[str, Callable[[], Row], dict[str, Any], dict[str, Any]], ...] = (
    ("/doctors", a_doctor, {"family_name": "One"}, {"given_name": "Two"}),
    ("/patients", a_patient, {"language": "es"}, {"phone": "(202) 555-0199"}),
    ("/schedules", a_schedule, {"ends": "13:00"}, {"slot_minutes": 20}),
    ("/knowledge", an_entry, {"text": "One."}, {"topic": "garage"}),
    ("/users", lambda: a_user(Role.DESK, "desk@hospital.example"), {"role": "readonly"}, {"active": False}),
    ("/callback-requests", lambda: CallbackRequest.create(phone="+12025550143"), {"state": "done"}, {"state": "done"}),
)


@pytest.mark.parametrize(("path", "make", "one", "other"), ROWS, ids=[row[0] for row in ROWS])
def test_of_two_who_change_a_row_one_has_their_way(
    admin: Desk, another: Desk, path: str, make: Callable[[], Row], one: dict[str, Any], other: dict[str, Any]
) -> None:
    path = f"{path}/{make().id}"
    before = admin.ask("GET", path)
    read = {"If-Match": before.headers["ETag"]}

    answers = at_once((admin, lambda who: who.ask("PATCH", path, one, read)), (another, lambda who: who.ask("PATCH", path, other, read)))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won, change = next((answer, wish) for answer, wish in zip(answers, (one, other), strict=True) if answer.status_code == 200)
    after = admin.ask("GET", path)
    assert after.get_json() == won.get_json() and after.headers["ETag"] == won.headers["ETag"]
    changed = {name for name, value in after.get_json().items() if value != before.get_json()[name]}
    assert set(change) <= changed | {"role"} and AuditEntry.select().count() == 1
    assert admin.ask("PATCH", path, change, {"If-Match": won.headers["ETag"]}).status_code == 200


def test_of_one_who_changes_and_one_who_removes_one_has_their_way(admin: Desk, another: Desk) -> None:
    path = f"/knowledge/{an_entry().id}"
    read = {"If-Match": admin.ask("GET", path).headers["ETag"]}
    answers = at_once(
        (admin, lambda who: who.ask("PATCH", path, {"text": "One."}, read)), (another, lambda who: who.ask("DELETE", path, headers=read))
    )
    changed, removed = (answer.status_code for answer in answers)
    assert (changed, removed) in {(200, 412), (404, 204)}
    assert KnowledgeEntry.select().count() == (1 if changed == 200 else 0)


def test_of_two_admins_who_demote_each_other_one_stays(admin: Desk, another: Desk) -> None:
    users = {user.email: user.id for user in User.select()}
    paths = [f"/users/{users[email]}" for email in ("another@hospital.example", "admin@hospital.example")]
    tags = [admin.ask("GET", path).headers["ETag"] for path in paths]

    def demote(number: int) -> Ask:
        return lambda who: who.ask("PATCH", paths[number], {"role": "readonly"}, {"If-Match": tags[number]})

    answers = at_once((admin, demote(0)), (another, demote(1)))
    # Who is demoted first may be told so before their own wish is looked at.
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 403, 409}
    assert User.select().where(User.role == Role.ADMIN).count() == 1


@pytest.mark.usefixtures("worker")
class TestBookings:
    """Bookings against whatever else may happen to their slot, their patient and their doctor; round after round."""

    def test_of_two_who_book_a_slot_one_does(self, admin: Desk, another: Desk) -> None:
        _, slots = a_doctor_with_slots()
        ben = MARIA | {"name": "Ben Okafor", "phone": "(202) 555-0183"}
        for slot in slots:
            answers = at_once((admin, book(slot.id)), (another, book(slot.id, ben)))
            assert sorted(answer.status_code for answer in answers) == [201, 409]
            assert refusals(answers) == {"slot_taken"} and booked(slot.id) == 1

    def test_a_slot_is_blocked_or_booked(self, admin: Desk, another: Desk) -> None:
        _, slots = a_doctor_with_slots(slots=ROUNDS)
        for slot in slots:
            answers = at_once((admin, book(slot.id)), (another, block(slot)))
            by_book, by_block = (answer.status_code for answer in answers)
            assert (by_book, by_block) in {(201, 409), (409, 200)} and refusals(answers) == {"slot_taken"}
            state = admin.get(f"/slots/{slot.id}")["state"]
            assert state == ("booked" if by_book == 201 else "blocked") and booked(slot.id) == (by_book == 201)

    def test_a_patient_who_is_merged_away_takes_the_booking_along(self, admin: Desk, another: Desk) -> None:
        _, slots = a_doctor_with_slots(slots=ROUNDS)
        for number, slot in enumerate(slots):
            born = date(1980 + number, 3, 4)
            person = {"name": "Mary Gonzales", "date_of_birth": f"{born}", "phone": f"+1202555020{number}"}
            kept, other = a_patient("Eva Gonzalez", born, f"+1202555010{number}"), a_patient(person["name"], born, person["phone"])
            made, merged = at_once((admin, book(slot.id, person)), (another, merge(kept, other)))
            # 202 is what a machine that is slow answers: the request comes to its end all the same.
            assert merged.status_code == 200 and made.status_code in (201, 202, 404, 409), made.get_json()
            wait_until(every_request_has_ended, 20, "every request has ended")
            if made.status_code != 202:
                assert booked(slot.id) == (made.status_code == 201)
            if booked(slot.id):
                whose = Appointment.get(Appointment.slot == slot, Appointment.status == AppointmentStatus.BOOKED).patient_id
                # Who booked after the merge is registered anew.
                assert whose == kept.id or whose > other.id

    def test_a_doctor_is_archived_or_expected(self, admin: Desk, another: Desk) -> None:
        for number in range(ROUNDS):
            doctor, slots = a_doctor_with_slots(f"Samir{number}", slots=1)
            person = MARIA | {"name": f"Maria Number{number}", "phone": f"+1202555030{number}"}
            made, archived = at_once((admin, book(slots[0].id, person)), (another, archive(doctor)))
            assert (made.status_code, archived.status_code) in {(201, 409), (404, 204), (409, 204)}
            active = Doctor.get_by_id(doctor.id).active
            assert active == bool(booked(slots[0].id)) == (made.status_code == 201)

    def test_of_two_who_move_and_cancel_an_appointment_one_does(self, admin: Desk, another: Desk) -> None:
        _, slots = a_doctor_with_slots(slots=2 * ROUNDS)
        for number in range(ROUNDS):
            old = an_appointment(a_patient(f"Maria Number{number}"), slots[2 * number])
            new = slots[2 * number + 1].id
            moved, cancelled = at_once((admin, change(old, slot_id=new)), (another, change(old, status="cancelled")))
            assert (moved.status_code, cancelled.status_code) in {(200, 409), (409, 200)}
            assert booked(old.slot_id) == 0 and booked(new) == (moved.status_code == 200)
            assert OutboxEvent.select().where(OutboxEvent.subject == f"appointment:{old.id}").count() == 1


def every_request_has_ended() -> bool:
    return not BookingRequest.select().where(BookingRequest.state == "pending").exists()


def book(slot_id: int, patient: dict[str, str] = MARIA) -> Ask:
    """Book a slot."""
    return lambda who: who.ask("POST", "/appointments", {"slot_id": slot_id, "patient": patient})


def block(slot: Slot) -> Ask:
    """Offer a slot no more."""
    return lambda who: who.ask("POST", f"/slots/{slot.id}/block")


def change(appointment: Appointment, **wanted: Any) -> Ask:
    """Move an appointment, or end it."""
    return lambda who: who.ask("PATCH", f"/appointments/{appointment.id}", wanted)


def merge(kept: Patient, other: Patient) -> Ask:
    """Make one patient of two."""
    return lambda who: who.ask("POST", f"/patients/{kept.id}/merge", {"other_id": other.id})


def archive(doctor: Doctor) -> Ask:
    """Archive a doctor, whatever they are now."""
    return lambda who: who.ask("DELETE", f"/doctors/{doctor.id}", headers={"If-Match": "*"})


def refusals(answers: list[TestResponse]) -> set[str]:
    """The codes of those who were refused."""
    return {answer.get_json()["code"] for answer in answers if answer.status_code >= 400}


def booked(slot_id: int) -> int:
    """How often a slot is booked."""
    return int(Appointment.select().where(Appointment.slot == slot_id, Appointment.status == AppointmentStatus.BOOKED).count())
