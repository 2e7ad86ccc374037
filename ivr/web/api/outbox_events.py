"""Events for n8n: how each stands, what it tells, and another delivery for those that are over."""

from ivr import deliveries, outbox, queue
from ivr.access import Scope
from ivr.models import OutboxEvent
from ivr.paging import Page
from ivr.schemas.deliveries import OutboxEventList, OutboxEventQuery, OutboxEventShown, OutboxEventWhole
from ivr.web.api.resource import Resource, after_commit
from ivr.web.auth import principal

routes = Resource("outbox_events", "Outbox events", "What n8n is told, in which order, and how each event's delivery stands.")


@routes.get("/outbox-events", Scope.EVENTS_READ, OutboxEventList)
def list_outbox_events(query: OutboxEventQuery) -> Page[OutboxEvent]:
    """Events by state, type and subject, the latest first; state=dead are the dead letters."""
    return deliveries.events(query)


@routes.get("/outbox-events/<int:event_id>", Scope.EVENTS_READ, OutboxEventWhole)
def show_outbox_event(event_id: int) -> OutboxEvent:
    """One event with the body that n8n gets."""
    return outbox.show(event_id)


@routes.post(
    "/outbox-events/<int:event_id>/replay",
    Scope.EVENTS_WRITE,
    OutboxEventShown,
    status=200,
    errors={409: ["not_replayable"]},
)
def replay_outbox_event(event_id: int) -> OutboxEvent:
    """Deliver a dead letter, an unsent event, or one that was delivered before, again under its old key."""
    event = deliveries.replay(event_id, principal().actor)
    after_commit(lambda: queue.send_outbox(event_id))
    return event
