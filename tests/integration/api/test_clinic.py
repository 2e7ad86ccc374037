"""Doctors, their hours and their slots, as the desk keeps them: a change of hours at once changes what is offered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr import bookings, models, scheduling, sms, waitlist
from ivr.access import Scope
from ivr.errors import LillyError
from ivr.models import (
    Appointment,
    AppointmentStatus,
    AuditEntry,
    Call,
    Doctor,
    Hold,
    Patient,
    Schedule,
    Slot,
    SmsMessage,
    Source,
    Specialty,
    TimeOff,
    WaitlistEntry,
)
from ivr.schemas import BookAppointment, CancelAppointment, JoinWaitlist
from tests.integration.api.desk import Desk, key_of
from tests.integration.rows import a_doctor, a_patient, a_slot, an_appointment
from tests.integration.test_scheduling import TZ

MONDAY = datetime(2026, 11, 23, 7, tzinfo=TZ)
TODAY, NEXT_MONDAY = "2026-11-23", "2026-11-30"


@pytest.fixture(autouse=True)
def _on_a_monday_at_seven(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Only the hospital's clock: tokens are checked by the machine's.
    with models.frozen(MONDAY):
        yield


@pytest.fixture
def admin(admin: Desk) -> Desk:
    """A program that may do everything here: its key knows no clock but the hospital's."""
    return Desk(admin.app, key_of(Scope.CLINIC_READ, Scope.CLINIC_WRITE, Scope.SLOTS_WRITE))


def times(desk: Desk, doctor: Doctor, **query: Any) -> list[str]:
    """The doctor's free slots: 23 09:00 …"""
    found = desk.get("/slots", doctor_id=doctor.id, **query)["items"]
    return [f"{datetime.fromisoformat(slot['starts_at']):%d %H:%M}" for slot in found]


def on_mondays(desk: Desk, doctor: Doctor, starts: str = "09:00", ends: str = "11:00") -> Any:
    return desk.post("/schedules", {"doctor_id": doctor.id, "weekday": 0, "starts": starts, "ends": ends})


def test_a_doctor_begins_gets_hours_and_slots_and_is_found(admin: Desk) -> None:
    specialty = Specialty.create(name="cardiology", labels={"en": "cardiology"}, words=["heart"])
    made = admin.post("/doctors", {"given_name": "Ana", "family_name": "Ruiz", "specialty_id": specialty.id, "languages": ["es"]})
    assert (made["name"], made["specialty"], made["active"]) == ("Dr. Ruiz", "cardiology", True)
    doctor = Doctor.get_by_id(made["id"])
    on_mondays(admin, doctor)
    days = {"date_from": TODAY, "date_to": NEXT_MONDAY}
    assert admin.post(f"/doctors/{doctor.id}/slots", days) == {"made": 8, "withdrawn": 0}
    assert admin.post(f"/doctors/{doctor.id}/slots", days) == {"made": 0, "withdrawn": 0}
    assert times(admin, doctor, date_to=TODAY) == ["23 09:00", "23 09:30", "23 10:00", "23 10:30"]
    for query in ({"specialty": "heart doctor"}, {"name": "la doctora Ruis"}, {"language": "es"}, {"specialty": "heart", "language": "es"}):
        assert [found["id"] for found in admin.get("/doctors", **query)["items"]] == [doctor.id]
    for query in ({"specialty": "alchemy"}, {"name": "Zhivago"}, {"language": "en"}, {"active": "false"}):
        assert admin.get("/doctors", **query)["items"] == []


def test_slots_are_found_by_day_and_part_of_day_and_only_free_ones_unless_all_are_wanted(admin: Desk) -> None:
    doctor = a_doctor()
    past, booked, held, blocked, free = (a_slot(doctor, hours, now=MONDAY) for hours in (-1, 2, 3, 4, 8))
    an_appointment(a_patient(), booked)
    scheduling.hold(held, "CA1", 120)
    admin.post(f"/slots/{blocked.id}/block", status=200)
    assert [slot["id"] for slot in admin.get("/slots", doctor_id=doctor.id)["items"]] == [free.id]
    every = admin.get("/slots", doctor_id=doctor.id, free="false")["items"]
    assert [(slot["id"], slot["state"]) for slot in every] == [
        (past.id, "past"),
        (booked.id, "booked"),
        (held.id, "held"),
        (blocked.id, "blocked"),
        (free.id, "free"),
    ]
    assert times(admin, doctor, part_of_day="morning", free="false") == ["23 06:00", "23 09:00", "23 10:00", "23 11:00"]
    assert times(admin, doctor, date_from="2026-11-24") == []
    assert admin.ask("GET", "/slots?doctor_id=2147483647").status_code == 404


def test_a_blocked_slot_is_offered_no_more_until_it_is_unblocked(admin: Desk) -> None:
    doctor = a_doctor()
    slot, booked, held, past = (a_slot(doctor, hours, now=MONDAY) for hours in (2, 3, 4, -1))
    an_appointment(a_patient(), booked)
    scheduling.hold(held, "CA1", 120)
    for _ in range(2):
        assert admin.post(f"/slots/{slot.id}/block", status=200)["state"] == "blocked"
    assert times(admin, doctor) == [] and not scheduling.hold(slot, "CA1", 120)
    refusals = [admin.post(f"/slots/{one.id}/block", status=409)["code"] for one in (booked, held, past)]
    assert refusals == ["slot_taken", "slot_taken", "slot_past"]
    for _ in range(2):
        assert admin.post(f"/slots/{slot.id}/unblock", status=200)["state"] == "free"
    assert times(admin, doctor) == ["23 09:00"]
    assert [entry.action for entry in AuditEntry.select().where(AuditEntry.subject == f"slot:{slot.id}")] == ["blocked", "unblocked"]


def test_an_absence_withdraws_what_is_free_and_keeps_what_is_booked_and_its_end_brings_it_back(admin: Desk) -> None:
    doctor = a_doctor()
    on_mondays(admin, doctor)
    admin.post(f"/doctors/{doctor.id}/slots", {"date_from": TODAY, "date_to": NEXT_MONDAY})
    slots = list(Slot.select().order_by(Slot.starts_at))
    an_appointment(a_patient(), slots[1])
    # A slot that something refers to cannot be deleted.
    an_appointment(a_patient("Ben", phone="+15550000001"), slots[2], status=AppointmentStatus.CANCELLED)
    all_day = {"starts_at": f"{TODAY}T00:00:00-05:00", "ends_at": f"{TODAY}T23:00:00-05:00"}
    absence = admin.post("/time-off", {"doctor_id": doctor.id, **all_day})
    assert times(admin, doctor, date_to=TODAY) == [] and len(times(admin, doctor)) == 4
    left = admin.get("/slots", doctor_id=doctor.id, free="false", date_to=TODAY)["items"]
    assert [slot["state"] for slot in left] == ["booked", "blocked"]
    assert admin.post(f"/slots/{slots[2].id}/unblock", status=409)["code"] == "outside_hours"
    assert Appointment.get(Appointment.slot == slots[1]).status == AppointmentStatus.BOOKED
    admin.remove(f"/time-off/{absence['id']}")
    assert times(admin, doctor, date_to=TODAY) == ["23 09:00", "23 10:00", "23 10:30"]
    assert not Hold.select().count()


def test_what_is_booked_outside_of_the_hours_is_offered_to_nobody_once_it_is_cancelled(admin: Desk) -> None:
    doctor = a_doctor()
    on_mondays(admin, doctor)
    admin.post(f"/doctors/{doctor.id}/slots", {"date_from": TODAY, "date_to": TODAY})
    booked, *_ = Slot.select().order_by(Slot.starts_at)
    patient = a_patient()
    appointment = an_appointment(patient, booked)
    waiting = a_patient("Ben", phone="+12025550147")
    waitlist.join(waiting, JoinWaitlist(doctor_id=doctor.id), TZ)
    admin.post("/time-off", {"doctor_id": doctor.id, "starts_at": f"{TODAY}T00:00:00-05:00", "ends_at": f"{TODAY}T23:00:00-05:00"})
    wanted = CancelAppointment(appointment_id=appointment.id)
    bookings.carry_out(bookings.request_cancellation(patient, wanted, source=Source.DESK, idempotency_key="ill").id)
    assert Appointment.get().status == AppointmentStatus.CANCELLED
    assert times(admin, doctor, date_to=TODAY) == []
    assert WaitlistEntry.get().state == "waiting"


class TestAnAbsence:
    """The desk notes that the doctor is away next Monday."""

    @pytest.fixture
    def doctor(self, admin: Desk) -> Doctor:
        """Who works on Mondays."""
        doctor = a_doctor()
        on_mondays(admin, doctor)
        admin.post(f"/doctors/{doctor.id}/slots", {"date_from": NEXT_MONDAY, "date_to": NEXT_MONDAY})
        return doctor

    @staticmethod
    def begins(admin: Desk, doctor: Doctor) -> str:
        """Enter it, and return its path."""
        all_day = {"starts_at": f"{NEXT_MONDAY}T00:00:00-05:00", "ends_at": f"{NEXT_MONDAY}T23:00:00-05:00"}
        absence = admin.post("/time-off", {"doctor_id": doctor.id, **all_day})
        return f"/time-off/{absence['id']}"

    def test_what_is_held_on_offer_goes_to_nobody_and_who_had_it_keeps_their_place_in_line(self, admin: Desk, doctor: Doctor) -> None:
        first, second = a_patient("Eva", phone="+12025550147"), a_patient("Flo", phone="+12025550148")
        for patient in (first, second):
            waitlist.join(patient, JoinWaitlist(doctor_id=doctor.id), TZ)
        slot = Slot.select().order_by(Slot.starts_at).first()
        assert waitlist.offer(slot.id, MONDAY.astimezone(UTC) + timedelta(hours=1)) is not None
        with models.frozen(MONDAY + timedelta(hours=1)):
            assert [entry.slot_id for entry in waitlist.offers(first)] == [slot.id]

            absence = self.begins(admin, doctor)

            assert waitlist.offers(first) == []
            assert sms.permitted.why_not(SmsMessage.get(), models.now()) == "overtaken"
            assert refused(first, slot) == "slot_taken"
            assert waitlist.lapse(TZ) == []
        with models.frozen(MONDAY + timedelta(hours=2)):
            assert waitlist.lapse(TZ) == []
            assert [(entry.state, entry.offers, entry.slot) for entry in WaitlistEntry.select()] == [("waiting", 0, None)] * 2
            assert refused(second, slot) == "slot_taken"
            admin.remove(absence)
            assert waitlist.offer(slot.id, models.now()) is not None
            assert [entry.slot_id for entry in waitlist.offers(first)] == [slot.id]

    def test_what_a_caller_holds_is_booked_by_nobody_neither_now_nor_when_the_hold_ends(self, admin: Desk, doctor: Doctor) -> None:
        slot, call = Slot.select().order_by(Slot.starts_at).first(), Call.create(sid="CA1")
        assert scheduling.hold(slot, call.sid, scheduling.HOLD_S)
        self.begins(admin, doctor)
        assert admin.get(f"/slots/{slot.id}")["state"] == "blocked"
        assert refused(a_patient(), slot, call) == "slot_taken"
        with models.frozen(MONDAY + timedelta(seconds=scheduling.HOLD_S)):
            assert refused(a_patient("Ben", phone="+12025550148"), slot) == "slot_taken"
            assert times(admin, doctor, date_from=NEXT_MONDAY) == []

    def test_what_was_asked_for_before_and_is_not_booked_yet_is_refused(self, admin: Desk, doctor: Doctor) -> None:
        slot = Slot.select().order_by(Slot.starts_at).first()
        asked = bookings.request_booking(a_patient(), BookAppointment(slot_id=slot.id), source=Source.PHONE, idempotency_key="early")
        self.begins(admin, doctor)
        assert bookings.carry_out(asked.id).error_code == "slot_taken"

    def test_what_the_desk_has_blocked_is_outside_of_the_hours_too_and_blocked_again_after_it(self, admin: Desk, doctor: Doctor) -> None:
        slot = Slot.select().order_by(Slot.starts_at).first()
        admin.post(f"/slots/{slot.id}/block", status=200)
        absence = self.begins(admin, doctor)
        admin.remove(absence)
        assert admin.get(f"/slots/{slot.id}")["state"] == "blocked"
        self.begins(admin, doctor)
        assert admin.post(f"/slots/{slot.id}/unblock", status=409)["code"] == "outside_hours"

    def test_that_is_put_off_withdraws_its_new_day_and_brings_the_old_one_back(self, admin: Desk, doctor: Doctor) -> None:
        admin.post(f"/doctors/{doctor.id}/slots", {"date_from": TODAY, "date_to": "2026-12-07"})
        path = self.begins(admin, doctor)
        assert {time[:2] for time in times(admin, doctor)} == {"23", "07"}
        admin.change(path, {"starts_at": "2026-12-07T00:00:00-05:00", "ends_at": "2026-12-07T23:00:00-05:00"})
        assert {time[:2] for time in times(admin, doctor)} == {"23", "30"}


def refused(patient: Patient, slot: Slot, call: Call | None = None) -> str:
    """The code with which a slot is refused to a patient."""
    with pytest.raises(LillyError) as raised:
        bookings.request_booking(patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, call=call, idempotency_key="late")
    return raised.value.code


def test_a_public_holiday_closes_every_doctor(admin: Desk) -> None:
    doctors = [a_doctor("Kim"), a_doctor("Samir")]
    for doctor in doctors:
        on_mondays(admin, doctor)
        admin.post(f"/doctors/{doctor.id}/slots", {"date_from": TODAY, "date_to": NEXT_MONDAY})
    admin.post("/time-off", {"starts_at": f"{NEXT_MONDAY}T00:00:00-05:00", "ends_at": f"{NEXT_MONDAY}T23:59:00-05:00", "reason": "holiday"})
    assert [times(admin, doctor, date_from=NEXT_MONDAY) for doctor in doctors] == [[], []]
    assert (
        admin.post("/extra-sessions", {"doctor_id": doctors[0].id, "day": NEXT_MONDAY, "starts": "14:00", "ends": "15:00"})["day"]
        == NEXT_MONDAY
    )
    assert times(admin, doctors[0], date_from=NEXT_MONDAY) == ["30 14:00", "30 14:30"]


def test_other_hours_and_pauses_move_the_slots_that_nobody_has_booked(admin: Desk) -> None:
    doctor = a_doctor()
    hours = on_mondays(admin, doctor)
    admin.post(f"/doctors/{doctor.id}/slots", {"date_from": TODAY, "date_to": TODAY})
    an_appointment(a_patient(), Slot.select().order_by(Slot.starts_at).first())
    admin.change(f"/schedules/{hours['id']}", {"starts": "09:15"})
    assert times(admin, doctor) == ["23 09:45", "23 10:15"]
    pause = admin.post("/breaks", {"doctor_id": doctor.id, "weekday": 0, "starts": "10:00", "ends": "10:30"})
    assert times(admin, doctor) == ["23 10:30"]
    admin.remove(f"/breaks/{pause['id']}")
    admin.remove(f"/schedules/{hours['id']}")
    assert times(admin, doctor) == [] and Slot.select().count() == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/schedules", {"weekday": 0, "starts": "11:00", "ends": "09:00"}, 422, "rule_broken"),
        ("/schedules", {"weekday": 7, "starts": "09:00", "ends": "11:00"}, 422, "invalid_input"),
        ("/schedules", {"weekday": 0, "starts": "9", "ends": "11:00"}, 422, "invalid_input"),
        ("/schedules", {"weekday": 0, "starts": "09:00", "ends": "11:00", "slot_minutes": 1}, 422, "invalid_input"),
        ("/schedules", {"weekday": 0, "starts": "09:00", "ends": "11:00", "doctor_id": 2147483647}, 422, "reference_unknown"),
        ("/time-off", {"starts_at": "2026-11-24T00:00:00Z", "ends_at": "2026-11-23T00:00:00Z"}, 422, "rule_broken"),
        ("/extra-sessions", {"day": "2026-02-30", "starts": "09:00", "ends": "11:00"}, 422, "invalid_input"),
    ],
)
def test_hours_that_cannot_be_are_refused(admin: Desk, path: str, body: dict[str, Any], status: int, code: str) -> None:
    assert admin.post(path, {"doctor_id": a_doctor().id} | body, status=status)["code"] == code
    assert not Schedule.select().count() and not TimeOff.select().count()


def test_the_same_hours_twice_are_refused(admin: Desk) -> None:
    doctor = a_doctor()
    on_mondays(admin, doctor)
    body = {"doctor_id": doctor.id, "weekday": 0, "starts": "09:00", "ends": "10:00"}
    assert admin.post("/schedules", body, status=409)["code"] == "already_exists"


@pytest.mark.parametrize(
    ("date_from", "date_to"),
    [("2026-11-24", "2026-11-23"), ("2026-11-22", "2026-11-23"), ("2026-11-23", "2027-11-25"), ("2026-11-23", "9999-12-31")],
)
def test_slots_are_made_for_a_year_at_most_and_not_in_the_past(admin: Desk, date_from: str, date_to: str) -> None:
    path = f"/doctors/{a_doctor().id}/slots"
    assert admin.post(path, {"date_from": date_from, "date_to": date_to}, status=422)["code"] == "days_invalid"


def test_a_doctor_who_is_expected_stays_and_another_is_archived_with_all_that_was(admin: Desk) -> None:
    doctor = a_doctor()
    coming = an_appointment(a_patient(), a_slot(doctor, 24, now=MONDAY))
    path = f"/doctors/{doctor.id}"
    assert admin.remove(path, status=409)["code"] == "has_appointments"
    assert admin.change(path, {"active": False}, status=409)["code"] == "has_appointments"
    Appointment.update(status=AppointmentStatus.CANCELLED).execute()
    admin.remove(path)
    assert admin.get(path)["active"] is False and admin.get("/doctors")["items"] == []
    assert Appointment.get_by_id(coming.id).slot.doctor == doctor
    assert admin.ask("GET", f"/slots?doctor_id={doctor.id}").status_code == 404
    admin.change(path, {"active": True})
    assert [found["id"] for found in admin.get("/doctors")["items"]] == [doctor.id]


def test_specialties_are_listed_with_their_everyday_words(admin: Desk) -> None:
    Specialty.create(name="dermatology", labels={"en": "dermatology", "es": "dermatología"}, words=["skin", "piel"])
    (shown,) = admin.get("/specialties")["items"]
    assert (shown["labels"]["es"], shown["words"]) == ("dermatología", ["skin", "piel"])
