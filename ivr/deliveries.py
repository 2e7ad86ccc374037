"""What goes out, as the desk sees it: events for n8n, which can be sent again, and text messages to patients."""

from ivr import outbox, records
from ivr.models import OutboxEvent, SmsMessage, database
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


def messages(query: SmsMessageQuery) -> Page[SmsMessage]:
    """Text messages by state, kind, patient and appointment."""
    filters = matching(
        query, state=SmsMessage.state, kind=SmsMessage.kind, patient_id=SmsMessage.patient, appointment_id=SmsMessage.appointment
    )
    return page(narrowed(SmsMessage.select(), filters), query, {"created_at": SmsMessage.created_at})
