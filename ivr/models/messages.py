"""What the world outside must be told: rows written with the change itself, delivered afterwards."""

from enum import StrEnum

from peewee import SQL, Check, ForeignKeyField, IntegerField, JSONField, ModelIndex, TextField

from ivr.models.appointments import Appointment
from ivr.models.connection import InstantField, Row, now, one_of
from ivr.models.telephone import Call


class DeliveryState(StrEnum):
    """`dead` is a dead letter: given up; `unsent` had no receiver configured when it was due. All but pending ones can be replayed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    UNSENT = "unsent"


class OutboxEvent(Row):
    """One event for n8n.

    Events of one `subject` (an appointment through all of its moves, a call) are ordered by `sequence`, from 1.
    `next_attempt_at` is also a claim: whoever takes the event moves it into the future, and until it is answered, or its task is given
    up for lost, `claimed_until` says so too. `refusals` are the failures, since it was last replayed, before which the receiver had
    taken another event since the failure before (`failed_at`).
    """

    event_type = TextField()
    subject = TextField()
    sequence = IntegerField()
    appointment = ForeignKeyField(Appointment, null=True, backref="events", on_delete="SET NULL")
    appointment_id: int | None
    call = ForeignKeyField(Call, null=True, backref="events", on_delete="SET NULL")
    call_id: int | None
    payload = JSONField()
    idempotency_key = TextField(unique=True)
    state = TextField(default=DeliveryState.PENDING)
    attempts = IntegerField(default=0)
    next_attempt_at = InstantField(default=now)
    last_error = TextField(null=True)
    created_at = InstantField(default=now)
    delivered_at = InstantField(null=True)
    failed_at = InstantField(null=True)
    refusals = IntegerField(default=0)
    claimed_until = InstantField(null=True)

    class Meta:
        indexes = ((("subject", "sequence"), True), (("event_type", "id"), False))
        constraints = (
            Check(one_of("state", DeliveryState), "outbox_event_state_is_known"),
            Check("(state = 'delivered') = (delivered_at IS NOT NULL)", "outbox_event_delivered_has_a_time"),
        )


OutboxEvent.add_index(ModelIndex(OutboxEvent, (OutboxEvent.next_attempt_at,), where=SQL("state = 'pending'"), name="outbox_event_due"))
OutboxEvent.add_index(
    ModelIndex(OutboxEvent, (OutboxEvent.delivered_at,), where=SQL("state = 'delivered'"), name="outbox_event_delivered_at")
)
OutboxEvent.add_index(
    ModelIndex(
        OutboxEvent, (OutboxEvent.state, OutboxEvent.id), where=SQL("state IN ('dead', 'unsent')"), name="outbox_event_not_delivered"
    )
)
