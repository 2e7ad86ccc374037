"""Callers whom the front desk is to call back: what they wanted, and on which number."""

from collections.abc import Container
from datetime import datetime
from typing import Any, TypeVar

from ivr import models, outbox, phones, queue, records
from ivr.errors import InvalidInput
from ivr.models import Call, CallbackRequest, CallbackState, OutboxEvent, Patient, Row, ToolCall, Turn, database
from ivr.paging import Page, matching, narrowed, page
from ivr.schemas import TRANSFER
from ivr.schemas.callbacks import CallbackRequestChange, CallbackRequestQuery, NewCallbackRequest

R = TypeVar("R", bound=Row)

KEPT_OF_ONE = 500
KEPT_CHARACTERS = 4 * KEPT_OF_ONE
"""Of one reason, and of all that are noted in one request."""


def request(call: Call, reason: str, country: str, *, phone: str | None = None, now: datetime | None = None) -> CallbackRequest:
    """Ask the front desk to call this caller back, and tell the outside; a call has one such request open at most.

    The number is the one given, else the caller's, else the patient's; where none is known the request stands without.
    Raises `InvalidInput` with phone_invalid.
    """
    with database.atomic():
        asked, event = file(call, reason, _number(call, call.patient, phone, country), now)
    if event is not None:
        queue.send_outbox(event.id)
    return asked


def file(call: Call, reason: str, number: str | None, now: datetime | None = None) -> tuple[CallbackRequest, OutboxEvent | None]:
    """Write the request and its event inside the caller's transaction; one that is open already gets this reason too, without an event."""
    reason = reason.strip()[:KEPT_OF_ONE]
    asked = _open(call)
    if asked is not None:
        return _amended(asked, call, number, reason), None
    asked = CallbackRequest.create(
        call=call, patient=call.patient, phone=number, reason=reason, language=call.language, created_at=now or models.now()
    )
    return asked, outbox.record("call.needs_follow_up", call, _event_data(asked) | {"call_sid": call.sid})


def ask(wanted: NewCallbackRequest, by: str, country: str, now: datetime | None = None) -> tuple[CallbackRequest, OutboxEvent | None]:
    """File what the desk or a program asks for, with the event to be sent once that is committed; a call's open request is amended.

    Raises `InvalidInput` with phone_invalid or reference_unknown.
    """
    with database.atomic():
        call = _named(Call, "sid", wanted.call_sid, "call_sid")
        patient = call.patient if call else _named(Patient, "id", wanted.patient_id, "patient_id")
        open_one = _open(call) if call else None
        before = records.snapshot(open_one) if open_one else None
        number = _number(call, patient, wanted.phone or (open_one.phone if open_one else None), country)
        filed = file(call, wanted.reason, number, now) if call else _file_without_call(wanted, patient, number, now or models.now())
        asked, event = filed
        records.audit(by, "changed" if before else "created", asked, before)
    return records.get(CallbackRequest, asked.id), event


def change(
    request_id: int, wanted: CallbackRequestChange, unchanged: Container[str], by: str, now: datetime | None = None
) -> CallbackRequest:
    """Note who has called back, and when; or that it is to be done after all.

    Raises `NotFound`, `Stale`, and `Conflict` with already_exists when the call has another open request by now.
    """
    with records.changing(CallbackRequest, request_id, unchanged, by) as asked:
        state = wanted.given().get("state", asked.state)
        if state != asked.state:
            asked.state = state
            asked.done_at, asked.done_by = (now or models.now(), by) if state == CallbackState.DONE else (None, None)
    return records.get(CallbackRequest, request_id)


def listed(query: CallbackRequestQuery) -> Page[CallbackRequest]:
    """Requests by state, call and patient."""
    filters = matching(query, state=CallbackRequest.state, call_id=CallbackRequest.call, patient_id=CallbackRequest.patient)
    return page(narrowed(CallbackRequest.select(), filters), query, {"created_at": CallbackRequest.created_at})


def wish(call: Call) -> str:
    """What the caller wanted of a person: the reason that was noted with the transfer, or else their last words."""
    transfers = ToolCall.select().where(ToolCall.call == call, ToolCall.name == TRANSFER)
    noted = transfers.order_by(ToolCall.id.desc()).first()
    if noted is not None and noted.arguments.get("reason"):
        return str(noted.arguments["reason"])
    spoken = Turn.select().where(Turn.call == call, Turn.caller_text != "").order_by(Turn.ordinal.desc()).first()
    return spoken.caller_text if spoken is not None else ""


def _number(call: Call | None, patient: Patient | None, given: str | None, country: str) -> str | None:
    if given and given.strip():
        number = phones.e164(given, country)
        if number is None:
            message = "That cannot be a telephone number: ask for it again, digit by digit."
            raise InvalidInput(message, code="phone_invalid", field="phone")
        return number
    return phones.e164((call and call.from_number) or "", country) or (patient.phone if patient else None)


def _file_without_call(
    wanted: NewCallbackRequest, patient: Patient | None, number: str | None, now: datetime
) -> tuple[CallbackRequest, OutboxEvent]:
    language = wanted.language or (patient.language if patient else None)
    asked = CallbackRequest.create(patient=patient, phone=number, reason=wanted.reason, language=language, created_at=now)
    return asked, outbox.record("callback.requested", asked, _event_data(asked))


def _event_data(asked: CallbackRequest) -> dict[str, Any]:
    """Of the patient no more than the id: the number and the words are read here, by whoever may."""
    return {"callback_request_id": asked.id, "patient_id": asked.patient_id, "language": asked.language}


def _named(model: type[R], column: str, value: str | int | None, field: str) -> R | None:
    row: R | None = None if value is None else model.get_or_none(**{column: value})
    if row is None and value is not None:
        raise InvalidInput("What this refers to does not exist.", code="reference_unknown", field=field)
    return row


def _open(call: Call) -> CallbackRequest | None:
    # Two that ask at once for one call take turns.
    Call.select(Call.id).where(Call.id == call.id).for_update().first()
    return CallbackRequest.get_or_none(CallbackRequest.call == call, CallbackRequest.state == CallbackState.OPEN)


def _amended(asked: CallbackRequest, call: Call, number: str | None, reason: str) -> CallbackRequest:
    asked.phone = number or asked.phone
    if reason not in asked.reason:
        asked.reason = f"{asked.reason}\n{reason}".strip()[:KEPT_CHARACTERS]
    asked.patient, asked.language = call.patient or asked.patient, call.language or asked.language
    asked.save(only=["phone", "reason", "patient", "language"])
    return asked
