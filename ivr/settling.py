"""Waiting for the end of a booking request, and what its caller is promised when there is none in time."""

import logging
import time

from ivr import bookings, models, queue
from ivr.database_limits import within
from ivr.models import BookingRequest, RequestState, database

logger = logging.getLogger(__name__)

LOOK_S = 0.5
LOOK_WHILE_DEAF_S = 0.05
NOTE_S = 0.5
"""How long it may take to note a promise: the caller waits for it too."""


def settle(request: BookingRequest, states: queue.BookingStates, wait_s: float = bookings.WAIT_S) -> BookingRequest:
    """Have a request carried out, by a worker or else in this process, and wait for its end at most `wait_s`.

    Call it without an open connection: none is held while it waits. A request that is still pending afterwards, or of which nobody
    can tell because the database is away, is swept later: its caller is promised a text message.
    """
    if request.state != RequestState.PENDING:
        return bookings.read(request.id)
    deadline_s = time.monotonic() + wait_s
    with states.expect(request.id) as expected:
        if not queue.send_booking(request.id):
            request = _carry_out_here(request, wait_s)
        else:
            while request.state == RequestState.PENDING and (left_s := deadline_s - time.monotonic()) > 0:
                expected.wait(min(left_s, LOOK_S if states.listening else LOOK_WHILE_DEAF_S))
                request = _known(request, deadline_s - time.monotonic())
    return request if request.state != RequestState.PENDING else _promised(request)


def _carry_out_here(request: BookingRequest, limit_s: float) -> BookingRequest:
    try:
        with within(limit_s):
            return bookings.carry_out(request.id)
    except Exception:
        logger.exception("request %d is left to the sweep", request.id)
        return request


def _known(request: BookingRequest, limit_s: float) -> BookingRequest:
    """A request as it is now, or else as it was known last."""
    try:
        with within(max(limit_s, LOOK_WHILE_DEAF_S)):
            return bookings.read(request.id)
    except models.AWAY as error:
        logger.warning("request %d cannot be looked at: %s", request.id, type(error).__name__)
        return request


def _promised(request: BookingRequest) -> BookingRequest:
    """Note that a caller is told later how this ends; one that has ended since is returned as it is."""
    pending = (BookingRequest.id == request.id) & (BookingRequest.state == RequestState.PENDING)
    try:
        with within(NOTE_S), database.connection_context():
            promised = BookingRequest.update(confirm_by_sms=BookingRequest.call.is_null(False)).where(pending).execute()
    except models.AWAY as error:
        logger.warning("request %d: a promise cannot be noted: %s", request.id, type(error).__name__)
        return request
    return request if promised else _known(request, NOTE_S)
