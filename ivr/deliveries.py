"""What goes out, as the desk sees it: events for n8n, which can be sent again, and text messages to patients."""

from ivr import outbox, records
from ivr.models import OutboxEvent, SmsMessage, database
from ivr.paging import Filter, Page, narrowed, page
from ivr.schemas.deliveries import OutboxEventQuery, SmsMessageQuery


def events(query: OutboxEventQuery) -> Page[OutboxEvent]:
    """Events by state, type and subject."""
    filters: list[Filter] = [
        (query.state, lambda value: OutboxEvent.state == value),
        (query.type, lambda value: OutboxEvent.event_type == value),
        (query.subject, lambda value: OutboxEvent.subject == value),
    ]
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
    filters: list[Filter] = [
        (query.state, lambda value: SmsMessage.state == value),
        (query.kind, lambda value: SmsMessage.kind == value),
        (query.patient_id, lambda value: SmsMessage.patient == value),
        (query.appointment_id, lambda value: SmsMessage.appointment == value),
    ]
    return page(narrowed(SmsMessage.select(), filters), query, {"created_at": SmsMessage.created_at})
