"""Text messages: written in the transaction of what they tell, sent afterwards, and never twice as far as Twilio lets us know.

    pending ──claimed, text fixed──▶ asked of Twilio ──sid──▶ sent ──status callback──▶ delivered | undelivered
       │                                │
       └──▶ skipped (why)               ├──▶ failed (why): Twilio will never take it
                                        └──▶ pending: again later, and then Twilio is asked first whether it has it

Twilio's API takes no idempotency key. Whoever crashes between asking and noting leaves a claim that lapses; so every attempt after
the first looks for the same text to the same number among Twilio's messages since it was written, those left out whose sid another row
has, and the status callback, whose URL names our row, notes the sid too. What is left is a message that Twilio has taken and shows
neither way within `CLAIM_S`.
"""

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from peewee import Select, fn

from ivr import models
from ivr.breaker import Breaker
from ivr.config import Settings
from ivr.errors import ProviderError
from ivr.models import OutboxEvent, SmsKind, SmsMessage, SmsState, database
from ivr.receiver import LONGEST_RETRY_S, LONGEST_WAIT_FOR_A_PROBE_S, retry_in_s
from ivr.sms import opting
from ivr.sms.instead import UNTOLD, promised, reached_nobody
from ivr.sms.permitted import CONFIRMATIONS, can_get_messages, hold_of, morning_for, why_not
from ivr.sms.wording import worded
from ivr.sms.writing import readdress, write_again, write_for, write_offer

__all__ = [
    "CLAIM_S",
    "Carrier",
    "can_get_messages",
    "due",
    "following",
    "note_status",
    "opting",
    "promised",
    "readdress",
    "send",
    "write_again",
    "write_for",
    "write_offer",
]

logger = logging.getLogger(__name__)

CLAIM_S = 30.0
MAX_ATTEMPTS = 100
"""Some eight hours in which Twilio takes others. Whoever takes a message counts one, so that one whose task always fails ends too."""

MAX_REFUSALS = 15
"""Some 40 minutes in which somebody may mend what Twilio refuses for our own fault, such as wrong credentials."""

SHOWN_AFTER_S = 4.0
"""So long Twilio may take to list a message that it has taken."""

HOPELESS = frozenset({"21211", "21265", "21408", "21610", "21612", "21614", "21617", "21635"})
"""Twilio's errors that another attempt would meet again: no such number, not allowed there, opted out, no mobile, too long."""

OPTED_OUT = "21610"
FINAL_STATUSES = {"delivered": SmsState.DELIVERED, "undelivered": SmsState.UNDELIVERED, "failed": SmsState.UNDELIVERED}


class Carrier(Protocol):
    """Who sends messages; both methods raise `ProviderError`."""

    def send(self, to: str, body: str, message_id: int) -> str:
        """Send a message; returns the carrier's sid. The id is our own, for the carrier's reports."""
        ...

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        """The sids of all messages of this text to this number that were taken since then, ours or another's that reads the same."""
        ...


@dataclass(frozen=True, slots=True)
class _Claim:
    """A message whose turn it is; `moot` is why it must not go out any more, unless an earlier attempt has sent it."""

    message: SmsMessage
    moot: str | None


def due(limit: int = 500, now: datetime | None = None) -> list[int]:
    """Ids of messages to be tried now, those that have been due longest first: one that fails keeps no other from being tried."""
    return [message.id for message in _due(now or models.now()).order_by(SmsMessage.next_attempt_at, SmsMessage.id).limit(limit)]


def send(message_id: int, carrier: Carrier | None, breaker: Breaker, settings: Settings, now: datetime | None = None) -> int | None:
    """Try to send a message that is due, once, and return the id of one to the same number that was waiting for it.

    Call it without an open connection: none is held while the carrier thinks. Without a carrier the message is skipped; while the
    breaker keeps the carrier from being asked, nothing happens to it.
    """
    if not breaker.admits(time.monotonic()):
        return None
    with database.connection_context():
        claim = _claim(message_id, carrier, settings, now or models.now())
    if claim is None or carrier is None:
        breaker.withdraw()
        return None
    message = claim.message
    try:
        sid = _ask(carrier, claim)
    except ProviderError as error:
        _note(breaker, works=not error.retryable)
        changes = _after(error, message, is_away=breaker.is_open)
    else:
        _note(breaker, works=True)
        changes = {"state": SmsState.SENT, "sid": sid, "sent_at": models.now(), "why": None} if sid else _skipped(message, claim.moot)
    with database.connection_context():
        if changes["why"] == OPTED_OUT:
            opting.note(message.to_number, "out")
        _change(message, changes)
        waiting = _due(models.now()).where(SmsMessage.to_number == message.to_number).order_by(SmsMessage.id).first()
    return waiting and waiting.id


def following(event_id: int) -> list[int]:
    """Ids of the messages to be sent along with an event: those about its appointment, and the offer that it tells of."""
    event: OutboxEvent | None = OutboxEvent.get_or_none(OutboxEvent.id == event_id)
    if event is None:
        return []
    about = SmsMessage.idempotency_key == f"offer:{event.id}"
    if event.appointment_id is not None:
        about |= SmsMessage.appointment == event.appointment_id
    return [message.id for message in _due(models.now()).where(about).order_by(SmsMessage.id)]


def note_status(message_id: int, sid: str, status: str, error_code: str | None = None) -> bool:
    """Note what Twilio reports of a message, late reports and reports of a sid that was never noted included; False for an unknown one.

    A final state does not change any more.
    """
    message = _reported(message_id, sid)
    if message is None:
        return False
    open_states = SmsMessage.state.in_([SmsState.PENDING, SmsState.SENT, SmsState.FAILED])
    changes = {"state": FINAL_STATUSES.get(status, SmsState.SENT), "sid": sid, "why": error_code or None}
    own = (SmsMessage.id == message.id) & (SmsMessage.sid.is_null() | (SmsMessage.sid == sid))
    with database.atomic():
        ended = SmsMessage.update(**changes, sent_at=fn.COALESCE(SmsMessage.sent_at, models.now())).where(own, open_states).execute()
        if ended and error_code == OPTED_OUT:
            opting.note(message.to_number, "out")
        if ended and changes["state"] in UNTOLD:
            reached_nobody(message, error_code or status)
    return True


def _reported(message_id: int, sid: str) -> SmsMessage | None:
    """Whose report it is: of two that read the same, the later may have found the sid of the earlier, which then gets one of its own."""
    named: SmsMessage | None = SmsMessage.get_or_none(SmsMessage.sid == sid)
    return named or SmsMessage.get_or_none(SmsMessage.id == message_id, SmsMessage.sid.is_null())


def _due(now: datetime) -> Select:
    earlier = SmsMessage.alias()
    waits = fn.EXISTS(
        earlier.select(1).where(
            earlier.to_number == SmsMessage.to_number,
            earlier.id < SmsMessage.id,
            earlier.state == SmsState.PENDING,
            earlier.kind.in_(CONFIRMATIONS),
        )
    )
    in_turn = SmsMessage.kind.not_in(CONFIRMATIONS) | ~waits
    return SmsMessage.select(SmsMessage.id).where(SmsMessage.state == SmsState.PENDING, SmsMessage.next_attempt_at <= now, in_turn)


def _claim(message_id: int, carrier: Carrier | None, settings: Settings, now: datetime) -> _Claim | None:
    """Take the message and fix its text; None for one that is not to be asked of the carrier now."""
    message = _taken(message_id, settings.timezone, now)
    if message is None:
        return None
    moot = "no_sender" if carrier is None else why_not(message, now)
    if moot is not None and (carrier is None or message.attempts == 1):
        _change(message, _skipped(message, moot))
        return None
    message.body = message.body or worded(SmsKind(message.kind), _facts(message), message.language, settings)
    message.save(only=["body"])
    return _Claim(message, moot)


def _taken(message_id: int, tz: ZoneInfo, now: datetime) -> SmsMessage | None:
    """The message, if its turn has come and neither the night nor its number of attempts forbids this one, which is counted at once."""
    with database.atomic():
        free = _due(now).where(SmsMessage.id == message_id).for_update(skip_locked=True)
        message: SmsMessage | None = SmsMessage.select().where(SmsMessage.id.in_(free)).first()
        if message is None:
            return None
        if message.attempts >= MAX_ATTEMPTS:
            _change(message, _given_up(message, message.why or "unfinished"))
            return None
        if (morning := morning_for(message, now, tz)) is not None:
            _change(message, {"next_attempt_at": morning})
            return None
        message.attempts += 1
        message.next_attempt_at = now + timedelta(seconds=CLAIM_S)
        message.save(only=["attempts", "next_attempt_at"])
        return message


def _skipped(message: SmsMessage, why: str | None) -> dict[str, Any]:
    logger.info("message %d is not sent: %s", message.id, why)
    return {"state": SmsState.SKIPPED, "why": why}


def _given_up(message: SmsMessage, why: str) -> dict[str, Any]:
    logger.warning("message %d is given up after %d attempts: %s", message.id, message.attempts, why)
    return {"state": SmsState.FAILED, "why": why}


def _facts(message: SmsMessage) -> dict[str, Any]:
    """What the message says; an offer's end may have moved since it was written."""
    facts: dict[str, Any] = message.facts
    hold = hold_of(message, models.now()) if message.kind == SmsKind.WAITLIST_OFFER else None
    return facts | {"until": hold.expires_at.isoformat()} if hold else facts


def _ask(carrier: Carrier, claim: _Claim) -> str | None:
    """The carrier's sid; None for a message that it does not have and that is not to go out any more."""
    message = claim.message
    assert message.body is not None
    known = _unclaimed(carrier.find(message.to_number, message.body, message.created_at)) if message.attempts > 1 else None
    if known or claim.moot:
        return known
    return carrier.send(message.to_number, message.body, message.id)


def _unclaimed(sids: list[str]) -> str | None:
    """A sid that no message of ours has: who books, cancels, books and cancels again gets some texts twice, and rightly."""
    with database.connection_context():
        taken = {message.sid for message in SmsMessage.select(SmsMessage.sid).where(SmsMessage.sid.in_(sids))}
    return next((sid for sid in sids if sid not in taken), None)


def _note(breaker: Breaker, *, works: bool) -> None:
    if breaker.note(works, time.monotonic()):
        logger.warning("Twilio works again" if works else "Twilio fails again and again: asked only now and then")


def _after(error: ProviderError, message: SmsMessage, *, is_away: bool) -> dict[str, Any]:
    """What becomes of a message that the carrier has not taken; that the carrier is away is held against none."""
    why = error.provider_code or error.code
    attempts, longest_s = (1, LONGEST_WAIT_FOR_A_PROBE_S) if is_away else (message.attempts, LONGEST_RETRY_S)
    if why in HOPELESS or attempts >= (MAX_ATTEMPTS if error.retryable else MAX_REFUSALS):
        return _given_up(message, why)
    in_s = SHOWN_AFTER_S + retry_in_s(message.attempts, None, random.uniform(-1, 1), longest_s)
    logger.warning("message %d not sent in attempt %d (%s): again in %.1f s", message.id, message.attempts, why, in_s)
    return {"next_attempt_at": models.now() + timedelta(seconds=in_s), "why": why, "attempts": attempts}


def _change(message: SmsMessage, changes: dict[str, Any]) -> None:
    pending = (SmsMessage.id == message.id) & (SmsMessage.state == SmsState.PENDING)
    with database.atomic():
        changed = SmsMessage.update(**changes).where(pending).execute()
        if changed and changes.get("state") in UNTOLD:
            reached_nobody(message, changes["why"])
