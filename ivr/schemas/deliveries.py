"""What goes out: events for n8n, text messages to patients, and what comes of reminders."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import Arguments, Id, Instant, Shown, Text

DeliveryState = Literal["pending", "delivered", "dead", "unsent"]
EventType = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=100, examples=["appointment.booked"])]
Subject = Annotated[str, Field(pattern="^[a-z]+:[0-9]+$", max_length=100, examples=["appointment:41"])]
SmsKind = Literal["booked", "moved", "cancelled", "reminder", "waitlist_offer"]
SmsState = Literal["pending", "sent", "failed", "skipped", "delivered", "undelivered"]


class OutboxEventShown(Shown):
    """One event for n8n; `dead` ones were given up, `unsent` ones had no receiver; all but `pending` ones can be replayed."""

    id: Id
    type: str = Field(examples=["appointment.booked"], validation_alias="event_type")
    subject: str = Field(examples=["appointment:41"])
    sequence: int = Field(description="Counts the events of the subject from 1")
    state: DeliveryState
    attempts: int
    last_error: str | None
    idempotency_key: str
    next_attempt_at: Instant
    created_at: Instant
    delivered_at: Instant | None


class OutboxEventWhole(OutboxEventShown):
    """One event with the body that n8n gets."""

    payload: dict[str, Any]


class OutboxEventList(Listed[OutboxEventShown]):
    """Events for n8n."""


class OutboxEventQuery(ListQuery):
    """Events by state, type and subject."""

    state: DeliveryState | None = None
    type: EventType | None = None
    subject: Subject | None = None
    sort: Literal["id", "-id"] = "-id"


class SmsMessageShown(Shown):
    """One text message; `why` says why it was skipped or failed, or what went wrong in the last attempt."""

    id: Id
    kind: SmsKind
    state: SmsState
    why: str | None
    patient_id: Id
    appointment_id: Id | None
    to_number: str
    language: str | None
    body: str | None = Field(description="null until the first attempt, and once it is forgotten")
    attempts: int
    created_at: Instant
    sent_at: Instant | None


class SmsMessageList(Listed[SmsMessageShown]):
    """Text messages."""


class SmsMessageQuery(ListQuery):
    """Text messages by state, kind, patient and appointment."""

    state: SmsState | None = None
    kind: SmsKind | None = None
    patient_id: Id | None = None
    appointment_id: Id | None = None
    sort: Literal["created_at", "-created_at"] = "-created_at"


class ReminderAnswer(Arguments):
    """What a patient has said to a reminder."""

    answer: Text = Field(examples=["confirmed"])


class ReminderShown(Shown):
    """A reminder that has become due, and what the patient said to it."""

    id: Id
    appointment_id: Id
    lead: Literal["24h", "2h"]
    created_at: Instant
    answer: str | None
    answered_at: Instant | None


class ReminderList(Listed[ReminderShown]):
    """Reminders."""


class ReminderQuery(ListQuery):
    """Reminders by appointment, and by whether they are answered."""

    appointment_id: Id | None = None
    answered: bool | None = None
    sort: Literal["id", "-id"] = "-id"
