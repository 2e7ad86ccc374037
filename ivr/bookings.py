"""Bookings: each is a request with a state, carried out once, whatever happens in between."""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict, Unpack

import psycopg2
from peewee import JOIN, IntegrityError, ModelSelect, OperationalError, fn
from psycopg2.errors import DeadlockDetected, SerializationFailure

from ivr import appointments, callbacks, models, queue, scheduling, waitlist
from ivr.errors import Conflict, LillyError, NotFound
from ivr.models import (
    Appointment,
    AppointmentStatus,
    BookingRequest,
    Call,
    Command,
    Doctor,
    Operation,
    OutboxEvent,
    Patient,
    Ready,
    RequestState,
    Slot,
    Source,
    Specialty,
    database,
    given,
)
from ivr.schemas import BookAppointment, CancelAppointment, RescheduleAppointment

logger = logging.getLogger(__name__)

TRIES = 5
WAIT_S = 2.0
"""How long a call waits for the end of a request before it says that a text message will follow."""

HOPELESS_S = 45.0
"""A request that still fails at this age, for none of the known reasons, is refused: nobody may be left to wait for it."""

MOST_COUNTED = 2**15 - 1

CONSTRAINTS = {
    "appointment_books_a_slot_once": "slot_taken",
    "appointment_never_overlaps_for_a_patient": "patient_busy",
}

STANDS = {
    Operation.BOOK: AppointmentStatus.BOOKED,
    Operation.MOVE: AppointmentStatus.BOOKED,
    Operation.CANCEL: AppointmentStatus.CANCELLED,
}

END_COLUMNS = ("state", "result_id", "error_code", "error_message", "confirm_by_sms", "finished_at")
END = Command(f"UPDATE booking_request SET {', '.join(f'{name} = %({name})s' for name in END_COLUMNS)} WHERE id = %(id)s")

Wish = BookAppointment | RescheduleAppointment | CancelAppointment


class Origin(TypedDict):
    """Where a request comes from; one idempotency key gives one request."""

    source: Source
    idempotency_key: str
    call: NotRequired[Call | None]
    actor: NotRequired[str]


def request_booking(patient: Patient, wanted: BookAppointment, **origin: Unpack[Origin]) -> BookingRequest:
    """Ask for a slot, and hold it.

    Raises `NotFound`, or `Conflict` with slot_taken, slot_past or patient_busy when that is clear at once.
    """
    return _file(BookingRequest(operation=Operation.BOOK, patient=patient, slot=wanted.slot_id, reason=wanted.reason, **origin))


def request_move(patient: Patient, wanted: RescheduleAppointment, **origin: Unpack[Origin]) -> BookingRequest:
    """Ask to move an appointment, and hold its new slot; raises as the other two do, and `Conflict` with same_slot."""
    return _file(
        BookingRequest(operation=Operation.MOVE, patient=patient, slot=wanted.slot_id, appointment=wanted.appointment_id, **origin)
    )


def request_cancellation(patient: Patient, wanted: CancelAppointment, **origin: Unpack[Origin]) -> BookingRequest:
    """Ask to cancel an appointment.

    Raises `NotFound` (for somebody else's too), or `Conflict` with already_cancelled, already_moved or appointment_past.
    """
    return _file(BookingRequest(operation=Operation.CANCEL, patient=patient, appointment=wanted.appointment_id, **origin))


def intent_key(call_sid: str, patient: Patient, wanted: Wish) -> str:
    """The idempotency key of a wish in a call: the same while an earlier one is pending or stands, so that "yes, yes" is one.

    A wish that was refused, or undone since, may be asked for again and gets a new key.
    """
    target = ":".join(f"{name}={value}" for name, value in wanted.model_dump(include={"slot_id", "appointment_id"}).items())
    prefix = f"{call_sid}:{patient.id}:{type(wanted).__name__}:{target}#"
    known = BookingRequest.select(BookingRequest.operation, BookingRequest.state, BookingRequest.idempotency_key, Appointment.status)
    earlier = known.join(Appointment, JOIN.LEFT_OUTER, on=(BookingRequest.result == Appointment.id), attr="result")
    last = earlier.where(BookingRequest.idempotency_key.startswith(prefix)).order_by(BookingRequest.id.desc()).first()
    if last is None:
        return f"{prefix}1"
    if last.state == RequestState.PENDING or (last.result and last.result.status == STANDS[last.operation]):
        return last.idempotency_key
    return f"{prefix}{int(last.idempotency_key.rpartition('#')[2]) + 1}"


def carry_out(request_id: int, now: datetime | None = None) -> BookingRequest:
    """Bring a request to its end, done or refused, and tell; safe to run again and at the same time. Raises `NotFound`."""
    with database.connection_context():
        request, events = _finish_patiently(request_id, now or models.now())
    queue.tell_booking_state(request_id, request.state, [event.id for event in events])
    return request


def read(request_id: int) -> BookingRequest:
    """A request with its result, slot, doctor and specialty, over a connection of its own; raises `NotFound`."""
    with database.connection_context():
        request = _READ.first(request_id=request_id)
    if request is None:
        raise NotFound("There is no such request.")
    return request


def unfinished(older_than_s: float, limit: int = 200, now: datetime | None = None) -> list[int]:
    """Ids of pending requests, oldest first, on which nobody is working just now; each is counted as an attempt."""
    before = (now or models.now()) - timedelta(seconds=older_than_s)
    pending = BookingRequest.select(BookingRequest.id).where(
        BookingRequest.state == RequestState.PENDING, BookingRequest.created_at <= before
    )
    idle = pending.order_by(BookingRequest.created_at).limit(limit).for_update(skip_locked=True)
    counted = BookingRequest.update(attempts=fn.LEAST(BookingRequest.attempts + 1, MOST_COUNTED)).where(BookingRequest.id.in_(idle))
    return sorted(request.id for request in counted.returning(BookingRequest.id).execute())


def call_back(request: BookingRequest, now: datetime) -> list[OutboxEvent]:
    """Have a caller called back who has not heard that their request was refused, inside the caller's transaction."""
    if request.call is None:
        return []
    reason = f"A request ({request.operation}) could not be fulfilled: {request.error_message}"
    _, event = callbacks.file(request.call, reason, request.patient.phone, now)
    return [event] if event else []


def list_appointments(patient: Patient, now: datetime | None = None) -> list[Appointment]:
    """The patient's coming appointments, earliest first, with slot, doctor and specialty loaded."""
    return appointments.listed(patient, now or models.now())


def _file(request: BookingRequest) -> BookingRequest:
    """Write the request and its hold, or find the one that has its key already."""
    try:
        with database.atomic():
            known = _asked_before(request)
            if known is None:
                appointments.check(request, request.created_at)
                request.save(force_insert=True)
    except (IntegrityError, Conflict):
        # Another process may have filed it, and even carried it out, since the look for its key.
        known = _with_key(request.idempotency_key)
        if known is None:
            raise
    if known is None:
        return request
    if any(getattr(known, name) != getattr(request, name) for name in ("operation", "patient_id", "slot_id", "appointment_id")):
        raise Conflict("This key belongs to another request.", code="idempotency_key_reused")
    return known


def _asked_before(request: BookingRequest) -> BookingRequest | None:
    """The request that has this one's key.

    Raises `Conflict` with already_asked for a patient who asks for a slot again by another way while the first request is pending: it
    is not taken by others.
    """
    found = _ASKED.all(key=request.idempotency_key, patient=request.patient_id, slot=request.slot_id)
    known = next((one for one in found if one.idempotency_key == request.idempotency_key), None)
    if found and known is None:
        raise appointments.conflict("already_asked")
    return known


def _with_key(idempotency_key: str) -> BookingRequest | None:
    return BookingRequest.get_or_none(BookingRequest.idempotency_key == idempotency_key)


def _finish_patiently(request_id: int, now: datetime) -> tuple[BookingRequest, list[OutboxEvent]]:
    tries = 1
    while True:
        try:
            return _finish(request_id, now)
        except OperationalError as error:
            cause = getattr(error, "orig", None)
            if tries == TRIES or not isinstance(cause, (DeadlockDetected, SerializationFailure)):
                raise
            logger.warning("request %d: %s in try %d", request_id, type(cause).__name__, tries)
        tries += 1
        time.sleep(random.uniform(0.01, 0.1))


def _finish(request_id: int, now: datetime) -> tuple[BookingRequest, list[OutboxEvent]]:
    """Do the work, or write down why it cannot be done; return the request and its events."""
    try:
        return _fulfil(request_id, now)
    except IntegrityError as error:
        refusal = _meaning(error)
    except LillyError as error:
        refusal = error
    except models.AWAY:
        raise
    except Exception:
        if now - read(request_id).created_at < timedelta(seconds=HOPELESS_S):
            raise
        logger.exception("request %d is given up", request_id)
        refusal = LillyError("The request cannot be carried out.")
    return _refuse(request_id, refusal, now)


def _fulfil(request_id: int, now: datetime) -> tuple[BookingRequest, list[OutboxEvent]]:
    """Do the work, free all that was held for the caller and write the end state, all in one transaction, or nothing of it."""
    with database.atomic():
        request = _locked(request_id)
        if request is None:
            return read(request_id), []
        request.result, event = appointments.perform(request, now)
        # Holds first, and then the request: in this order whoever files it again locks them.
        scheduling.release_all(appointments.holder(request), booked=request.slot_id)
        _end(request, RequestState.DONE, now)
        events = [event, *_done(request, now)]
    _log(request)
    return request, events


def _refuse(request_id: int, refusal: LillyError, now: datetime) -> tuple[BookingRequest, list[OutboxEvent]]:
    with database.atomic():
        request = _locked(request_id)
        if request is None:
            return read(request_id), []
        request.error_code, request.error_message = refusal.code, refusal.message
        if request.slot_id:
            scheduling.release(request.slot_id, appointments.holder(request))
        _end(request, RequestState.REFUSED, now)
        events = call_back(request, now) if request.confirm_by_sms else []
    _log(request)
    return request, events


def _locked(request_id: int) -> BookingRequest | None:
    """A request that is pending, with its patient and call, locked; None for one that has ended, or is none."""
    # Who merges the patient into another while this waits for the lock takes the row out of the join's sight: a second look finds it.
    return _LOCKED.first(request_id=request_id) or _LOCKED.first(request_id=request_id)


def _end(request: BookingRequest, state: RequestState, now: datetime) -> None:
    request.state, request.finished_at = state, now
    request.confirm_by_sms = request.confirm_by_sms or _is_unheard(request)
    END.execute(**{name: getattr(request, name) for name in END_COLUMNS}, id=request.id)


def _log(request: BookingRequest) -> None:
    logger.info("request %d (%s) is %s (%s)", request.id, request.operation, request.state, request.error_code or "no error")


def _is_unheard(request: BookingRequest) -> bool:
    """Whether the caller has left, or has not been waiting any more; a promise could perhaps not be noted."""
    if request.call is None:
        return False
    return request.call.ended_at is not None or models.now() - request.created_at > timedelta(seconds=WAIT_S)


def _done(request: BookingRequest, now: datetime) -> list[OutboxEvent]:
    """The slot that was given up is free for who waits for it."""
    if request.appointment is None:
        return []
    offered = waitlist.offer(request.appointment.slot_id, now, given_up_by=request.patient_id)
    return [offered] if offered else []


def _meaning(error: IntegrityError) -> LillyError:
    cause = getattr(error, "orig", None)
    constraint = cause.diag.constraint_name if isinstance(cause, psycopg2.Error) else None
    if constraint in CONSTRAINTS:
        return appointments.conflict(CONSTRAINTS[constraint])
    logger.error("a request violates %s", constraint)
    return LillyError("The request cannot be carried out.")


def _pending() -> "ModelSelect[BookingRequest]":
    query = BookingRequest.select(BookingRequest, Patient, Call).join(Patient).switch(BookingRequest).join(Call, JOIN.LEFT_OUTER)
    pending = query.where(BookingRequest.id == given("request_id"), BookingRequest.state == RequestState.PENDING)
    return pending.for_update(of=BookingRequest)


def _with_result() -> "ModelSelect[BookingRequest]":
    """With result, slot, doctor and specialty loaded, so that reading them takes no connection."""
    query = BookingRequest.select(BookingRequest, Appointment, Slot, Doctor, Specialty)
    joined = query.join(Appointment, JOIN.LEFT_OUTER, on=(BookingRequest.result == Appointment.id), attr="result")
    whole = joined.join(Slot, JOIN.LEFT_OUTER).join(Doctor, JOIN.LEFT_OUTER).join(Specialty, JOIN.LEFT_OUTER)
    return whole.where(BookingRequest.id == given("request_id"))


def _same() -> "ModelSelect[BookingRequest]":
    """By the key, or pending for the same patient and slot."""
    same = (BookingRequest.patient == given("patient")) & (BookingRequest.slot == given("slot"))
    pending = BookingRequest.state == RequestState.PENDING
    return BookingRequest.select().where((BookingRequest.idempotency_key == given("key")) | (same & pending))


_LOCKED, _READ, _ASKED = Ready(_pending), Ready(_with_result), Ready(_same)
