"""Messages as they are written, inside the transaction of what they tell; one key gives one message."""

from datetime import datetime
from typing import Any

from ivr import models
from ivr.models import Appointment, OutboxEvent, Patient, SmsKind, SmsMessage


def write_for(kind: SmsKind, appointment: Appointment, key: str, language: str | None = None, now: datetime | None = None) -> SmsMessage:
    """Write a message about an appointment, inside the transaction of what happened; one key gives one message."""
    facts = {"doctor": appointment.slot.doctor.name, "starts_at": appointment.starts_at.isoformat()}
    return _write(kind, appointment.patient, facts, key, language, now, appointment)


def write_offer(event: OutboxEvent) -> SmsMessage:
    """Write the message that a `waitlist.offered` event asks for, once."""
    data = event.payload["data"]
    facts = {"doctor": data["doctor"]["name"], "starts_at": data["starts_at"], "until": data["held_until"]}
    facts |= {"slot_id": data["slot_id"], "holder": f"waitlist:{data['waitlist_entry_id']}"}
    return _write(SmsKind.WAITLIST_OFFER, Patient.get_by_id(data["patient_id"]), facts, f"offer:{event.id}")


def _write(
    kind: SmsKind,
    patient: Patient,
    facts: dict[str, Any],
    key: str,
    language: str | None = None,
    now: datetime | None = None,
    appointment: Appointment | None = None,
) -> SmsMessage:
    now = now or models.now()
    whose = {"patient": patient, "to_number": patient.phone, "language": language or patient.language}
    row = {"kind": kind, "appointment": appointment, "facts": facts, "next_attempt_at": now, "created_at": now}
    new = SmsMessage.insert(**whose, **row, idempotency_key=key).on_conflict_ignore().returning(SmsMessage).execute()
    return next(iter(new), None) or SmsMessage.get(SmsMessage.idempotency_key == key)
