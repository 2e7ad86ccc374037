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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import phonenumbers
from peewee import Select, fn
from phonenumbers import PhoneNumberType

from ivr import models
from ivr.config import Settings
from ivr.errors import ProviderError
from ivr.models import AppointmentStatus, Hold, OutboxEvent, Reminder, SmsKind, SmsMessage, SmsState, database
from ivr.receiver import retry_in_s
from ivr.sms import opting
from ivr.sms.wording import worded
from ivr.sms.writing import write_for, write_offer
from ivr.timetable import quiet_until

__all__ = ["CLAIM_S", "Carrier", "can_get_messages", "due", "following", "note_status", "opting", "send", "write_for", "write_offer"]

logger = logging.getLogger(__name__)

CLAIM_S = 30.0
MAX_ATTEMPTS = 100
"""Some eight hours of Twilio's being away. Every claim is one, so that a task that never gets to its end holds up what follows less than one."""

MAX_REFUSALS = 15
"""Some 40 minutes in which somebody may mend what Twilio refuses for our own fault, such as wrong credentials."""

SHOWN_AFTER_S = 4.0
"""So long Twilio may take to list a message that it has taken."""

CONFIRMATIONS = (SmsKind.BOOKED, SmsKind.MOVED, SmsKind.CANCELLED)
"""What answers a patient's own call: to one number in order, and at night too while they are `UP`."""

UP = timedelta(hours=1)
"""So long after a call its caller is not woken by a message."""

BOOKINGS = (SmsKind.BOOKED, SmsKind.MOVED, SmsKind.REMINDER)
"""What is true only while its appointment is booked."""

HOPELESS = frozenset({"21211", "21265", "21408", "21610", "21612", "21614", "21617", "21635"})
"""Twilio's errors that another attempt would meet again: no such number, not allowed there, opted out, no mobile, too long."""

OPTED_OUT = "21610"
FINAL_STATUSES = {"delivered": SmsState.DELIVERED, "undelivered": SmsState.UNDELIVERED, "failed": SmsState.UNDELIVERED}

_VOICE_ONLY = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


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
    """Ids of messages to be tried now, oldest first."""
    return [message.id for message in _due(now or models.now()).order_by(SmsMessage.id).limit(limit)]


def send(message_id: int, carrier: Carrier | None, settings: Settings, now: datetime | None = None) -> None:
    """Try to send a message that is due, once.

    Call it without an open connection: none is held while the carrier thinks. Without a carrier the message is skipped.
    """
    with database.connection_context():
        claim = _claim(message_id, carrier, settings, now or models.now())
    if claim is None or carrier is None:
        return
    message = claim.message
    try:
        sid = _ask(carrier, claim)
    except ProviderError as error:
        changes = _after(error, message)
    else:
        changes = {"state": SmsState.SENT, "sid": sid, "sent_at": models.now(), "why": None} if sid else _skipped(message, claim.moot)
    with database.connection_context():
        if changes["why"] == OPTED_OUT:
            opting.note(message.to_number, "out")
        _change(message.id, changes)


def following(event_id: int) -> list[int]:
    """Ids of the messages to be sent along with an event: those about its appointment, and the offer that it asks for."""
    event: OutboxEvent | None = OutboxEvent.get_or_none(OutboxEvent.id == event_id)
    if event is None:
        return []
    if event.event_type == "waitlist.offered":
        write_offer(event)
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
    SmsMessage.update(**changes, sent_at=fn.COALESCE(SmsMessage.sent_at, models.now())).where(own, open_states).execute()
    return True


def can_get_messages(number: str) -> bool:
    """Whether texts reach this kind of number, as far as its digits tell; of an unknown kind they may."""
    return phonenumbers.number_type(phonenumbers.parse(number)) not in _VOICE_ONLY


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
    """Take the message and fix its text; or skip it, or put it off until the morning, and None."""
    with database.atomic():
        free = _due(now).where(SmsMessage.id == message_id).for_update(skip_locked=True)
        message: SmsMessage | None = SmsMessage.select().where(SmsMessage.id.in_(free)).first()
        if message is None:
            return None
        if message.attempts >= MAX_ATTEMPTS:
            _change(message.id, _given_up(message, message.why or "unfinished"))
            return None
        morning = _morning(message, now, settings.timezone)
        if morning is not None:
            _change(message.id, {"next_attempt_at": morning})
            return None
        moot = "no_sender" if carrier is None else _why_not(message, now)
        if moot is not None and (carrier is None or message.attempts == 0):
            _change(message.id, _skipped(message, moot))
            return None
        message.body = message.body or worded(SmsKind(message.kind), _facts(message), message.language, settings)
        message.attempts += 1
        message.next_attempt_at = now + timedelta(seconds=CLAIM_S)
        message.save(only=["body", "attempts", "next_attempt_at"])
        return _Claim(message, moot)


def _morning(message: SmsMessage, now: datetime, tz: ZoneInfo) -> datetime | None:
    """Until when the night keeps a message from being sent: who has just called is up, and who comes before the morning has to know."""
    morning = quiet_until(now, tz)
    if morning is None or message.kind not in CONFIRMATIONS:
        return morning
    is_up = now < message.created_at + UP
    return None if is_up or datetime.fromisoformat(message.facts["starts_at"]) <= morning else morning


def _skipped(message: SmsMessage, why: str | None) -> dict[str, Any]:
    logger.info("message %d is not sent: %s", message.id, why)
    return {"state": SmsState.SKIPPED, "why": why}


def _given_up(message: SmsMessage, why: str) -> dict[str, Any]:
    logger.warning("message %d is given up after %d attempts: %s", message.id, message.attempts, why)
    return {"state": SmsState.FAILED, "why": why}


def _why_not(message: SmsMessage, now: datetime) -> str | None:
    """Why a message is not to go out (any more)."""
    if opting.is_out(message.to_number):
        return "opted_out"
    if not can_get_messages(message.to_number):
        return "not_a_mobile"
    if datetime.fromisoformat(message.facts["starts_at"]) <= now and message.kind != SmsKind.CANCELLED:
        return "too_late"
    if message.kind == SmsKind.WAITLIST_OFFER:
        return None if _hold_of(message, now) else "overtaken"
    if message.kind in BOOKINGS and (message.appointment is None or message.appointment.status != AppointmentStatus.BOOKED):
        return "overtaken"
    answered = Reminder.select().where(Reminder.appointment == message.appointment_id, Reminder.id == message.facts.get("reminder_id"))
    return "answered" if answered.where(Reminder.answer.is_null(False)).exists() else None


def _hold_of(message: SmsMessage, now: datetime) -> Hold | None:
    own = (Hold.slot == message.facts["slot_id"]) & (Hold.holder == message.facts["holder"])
    return Hold.get_or_none(own, Hold.expires_at > now)


def _facts(message: SmsMessage) -> dict[str, Any]:
    """What the message says; an offer's end may have moved since it was written."""
    facts: dict[str, Any] = message.facts
    hold = _hold_of(message, models.now()) if message.kind == SmsKind.WAITLIST_OFFER else None
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


def _after(error: ProviderError, message: SmsMessage) -> dict[str, Any]:
    """What becomes of a message that the carrier has not taken."""
    why = error.provider_code or error.code
    if why in HOPELESS or message.attempts >= (MAX_ATTEMPTS if error.retryable else MAX_REFUSALS):
        return _given_up(message, why)
    in_s = SHOWN_AFTER_S + retry_in_s(message.attempts, None, random.uniform(-1, 1))
    logger.warning("message %d not sent in attempt %d (%s): again in %.1f s", message.id, message.attempts, why, in_s)
    return {"next_attempt_at": models.now() + timedelta(seconds=in_s), "why": why}


def _change(message_id: int, changes: dict[str, Any]) -> None:
    SmsMessage.update(**changes).where(SmsMessage.id == message_id, SmsMessage.state == SmsState.PENDING).execute()
