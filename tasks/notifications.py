"""Tell n8n what has happened, and patients what concerns them."""

import threading

from ivr import outbox, queue, sms
from ivr.breaker import Breaker
from ivr.models import database
from tasks.app import carrier, settings, webhook

SOON_S = 5.0
"""A retry that is due within a sweep's period is sent by itself; later ones are left to the sweep."""

LANE_WAIT_S = 0.2

breaker = Breaker()
lanes = threading.BoundedSemaphore(8)
"""So many of the notifier's threads may wait for n8n at once: one that hangs leaves the others for messages, speech and upkeep."""


@queue.celery_app.task(name=queue.DELIVER)
def deliver(event_id: int) -> None:
    """Try to deliver one event, and see to it that the next of its subject, or the next attempt, follows.

    While every lane is taken, it is left to the sweep.
    """
    with database.connection_context():
        messages = sms.following(event_id)
    for message_id in messages:
        queue.send_sms(message_id)
    if webhook is None:
        outbox.shelve(event_id)
    elif lanes.acquire(timeout=LANE_WAIT_S):
        try:
            due = outbox.deliver(event_id, webhook.post, breaker, settings.n8n_patient_fields)
        finally:
            lanes.release()
        if due is not None and due.in_s <= SOON_S:
            queue.send_outbox(due.event_id, delay_s=due.in_s)


@queue.celery_app.task(name=queue.SEND_SMS)
def send_sms(message_id: int) -> None:
    """Try to send one text message."""
    sms.send(message_id, carrier, settings)
