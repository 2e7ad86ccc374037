"""Slots: made from hours, offered when free, held for one caller at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from playhouse.test_utils import assert_query_count

from ivr import bookings, models, scheduling, waitlist
from ivr.errors import LillyError, NotFound
from ivr.models import (
    BookingRequest,
    Break,
    Doctor,
    ExtraSession,
    Hold,
    Patient,
    Schedule,
    Slot,
    Source,
    TimeOff,
    WaitlistEntry,
    database,
)
from ivr.schemas import BookAppointment, JoinWaitlist, ListSlots
from tests.integration.broker import somebody_waits_for_a_lock, wait_until
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

T = TypeVar("T")

TZ = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 23)


def found(query: ListSlots | None = None, language: str | None = None, holder: str = "") -> list[int]:
    return [slot.id for slot in scheduling.find_slots(query or ListSlots(), TZ, NOW, language, [holder])]


def local_times(doctor: Doctor) -> list[str]:
    slots = Slot.select().where(Slot.doctor == doctor).order_by(Slot.starts_at)
    return [f"{slot.starts_at.astimezone(TZ):%d %H:%M}" for slot in slots]


def test_free_slots_are_offered_earliest_first_with_doctor_and_specialty_in_one_query(
    db: None,
) -> None:
    doctor = a_doctor()
    later, sooner = a_slot(doctor, 30), a_slot(doctor, 24)
    with assert_query_count(1):
        slots = scheduling.find_slots(ListSlots(), TZ, now=NOW)
        described = [(slot.id, slot.doctor.name, slot.doctor.specialty.name) for slot in slots]
    assert described == [(sooner.id, "Dr. Samir", "cardiology"), (later.id, "Dr. Samir", "cardiology")]


def test_what_is_past_booked_held_or_of_a_doctor_who_left_is_not_offered(db: None) -> None:
    doctor, gone = a_doctor(), a_doctor("Gone")
    past, booked, held, free = a_slot(doctor, -1), a_slot(doctor, 24), a_slot(doctor, 25), a_slot(doctor, 26)
    a_slot(gone, 24)
    Doctor.update(active=False).where(Doctor.id == gone.id).execute()
    an_appointment(a_patient(), booked)
    assert scheduling.hold(held, "CA1", 120, now=NOW)
    assert found() == [free.id]
    assert found(holder="CA1") == [held.id, free.id]
    assert [scheduling.is_free(slot, now=NOW) for slot in (past, booked, held, free)] == [False, False, False, True]
    assert [slot.id for slot in scheduling.find_slots(ListSlots(), TZ, now=NOW + timedelta(seconds=121))] == [held.id, free.id]


def test_doctors_who_speak_the_callers_language_come_first_among_equals_only(db: None) -> None:
    english, spanish = a_doctor("Okafor"), a_doctor("Samir", languages=("en", "es"))
    first = a_slot(english, 24)
    english_too, spanish_too = a_slot(english, 25), a_slot(spanish, 25)
    assert found() == [first.id, english_too.id, spanish_too.id]
    assert found(language="es") == [first.id, spanish_too.id, english_too.id]


def test_slots_are_found_by_day_part_of_day_and_time_in_the_hospitals_zone(db: None) -> None:
    doctor = a_doctor()
    # Nine in the morning of the 23rd in New York is the present.
    morning, afternoon, evening, midnight = (a_slot(doctor, hours) for hours in (2, 3, 9, 14.5))
    assert found(ListSlots(part_of_day="morning")) == [morning.id]
    assert found(ListSlots(part_of_day="afternoon")) == [afternoon.id]
    assert found(ListSlots(part_of_day="evening")) == [evening.id, midnight.id]
    assert found(ListSlots(not_before=time(18))) == [evening.id, midnight.id]
    assert found(ListSlots(not_after=time(12))) == [morning.id, afternoon.id]
    assert found(ListSlots(date_from=TODAY, date_to=TODAY)) == [morning.id, afternoon.id, evening.id, midnight.id]
    assert found(ListSlots(date_from=TODAY + timedelta(days=1))) == []
    assert found(ListSlots(date_from=date.max, date_to=date.min)) == []
    assert found(ListSlots(date_from=date.min, date_to=date.max, limit=1)) == [morning.id]


def test_slots_are_found_by_doctor_and_specialty_as_callers_call_them(db: None) -> None:
    samir, kim = a_slot(a_doctor("Samir", "cardiology")), a_slot(a_doctor("Kim", "dermatology"))
    assert found(ListSlots(doctor="Dr. Sameer")) == [samir.id]
    assert found(ListSlots(doctor="doctora Kym")) == [kim.id]
    assert found(ListSlots(doctor_id=kim.doctor.id)) == [kim.id]
    assert found(ListSlots(specialty="cardiology")) == [samir.id]
    for query in (ListSlots(doctor="Dr. Zhivago"), ListSlots(doctor_id=99), ListSlots(specialty="alchemy")):
        with pytest.raises(NotFound):
            found(query)


def test_a_hold_belongs_to_one_until_it_expires_or_is_given_up(db: None) -> None:
    slot = a_slot(a_doctor())
    assert scheduling.hold(slot, "one", 120, now=NOW)
    assert scheduling.hold(slot.id, "one", 120, now=NOW + timedelta(seconds=60))
    assert not scheduling.hold(slot, "two", 120, now=NOW + timedelta(seconds=121))
    assert scheduling.hold(slot, "two", 120, now=NOW + timedelta(seconds=180))
    assert not scheduling.release(slot, "one")
    assert scheduling.release(slot, "two")
    assert scheduling.hold(slot, "three", 120, now=NOW)
    assert Hold.select().count() == 1


def test_a_booked_slot_cannot_be_held(db: None) -> None:
    slot = a_slot(a_doctor())
    an_appointment(a_patient(), slot)
    assert not scheduling.hold(slot, "one", 120, now=NOW)


def test_of_twenty_who_hold_one_slot_at_once_one_does(db: None) -> None:
    slot = a_slot(a_doctor())

    def take(number: int) -> bool:
        with database.connection_context():
            return scheduling.hold(slot.id, f"caller {number}", 120, now=NOW)

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(take, range(20))) == 1


def test_slots_come_from_weekly_hours_breaks_and_absences(db: None) -> None:
    doctor = a_doctor()
    Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(12))
    Schedule.create(doctor=doctor, weekday=1, starts=time(9), ends=time(10), slot_minutes=20)
    Break.create(doctor=doctor, weekday=0, starts=time(9, 45), ends=time(10, 15))
    absent = datetime(2026, 11, 23, 11, tzinfo=TZ)
    TimeOff.create(doctor=doctor, starts_at=absent, ends_at=absent + timedelta(minutes=15))
    assert scheduling.generate_slots(doctor, TODAY, TODAY + timedelta(days=2), TZ) == 6
    assert local_times(doctor) == ["23 09:00", "23 10:15", "23 11:15", "24 09:00", "24 09:20", "24 09:40"]


def test_on_a_public_holiday_only_extra_sessions_take_place(db: None) -> None:
    doctor = a_doctor()
    Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(12))
    ExtraSession.create(doctor=doctor, day=TODAY, starts=time(14), ends=time(15))
    TimeOff.create(starts_at=datetime(2026, 11, 23, tzinfo=TZ), ends_at=datetime(2026, 11, 24, tzinfo=TZ))
    scheduling.generate_slots(doctor, TODAY, TODAY, TZ)
    assert local_times(doctor) == ["23 14:00", "23 14:30"]


def test_making_slots_again_keeps_them_and_adds_what_new_hours_allow(db: None) -> None:
    doctor = a_doctor()
    Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(10))
    assert scheduling.generate_slots(doctor, TODAY, TODAY, TZ) == 2
    assert scheduling.generate_slots(doctor, TODAY, TODAY, TZ) == 0
    Schedule.update(starts=time(8, 45), ends=time(11)).execute()
    assert scheduling.generate_slots(doctor, TODAY, TODAY, TZ) == 1
    assert local_times(doctor) == ["23 09:00", "23 09:30", "23 10:15"]
    assert scheduling.generate_slots(doctor, TODAY, TODAY - timedelta(days=1), TZ) == 0


class TestWhileHoursChange:
    """The doctor works on Mondays until the desk has removed these hours, in a transaction that is open still."""

    @pytest.fixture(autouse=True)
    def _at_nine(self, db: None) -> Iterator[None]:
        with models.frozen(NOW):
            yield

    @pytest.fixture
    def doctor(self, db: None) -> Doctor:
        """Whose one slot is next Monday's."""
        doctor = a_doctor()
        Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(9, 30))
        assert renew(doctor).made == 1
        return doctor

    def test_who_makes_slots_waits_and_makes_those_of_the_new_hours(self, doctor: Doctor) -> None:
        assert meanwhile(doctor, lambda: renew(doctor)) == scheduling.Renewal(made=0, withdrawn=0)
        assert Slot.select().count() == 0

    def test_who_asks_for_a_slot_waits_and_finds_none(self, doctor: Doctor) -> None:
        slot, patient = Slot.get(), a_patient()
        assert meanwhile(doctor, lambda: refusal(lambda: ask(patient, slot))) == "not_found"

    def test_who_holds_a_slot_waits_and_does_not_get_it(self, doctor: Doctor) -> None:
        slot = Slot.get()
        assert meanwhile(doctor, lambda: scheduling.hold(slot, "CA1", 120)) is False

    def test_what_was_asked_for_is_refused(self, doctor: Doctor) -> None:
        request = ask(a_patient(), Slot.get())
        assert meanwhile(doctor, lambda: bookings.carry_out(request.id).error_code) == "slot_taken"

    def test_what_is_given_up_is_offered_to_nobody(self, doctor: Doctor) -> None:
        slot = Slot.get()
        an_appointment(a_patient(), slot, status="cancelled")
        waitlist.join(a_patient("Eva", phone="+12025550147"), JoinWaitlist(doctor_id=doctor.id), TZ)
        assert meanwhile(doctor, lambda: waitlist.offer(slot.id, NOW), waits=False) is None
        assert WaitlistEntry.get().state == "waiting"


def renew(doctor: Doctor) -> scheduling.Renewal:
    """Make the slots of two weeks those of the hours, but for today's, which has begun."""
    return scheduling.renew_slots(doctor, TODAY + timedelta(days=1), TODAY + timedelta(days=13), TZ, NOW)


def meanwhile(doctor: Doctor, what: Callable[[], T], *, waits: bool = True) -> T:
    """What somebody gets who begins while the desk removes the doctor's hours."""

    def somebody() -> T:
        with database.connection_context():
            return what()

    with ThreadPoolExecutor(1) as threads:
        with database.atomic():
            Schedule.delete().where(Schedule.doctor == doctor).execute()
            renew(doctor)
            result = threads.submit(somebody)
            wait_until(somebody_waits_for_a_lock if waits else result.done, 5, "they have come to the slot")
        return result.result(10)


def ask(patient: Patient, slot: Slot) -> BookingRequest:
    """Ask for a slot by telephone."""
    return bookings.request_booking(patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, idempotency_key="key")


def refusal(of: Callable[[], object]) -> str:
    """The code with which something is refused."""
    with pytest.raises(LillyError) as raised:
        of()
    return raised.value.code
