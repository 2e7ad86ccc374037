"""What is done again and again, so that nothing is lost."""

import logging
from collections.abc import Callable

from ivr import bookings, outbox, queue, speech_retries, waitlist
from ivr.models import database
from tasks.app import settings

logger = logging.getLogger(__name__)

PERIOD_S = 5.0
UNCARED_FOR_S = 20.0
"""From this age on a request is carried out by the sweep itself: its workers are away, or fail."""


@queue.celery_app.task(name=queue.SWEEP)
def sweep() -> None:
    """Send what is unfinished again: booking requests, then events that are due; then let lapse what nobody has taken."""
    for request_id in _look(bookings.unfinished, UNCARED_FOR_S):
        _carry_out(request_id)
    for request_id in (late := _look(bookings.unfinished, PERIOD_S)):
        queue.send_booking(request_id, expires_s=PERIOD_S)
    for event_id in (due := _look(outbox.due)):
        queue.send_outbox(event_id, expires_s=PERIOD_S)
    if late or due:
        logger.info("sweep: %d booking requests and %d events sent again", len(late), len(due))
    with database.connection_context():
        told = waitlist.lapse(settings.timezone)
        speech_retries.close_forgotten()
    for event_id in told:
        queue.send_outbox(event_id)


def _look(query: Callable[..., list[int]], *arguments: float) -> list[int]:
    with database.connection_context():
        return query(*arguments)


def _carry_out(request_id: int) -> None:
    try:
        bookings.carry_out(request_id)
    except Exception:
        # One request that fails must not keep the sweep from the others.
        logger.exception("request %d cannot be carried out", request_id)
