"""The outbox: events written in the transaction of what they tell about, and delivered afterwards, in order."""

import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from peewee import Select, fn

from ivr import models
from ivr.breaker import Breaker
from ivr.errors import Conflict, NotFound
from ivr.models import Appointment, Call, CallbackRequest, DeliveryState, OutboxEvent, Patient, WaitlistEntry, database

logger = logging.getLogger(__name__)

VERSION = 1
"""Of the JSON that receivers get; a field may be added within a version, never changed or removed."""

CLAIM_S = 30.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
JITTER = 0.2
MAX_ATTEMPTS = 15
"""Some 40 minutes; while the breaker is open nothing is given up."""

LONGEST_WAIT_FOR_A_PROBE_S = 4.0
"""While the breaker is open, an event is due so soon again that there always is one to ask with."""

NOT_REGISTERED = 404
"""What n8n answers for some seconds after its start, until its webhooks are registered, and while a workflow is switched off."""

RETRIED_4XX = frozenset({NOT_REGISTERED, 408, 425, 429})


@dataclass(frozen=True)
class Delivery:
    """One attempt to hand an event over; `key` is the same in every attempt, `attempt` counts from 1."""

    key: str
    event_type: str
    attempt: int
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status, or the name of what went wrong instead."""

    status: int | None = None
    failure: str | None = None
    retry_after_s: float | None = None

    @property
    def is_from_receiver(self) -> bool:
        """Whether the receiver works, like the answer or not; one that answers 404 is not there yet."""
        return self.status is not None and self.status < 500 and self.status != NOT_REGISTERED

    def __str__(self) -> str:
        return self.failure or f"HTTP {self.status}"


@dataclass(frozen=True)
class Due:
    """The event to be tried next, and in how many seconds."""

    event_id: int
    in_s: float


Post = Callable[[Delivery], Answer]
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
    is delivering, or that waits for an earlier one of its subject, or while the breaker keeps the receiver from being asked.
    Of the patient it tells the id and `patient_fields`, as they are at the first attempt.
    """
    if not breaker.admits(time.monotonic()):
        return None
    with database.connection_context():
        event = _claim(event_id, patient_fields)
    if event is None:
        breaker.withdraw()
        return None
    answer = post(Delivery(event.idempotency_key, event.event_type, event.attempts, _body(event)))
    turned = breaker.note(answer.is_from_receiver, time.monotonic())
    with database.connection_context():
        due = _note(event, answer, gives_up=not breaker.is_open)
        if turned:
            _turn(breaker, answer)
    return due


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
    """Make a dead letter, or an unsent event, due again under its old key.

    Raises `NotFound`, or `Conflict` with not_replayable for one that is pending or delivered.
    """
    again = OutboxEvent.update(state=DeliveryState.PENDING, attempts=0, next_attempt_at=models.now(), last_error=None)
    over = OutboxEvent.state.in_([DeliveryState.DEAD, DeliveryState.UNSENT])
    replayed = again.where(OutboxEvent.id == event_id, over).returning(OutboxEvent).execute()
    event: OutboxEvent | None = next(iter(replayed), None)
    if event is None:
        raise Conflict(f"The event is {show(event_id).state}: only dead letters and unsent events are replayed.", code="not_replayable")
    return event


def due(limit: int = 2000, now: datetime | None = None) -> list[int]:
    """Ids of events to be tried now, oldest first: what a lost task left, and retries whose time has come."""
    return [event.id for event in _due(now or models.now()).order_by(OutboxEvent.id).limit(limit)]


def verdict(answer: Answer) -> Literal["delivered", "retry", "dead"]:
    """What an answer means for the event."""
    if answer.status is None or answer.status in RETRIED_4XX:
        return "retry"
    if 200 <= answer.status < 300:
        return "delivered"
    return "dead" if 400 <= answer.status < 500 else "retry"


def retry_in_s(attempts: int, retry_after_s: float | None, jitter: float, longest_s: float = LONGEST_RETRY_S) -> float:
    """Seconds to wait after so many failed attempts; `jitter` between -1 and 1 spreads them."""
    backed_off_s = min(FIRST_RETRY_S * 2.0 ** min(attempts - 1, 30), longest_s)
    return max(backed_off_s * (1 + JITTER * jitter), retry_after_s or 0)


def _due(now: datetime) -> Select:
    earlier = OutboxEvent.alias()
    waits = fn.EXISTS(
        earlier.select(1).where(
            earlier.subject == OutboxEvent.subject, earlier.sequence < OutboxEvent.sequence, earlier.state == DeliveryState.PENDING
        )
    )
    return OutboxEvent.select(OutboxEvent.id).where(OutboxEvent.state == DeliveryState.PENDING, OutboxEvent.next_attempt_at <= now, ~waits)


def _claim(event_id: int, patient_fields: Sequence[str]) -> OutboxEvent | None:
    now = models.now()
    free = _due(now).where(OutboxEvent.id == event_id).for_update(skip_locked=True)
    claim = OutboxEvent.update(attempts=OutboxEvent.attempts + 1, next_attempt_at=now + timedelta(seconds=CLAIM_S))
    event: OutboxEvent | None = next(iter(claim.where(OutboxEvent.id.in_(free)).returning(OutboxEvent).execute()), None)
    if event is not None and patient_fields and "patient" not in event.payload["data"]:
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


def _turn(breaker: Breaker, answer: Answer) -> None:
    """Say that the receiver has failed, or is back; then everything that was put off is due."""
    if breaker.is_open:
        logger.error("the receiver fails again and again (%s): asked only now and then", answer)
        return
    logger.info("the receiver works again: what waits for it is due")
    put_off = (OutboxEvent.state == DeliveryState.PENDING) & (OutboxEvent.attempts > 0)
    free = OutboxEvent.select(OutboxEvent.id).where(put_off).for_update(skip_locked=True)
    OutboxEvent.update(next_attempt_at=models.now()).where(OutboxEvent.id.in_(free)).execute()


def _note(event: OutboxEvent, answer: Answer, *, gives_up: bool) -> Due | None:
    outcome = verdict(answer)
    if outcome == "delivered":
        _change(event.id, state=DeliveryState.DELIVERED, delivered_at=models.now(), last_error=None)
    elif outcome == "dead" or (gives_up and event.attempts >= MAX_ATTEMPTS):
        _change(event.id, state=DeliveryState.DEAD, last_error=str(answer))
        logger.error("event %d is a dead letter after %d attempts: %s", event.id, event.attempts, answer)
    else:
        return _postpone(event, answer, LONGEST_RETRY_S if gives_up else LONGEST_WAIT_FOR_A_PROBE_S)
    return _follower(event)


def _postpone(event: OutboxEvent, answer: Answer, longest_s: float) -> Due:
    in_s = retry_in_s(event.attempts, answer.retry_after_s, random.uniform(-1, 1), longest_s)
    _change(event.id, next_attempt_at=models.now() + timedelta(seconds=in_s), last_error=str(answer))
    logger.warning("event %d not delivered in attempt %d (%s): again in %.1f s", event.id, event.attempts, answer, in_s)
    return Due(event.id, in_s)


def _change(event_id: int, **changes: object) -> None:
    OutboxEvent.update(**changes).where(OutboxEvent.id == event_id, OutboxEvent.state == DeliveryState.PENDING).execute()


def _follower(event: OutboxEvent) -> Due | None:
    waiting = OutboxEvent.select().where(OutboxEvent.subject == event.subject, OutboxEvent.state == DeliveryState.PENDING)
    following = waiting.order_by(OutboxEvent.sequence).first()
    return following and Due(following.id, max(0.0, (following.next_attempt_at - models.now()).total_seconds()))
