"""What goes out, as the desk sees it: events for n8n and text messages to patients, which can be sent again."""

from peewee import Select, fn

from ivr import models, outbox, records, sms
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

    One that Twilio could not deliver stays as it is, and is followed by a new one, which is returned. Either goes to the number that the
    patient has now. Raises `NotFound`, or `Conflict` with not_resendable for one that is pending, sent, delivered, followed by another, or
    of an erased patient.
    """
    with database.atomic():
        records.get(SmsMessage, message_id)
        before = _standing(message_id).for_update().get()
        message = records.get(SmsMessage, message_id)
        anew = message if _is_due_again(message) else sms.write_again(message)
        if anew is None:
            refusal = f"The message is {message.state}: what failed, was left out or not delivered is sent again, and that once."
            raise Conflict(refusal, code="not_resendable")
        records.audit(by, "resent", _standing(anew.id).get(), records.snapshot(before))
    return records.get(SmsMessage, anew.id)


def _is_due_again(message: SmsMessage) -> bool:
    # Twilio may have it all the same: after a first attempt it is asked. What went to another number is nothing that the patient has.
    number = message.patient.phone
    attempts = fn.LEAST(SmsMessage.attempts, int(number == message.to_number))
    anew = {"state": SmsState.PENDING, "why": None, "to_number": number, "attempts": attempts, "next_attempt_at": models.now()}
    over = SmsMessage.state.in_([SmsState.FAILED, SmsState.SKIPPED]) & (SmsMessage.to_number != "")
    return bool(SmsMessage.update(anew).where(SmsMessage.id == message.id, over).execute())


def _standing(message_id: int) -> Select:
    """How a message stands; what it says, and to whom, is nothing for the audit."""
    return SmsMessage.select(SmsMessage.id, SmsMessage.state, SmsMessage.why).where(SmsMessage.id == message_id)


def messages(query: SmsMessageQuery) -> Page[SmsMessage]:
    """Text messages by state, kind, patient and appointment."""
    filters = matching(
        query, state=SmsMessage.state, kind=SmsMessage.kind, patient_id=SmsMessage.patient, appointment_id=SmsMessage.appointment
    )
    return page(narrowed(SmsMessage.select(), filters), query, {"created_at": SmsMessage.created_at})
