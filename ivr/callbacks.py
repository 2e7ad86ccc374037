"""Callers whom the front desk is to call back: what they wanted, and on which number."""

from datetime import datetime

from ivr import models, outbox, phones, queue
from ivr.errors import InvalidInput
from ivr.models import Call, CallbackRequest, CallbackState, OutboxEvent, ToolCall, Turn, database
from ivr.schemas import TRANSFER

KEPT_CHARACTERS = 500


def request(call: Call, reason: str, country: str, *, phone: str | None = None, now: datetime | None = None) -> CallbackRequest:
    """Ask the front desk to call this caller back, and tell the outside; a call has one such request open at most.

    The number is the one given, else the caller's, else the patient's; where none is known the request stands without.
    Raises `InvalidInput` with phone_invalid.
    """
    with database.atomic():
        asked, event = file(call, reason, _number(call, phone, country), now)
    if event is not None:
        queue.send_outbox(event.id)
    return asked


def file(call: Call, reason: str, number: str | None, now: datetime | None = None) -> tuple[CallbackRequest, OutboxEvent | None]:
    """Write the request and its event inside the caller's transaction; one that is open already is amended, without an event."""
    reason = reason.strip()[:KEPT_CHARACTERS]
    # Two that ask at once for one call take turns.
    Call.select(Call.id).where(Call.id == call.id).for_update().first()
    asked = CallbackRequest.get_or_none(CallbackRequest.call == call, CallbackRequest.state == CallbackState.OPEN)
    if asked is not None:
        return _amended(asked, call, number, reason), None
    return _filed(call, number, reason, now or models.now())


def wish(call: Call) -> str:
    """What the caller wanted of a person: the reason that was noted with the transfer, or else their last words."""
    transfers = ToolCall.select().where(ToolCall.call == call, ToolCall.name == TRANSFER)
    noted = transfers.order_by(ToolCall.id.desc()).first()
    if noted is not None and noted.arguments.get("reason"):
        return str(noted.arguments["reason"])
    spoken = Turn.select().where(Turn.call == call, Turn.caller_text != "").order_by(Turn.ordinal.desc()).first()
    return spoken.caller_text if spoken is not None else ""


def _number(call: Call, given: str | None, country: str) -> str | None:
    if given and given.strip():
        number = phones.e164(given, country)
        if number is None:
            raise InvalidInput("That cannot be a telephone number: ask for it again, digit by digit.", code="phone_invalid")
        return number
    return phones.e164(call.from_number or "", country) or (call.patient.phone if call.patient else None)


def _amended(asked: CallbackRequest, call: Call, number: str | None, reason: str) -> CallbackRequest:
    asked.phone, asked.reason = number or asked.phone, reason or asked.reason
    asked.patient, asked.language = call.patient or asked.patient, call.language or asked.language
    asked.save(only=["phone", "reason", "patient", "language"])
    return asked


def _filed(call: Call, number: str | None, reason: str, now: datetime) -> tuple[CallbackRequest, OutboxEvent]:
    asked = CallbackRequest.create(call=call, patient=call.patient, phone=number, reason=reason, language=call.language, created_at=now)
    # Of the patient no more than the id: the number and the words are read here, by whoever may.
    data = {"callback_request_id": asked.id, "call_sid": call.sid, "patient_id": asked.patient_id, "language": asked.language}
    return asked, outbox.record("call.needs_follow_up", call, data)
