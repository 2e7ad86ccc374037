"""Text messages to patients, reminders, and the numbers that want none."""

from enum import StrEnum

from peewee import SQL, Check, ForeignKeyField, IntegerField, JSONField, ModelIndex, TextField

from ivr.models.appointments import Appointment
from ivr.models.connection import InstantField, Row, now, one_of
from ivr.models.patients import Patient


class SmsKind(StrEnum):
    """What a message is about."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    WAITLIST_OFFER = "waitlist_offer"


class SmsState(StrEnum):
    """Pending until Twilio has it (sent), refuses it (failed), or it is not to go out (skipped); the last two tell how it arrived."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class SmsMessage(Row):
    """One text message, written in the transaction of what it tells, and sent afterwards.

    `facts` are what it says; `body` is how, from the first attempt on. `sid` is Twilio's name for it, `why` a code: the reason why it
    was skipped or failed, or what went wrong in the last attempt. `next_attempt_at` is also a claim, as for an outbox event.
    """

    kind = TextField()
    patient = ForeignKeyField(Patient, backref="messages", on_delete="CASCADE")
    patient_id: int
    appointment = ForeignKeyField(Appointment, null=True, backref="messages", on_delete="SET NULL")
    appointment_id: int | None
    to_number = TextField()
    language = TextField(null=True)
    facts = JSONField(default=dict)
    body = TextField(null=True)
    idempotency_key = TextField(unique=True)
    state = TextField(default=SmsState.PENDING)
    why = TextField(null=True)
    sid = TextField(null=True, unique=True)
    attempts = IntegerField(default=0)
    next_attempt_at = InstantField(default=now)
    created_at = InstantField(default=now, index=True)
    sent_at = InstantField(null=True)

    class Meta:
        indexes = ((("state", "created_at"), False), (("kind", "created_at"), False))
        constraints = (
            Check(one_of("kind", SmsKind), "sms_message_kind_is_known"),
            Check(one_of("state", SmsState), "sms_message_state_is_known"),
            Check("(state IN ('sent', 'delivered', 'undelivered')) = (sid IS NOT NULL)", "sms_message_sent_has_a_sid"),
        )


SmsMessage.add_index(ModelIndex(SmsMessage, (SmsMessage.next_attempt_at,), where=SQL("state = 'pending'"), name="sms_message_due"))
SmsMessage.add_index(
    ModelIndex(SmsMessage, (SmsMessage.to_number, SmsMessage.id), where=SQL("state = 'pending'"), name="sms_message_pending_to")
)


class ReminderLead(StrEnum):
    """How long before its appointment a reminder is due."""

    DAY = "24h"
    HOURS = "2h"


class Reminder(Row):
    """A reminder that has become due, once for each appointment and lead; `answer` is what the patient said to it, as n8n puts it."""

    appointment = ForeignKeyField(Appointment, backref="reminders", index=False, on_delete="CASCADE")
    appointment_id: int
    lead = TextField()
    created_at = InstantField(default=now)
    answer = TextField(null=True)
    answered_at = InstantField(null=True)

    class Meta:
        indexes = ((("appointment", "lead"), True),)
        constraints = (
            Check(one_of("lead", ReminderLead), "reminder_lead_is_known"),
            Check("(answer IS NULL) = (answered_at IS NULL)", "reminder_answered_has_a_time"),
        )


class SmsOptOut(Row):
    """A number (E.164) whose owner has asked for no more messages."""

    number = TextField(unique=True)
    created_at = InstantField(default=now)
