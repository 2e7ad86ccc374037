"""Tell n8n what has happened, and patients what concerns them."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from celery import Task
from celery.signals import worker_ready

from ivr import outbox, queue, sms
from ivr.breaker import Breaker
from ivr.clients import twilio
from ivr.clients.n8n import Webhook
from ivr.models import database
from ivr.receiver import Post
from tasks.app import settings, work_off

SOON_S = 5.0
"""A retry that is due within a sweep's period is sent by itself; later ones are left to the sweep."""

LANE_WAIT_S = 0.2
DRAINS = 4
DRAIN_S = 5.0
"""So many threads at once work off what is due, and each no longer than until the next sweep."""

logger = logging.getLogger(__name__)

webhook = Webhook(settings.n8n_webhook_url, settings.n8n_webhook_secret) if settings.n8n_webhook_url else None
carrier = twilio.carrier(settings)
breaker = Breaker(probe_s=1.0)
lanes = BoundedSemaphore(8)
"""So many of the notifier's threads may wait for n8n at once: one that hangs leaves the others for messages, speech and upkeep."""

sms_breaker = Breaker()
sms_lanes = BoundedSemaphore(5)
"""The same for Twilio."""


@worker_ready.connect
def say_what_is_missing(**_: Any) -> None:
    """Warn of settings without which nobody is told, or nobody can be sure by whom."""
    if webhook is not None and settings.n8n_webhook_secret is None:
        logger.warning("N8N_WEBHOOK_SECRET is not set: n8n cannot tell our events from anybody else's")
    if carrier is None:
        logger.warning("no text message is sent: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM_NUMBER are needed for it")


@queue.celery_app.task(name=queue.DELIVER_PILE, bind=True)
def deliver_pile(self: Task) -> None:
    """Try to deliver events that were piled up; other tasks do the same, meanwhile."""
    work_off(self, deliver)


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
        return
    with _lane(lanes) as is_free:
        if not is_free:
            return
        was_open = breaker.is_open
        _follow(outbox.deliver(event_id, webhook.post, breaker, settings.n8n_patient_fields))
    if was_open and not breaker.is_open:
        drain(DRAINS)


@queue.celery_app.task(name=queue.DELIVER_DUE)
def deliver_due() -> None:
    """Deliver what is due, one event after the other; who finds that n8n is back has others help."""
    if webhook is None:
        with database.connection_context():
            for event_id in outbox.due():
                outbox.shelve(event_id)
        return
    with _lane(lanes) as is_free:
        if is_free:
            _deliver_due(webhook.post)


def _deliver_due(post: Post) -> None:
    until_s, was_open = time.monotonic() + DRAIN_S, breaker.is_open
    for due in outbox.deliver_due(post, breaker, settings.n8n_patient_fields):
        _follow(due)
        if was_open and not breaker.is_open:
            was_open = False
            drain(DRAINS - 1)
        if time.monotonic() > until_s:
            break


def drain(threads: int) -> None:
    """Have what is due delivered by so many threads at once."""
    for _ in range(threads):
        queue.send_outbox_due(expires_s=DRAIN_S)


def _follow(due: outbox.Due | None) -> None:
    if due is not None and due.in_s <= SOON_S:
        queue.send_outbox(due.event_id, delay_s=due.in_s)


@queue.celery_app.task(name=queue.SEND_SMS_PILE, bind=True)
def send_sms_pile(self: Task) -> None:
    """Try to send messages that were piled up; while every lane is taken, who has one goes on with the rest."""
    with _lane(sms_lanes) as is_free:
        if is_free:
            work_off(self, _send_sms)


@queue.celery_app.task(name=queue.SEND_SMS)
def send_sms(message_id: int) -> None:
    """Try to send one text message; while every lane is taken, it is left to the sweep."""
    with _lane(sms_lanes) as is_free:
        if is_free:
            _send_sms(message_id)


def _send_sms(message_id: int) -> None:
    """Try to send a message, and see to it that the next to its number follows, or all once Twilio is back."""
    was_open = sms_breaker.is_open
    following = sms.send(message_id, carrier, sms_breaker, settings)
    if following is not None:
        queue.send_sms(following)
    if was_open and not sms_breaker.is_open:
        queue.send_sweep()


@contextmanager
def _lane(lanes: BoundedSemaphore) -> Iterator[bool]:
    """Take one of these lanes if any becomes free within `LANE_WAIT_S`."""
    is_free = lanes.acquire(timeout=LANE_WAIT_S)
    try:
        yield is_free
    finally:
        if is_free:
            lanes.release()
