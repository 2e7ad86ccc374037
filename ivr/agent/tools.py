"""The tools that the model may call: one schema each, answered as data whatever happens."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson
from peewee import IntegrityError
from pydantic import BaseModel, ValidationError

from ivr import bookings, callbacks, calls, doctors, knowledge, models, patients, scheduling, schemas, settling, waitlist
from ivr.agent.ending import END_CALL, TRANSFERRING
from ivr.config import Settings
from ivr.database_limits import within
from ivr.errors import Conflict, InvalidInput, LillyError, NotIdentified
from ivr.models import Appointment, BookingRequest, Call, Doctor, Patient, RequestState, Slot, Source, WaitlistEntry, database
from ivr.queue import BookingStates

logger = logging.getLogger(__name__)

Result = dict[str, Any]

TOOL_LIMIT_S = 4.0
"""How long a tool waits for the database; longer ones are told to have failed, and the caller hears so."""

LATE = "Not certain yet. Say that it is still being confirmed and that a text message will follow; do not say that it is done."


@dataclass(slots=True)
class CallContext:
    """What the tools know of a call: whose it is, and the patient whom `identify_patient` has bound to it."""

    call: Call
    settings: Settings
    states: BookingStates
    language: str
    patient: Patient | None = None

    @property
    def identified(self) -> Patient:
        """The caller; raises `NotIdentified` before they are known."""
        if self.patient is None:
            raise NotIdentified
        return self.patient

    @property
    def names(self) -> list[str]:
        """Those of the patient whom the call is about now."""
        return [self.patient.name] if self.patient else []

    def origin(self, patient: Patient, wish: bookings.Wish) -> bookings.Origin:
        """Where a booking request of this call comes from; `patient` stays who it was when the tool was called."""
        key = bookings.intent_key(self.call.sid, patient, wish)
        return {"source": Source.PHONE, "call": self.call, "idempotency_key": key}


class _Run(Protocol):
    def __call__(self, context: CallContext, arguments: Any, /) -> Result | BookingRequest: ...


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call."""

    name: str
    arguments: type[BaseModel]
    run: _Run

    def schema(self) -> dict[str, Any]:
        """The tool in the shape of Chat Completions, strict."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": (self.arguments.__doc__ or "").strip(),
                "parameters": strict_schema(self.arguments),
                "strict": True,
            },
        }


def strict_schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """A JSON schema as OpenAI's strict functions want it: every property required, optional ones nullable, nothing else allowed."""
    properties = {name: _strict_property(part) for name, part in arguments.model_json_schema().get("properties", {}).items()}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _strict_property(part: dict[str, Any]) -> dict[str, Any]:
    optional = "default" in part
    kept = {key: value for key, value in part.items() if key not in ("default", "title", "minLength", "maxLength")}
    if "anyOf" in kept:
        kept["anyOf"] = [_strict_property(choice) for choice in kept["anyOf"]]
    elif optional and kept.get("type") != "null":
        description = {"description": kept.pop("description")} if "description" in kept else {}
        kept = {"anyOf": [kept, {"type": "null"}], **description}
    return kept


def run_tool(context: CallContext, name: str, arguments: str) -> Result:
    """Run one tool call and answer with data; nothing is raised, so that the model can react to every failure."""
    tool = TOOLS.get(name)
    if tool is None:
        return failure("unknown_tool", f"There is no tool {name[:40]!r}. There are: {', '.join(TOOLS)}.")
    try:
        parsed = _parse(tool.arguments, arguments)
        with within(TOOL_LIMIT_S), database.connection_context():
            outcome = tool.run(context, parsed)
        # A booking is waited for without a connection, so that a full house of callers does not drain the pool.
        return {"ok": True, **(_settled(context, outcome) if isinstance(outcome, BookingRequest) else outcome)}
    except ValidationError as error:
        return failure("invalid_arguments", "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()))
    except LillyError as error:
        return failure(error.code, error.message, retryable=error.retryable)
    except Exception:
        # A tool that breaks must not break the call: the model says so, and the log says why.
        logger.exception("tool failed", extra={"tool": name})
        return failure("internal", "This did not work because of a technical problem.", retryable=True)


def failure(code: str, message: str, *, retryable: bool = False) -> Result:
    """A failed tool call as data."""
    return {"ok": False, "error": {"code": code, "message": message, "retryable": retryable}}


def _parse(schema: type[BaseModel], arguments: str) -> BaseModel:
    """Read the arguments; null stands for a property that was left out, as strict schemas demand."""
    try:
        given = orjson.loads(arguments or b"{}")
    except orjson.JSONDecodeError:
        raise InvalidInput("The arguments are not valid JSON.", code="invalid_arguments") from None
    if isinstance(given, dict):
        given = {name: value for name, value in given.items() if value is not None}
    return schema.model_validate(given)


def _identify_patient(context: CallContext, arguments: schemas.IdentifyPatient) -> Result:
    try:
        found = _bound(context, arguments)
    except IntegrityError:
        # Who was found was merged into somebody else before the call was theirs.
        found = _bound(context, arguments)
    context.patient = found.patient
    offers = _offers(context, found.patient)
    return {"patient": {"name": found.patient.name, "known": found.known}, **({"waitlist_offers": offers} if offers else {})}


def _bound(context: CallContext, arguments: schemas.IdentifyPatient) -> patients.Identification:
    settings = context.settings
    found = patients.identify(arguments, context.call.from_number, settings.hospital_country, models.today(settings.timezone))
    calls.bind_patient(context.call, found.patient)
    return found


def _list_doctors(_: CallContext, arguments: schemas.ListDoctors) -> Result:
    return {"doctors": [_doctor(doctor) for doctor in doctors.find_doctors(arguments)]}


def _list_slots(context: CallContext, arguments: schemas.ListSlots) -> Result:
    zone = context.settings.timezone
    theirs = waitlist.offers(context.patient) if context.patient else []
    holders = [context.call.sid, *map(waitlist.holder, theirs)]
    found = scheduling.find_slots(arguments, zone, language=context.language, holders=holders)
    held, offered = scheduling.offer(found, context.call.sid, theirs=[entry.slot_id for entry in theirs if entry.slot_id])
    return {"slots": [_slot(slot, zone) | {"held_for_caller": slot in held} for slot in offered]}


def _book_appointment(context: CallContext, arguments: schemas.BookAppointment) -> BookingRequest:
    patient = context.identified
    return bookings.request_booking(patient, arguments, **context.origin(patient, arguments))


def _reschedule_appointment(context: CallContext, arguments: schemas.RescheduleAppointment) -> BookingRequest:
    patient = context.identified
    return bookings.request_move(patient, arguments, **context.origin(patient, arguments))


def _cancel_appointment(context: CallContext, arguments: schemas.CancelAppointment) -> BookingRequest:
    patient = context.identified
    return bookings.request_cancellation(patient, arguments, **context.origin(patient, arguments))


def _list_my_appointments(context: CallContext, _: schemas.ListMyAppointments) -> Result:
    zone = context.settings.timezone
    patient = context.identified
    mine = [_appointment(one, zone) for one in bookings.list_appointments(patient)]
    return {"appointments": mine, "waitlist_offers": _offers(context, patient)}


def _join_waitlist(context: CallContext, arguments: schemas.JoinWaitlist) -> Result:
    entry = waitlist.join(context.identified, arguments, context.settings.timezone, context.call)
    return {"state": "waiting", "doctor": entry.doctor and entry.doctor.name, "specialty": entry.specialty.name}


def _leave_waitlist(context: CallContext, _: schemas.LeaveWaitlist) -> Result:
    return {"left": waitlist.leave(context.identified)}


def _hospital_information(context: CallContext, arguments: schemas.HospitalInformation) -> Result:
    found = knowledge.answers(arguments, context.language)
    return {"information": [{"topic": entry.topic, "language": entry.language, "text": entry.text} for entry in found]}


def _end_call(_: CallContext, __: schemas.EndCall) -> Result:
    return {}


def _transfer_to_human(context: CallContext, arguments: schemas.TransferToHuman) -> Result:
    """Transferring, when there is a number to dial; the call itself is handed over once this has been said."""
    settings = context.settings
    if settings.front_desk_number and not arguments.phone:
        return {"state": TRANSFERRING}
    asked = callbacks.request(context.call, arguments.reason, settings.hospital_country, phone=arguments.phone)
    if asked.phone is None:
        raise InvalidInput("The front desk cannot be reached now: ask for a telephone number to be called back on.", code="phone_needed")
    return {"state": "will_be_called_back", "message": "The front desk cannot be reached now, and will call the caller back."}


def _settled(context: CallContext, request: BookingRequest) -> Result:
    """The state of a request, which alone decides what may be said of it."""
    request = settling.settle(request, context.states)
    if request.state == RequestState.PENDING:
        return {"state": "pending", "message": LATE}
    if request.state == RequestState.REFUSED:
        raise Conflict(request.error_message or "This is not possible any more.", code=request.error_code)
    assert request.result is not None, "a request that is done has a result"
    with within(TOOL_LIMIT_S), database.connection_context():
        return {"state": "done", "appointment": _appointment(request.result, context.settings.timezone)}


def _doctor(doctor: Doctor) -> Result:
    return {"doctor_id": doctor.id, "name": doctor.name, "specialty": doctor.specialty.name, "languages": list(doctor.languages)}


def _slot(slot: Slot, zone: ZoneInfo) -> Result:
    who = {"doctor_id": slot.doctor.id, "doctor": slot.doctor.name, "specialty": slot.doctor.specialty.name}
    return {"slot_id": slot.id, **who, **_when(slot.starts_at, zone)}


def _offers(context: CallContext, patient: Patient) -> list[Result]:
    return [_offer(entry, context.settings.timezone) for entry in waitlist.offers(patient)]


def _offer(entry: WaitlistEntry, zone: ZoneInfo) -> Result:
    """A slot that is held for a patient from the wait-list; booking it, or moving an appointment to it, takes it."""
    assert entry.slot is not None and entry.offered_until is not None, "an offer has its slot and its end"
    return _slot(entry.slot, zone) | {
        "held_until": f"{entry.offered_until.astimezone(zone):%H:%M}",
        "replaces_appointment_id": entry.appointment_id,
    }


def _appointment(appointment: Appointment, zone: ZoneInfo) -> Result:
    doctor = appointment.slot.doctor
    who = {"doctor": doctor.name, "specialty": doctor.specialty.name}
    return {"appointment_id": appointment.id, **who, **_when(appointment.starts_at, zone), "status": str(appointment.status)}


def _when(at: datetime, zone: ZoneInfo) -> Result:
    local = at.astimezone(zone)
    return {"date": f"{local:%Y-%m-%d}", "weekday": f"{local:%A}", "time": f"{local:%H:%M}"}


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(schemas.IDENTIFY, schemas.IdentifyPatient, _identify_patient),
        Tool("list_doctors", schemas.ListDoctors, _list_doctors),
        Tool("list_slots", schemas.ListSlots, _list_slots),
        Tool("book_appointment", schemas.BookAppointment, _book_appointment),
        Tool("list_my_appointments", schemas.ListMyAppointments, _list_my_appointments),
        Tool("reschedule_appointment", schemas.RescheduleAppointment, _reschedule_appointment),
        Tool("cancel_appointment", schemas.CancelAppointment, _cancel_appointment),
        Tool("join_waitlist", schemas.JoinWaitlist, _join_waitlist),
        Tool("leave_waitlist", schemas.LeaveWaitlist, _leave_waitlist),
        Tool("hospital_information", schemas.HospitalInformation, _hospital_information),
        Tool(schemas.TRANSFER, schemas.TransferToHuman, _transfer_to_human),
        Tool(END_CALL, schemas.EndCall, _end_call),
    )
}
"""Every tool by its name."""


@cache
def tool_schemas() -> list[dict[str, Any]]:
    """All tools in the shape of Chat Completions."""
    return [tool.schema() for tool in TOOLS.values()]
