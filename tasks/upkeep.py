"""What is done again and again, so that nothing is lost, and nothing is kept for ever."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from redis.exceptions import RedisError

from ivr import bookings, call_ends, models, outbox, queue, reminders, retention, scheduling, sms, speech_retries, waitlist
from ivr.clients.twilio import TwilioClient
from ivr.doctors import active_doctors
from ivr.models import database
from ivr.web.services import build_clips, build_voices, build_warming
from tasks.app import redis_url, settings
from tasks.notifications import DRAINS, drain, sms_breaker

logger = logging.getLogger(__name__)

twilio = TwilioClient(settings)

PERIOD_S = 5.0
UNCARED_FOR_S = 20.0
"""From this age on a request is carried out by the sweep itself: its workers are away, or fail."""

MESSAGES = 500

Found = TypeVar("Found")


@queue.celery_app.task(name=queue.SWEEP)
def sweep(by_beat: bool = False) -> None:
    """Send what is unfinished again: booking requests, then events and messages that are due; let lapse what nobody has taken."""
    if by_beat:
        queue.note_beat(redis_url(), time.time())
    queue.wake_piles()
    for request_id in _look(bookings.unfinished, UNCARED_FOR_S):
        _carry_out(request_id)
    for request_id in (late := _look(bookings.unfinished, PERIOD_S)):
        queue.send_booking(request_id, expires_s=PERIOD_S)
    drain(len(events := _look(outbox.due, DRAINS)))
    for message_id in (messages := _look(sms.due, _messages_to_send_again())):
        queue.send_sms(message_id, expires_s=PERIOD_S)
    if late or events or messages:
        what = "sweep: %d booking requests and %d messages sent again, %d threads deliver events"
        logger.info(what, len(late), len(messages), len(events))
    for event_id in _look(waitlist.lapse, settings.timezone):
        queue.send_outbox(event_id)
    _look(speech_retries.close_forgotten)


def _messages_to_send_again() -> int:
    """How many, at most: none while some wait in the pile, and of a Twilio that is away, one finds out whether it is back."""
    try:
        if queue.count_piled(redis_url(), queue.SEND_SMS_PILE):
            return 0
    except (RedisError, OSError):
        return 0
    return 1 if sms_breaker.is_open else MESSAGES


@queue.celery_app.task(name=queue.REMIND)
def remind() -> None:
    """Write the reminders that are due; their messages follow their events."""
    for reminder in _look(reminders.write_due, settings.timezone):
        queue.send_outbox(reminder.event_id)


@queue.celery_app.task(name=queue.MAKE_SLOTS)
def make_slots() -> None:
    """Make slots from the doctors' hours, up to so many days ahead; what hours that changed have left over is removed."""
    today = models.today(settings.timezone)
    with database.connection_context():
        doctors = active_doctors()
    for doctor in doctors:
        renewal = _look(scheduling.renew_slots, doctor, today, today + timedelta(days=settings.slots_ahead_days), settings.timezone)
        if renewal.made or renewal.withdrawn:
            logger.info("doctor %d has %d new slots, and %d less", doctor.id, renewal.made, renewal.withdrawn)


@queue.celery_app.task(name=queue.TIDY)
def tidy() -> None:
    """Remove holds that have lapsed, end calls whose end was never told, and forget what was said long ago."""
    _look(retention.tidy, models.now())
    forgotten = _look(retention.forget_transcripts, settings.retain_transcripts_days, models.now())
    ended = call_ends.find_out(twilio.fetch_call)
    if forgotten or ended:
        logger.info("tidy: %d rows forgotten, %d calls ended", forgotten, ended)


@queue.celery_app.task(name=queue.WARM)
def warm() -> None:
    """Make the clips of fixed sentences that are missing or have expired."""
    build_warming(settings, build_voices(settings), build_clips(settings, redis_url())).run()


def _look(work: Callable[..., Found], *arguments: Any) -> Found:
    with database.connection_context():
        return work(*arguments)


def _carry_out(request_id: int) -> None:
    try:
        bookings.carry_out(request_id)
    except Exception:
        # One request that fails must not keep the sweep from the others.
        logger.exception("request %d cannot be carried out", request_id)
