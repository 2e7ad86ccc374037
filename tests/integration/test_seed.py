"""The seeded hospital: whatever the day, the same stories can be played in it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr import doctors, models, scheduling
from ivr.models import Appointment, AppointmentStatus, Doctor, Patient, Slot, Specialty, TimeOff, database
from ivr.schemas import ListDoctors, ListSlots
from ivr.seed import Seeded, seed
from tests.integration.conftest import emptied

TZ = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
NOON = time(12, 0)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), TZ).astimezone(UTC)


@pytest.fixture(scope="module")
def hospital(migrated: str) -> Iterator[Seeded]:
    """The hospital as it is seeded on a Monday."""
    with database.connection_context():
        emptied()
        yield seed(TZ, at(MONDAY))


@pytest.fixture
def seeded(hospital: Seeded) -> Iterator[Seeded]:
    """The hospital; what a test changes in it is undone."""
    with database.atomic() as transaction:
        yield hospital
        transaction.rollback()


@pytest.fixture
def empty(seeded: Seeded) -> None:
    """No hospital."""
    emptied()


def local(slot: Slot | Appointment) -> datetime:
    return slot.starts_at.astimezone(TZ)


def tomorrow_afternoon(today: date, limit: int = 20) -> list[Slot]:
    tomorrow = today + timedelta(days=1)
    query = ListSlots(specialty="cardiologist", date_from=tomorrow, date_to=tomorrow, part_of_day="afternoon", limit=limit)
    return scheduling.find_slots(query, TZ, now=at(today))


def booked(name: str) -> list[Appointment]:
    query = Appointment.select().join(Patient).where(Patient.name == name, Appointment.status == AppointmentStatus.BOOKED)
    return list(query.order_by(Appointment.starts_at))


def test_the_hospital_has_the_doctors_and_specialties_that_callers_expect(seeded: Seeded) -> None:
    assert Specialty.select().count() >= 8
    assert seeded.doctors == Doctor.select().count() >= 16
    assert {"Samir", "Kim", "Patel", "Chen", "Rodriguez"} <= {doctor.family_name for doctor in Doctor.select()}
    assert doctors.find_doctors(ListDoctors(name="Samir"))[0].specialty.name == "cardiology"
    last = Slot.select().order_by(Slot.starts_at.desc()).get()
    assert local(last).date() >= MONDAY + timedelta(days=27)


@pytest.mark.parametrize("ahead", range(7))
def test_on_whatever_day_it_is_seeded_tomorrow_afternoon_is_free(empty: None, ahead: int) -> None:
    today = MONDAY + timedelta(days=ahead)
    seed(TZ, at(today))
    slots = tomorrow_afternoon(today)
    assert {slot.doctor.name for slot in slots} == {"Dr. Samir"}
    assert [local(slot).time() for slot in slots[:2]] == [time(14, 30), time(15, 0)]
    assert len(slots) >= 12
    with_kim, on_friday = sorted(booked("Maria Gonzalez"), key=lambda row: row.slot.doctor.family_name, reverse=True)
    assert with_kim.slot.doctor.name == "Dr. Kim" and local(with_kim).weekday() < 3
    assert local(on_friday).weekday() == 4
    for name in ("Maria Gonzalez", "John Smith", "Lucía Fernández"):
        assert booked(name) and all(local(row).date() > today + timedelta(days=1) for row in booked(name))


def test_a_public_holiday_does_not_take_dr_samirs_afternoon_away(empty: None) -> None:
    TimeOff.create(starts_at=at(MONDAY), ends_at=at(MONDAY + timedelta(days=3)))
    seed(TZ, at(MONDAY))
    assert [local(slot).time() for slot in tomorrow_afternoon(MONDAY)[:2]] == [time(14, 30), time(15, 0)]


def test_seeding_twice_is_the_same_as_once(seeded: Seeded) -> None:
    assert seed(TZ, at(MONDAY)) == Seeded(0, 0, 0)
    assert seed(TZ, at(MONDAY, 18)) == Seeded(0, 0, 0)


def test_a_cancelled_story_is_not_told_again_on_the_same_day(seeded: Seeded) -> None:
    Appointment.update(status=AppointmentStatus.CANCELLED).where(Appointment.idempotency_key.startswith("seed:maria-kim:")).execute()
    assert seed(TZ, at(MONDAY)) == Seeded(0, 0, 0)


@pytest.mark.parametrize("ahead", [1, 9])
def test_seeding_on_a_later_day_extends_the_hospital_to_that_day(seeded: Seeded, ahead: int) -> None:
    later = MONDAY + timedelta(days=ahead)
    added = seed(TZ, at(later))
    assert added.doctors == 0 and added.slots > 0
    assert [local(slot).time() for slot in tomorrow_afternoon(later)[:2]] == [time(14, 30), time(15, 0)]
    assert len([row for row in booked("Maria Gonzalez") if row.starts_at > at(later)]) == 2


def test_the_patients_of_the_stories_are_there(seeded: Seeded) -> None:
    assert Patient.get(Patient.name == "Maria Gonzalez").date_of_birth == date(1982, 3, 4)
    lucia = Patient.get(Patient.name == "Lucía Fernández")
    assert lucia.date_of_birth == date(1990, 7, 12) and lucia.language == "es"
    assert any(local(row).weekday() == 2 for row in booked("John Smith"))


def test_dr_kim_can_be_moved_to_thursday_at_half_past_three(seeded: Seeded) -> None:
    query = ListSlots(doctor="Kim", date_from=MONDAY, not_before=time(15, 30), not_after=time(15, 30))
    assert 3 in {local(slot).weekday() for slot in scheduling.find_slots(query, TZ, now=at(MONDAY))}


def test_every_specialty_has_a_doctor_who_speaks_spanish(seeded: Seeded) -> None:
    spoken = {doctor.specialty.name for doctor in doctors.find_doctors(ListDoctors(language="es"))}
    assert spoken == {specialty.name for specialty in Specialty.select()}


def test_no_doctor_is_mistaken_for_another(seeded: Seeded) -> None:
    everybody = doctors.active_doctors()
    for doctor in everybody:
        assert [match.id for match in doctors.best_matches(doctor.name, everybody)] == [doctor.id]


def test_there_are_slots_for_weeks(empty: None) -> None:
    assert seed(TZ, models.now()).slots > 3_000
