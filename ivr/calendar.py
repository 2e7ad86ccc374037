"""Slots as the desk sees them: each with its state, and blocked or freed by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import JOIN, Case, ModelSelect, fn

from ivr import appointments, models, records, scheduling
from ivr.errors import Conflict, NotFound
from ivr.models import Appointment, AppointmentStatus, Doctor, Hold, Slot, Specialty, database
from ivr.paging import Page, page
from ivr.schemas.clinic import SlotQuery

BLOCKED = "desk"
"""Holder of slots that the desk has taken out of the calendar."""


def listed(query: SlotQuery, tz: ZoneInfo, now: datetime | None = None) -> Page[Slot]:
    """Slots of a doctor or specialty, day and time; raises `NotFound` for a doctor or specialty that does not exist."""
    now = now or models.now()
    wanted = [*scheduling.meant(query, tz), *(scheduling.offered(now) if query.free else ())]
    found = _with_state(now)
    return page(found.where(*wanted) if wanted else found, query, {"starts_at": Slot.starts_at})


def get(slot_id: int, now: datetime | None = None) -> Slot:
    """One slot with its state; raises `NotFound`."""
    slot: Slot | None = _with_state(now or models.now()).where(Slot.id == slot_id).first()
    if slot is None:
        raise NotFound("There is no such slot.")
    return slot


def block(slot_id: int, by: str, now: datetime | None = None) -> Slot:
    """Offer a slot no more; raises `NotFound`, `Conflict` with slot_past, or slot_taken when it is booked or held."""
    now = now or models.now()
    slot = get(slot_id, now)
    if slot.state == "past":
        raise appointments.conflict("slot_past")
    if slot.state != "blocked":
        with database.atomic():
            if not scheduling.hold(slot, BLOCKED, (scheduling.NEVER - now).total_seconds(), now):
                raise appointments.conflict("slot_taken")
            records.audit(by, "blocked", slot, None)
    return get(slot_id, now)


def unblock(slot_id: int, by: str, now: datetime | None = None) -> Slot:
    """Offer a slot again; raises `NotFound`, `Conflict` with outside_hours."""
    slot = get(slot_id, now)
    with database.atomic():
        if scheduling.release(slot, BLOCKED):
            records.audit(by, "unblocked", slot, None)
    slot = get(slot_id, now)
    if slot.state == "blocked":
        raise Conflict("The slot is outside of the doctor's hours: change these.", code="outside_hours")
    return slot


def _with_state(now: datetime) -> "ModelSelect[Slot]":
    booked = Appointment.select(1).where(Appointment.slot == Slot.id, Appointment.status == AppointmentStatus.BOOKED)
    held = Hold.expires_at > now
    blocked = Slot.withdrawn | (held & (Hold.holder == BLOCKED))
    states = ((fn.EXISTS(booked), "booked"), (Slot.starts_at <= now, "past"), (blocked, "blocked"), (held, "held"))
    joined = Slot.select(Slot, Doctor, Specialty, Case(None, states, "free").alias("state")).join(Doctor).join(Specialty)
    return joined.join_from(Slot, Hold, JOIN.LEFT_OUTER)
