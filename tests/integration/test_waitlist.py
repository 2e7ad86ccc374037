"""The wait-list: what one gives up is held for the first in line, who is told, then for the next."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr import models, waitlist
from ivr.models import Appointment, Call, Doctor, Hold, OutboxEvent, Patient, Slot, SmsMessage, WaitlistEntry
from ivr.queue import BookingStates
from ivr.schemas import JoinWaitlist
from ivr.sms import opting
from tests.integration.on_the_line import OnTheLine
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

TZ = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def _morning(db: None) -> Iterator[None]:
    """A Monday, nine in the morning."""
    with models.frozen(NOW):
        yield


@pytest.fixture
def samir() -> Doctor:
    """A cardiologist."""
    return a_doctor("Samir")


@pytest.fixture
def soon(samir: Doctor) -> Slot:
    """Tomorrow's slot, which Dora has."""
    return a_slot(samir, 24)


@pytest.fixture
def dora(carried_out_here: BookingStates, soon: Slot) -> OnTheLine:
    """Who will give hers up."""
    line = OnTheLine(carried_out_here, "CADora", a_patient("Dora First", date(1960, 1, 1), "+12025550100"))
    an_appointment(line.context.identified, soon)
    return line


def later(patient: Patient, doctor: Doctor, hours: float) -> Appointment:
    """An appointment so many hours from now."""
    return an_appointment(patient, a_slot(doctor, hours))


def waits_for(states: BookingStates, name: str, doctor: Doctor, hours: float = 96) -> OnTheLine:
    """A caller who has an appointment and would come sooner."""
    line = OnTheLine(states, f"CA{name}", a_patient(f"{name} Waits", phone=f"+1202555{1000 + Patient.select().count()}"))
    mine = later(line.context.identified, doctor, hours)
    assert line.uses("join_waitlist", appointment_id=mine.id) == {
        "ok": True,
        "state": "waiting",
        "doctor": doctor.name,
        "specialty": "cardiology",
    }
    return line


def gives_up(line: OnTheLine) -> None:
    """Cancel the one appointment."""
    [mine] = line.uses("list_my_appointments")["appointments"]
    line.cancels(mine["appointment_id"])


def offers(line: OnTheLine) -> list[int]:
    """The slots that are held for a caller, as the model is told."""
    return [offer["slot_id"] for offer in line.uses("list_my_appointments")["waitlist_offers"]]


def held() -> dict[int, str]:
    """For whom each slot is held now."""
    return {hold.slot_id: hold.holder for hold in Hold.select().where(Hold.expires_at > models.now())}


def told() -> list[tuple[str, int]]:
    """The events of the wait-list, and which patient each is for."""
    events = OutboxEvent.select().where(OutboxEvent.event_type == "waitlist.offered").order_by(OutboxEvent.id)
    return [(event.event_type, event.payload["data"]["patient_id"]) for event in events]


def test_a_cancelled_slot_is_held_for_the_first_in_line_who_is_told(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    first, second = waits_for(carried_out_here, "First", samir), waits_for(carried_out_here, "Second", samir, 97)

    gives_up(dora)

    entry = WaitlistEntry.get(WaitlistEntry.state == "offered")
    assert (entry.patient_id, held()) == (first.context.identified.id, {soon.id: f"waitlist:{entry.id}"})
    assert told() == [("waitlist.offered", first.context.identified.id)]
    assert (offers(first), offers(second), offers(dora)) == ([soon.id], [], [])
    assert soon.id not in second.is_told_of()
    assert soon.id in first.is_told_of()
    assert second.fails("book_appointment", slot_id=soon.id) == "slot_taken"


def test_the_event_says_what_the_message_needs_and_no_more_of_the_patient(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    line = waits_for(carried_out_here, "First", samir)
    gives_up(dora)
    entry, event = WaitlistEntry.get(), OutboxEvent.get(OutboxEvent.event_type == "waitlist.offered")
    assert (event.subject, event.sequence) == (f"waitlist:{entry.id}", 1)
    assert event.payload["data"] == {
        "waitlist_entry_id": entry.id,
        "patient_id": line.context.identified.id,
        "slot_id": soon.id,
        "starts_at": soon.starts_at.isoformat(),
        "ends_at": soon.ends_at.isoformat(),
        "doctor": {"id": samir.id, "name": "Dr. Samir"},
        "specialty": "cardiology",
        "replaces_appointment_id": entry.appointment_id,
        "held_until": (NOW + waitlist.OFFER).isoformat(),
    }


def test_who_takes_the_offer_moves_to_it_and_frees_their_own_slot_for_the_next(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    first, second = waits_for(carried_out_here, "First", samir), waits_for(carried_out_here, "Second", samir, 97)
    gives_up(dora)
    [offer] = first.uses("list_my_appointments")["waitlist_offers"]
    freed = Appointment.get_by_id(offer["replaces_appointment_id"]).slot_id

    first.moves(offer["replaces_appointment_id"], soon.id)

    assert [entry.state for entry in WaitlistEntry.select().order_by(WaitlistEntry.id)] == ["taken", "offered"]
    assert offers(second) == [freed]
    assert [appointment["time"] for appointment in first.uses("list_my_appointments")["appointments"]] == ["09:00"]


def test_a_caller_with_an_offer_is_told_when_they_say_who_they_are(carried_out_here: BookingStates, samir: Doctor, dora: OnTheLine) -> None:
    waits_for(carried_out_here, "First", samir)
    gives_up(dora)
    calls_again = OnTheLine(carried_out_here, "CAAgain")
    result = calls_again.uses("identify_patient", name="First Waits", date_of_birth="1982-03-04")
    assert [offer["held_until"] for offer in result["waitlist_offers"]] == ["09:30"]


def test_what_nobody_takes_goes_on_to_the_next_and_at_last_to_everybody(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    first, second = waits_for(carried_out_here, "First", samir), waits_for(carried_out_here, "Second", samir, 97)
    gives_up(dora)

    assert waitlist.lapse(TZ, NOW + waitlist.OFFER - timedelta(seconds=1)) == []
    with models.frozen(NOW + waitlist.OFFER):
        assert len(waitlist.lapse(TZ)) == 1
        assert waitlist.lapse(TZ) == []
        assert (offers(first), offers(second)) == ([], [soon.id])
    with models.frozen(NOW + 2 * waitlist.OFFER):
        assert waitlist.lapse(TZ) == []
        assert held() == {}
        assert soon.id in dora.is_told_of()
    assert [patient for _, patient in told()] == [first.context.identified.id, second.context.identified.id]
    assert {entry.state for entry in WaitlistEntry.select()} == {"waiting"}


def test_who_lets_three_offers_lapse_is_off_the_list(carried_out_here: BookingStates, samir: Doctor, dora: OnTheLine) -> None:
    waits_for(carried_out_here, "First", samir)
    patients = [a_patient(f"Giver {index}", phone=f"+1202555200{index}") for index in range(3)]
    appointments = [later(patient, samir, 30 + index) for index, patient in enumerate(patients)]
    now = NOW
    for appointment in appointments:
        with models.frozen(now):
            assert waitlist.offer(appointment.slot_id, now) is None, "it is still booked"
            Appointment.update(status="cancelled").where(Appointment.id == appointment.id).execute()
            assert waitlist.offer(appointment.slot_id, now) is not None
        now += waitlist.OFFER
        waitlist.lapse(TZ, now)
    assert WaitlistEntry.get().state == "closed"


def test_nobody_is_offered_what_they_cannot_use(carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine) -> None:
    waits_for(carried_out_here, "Sooner", samir, 2.5)
    another_doctor, busy = a_doctor("Kim", "dermatology"), waits_for(carried_out_here, "Busy", samir)
    an_appointment(busy.context.identified, a_slot(another_doctor, 24.25))
    waitlist.join(a_patient("Other Kind", phone="+12025553001"), JoinWaitlist(doctor_id=another_doctor.id), TZ)
    moved_on = waits_for(carried_out_here, "Gone", samir, 100)
    gives_up(moved_on)

    gives_up(dora)

    assert told() == []
    assert held() == {}


@pytest.mark.parametrize(("hours", "is_told"), [(48, True), (120, True), (20, False)])
def test_who_moves_the_appointment_still_waits_for_something_sooner(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine, hours: float, is_told: bool
) -> None:
    line = waits_for(carried_out_here, "First", samir)
    [mine] = line.uses("list_my_appointments")["appointments"]
    moved = line.moves(mine["appointment_id"], a_slot(samir, hours).id)

    gives_up(dora)
    assert offers(line) == ([soon.id] if is_told else [])
    entry = WaitlistEntry.get()
    assert (entry.appointment_id, entry.before) == (moved, NOW + timedelta(hours=min(hours, 96)))


def test_too_little_notice_is_no_offer(carried_out_here: BookingStates, samir: Doctor) -> None:
    waits_for(carried_out_here, "First", samir)
    in_an_hour = a_slot(samir, 1)
    assert waitlist.offer(in_an_hour.id, NOW) is None


def test_a_specialty_waits_for_any_of_its_doctors(carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine) -> None:
    patient = a_patient("Any Doctor", phone="+12025553002")
    line = OnTheLine(carried_out_here, "CAAny", patient)
    assert line.uses("join_waitlist", specialty="cardiology", date_to=str(NOW.date()))["doctor"] is None
    gives_up(dora)
    assert told() == [], "tomorrow is too late"

    assert line.uses("join_waitlist", specialty="cardiology")["state"] == "waiting"
    assert WaitlistEntry.select().count() == 1, "it is the same wish"
    assert waitlist.offer(soon.id, NOW) is not None
    assert offers(line) == [soon.id]
    assert line.books(soon.id)
    assert WaitlistEntry.get().state == "taken"


class TestWhoHasFoundSomethingMeanwhile:
    """A patient waits for any cardiologist, and then books one."""

    @pytest.fixture
    def line(self, carried_out_here: BookingStates, samir: Doctor) -> OnTheLine:
        """In two days."""
        line = OnTheLine(carried_out_here, "CAAny", a_patient("Any Doctor", phone="+12025553002"))
        line.uses("join_waitlist", specialty="cardiology")
        line.books(a_slot(samir, 48).id)
        return line

    def test_is_told_of_what_is_sooner(self, line: OnTheLine, soon: Slot) -> None:
        assert waitlist.offer(soon.id, NOW) is not None
        assert offers(line) == [soon.id]

    def test_is_not_told_of_what_is_later(self, line: OnTheLine, samir: Doctor) -> None:
        assert waitlist.offer(a_slot(samir, 720).id, NOW) is None

    def test_waits_again_when_it_is_cancelled(self, line: OnTheLine, samir: Doctor) -> None:
        gives_up(line)
        assert waitlist.offer(a_slot(samir, 720).id, NOW) is not None

    def test_waits_for_nothing_once_they_were_there_until_they_wish_anew(self, line: OnTheLine, samir: Doctor) -> None:
        in_a_month = a_slot(samir, 720)
        with models.frozen(later := NOW + timedelta(hours=50)):
            assert waitlist.offer(in_a_month.id, later) is None
            line.uses("join_waitlist", specialty="cardiology")
            assert [entry.state for entry in WaitlistEntry.select().order_by(WaitlistEntry.id)] == ["closed", "waiting"]
            assert waitlist.offer(in_a_month.id, later) is not None

    def test_is_told_of_another_kind(self, line: OnTheLine) -> None:
        kim = a_doctor("Kim", "dermatology")
        line.uses("join_waitlist", doctor_id=kim.id)
        assert waitlist.offer(a_slot(kim, 720).id, NOW) is not None


def test_an_appointment_that_they_had_before_the_wish_to_bring_a_later_one_forward_is_not_in_its_way(
    carried_out_here: BookingStates, samir: Doctor
) -> None:
    patient = a_patient("Every Week", phone="+12025553004")
    later(patient, samir, 24)
    last = later(patient, samir, 96)
    line = OnTheLine(carried_out_here, "CAWeekly", patient)
    line.uses("join_waitlist", appointment_id=last.id)
    between, booked_since = a_slot(samir, 72), a_slot(samir, 60)
    assert waitlist.offer(between.id, NOW) is not None
    line.uses("leave_waitlist")
    line.uses("join_waitlist", appointment_id=last.id)
    with models.frozen(NOW + timedelta(seconds=1)):
        line.books(booked_since.id)
        assert waitlist.offer(between.id, models.now()) is None


def test_who_cancels_and_waits_for_the_doctor_again_is_told(carried_out_here: BookingStates, samir: Doctor, soon: Slot) -> None:
    line = waits_for(carried_out_here, "First", samir)
    gives_up(line)
    assert waitlist.offer(soon.id, NOW) is None
    line.uses("join_waitlist", doctor_id=samir.id)
    assert waitlist.offer(soon.id, NOW) is not None


def test_an_offer_that_ran_out_unnoticed_keeps_nobody_from_giving_the_slot_up_again(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    first, second = waits_for(carried_out_here, "First", samir), waits_for(carried_out_here, "Second", samir, 97)
    gives_up(dora)
    with models.frozen(NOW + waitlist.OFFER):
        quick = OnTheLine(carried_out_here, "CAQuick", a_patient("Quick One", phone="+12025553003"))
        quick.books(soon.id)
        gives_up(quick)
        assert (offers(first), offers(second)) == ([], [soon.id])


def test_who_leaves_the_list_gives_the_offer_up(carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine) -> None:
    line = waits_for(carried_out_here, "First", samir)
    gives_up(dora)
    assert line.uses("leave_waitlist") == {"ok": True, "left": 1}
    assert (held(), offers(line), WaitlistEntry.get().state) == ({}, [], "closed")


def test_an_offer_is_told_in_the_language_of_the_call_in_which_it_was_wished_for(
    carried_out_here: BookingStates, samir: Doctor, dora: OnTheLine
) -> None:
    line = waits_for(carried_out_here, "First", samir)
    Call.update(language="es").where(Call.id == line.call.id).execute()
    gives_up(dora)
    offered = SmsMessage.get(SmsMessage.kind == "waitlist_offer")
    assert (offered.language, offered.patient_id) == ("es", line.context.identified.id)


@pytest.mark.parametrize("number", ["+34915550123", "+12025550111"])
def test_who_cannot_be_texted_is_told_so_and_not_put_on_the_list(carried_out_here: BookingStates, samir: Doctor, number: str) -> None:
    opting.note("+12025550111", "out")
    line = OnTheLine(carried_out_here, "CADeaf", a_patient("Deaf One", phone=number))
    result = line.uses("join_waitlist", doctor_id=samir.id)
    assert (result["error"]["code"], "front desk" in result["error"]["message"]) == ("cannot_be_texted", True)
    assert WaitlistEntry.select().count() == 0


def test_who_wants_no_more_texts_is_passed_over(carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine) -> None:
    first, second = waits_for(carried_out_here, "First", samir), waits_for(carried_out_here, "Second", samir, 97)
    opting.note(first.context.identified.phone, "out")
    gives_up(dora)
    assert (offers(first), offers(second)) == ([], [soon.id])


EVENING = datetime(2026, 11, 24, 3, tzinfo=UTC)
"""Ten o'clock."""


def test_what_begins_soon_after_the_night_is_given_up_in_the_evening_to_everybody(
    carried_out_here: BookingStates, samir: Doctor, dora: OnTheLine
) -> None:
    line, early, later_on = waits_for(carried_out_here, "First", samir), a_slot(samir, 24.5), a_slot(samir, 25)
    with models.frozen(EVENING):
        assert waitlist.offer(early.id, EVENING) is None
        assert waitlist.offer(later_on.id, EVENING) is not None
        assert (offers(line), held()) == ([later_on.id], {later_on.id: f"waitlist:{WaitlistEntry.get().id}"})
        assert [offer["held_until"] for offer in line.uses("list_my_appointments")["waitlist_offers"]] == ["08:30"]


def test_an_offer_of_the_evening_for_the_early_morning_ends_as_it_was_told(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot
) -> None:
    line, early = waits_for(carried_out_here, "First", samir), a_slot(samir, 24.5)
    told_at = datetime(2026, 11, 24, 1, 45, tzinfo=UTC)
    with models.frozen(told_at):
        assert waitlist.offer(early.id, told_at) is not None
    with models.frozen(told_at + timedelta(minutes=16)):
        waitlist.lapse(TZ)
        assert offers(line) == [early.id]
    with models.frozen(told_at + waitlist.OFFER):
        waitlist.lapse(TZ)
        assert (offers(line), held()) == ([], {})


def test_an_offer_of_the_evening_is_extended_until_the_morning(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, dora: OnTheLine
) -> None:
    soon = a_slot(samir, 48)
    line = waits_for(carried_out_here, "First", samir)
    told_at, until = datetime(2026, 11, 24, 1, 45, tzinfo=UTC), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    with models.frozen(told_at):
        assert waitlist.offer(soon.id, told_at) is not None
    with models.frozen(told_at + timedelta(minutes=16)):
        assert len(waitlist.lapse(TZ)) == 1
        assert waitlist.lapse(TZ) == []
    with models.frozen(until - timedelta(seconds=1)):
        assert waitlist.lapse(TZ) == []
        assert offers(line) == [soon.id] and list(held()) == [soon.id]
    waitlist.lapse(TZ, until)
    assert WaitlistEntry.get().state == "waiting"
    first, then = OutboxEvent.select().order_by(OutboxEvent.sequence)
    assert [event.event_type for event in (first, then)] == ["waitlist.offered", "waitlist.extended"]
    assert first.payload["data"] | {"held_until": until.isoformat()} == then.payload["data"]


@pytest.mark.parametrize("at", [EVENING, datetime(2026, 11, 24, 10, tzinfo=UTC)])
def test_an_offer_of_the_night_lasts_until_the_morning_from_its_start(
    carried_out_here: BookingStates, samir: Doctor, soon: Slot, at: datetime
) -> None:
    soon = a_slot(samir, 48)
    line, until = waits_for(carried_out_here, "First", samir), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    with models.frozen(at):
        assert waitlist.offer(soon.id, at) is not None
        assert waitlist.lapse(TZ) == []
    with models.frozen(until - timedelta(seconds=1)):
        assert waitlist.lapse(TZ) == []
        assert offers(line) == [soon.id] and list(held()) == [soon.id]
    waitlist.lapse(TZ, until)
    assert WaitlistEntry.get().state == "waiting"
