"""What a booking request does to the appointments, inside the caller's transaction."""

from datetime import datetime
from typing import Any, NamedTuple

from peewee import ModelSelect, fn

from ivr import outbox, records, scheduling, sms, waitlist
from ivr.errors import Conflict, NotFound
from ivr.models import (
    Appointment,
    AppointmentStatus,
    BookingRequest,
    Doctor,
    Hold,
    Operation,
    OutboxEvent,
    Patient,
    Ready,
    Slot,
    SmsKind,
    Source,
    Specialty,
    given,
)

MESSAGES = {
    "slot_taken": "That time has just been taken.",
    "slot_past": "That time is over.",
    "same_slot": "The appointment is at that time already.",
    "already_asked": "The patient has asked for that time already, and it is still being confirmed.",
    "patient_busy": "The patient already has an appointment at that time.",
    "already_cancelled": "That appointment has been cancelled already.",
    "already_moved": "That appointment has been moved to another time already.",
    "appointment_past": "That appointment is over.",
}

OVER = {AppointmentStatus.CANCELLED: "already_cancelled", AppointmentStatus.RESCHEDULED: "already_moved"}


def conflict(code: str) -> Conflict:
    """The refusal with this code."""
    return Conflict(MESSAGES[code], code=code)


def listed(patient: Patient, now: datetime) -> list[Appointment]:
    """The patient's coming appointments, earliest first, with slot, doctor and specialty loaded."""
    query = Appointment.select(Appointment, Slot, Doctor, Specialty).join(Slot).join(Doctor).join(Specialty)
    booked = query.where(Appointment.patient == patient, Appointment.status == AppointmentStatus.BOOKED, Appointment.starts_at > now)
    return list(booked.order_by(Appointment.starts_at))


class Aim(NamedTuple):
    """The slot asked for, with doctor and specialty; whether others hold it; the patient's wait-list entry to which it was offered."""

    slot: Slot
    is_held: bool
    wish_id: int | None


def check(request: BookingRequest, now: datetime) -> tuple[Appointment | None, Aim | None]:
    """Lock the request's appointment and hold its slot, or raise `NotFound` or `Conflict` when it cannot come true."""
    appointment, aim = _examine(request, now)
    if aim is not None:
        if aim.wish_id is not None:
            waitlist.hand_over(aim.wish_id, aim.slot.id, holder(request))
        if not scheduling.hold(aim.slot, holder(request), scheduling.HOLD_S, now):
            raise conflict("slot_taken")
    return appointment, aim


def perform(request: BookingRequest, now: datetime) -> tuple[Appointment, OutboxEvent]:
    """Book, move or cancel, and write the event; raises as `check`, and `IntegrityError` when somebody was faster.

    The request has held its slot since it was filed; it comes too late if that has lapsed, and somebody else holds the slot now.
    """
    old, aim = _examine(request, now)
    if aim is not None and aim.is_held:
        raise conflict("slot_taken")
    before = records.snapshot(old) if old else None
    if old is not None:
        old.status = AppointmentStatus.RESCHEDULED if aim else AppointmentStatus.CANCELLED
        old.updated_at = now
        old.save(only=["status", "updated_at"])
    result = _create(request, aim.slot, old, now) if aim else old
    assert result is not None
    if aim is not None and aim.wish_id is not None:
        waitlist.fulfil(aim.wish_id)
    if aim is not None and old is not None:
        waitlist.follow(old, result)
    if request.source == Source.PHONE:
        language = request.call.language if request.call else None
        sms.write_for(_CONFIRMATIONS[Operation(request.operation)], result, f"request:{request.id}", language, now)
    actor = request.actor or (f"call:{request.call.sid}" if request.call else str(request.source))
    records.audit(actor, _AUDITED[Operation(request.operation)], result, before)
    event = outbox.record(_EVENT_TYPES[Operation(request.operation)], result, _event_data(request, result), is_first=old is None)
    return result, event


_EVENT_TYPES = {
    Operation.BOOK: "appointment.booked",
    Operation.MOVE: "appointment.rescheduled",
    Operation.CANCEL: "appointment.cancelled",
}
_AUDITED = {operation: event_type.partition(".")[2] for operation, event_type in _EVENT_TYPES.items()}


_CONFIRMATIONS = {Operation.BOOK: SmsKind.BOOKED, Operation.MOVE: SmsKind.MOVED, Operation.CANCEL: SmsKind.CANCELLED}


def holder(request: BookingRequest) -> str:
    """For whom the slot is held: the call, in which it may have been held before, or else the request."""
    return request.call.sid if request.call else f"request:{request.idempotency_key}"


def _examine(request: BookingRequest, now: datetime) -> tuple[Appointment | None, Aim | None]:
    """Lock the request's appointment and look at its slot; raises as `check`."""
    appointment = _own(request, now) if request.appointment_id else None
    return appointment, _aim(request, request.slot_id, appointment, now) if request.slot_id else None


def _own(request: BookingRequest, now: datetime) -> Appointment:
    own = Appointment.select().where(Appointment.id == request.appointment_id, Appointment.patient == request.patient_id)
    appointment: Appointment | None = own.for_update().first()
    if appointment is None:
        raise NotFound("The patient has no such appointment.")
    if appointment.status in OVER:
        raise conflict(OVER[AppointmentStatus(appointment.status)])
    if appointment.status != AppointmentStatus.BOOKED or appointment.starts_at <= now:
        raise conflict("appointment_past")
    return appointment


def _aim(request: BookingRequest, slot_id: int, moved: Appointment | None, now: datetime) -> Aim:
    whose = {"patient": request.patient_id, "moved": request.appointment_id or 0, "holder": holder(request)}
    slot: Any = _SOUGHT.first(slot=slot_id, now=now, **whose)
    if slot is None:
        raise NotFound("There is no such slot.")
    if not slot.doctor.active:
        raise NotFound("This doctor does not see patients.")
    if slot.starts_at <= now:
        raise conflict("slot_past")
    if moved is not None and moved.slot_id == slot.id:
        raise conflict("same_slot")
    if slot.withdrawn:
        raise conflict("slot_taken")
    if slot.is_clashing:
        raise conflict("patient_busy")
    return Aim(slot, slot.is_held, slot.wish_id)


def _sought() -> "ModelSelect[Slot]":
    """A slot; with it come `is_clashing`, with another appointment of the patient's, `is_held`, by others, and `wish_id`."""
    own = Appointment.select(1).where(Appointment.patient == given("patient"), Appointment.status == AppointmentStatus.BOOKED)
    others = own.where(Appointment.id != given("moved"))
    clashing = others.where(Appointment.starts_at < Slot.ends_at, Appointment.ends_at > Slot.starts_at)
    wish = waitlist.wish_for(given("patient"), given("slot"))
    held = Hold.select(1).where(Hold.slot == Slot.id, Hold.expires_at > given("now"), Hold.holder != given("holder"))
    asides = (fn.EXISTS(clashing).alias("is_clashing"), fn.EXISTS(held).alias("is_held"), wish.alias("wish_id"))
    query = Slot.select(Slot, Doctor, Specialty, *asides).join(Doctor).join(Specialty).where(Slot.id == given("slot"))
    # Whoever archives the doctor or changes the hours waits until this is done, or this waits and finds both rows as they are then.
    return query.for_update("FOR SHARE", of=(Doctor, Slot))  # type: ignore[arg-type]


_SOUGHT = Ready(_sought)


def _create(request: BookingRequest, slot: Slot, old: Appointment | None, now: datetime) -> Appointment:
    return Appointment.create(
        patient=request.patient,
        slot=slot,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        source=request.source,
        reason=old.reason if old else request.reason,
        idempotency_key=request.idempotency_key,
        replaces=old,
        call=request.call,
        created_at=now,
        updated_at=now,
    )


def described(appointment: Appointment) -> dict[str, Any]:
    """An appointment as events tell of it: ids and times (ISO 8601, with their zone), and of the patient no more than the id."""
    doctor, old = appointment.slot.doctor, appointment.replaces
    return {
        "appointment_id": appointment.id,
        "status": appointment.status,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "doctor": {"id": doctor.id, "name": doctor.name},
        "specialty": doctor.specialty.name,
        "patient_id": appointment.patient_id,
        "replaces": old and {"appointment_id": old.id, "starts_at": old.starts_at.isoformat()},
    }


def _event_data(request: BookingRequest, appointment: Appointment) -> dict[str, Any]:
    how = {"request_id": request.id, "call_sid": request.call and request.call.sid, "source": request.source}
    return described(appointment) | how
