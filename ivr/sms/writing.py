"""Messages as they are written, inside the transaction of what they tell; one key gives one message."""

from datetime import datetime
from typing import Any

from ivr import models
from ivr.models import Appointment, Call, OutboxEvent, Patient, SmsKind, SmsMessage, SmsState, WaitlistEntry


def write_for(kind: SmsKind, appointment: Appointment, key: str, language: str | None = None, now: datetime | None = None) -> SmsMessage:
    """Write a message about an appointment, inside the transaction of what happened; one key gives one message."""
    facts = {"doctor": appointment.slot.doctor.name, "starts_at": appointment.starts_at.isoformat()}
    language = language or _language(appointment.patient, _call_of(appointment))
    return _write(kind, appointment.patient, facts, key, language, now, appointment)


def write_offer(event: OutboxEvent, entry: WaitlistEntry, now: datetime) -> SmsMessage:
    """Write the message about a slot that is held for an entry, inside the transaction of the `waitlist.offered` event."""
    data = event.payload["data"]
    facts = {"doctor": data["doctor"]["name"], "starts_at": data["starts_at"], "until": data["held_until"]}
    facts |= {"slot_id": data["slot_id"], "holder": f"waitlist:{data['waitlist_entry_id']}"}
    return _write(SmsKind.WAITLIST_OFFER, entry.patient, facts, f"offer:{event.id}", _language(entry.patient, entry.call), now)


def readdress(patient: Patient) -> None:
    """Let what nobody has tried to send yet go to the number that the patient has now."""
    untried = (SmsMessage.state == SmsState.PENDING) & (SmsMessage.attempts == 0)
    SmsMessage.update(to_number=patient.phone).where(SmsMessage.patient == patient, untried).execute()


def write_again(message: SmsMessage) -> SmsMessage | None:
    """Write a message that was not delivered once more, to the number that its patient has now; None if that has been done.

    It keeps the time of what it tells, and with it the rules of the night. The carrier's sid stays with the first.
    """
    key = f"again:{message.id}"
    if message.state != SmsState.UNDELIVERED or not message.to_number or SmsMessage.get_or_none(SmsMessage.idempotency_key == key):
        return None
    facts, at = message.facts, message.created_at
    return _write(SmsKind(message.kind), message.patient, facts, key, message.language, at, message.appointment)


def _language(patient: Patient, call: Call | None) -> str | None:
    """The patient's own, as the desk has noted it, or else that of the call in which they asked."""
    return patient.language or (call.language if call else None)


def _call_of(appointment: Appointment) -> Call | None:
    """The last call in which it was booked or moved; the desk may have moved it since."""
    while appointment.call is None and appointment.replaces is not None:
        appointment = appointment.replaces
    return appointment.call


def _write(
    kind: SmsKind,
    patient: Patient,
    facts: dict[str, Any],
    key: str,
    language: str | None,
    now: datetime | None,
    appointment: Appointment | None = None,
) -> SmsMessage:
    now = now or models.now()
    whose = {"patient": patient, "to_number": patient.phone, "language": language}
    row = {"kind": kind, "appointment": appointment, "facts": facts, "next_attempt_at": now, "created_at": now}
    return SmsMessage.create_once(**whose, **row, idempotency_key=key) or SmsMessage.get(SmsMessage.idempotency_key == key)
