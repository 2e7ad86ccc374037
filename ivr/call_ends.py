"""The end of a call, as Twilio tells it or is asked for it, and what is owed then to a caller who has not heard everything."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ivr import bookings, calls, heard, models, queue, scheduling, sms
from ivr.errors import ProviderError
from ivr.models import BookingRequest, Call, CallStatus, RequestState, SpeechOutcome, SpeechRetry, database

logger = logging.getLogger(__name__)


class Known(Protocol):
    """A call as Twilio knows it."""

    @property
    def status(self) -> str:
        """Where it is, in Twilio's words."""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""


def note(call_sid: str, status: str, reason: str | None = None, at: datetime | None = None) -> bool:
    """Note Twilio's status of a call; true when the call ended by this very note. What its caller is owed then comes first."""
    if status in set(CallStatus) - set(calls.ONGOING):
        make_up(call_sid)
    return calls.finish(call_sid, status, reason, at)


def make_up(call_sid: str) -> None:
    """Give up what was held for a caller who has left, and have them told by other ways what they have not heard; twice is once.

    A request that is still pending is promised a text message; one that is done has its own, whose failing is made good; for one that
    was refused the caller is called back.
    """
    scheduling.release_all(call_sid)
    call: Call | None = Call.get_or_none(Call.sid == call_sid)
    if call is None:
        return
    with database.atomic():
        promised = BookingRequest.update(confirm_by_sms=True).where(BookingRequest.id.in_(_unheard(call)), ~BookingRequest.confirm_by_sms)
        owed = list(promised.returning(BookingRequest).execute())
        sms.promised(request.id for request in owed if request.state == RequestState.DONE)
        refused = (request for request in owed if request.state == RequestState.REFUSED)
        events = [event for request in refused for event in bookings.call_back(request, models.now())]
    for event in events:
        queue.send_outbox(event.id)


def find_out(fetch: Callable[[str], Known]) -> int:
    """End calls of whose end Twilio has told in vain, and return how many; `fetch` asks it, and raises `ProviderError`.

    Call it without an open connection: none is held while Twilio thinks.
    """
    with database.connection_context():
        found = 0
        unaccounted, forgotten = calls.unaccounted(), calls.forgotten()
        for call_sid in forgotten:
            found += note(call_sid, CallStatus.COMPLETED, "end_not_told")
    for call_sid in unaccounted:
        try:
            known = fetch(call_sid)
        except ProviderError as error:
            logger.info("a call's status cannot be asked for (%s)", error.code, extra={"call_sid": call_sid})
            if error.retryable:
                break
            continue
        with database.connection_context():
            found += note(call_sid, known.status, at=known.ended_at)
    return found


def _unheard(call: Call) -> list[int]:
    """Ids of a call's requests of whose end its caller has heard nothing, or not by a voice that could speak."""
    told = heard.ends_heard(call.history)
    unspoken = SpeechRetry.outcome.is_null() | (SpeechRetry.outcome != SpeechOutcome.PLAYED)
    is_unspoken = SpeechRetry.select().where(SpeechRetry.call == call, SpeechRetry.confirms, unspoken).exists()
    requests = BookingRequest.select().where(BookingRequest.call == call)
    return [one.id for one in requests if heard.end_of(one) not in told or (is_unspoken and one.state == RequestState.DONE)]
