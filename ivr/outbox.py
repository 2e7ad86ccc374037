"""The outbox: events written in the transaction of what they tell about, and delivered afterwards, in order."""

import logging
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from peewee import Select, fn

from ivr import models
from ivr.breaker import Breaker
from ivr.errors import Conflict, NotFound
from ivr.models import Appointment, Call, CallbackRequest, DeliveryState, OutboxEvent, Patient, WaitlistEntry, database
from ivr.receiver import LONGEST_RETRY_S, LONGEST_WAIT_FOR_A_PROBE_S, Answer, Delivery, Post, retry_in_s, verdict

logger = logging.getLogger(__name__)

VERSION = 1
"""Of the JSON that receivers get; a field may be added within a version, never changed or removed."""

CLAIM_S = 30.0
MAX_REFUSALS = 15
"""Half an hour and more in which the receiver takes other events; while it takes none, nothing is given up."""


@dataclass(frozen=True)
class Due:
    """The event to be tried next, and in how many seconds."""

    event_id: int
    in_s: float


Subject = Appointment | Call | WaitlistEntry | CallbackRequest


def record(event_type: str, about: Subject, data: dict[str, Any], *, is_first: bool = False) -> OutboxEvent:
    """Write an event, inside the transaction of what happened; its number follows the subject's last.

    `is_first` spares the look for it where the subject is new in this very transaction.
    """
    subject = subject_of(about)
    key, sequence, occurred_at = str(uuid.uuid4()), 1 if is_first else _last_of(subject) + 1, models.now()
    envelope = {"id": key, "type": event_type, "version": VERSION, "subject": subject, "sequence": sequence}
    return OutboxEvent.create(
        event_type=event_type,
        subject=subject,
        sequence=sequence,
        appointment=about if isinstance(about, Appointment) else None,
        call=about if isinstance(about, Call) else about.call_id,
        payload=envelope | {"occurred_at": occurred_at.isoformat(), "data": data},
        idempotency_key=key,
        next_attempt_at=occurred_at,
        created_at=occurred_at,
    )


def _last_of(subject: str) -> int:
    """The number of the subject's last event; who writes the next one has to wait until this transaction is over."""
    database.execute_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (subject,))
    return OutboxEvent.select(fn.MAX(OutboxEvent.sequence)).where(OutboxEvent.subject == subject).scalar() or 0


def subject_of(about: Subject) -> str:
    """What an event is about; an appointment keeps its subject through all of its moves."""
    if isinstance(about, Call):
        return f"call:{about.id}"
    if isinstance(about, WaitlistEntry):
        return f"waitlist:{about.id}"
    if isinstance(about, CallbackRequest):
        return f"callback:{about.id}"
    first = about
    while first.replaces is not None:
        first = first.replaces
    return f"appointment:{first.id}"


def deliver(event_id: int, post: Post, breaker: Breaker, patient_fields: Sequence[str] = ()) -> Due | None:
    """Try to deliver an event that is due, once, and return what to try next.

    Call it without an open connection: none is held while the receiver thinks. Nothing happens to an event that somebody else
    is delivering, or that waits for an earlier one of its subject, or while the breaker keeps the receiver from being asked; what
    to ask with then is for `deliver_due` to say, or one event that always fails would be the only one tried.
    Of the patient it tells the id and `patient_fields`, as they are at the first attempt.
    """
    event = _admitted(breaker, patient_fields, event_id)
    return _hand_over(event, post, breaker) if event else None


def deliver_due(post: Post, breaker: Breaker, patient_fields: Sequence[str] = ()) -> Iterator[Due | None]:
    """Try to deliver whatever is due, what has been due longest first, and yield after each what to try next besides.

    It ends when there is nothing left to try, or when the receiver is away: such a one is asked with a single event now and then. Several
    threads may do this at once.
    """
    while (event := _admitted(breaker, patient_fields)) is not None:
        yield _hand_over(event, post, breaker)


def _admitted(breaker: Breaker, patient_fields: Sequence[str], event_id: int | None = None) -> OutboxEvent | None:
    """Take an event if it is due, this one or what has been due longest, and the receiver may be asked."""
    if not breaker.admits(time.monotonic()):
        return None
    with database.connection_context():
        event = _claim(patient_fields, event_id)
    if event is None:
        breaker.withdraw()
    return event


def _hand_over(event: OutboxEvent, post: Post, breaker: Breaker) -> Due | None:
    answer = post(Delivery(event.idempotency_key, event.event_type, event.attempts, _body(event)))
    if breaker.note(verdict(answer) != "retry", time.monotonic()):
        _tell_turn(breaker, answer)
    with database.connection_context():
        due = _note(event, answer)
    return None if breaker.is_open else due


def shelve(event_id: int) -> None:
    """Keep an event for which no receiver is configured; it blocks no other and can be replayed."""
    with database.connection_context():
        _change(event_id, state=DeliveryState.UNSENT)


def listed(state: DeliveryState | None = None, limit: int = 50, before_id: int | None = None) -> list[OutboxEvent]:
    """Events, newest first: all, or those in one state; `before_id` is the last id of the page before."""
    events = OutboxEvent.select().order_by(OutboxEvent.id.desc()).limit(limit)
    conditions = [OutboxEvent.state == state] if state else []
    conditions += [OutboxEvent.id < before_id] if before_id is not None else []
    return list(events.where(*conditions) if conditions else events)


def show(event_id: int) -> OutboxEvent:
    """One event; raises `NotFound`."""
    event: OutboxEvent | None = OutboxEvent.get_or_none(OutboxEvent.id == event_id)
    if event is None:
        raise NotFound("There is no such event.")
    return event


def replay(event_id: int) -> OutboxEvent:
    """Make an event due again under its old key, one that was delivered too.

    Later ones of its subject wait for it, and it waits for one that is in flight. Raises `NotFound`, or `Conflict` with not_replayable
    for one that is pending.
    """
    anew = {"state": DeliveryState.PENDING, "next_attempt_at": models.now(), "delivered_at": None}
    again = OutboxEvent.update(anew, last_error=None, failed_at=None, refusals=0)
    over = (OutboxEvent.id == event_id) & (OutboxEvent.state != DeliveryState.PENDING)
    with database.atomic():
        # Whoever is just taking one of the subject's events is waited for, so that their claim is seen.
        of_subject = OutboxEvent.select(OutboxEvent.id).where(OutboxEvent.subject == show(event_id).subject)
        list(of_subject.order_by(OutboxEvent.id).for_update())
        event: OutboxEvent | None = next(iter(again.where(over).returning(OutboxEvent).execute()), None)
    if event is None:
        raise Conflict(f"The event is {show(event_id).state}: it is going to be delivered anyway.", code="not_replayable")
    return event


def due(limit: int = 2000, now: datetime | None = None) -> list[int]:
    """Ids of events to be tried now, what a lost task left and retries whose time has come; those that have been due longest come first.

    One that fails goes to the end of this line, so that it keeps no other from being tried.
    """
    return [event.id for event in _due(now or models.now()).limit(limit)]


def _due(now: datetime) -> Select:
    other = OutboxEvent.alias()
    # A later one is in flight only where this one is replayed.
    first = (other.sequence < OutboxEvent.sequence) | ((other.sequence > OutboxEvent.sequence) & (other.claimed_until > now))
    of_subject = other.select(1).where(other.subject == OutboxEvent.subject, other.state == DeliveryState.PENDING, first)
    # OFFSET has PostgreSQL look at one event after the other, and end at the first that waits for none; it would join all with all.
    waits = fn.EXISTS(of_subject.offset(0))
    pending = OutboxEvent.select(OutboxEvent.id).where(OutboxEvent.state == DeliveryState.PENDING, OutboxEvent.next_attempt_at <= now)
    return pending.where(~waits).order_by(OutboxEvent.next_attempt_at)


def _claim(patient_fields: Sequence[str], event_id: int | None) -> OutboxEvent | None:
    """Take one event, past those that others are just taking."""
    now = models.now()
    mine = _due(now) if event_id is None else _due(now).where(OutboxEvent.id == event_id)
    free = mine.limit(1).for_update(skip_locked=True)
    until = now + timedelta(seconds=CLAIM_S)
    claim = OutboxEvent.update(attempts=OutboxEvent.attempts + 1, next_attempt_at=until, claimed_until=until)
    with database.atomic():
        event: OutboxEvent | None = next(iter(claim.where(OutboxEvent.id == free).returning(OutboxEvent).execute()), None)
        if event is not None and event.attempts == 1 and patient_fields:
            _name_patient(event, patient_fields)
    return event


def _body(event: OutboxEvent) -> bytes:
    """The same bytes in every attempt: the database has an order of its own for the names in an object."""
    return orjson.dumps(event.payload, option=orjson.OPT_SORT_KEYS)


def _name_patient(event: OutboxEvent, fields: Sequence[str]) -> None:
    """Add to the event what may be told of its patient; every attempt has the same body."""
    patient: Patient | None = Patient.get_or_none(Patient.id == event.payload["data"].get("patient_id"))
    if patient is not None and patient.erased_at is None:
        told = {name: str(value) if (value := getattr(patient, name)) else None for name in fields}
        event.payload = event.payload | {"data": event.payload["data"] | {"patient": told}}
        event.save(only=["payload"])


def _tell_turn(breaker: Breaker, answer: Answer) -> None:
    if breaker.is_open:
        logger.error("the receiver fails again and again (%s): asked only now and then", answer)
    else:
        logger.info("the receiver works again: what waits for it is due")


def _note(event: OutboxEvent, answer: Answer) -> Due | None:
    outcome = verdict(answer)
    if outcome == "delivered":
        _change(event.id, state=DeliveryState.DELIVERED, delivered_at=models.now(), last_error=None)
        return _follower(event)
    refused = outcome == "retry" and not answer.is_of_a_busy_receiver and _has_worked_since(event.failed_at or event.created_at)
    event.refusals += refused
    if outcome == "retry" and event.refusals < MAX_REFUSALS:
        return _postpone(event, answer, refused)
    _note_failure(event, answer, state=DeliveryState.DEAD)
    logger.error("event %d is a dead letter after %d attempts: %s", event.id, event.attempts, answer)
    return _follower(event)


def _has_worked_since(then: datetime) -> bool:
    """Whether the receiver has taken any event, from whichever process: it is not away, and it is this event that it does not take."""
    return OutboxEvent.select().where(OutboxEvent.state == DeliveryState.DELIVERED, OutboxEvent.delivered_at > then).exists()


def _postpone(event: OutboxEvent, answer: Answer, refused: bool) -> Due:
    failures, longest_s = (event.refusals, LONGEST_RETRY_S) if refused else (event.attempts, LONGEST_WAIT_FOR_A_PROBE_S)
    in_s = retry_in_s(failures, answer.wished_s, random.uniform(-1, 1), longest_s)
    _note_failure(event, answer, next_attempt_at=models.now() + timedelta(seconds=in_s))
    logger.warning("event %d not delivered in attempt %d (%s): again in %.1f s", event.id, event.attempts, answer, in_s)
    return Due(event.id, in_s)


def _note_failure(event: OutboxEvent, answer: Answer, **changes: object) -> None:
    _change(event.id, failed_at=models.now(), refusals=event.refusals, last_error=str(answer), **changes)


def _change(event_id: int, **changes: object) -> None:
    still_pending = (OutboxEvent.id == event_id) & (OutboxEvent.state == DeliveryState.PENDING)
    OutboxEvent.update(**changes, claimed_until=None).where(still_pending).execute()


def _follower(event: OutboxEvent) -> Due | None:
    waiting = OutboxEvent.select().where(OutboxEvent.subject == event.subject, OutboxEvent.state == DeliveryState.PENDING)
    following = waiting.order_by(OutboxEvent.sequence).first()
    return following and Due(following.id, max(0.0, (following.next_attempt_at - models.now()).total_seconds()))
