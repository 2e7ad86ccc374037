"""Tell n8n what has happened."""

from ivr import outbox, queue
from ivr.breaker import Breaker
from tasks.app import webhook

SOON_S = 5.0
"""A retry that is due within a sweep's period is sent by itself; later ones are left to the sweep."""

breaker = Breaker()


@queue.celery_app.task(name=queue.DELIVER)
def deliver(event_id: int) -> None:
    """Try to deliver one event, and see to it that the next of its subject, or the next attempt, follows."""
    if webhook is None:
        outbox.shelve(event_id)
        return
    due = outbox.deliver(event_id, webhook.post, breaker)
    if due is not None and due.in_s <= SOON_S:
        queue.send_outbox(due.event_id, delay_s=due.in_s)
