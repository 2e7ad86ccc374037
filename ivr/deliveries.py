"""What goes out, as the desk sees it: events for n8n and text messages to patients, which can be sent again."""

from peewee import fn

from ivr import models, outbox, records
from ivr.errors import Conflict
from ivr.models import OutboxEvent, SmsMessage, SmsState, database
from ivr.paging import Page, matching, narrowed, page
from ivr.schemas.deliveries import OutboxEventQuery, SmsMessageQuery


def events(query: OutboxEventQuery) -> Page[OutboxEvent]:
    """Events by state, type and subject."""
    filters = matching(query, state=OutboxEvent.state, type=OutboxEvent.event_type, subject=OutboxEvent.subject)
    return page(narrowed(OutboxEvent.select(), filters), query, {"id": OutboxEvent.id})


def replay(event_id: int, by: str) -> OutboxEvent:
    """Make an event due again, and note who wished it; raises as `outbox.replay`. It is sent once this is committed."""
    with database.atomic():
        before = records.snapshot(outbox.show(event_id))
        event = outbox.replay(event_id)
        records.audit(by, "replayed", event, before)
    return event


def resend(message_id: int, by: str) -> SmsMessage:
    """Make a message due again that was given up or left out, and note who wished it; one that must not go out is left out again.

    It goes to the number that the patient has now.

    Raises `NotFound`, or `Conflict` with not_resendable for one that is pending, sent, or of an erased patient.
    """
    # What it says, and to whom, is nothing for the audit.
    standing = SmsMessage.select(SmsMessage.id, SmsMessage.state, SmsMessage.why).where(SmsMessage.id == message_id)
    with database.atomic():
        message = records.get(SmsMessage, message_id)
        before = [records.snapshot(one) for one in standing.for_update()]
        # Twilio may have it all the same: after a first attempt it is asked. What went to another number is nothing that the patient has.
        number = message.patient.phone
        attempts = fn.LEAST(SmsMessage.attempts, int(number == message.to_number))
        anew = {"state": SmsState.PENDING, "why": None, "to_number": number, "attempts": attempts, "next_attempt_at": models.now()}
        again = SmsMessage.update(anew)
        over = SmsMessage.state.in_([SmsState.FAILED, SmsState.SKIPPED]) & (SmsMessage.to_number != "")
        if not again.where(SmsMessage.id == message_id, over).execute():
            raise Conflict(f"The message is {message.state}: only what failed or was left out is sent again.", code="not_resendable")
        records.audit(by, "resent", standing.get(), before[0])
    return records.get(SmsMessage, message_id)


def messages(query: SmsMessageQuery) -> Page[SmsMessage]:
    """Text messages by state, kind, patient and appointment."""
    filters = matching(
        query, state=SmsMessage.state, kind=SmsMessage.kind, patient_id=SmsMessage.patient, appointment_id=SmsMessage.appointment
    )
    return page(narrowed(SmsMessage.select(), filters), query, {"created_at": SmsMessage.created_at})
