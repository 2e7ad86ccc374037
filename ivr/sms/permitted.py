"""Whether a message may go out (any more), and from when on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberType

from ivr.models import AppointmentStatus, Hold, Reminder, Slot, SmsKind, SmsMessage
from ivr.sms import opting
from ivr.timetable import quiet_until

CONFIRMATIONS = (SmsKind.BOOKED, SmsKind.MOVED, SmsKind.CANCELLED)
"""What answers a patient's own call: to one number in order, and at night too while they are `UP`."""

UP = timedelta(hours=1)
"""So long after a call its caller is not woken by a message."""

BOOKINGS = (SmsKind.BOOKED, SmsKind.MOVED, SmsKind.REMINDER)
"""What is true only while its appointment is booked."""

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


def can_get_messages(number: str) -> bool:
    """Whether texts reach this kind of number, as far as its digits tell; of an unknown kind they may."""
    return phonenumbers.number_type(phonenumbers.parse(number)) not in _VOICE_ONLY


def morning_for(message: SmsMessage, now: datetime, tz: ZoneInfo) -> datetime | None:
    """Until when the night keeps a message from being sent: who has just called is up, and who comes before the morning has to know."""
    morning = quiet_until(now, tz)
    if morning is None or message.kind not in CONFIRMATIONS:
        return morning
    is_up = now < message.created_at + UP
    return None if is_up or datetime.fromisoformat(message.facts["starts_at"]) <= morning else morning


def why_not(message: SmsMessage, now: datetime) -> str | None:
    """Why a message is not to go out (any more)."""
    if opting.is_out(message.to_number):
        return "opted_out"
    if not can_get_messages(message.to_number):
        return "not_a_mobile"
    if datetime.fromisoformat(message.facts["starts_at"]) <= now and message.kind != SmsKind.CANCELLED:
        return "too_late"
    if message.kind == SmsKind.WAITLIST_OFFER:
        return None if hold_of(message, now) else "overtaken"
    if message.kind in BOOKINGS and (message.appointment is None or message.appointment.status != AppointmentStatus.BOOKED):
        return "overtaken"
    return _why_not_remind(message) if message.kind == SmsKind.REMINDER else None


def _why_not_remind(message: SmsMessage) -> str | None:
    """Why a reminder is not to go out: it is answered, or the appointment's next one is written, which reads the same."""
    reminders, own_id = Reminder.select().where(Reminder.appointment == message.appointment_id), message.facts.get("reminder_id")
    if reminders.where(Reminder.id > own_id).exists():
        return "overtaken"
    return "answered" if reminders.where(Reminder.id == own_id, Reminder.answer.is_null(False)).exists() else None


def hold_of(message: SmsMessage, now: datetime) -> Hold | None:
    """What holds the slot of an offer for its patient now, unless it has been withdrawn."""
    own = (Hold.slot == message.facts["slot_id"]) & (Hold.holder == message.facts["holder"])
    hold: Hold | None = Hold.select().join(Slot).where(own, Hold.expires_at > now, ~Slot.withdrawn).first()
    return hold
