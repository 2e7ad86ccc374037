"""Clauses that the voice could not speak: a worker tries again while somebody on the line waits, and what became of each is kept."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from ivr import models
from ivr.errors import ProviderError
from ivr.models import Call, SpeechOutcome, SpeechRetry, database

logger = logging.getLogger(__name__)

WAITED_FOR_S = 6.0
"""How long anybody can be waiting: a clip is heard, and then the silence that a caller bears."""

FIRST_BACK_OFF_S = 0.25

MADE = "made"
GIVEN_UP = "given_up"
"""What a process that waits is told."""

Make = Callable[[str, str, list[str]], bytes]
"""Speech, mu-law at 8 kHz, from a text, its language and names that must be said right; raises `ProviderError`."""

Keep = Callable[[str, bytes], None]


def ask(call: Call, text: str, language: str, *, confirms: bool) -> SpeechRetry:
    """Write down what is to be made; `confirms` says that it tells of something booked, moved or cancelled."""
    return SpeechRetry.create(call=call, text=text, language=language, confirms=confirms)


def attempt(retry_id: int, make: Make, keep: Keep, now: datetime | None = None) -> str | float | None:
    """Try once more: `MADE` once its audio is kept under its id, `GIVEN_UP`, or the seconds after which to try again.

    None when nobody waits for it any more. Call it without an open connection: none is held while the voice speaks.
    """
    with database.connection_context():
        retry = SpeechRetry.get_or_none(SpeechRetry.id == retry_id)
        if retry is None or retry.outcome is not None:
            return None
        names = [retry.call.patient.name] if retry.call and retry.call.patient else []
        SpeechRetry.update(attempts=SpeechRetry.attempts + 1).where(SpeechRetry.id == retry_id).execute()
    try:
        audio = make(retry.text, retry.language, names)
    except ProviderError as error:
        logger.warning("speech %d not made in attempt %d (%s)", retry_id, retry.attempts + 1, error.code)
        with database.connection_context():
            SpeechRetry.update(last_error=error.code).where(SpeechRetry.id == retry_id).execute()
        again_s = FIRST_BACK_OFF_S * 2.0**retry.attempts
        waited_for_until = retry.created_at + timedelta(seconds=WAITED_FOR_S)
        in_time = (now or models.now()) + timedelta(seconds=again_s) < waited_for_until
        return again_s if error.retryable and in_time else GIVEN_UP
    keep(str(retry_id), audio)
    return MADE


def close(retry_id: int, outcome: SpeechOutcome) -> int:
    """Note what became of it, once, and return how many attempts that took."""
    ended = SpeechRetry.update(outcome=outcome, finished_at=models.now())
    closed = ended.where(SpeechRetry.id == retry_id, SpeechRetry.outcome.is_null()).returning(SpeechRetry.attempts).execute()
    return sum(retry.attempts for retry in closed)


def close_forgotten(now: datetime | None = None) -> int:
    """Note that what a process which died had waited for has lapsed; returns how many there were."""
    now = now or models.now()
    forgotten = (SpeechRetry.created_at < now - timedelta(seconds=10 * WAITED_FOR_S)) & SpeechRetry.outcome.is_null()
    return int(SpeechRetry.update(outcome=SpeechOutcome.LAPSED, finished_at=now).where(forgotten).execute())


def figures(since: datetime) -> dict[str, Any]:
    """How many retries there were, by what became of them (`waiting` if nothing yet), with the attempts and the oldest that waits."""
    columns = SpeechRetry.outcome, fn.COUNT(SpeechRetry.id), fn.SUM(SpeechRetry.attempts)
    rows: Any = list(SpeechRetry.select(*columns).where(SpeechRetry.created_at >= since).group_by(SpeechRetry.outcome).tuples())
    return {
        "outcomes": {str(outcome or "waiting"): retries for outcome, retries, _ in rows},
        "attempts": sum(attempts for _, _, attempts in rows),
        "oldest_waiting": SpeechRetry.select(fn.MIN(SpeechRetry.created_at)).where(SpeechRetry.outcome.is_null()).scalar(),
    }
