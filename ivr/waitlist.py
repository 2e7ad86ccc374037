"""The wait-list: a slot that is given up is held for the first in line, who is told, and then for the next."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import JOIN, SQL, Select, fn

from ivr import doctors, models, outbox, scheduling, sms
from ivr.errors import Conflict, InvalidInput, NotFound
from ivr.models import (
    Appointment,
    AppointmentStatus,
    Call,
    Doctor,
    Hold,
    OutboxEvent,
    Patient,
    Slot,
    SmsOptOut,
    Specialty,
    WaitlistEntry,
    WaitlistState,
    database,
)
from ivr.schemas import JoinWaitlist
from ivr.timetable import ONE_DAY, day_starts_at, quiet_until, sensible

OFFER = timedelta(minutes=30)
"""How long a slot is held for a patient who has been told of it."""

NOTICE = timedelta(hours=2)
"""Nobody is told of a slot that begins sooner than so long after they can be told."""

MOST_OFFERS = 3
"""Who lets so many lapse is off the list."""

OPEN = (WaitlistState.WAITING, WaitlistState.OFFERED)


def join(patient: Patient, wanted: JoinWaitlist, tz: ZoneInfo, call: Call | None = None, now: datetime | None = None) -> WaitlistEntry:
    """Put a patient on the list, last in line; who waits for the same already, and not in vain, keeps their place.

    Raises `NotFound`, `InvalidInput` with waitlist_target_needed, or `Conflict` with cannot_be_texted.
    """
    now = now or models.now()
    entry = _wished(patient, wanted, tz, now)
    if sms.opting.is_out(patient.phone) or not sms.can_get_messages(patient.phone):
        raise Conflict("Text messages do not reach this patient: offer that the front desk calls them instead.", code="cannot_be_texted")
    entry.call, entry.created_at = call, now
    with database.atomic():
        # Two that ask at once for one patient take turns.
        Patient.select(Patient.id).where(Patient.id == patient.id).for_update().first()
        same = [WaitlistEntry.patient == patient, WaitlistEntry.specialty == entry.specialty_id, WaitlistEntry.state.in_(OPEN)]
        of_whom = WaitlistEntry.doctor.is_null() if entry.doctor_id is None else WaitlistEntry.doctor == entry.doctor_id
        known: WaitlistEntry | None = WaitlistEntry.select().where(*same, of_whom, *_standing(now)).first()
        if known is None:
            for over in WaitlistEntry.select().where(*same, of_whom).for_update():
                _end(over, WaitlistState.CLOSED)
            entry.save(force_insert=True)
            return entry
        known.before, known.appointment = entry.before, entry.appointment or known.appointment
        known.save(only=["before", "appointment"])
        return known


def leave(patient: Patient) -> int:
    """Take a patient off the list, slots offered included; returns how many wishes that ends."""
    with database.atomic():
        entries = list(WaitlistEntry.select().where(WaitlistEntry.patient == patient, WaitlistEntry.state.in_(OPEN)).for_update())
        for entry in entries:
            _end(entry, WaitlistState.CLOSED)
    return len(entries)


def offer(slot_id: int, now: datetime, given_up_by: int | None = None) -> OutboxEvent | None:
    """Hold a slot that has become free for the first in line who can use it, and write event and message, in the caller's transaction.

    The patient who has given it up is not told of it; at night nobody is, and the offer lasts until the morning.
    """
    slot, told_at = scheduling.to_pass_on(slot_id), quiet_until(now, models.zone()) or now
    if slot is None:
        return None
    _end_stale(slot)
    if not slot.doctor.active or slot.starts_at < told_at + NOTICE:
        return None
    entry, until = _in_line(slot, given_up_by), told_at + OFFER
    if entry is None or not scheduling.hold(slot, holder(entry), (until - now).total_seconds(), now):
        return None
    entry.state, entry.slot, entry.offered_until, entry.offers = WaitlistState.OFFERED, slot, until, entry.offers + 1
    entry.save(only=["state", "slot", "offered_until", "offers"])
    event = outbox.record("waitlist.offered", entry, _event_data(entry, slot))
    sms.write_offer(event, entry, now)
    return event


def offers(patient: Patient, now: datetime | None = None) -> list[WaitlistEntry]:
    """The slots that are held for a patient now, with doctor and specialty loaded."""
    query = WaitlistEntry.select(WaitlistEntry, Slot, Doctor, Specialty).join(Slot).join(Doctor).join(Specialty)
    standing = (WaitlistEntry.state == WaitlistState.OFFERED) & (WaitlistEntry.offered_until > (now or models.now()))
    return list(query.where(WaitlistEntry.patient == patient, standing, ~Slot.withdrawn).order_by(Slot.starts_at))


def wish_for(patient_id: int | SQL, slot_id: int | SQL) -> Select:
    """The id of the patient's entry for which a slot is held, or was and lapsed; for use inside another query."""
    own = (WaitlistEntry.patient == patient_id) & (WaitlistEntry.slot == slot_id) & WaitlistEntry.state.in_(OPEN)
    return WaitlistEntry.select(WaitlistEntry.id).where(own).order_by(WaitlistEntry.state == WaitlistState.WAITING).limit(1)


def hand_over(entry_id: int, slot_id: int, holder_: str) -> None:
    """Let a patient's own request have the slot that is held for them."""
    Hold.update(holder=holder_).where(Hold.slot == slot_id, Hold.holder == _holder(entry_id)).execute()


def fulfil(entry_id: int) -> None:
    """The patient has booked the slot that was offered to them: their wish is over, even if the offer has lapsed meanwhile."""
    for entry in WaitlistEntry.select().where(WaitlistEntry.id == entry_id, WaitlistEntry.state.in_(OPEN)).for_update():
        _end(entry, WaitlistState.TAKEN)


def follow(old: Appointment, new: Appointment) -> None:
    """The patient has moved an appointment: who would have come sooner than it would still, and sooner than where it is now."""
    own = (WaitlistEntry.appointment == old) & WaitlistEntry.state.in_(OPEN)
    WaitlistEntry.update(appointment=new, before=fn.LEAST(WaitlistEntry.before, new.starts_at)).where(own).execute()


def lapse(tz: ZoneInfo, now: datetime | None = None) -> list[int]:
    """Offer what nobody took to the next in line, and let offers of the evening last until the morning; returns ids of events.

    Offers of what has been withdrawn meanwhile end.
    """
    now = now or models.now()
    told: list[int] = []
    if (morning := quiet_until(now, tz)) is not None:
        told += _keep(now, morning)
    offered = WaitlistEntry.select(WaitlistEntry.id).join(Slot, JOIN.LEFT_OUTER).where(WaitlistEntry.state == WaitlistState.OFFERED)
    over = offered.where((WaitlistEntry.offered_until <= now) | Slot.withdrawn)
    for entry_id in [entry.id for entry in over.order_by(WaitlistEntry.offered_until)]:
        with database.atomic():
            event = _pass_on(entry_id, now)
        told += [event.id] if event else []
    return told


def holder(entry: WaitlistEntry) -> str:
    """For whom an offered slot is held."""
    return _holder(entry.id)


def _holder(entry_id: int) -> str:
    return f"waitlist:{entry_id}"


def _wished(patient: Patient, wanted: JoinWaitlist, tz: ZoneInfo, now: datetime) -> WaitlistEntry:
    before = day_starts_at(sensible(wanted.date_to) + ONE_DAY, tz) if wanted.date_to else None
    if wanted.appointment_id is not None:
        mine = Appointment.select(Appointment, Slot, Doctor).join(Slot).join(Doctor)
        coming = (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.starts_at > now)
        appointment = mine.where(Appointment.id == wanted.appointment_id, Appointment.patient == patient, coming).first()
        if appointment is None:
            raise NotFound("The patient has no such appointment.")
        doctor, starts_at = appointment.slot.doctor, appointment.starts_at
        return WaitlistEntry(
            patient=patient,
            specialty=doctor.specialty_id,
            doctor=doctor,
            before=min(filter(None, (before, starts_at))),
            appointment=appointment,
        )
    if wanted.doctor_id is not None:
        found: Doctor | None = Doctor.get_or_none(Doctor.id == wanted.doctor_id, Doctor.active)
        if found is None:
            raise NotFound("There is no such doctor.")
        return WaitlistEntry(patient=patient, specialty=found.specialty_id, doctor=found, before=before)
    if wanted.specialty is None:
        raise InvalidInput("Whom are they waiting for? Give an appointment, a doctor or a specialty.", code="waitlist_target_needed")
    specialty = doctors.resolve_specialty(wanted.specialty)
    if specialty is None:
        raise NotFound("There is no such specialty here.")
    return WaitlistEntry(patient=patient, specialty=specialty, before=before)


def _in_line(slot: Slot, given_up_by: int | None) -> WaitlistEntry | None:
    """The first who waits for such a slot, can come, can be told, and has not let this very one lapse."""
    booked = Appointment.select(1).where(Appointment.status == AppointmentStatus.BOOKED)
    clashing = booked.where(
        Appointment.patient == WaitlistEntry.patient,
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
        Appointment.id != fn.COALESCE(WaitlistEntry.appointment, 0),
    )
    wants_no_texts = SmsOptOut.select(1).join(Patient, on=(Patient.phone == SmsOptOut.number)).where(Patient.id == WaitlistEntry.patient)
    fitting = WaitlistEntry.select().where(
        WaitlistEntry.state == WaitlistState.WAITING,
        WaitlistEntry.specialty == slot.doctor.specialty_id,
        WaitlistEntry.doctor.is_null() | (WaitlistEntry.doctor == slot.doctor_id),
        WaitlistEntry.before.is_null() | (WaitlistEntry.before > slot.starts_at),
        WaitlistEntry.slot.is_null() | (WaitlistEntry.slot != slot.id),
        *_standing(slot.starts_at),
        WaitlistEntry.patient != (given_up_by or 0),
        ~fn.EXISTS(clashing),
        ~fn.EXISTS(wants_no_texts),
    )
    first = fitting.order_by(WaitlistEntry.created_at, WaitlistEntry.id).limit(1)
    entry: WaitlistEntry | None = first.for_update(skip_locked=True).first()
    return entry


def _standing(at: datetime) -> list[Any]:
    """The conditions under which a wish is still one at that time: what is to be replaced comes later, and nothing has fulfilled it before.

    What fulfils a wish is an appointment of the kind that begins after it was made, even if the patient has been there meanwhile. Of who
    would come sooner than an appointment, only what was booked since the wish counts: they knew of the others.
    """
    later = Appointment.select(1).where(Appointment.status == AppointmentStatus.BOOKED, Appointment.starts_at > at)
    over = (AppointmentStatus.CANCELLED, AppointmentStatus.RESCHEDULED)
    own = Appointment.select(1).where(Appointment.patient == WaitlistEntry.patient, Appointment.status.not_in(over))
    fulfilling = (
        own.join(Slot)
        .join(Doctor)
        .where(
            Doctor.specialty == WaitlistEntry.specialty,
            WaitlistEntry.doctor.is_null() | (Slot.doctor == WaitlistEntry.doctor),
            Appointment.starts_at.between(WaitlistEntry.created_at, at),
            WaitlistEntry.appointment.is_null() | (Appointment.created_at > WaitlistEntry.created_at),
        )
    )
    replaceable = WaitlistEntry.appointment.is_null() | fn.EXISTS(later.where(Appointment.id == WaitlistEntry.appointment))
    return [replaceable, ~fn.EXISTS(fulfilling)]


def _end_stale(slot: Slot) -> None:
    """End an offer of this slot that nobody has noticed to be over: its hold ran out, and somebody else had the slot meanwhile."""
    for stale in WaitlistEntry.select().where(WaitlistEntry.slot == slot, WaitlistEntry.state == WaitlistState.OFFERED).for_update():
        _let_lapse(stale)


def _let_lapse(entry: WaitlistEntry) -> None:
    _end(entry, WaitlistState.CLOSED if entry.offers >= MOST_OFFERS else WaitlistState.WAITING)


def _pass_on(entry_id: int, now: datetime) -> OutboxEvent | None:
    entry = WaitlistEntry.select().where(WaitlistEntry.id == entry_id).for_update().first()
    if entry is None or entry.state != WaitlistState.OFFERED:
        return None
    if entry.slot is not None and entry.slot.withdrawn:
        _take_back(entry)
        return None
    if entry.offered_until > now:
        return None
    _let_lapse(entry)
    return offer(entry.slot_id, now) if entry.slot_id else None


def _take_back(entry: WaitlistEntry) -> None:
    """End an offer that can be taken no more: it is none of those that the patient let lapse, and may come again."""
    _end(entry, WaitlistState.WAITING)
    entry.slot, entry.offers = None, entry.offers - 1
    entry.save(only=["slot", "offers"])


def _end(entry: WaitlistEntry, state: WaitlistState) -> None:
    if entry.state == WaitlistState.OFFERED and entry.slot_id:
        scheduling.release(entry.slot_id, holder(entry))
    entry.state, entry.offered_until = state, None
    entry.save(only=["state", "offered_until"])


def _keep(now: datetime, morning: datetime) -> list[int]:
    """Let offers last beyond the morning, but for slots that are too soon after it; an event tells who was told of an earlier end."""
    told, until = [], morning + OFFER
    late_enough = Slot.select(Slot.id).where(Slot.starts_at >= morning + NOTICE, ~Slot.withdrawn)
    standing = (WaitlistEntry.state == WaitlistState.OFFERED) & WaitlistEntry.slot.in_(late_enough)
    standing &= (WaitlistEntry.offered_until > now) & (WaitlistEntry.offered_until < until)
    with database.atomic():
        for entry in WaitlistEntry.select().where(standing).for_update():
            Hold.update(expires_at=until).where(Hold.slot == entry.slot_id, Hold.holder == holder(entry)).execute()
            entry.offered_until = until
            entry.save(only=["offered_until"])
            if entry.slot is not None:
                told.append(outbox.record("waitlist.extended", entry, _event_data(entry, entry.slot)).id)
    return told


def _event_data(entry: WaitlistEntry, slot: Slot) -> dict[str, Any]:
    """Ids and times (ISO 8601, with their zone), and of the patient no more than the id."""
    assert entry.offered_until is not None
    return {
        "waitlist_entry_id": entry.id,
        "patient_id": entry.patient_id,
        "slot_id": slot.id,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "doctor": {"id": slot.doctor.id, "name": slot.doctor.name},
        "specialty": slot.doctor.specialty.name,
        "replaces_appointment_id": entry.appointment_id,
        "held_until": entry.offered_until.isoformat(),
    }
