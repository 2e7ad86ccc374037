"""The REST routes over the domain's functions; in development only, until they ask who is calling."""

import secrets
from typing import Annotated, Literal
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import Field, ValidationError

from ivr import bookings, doctors, patients, scheduling
from ivr.errors import Conflict
from ivr.models import BookingRequest, RequestState, Slot, Source, database
from ivr.schemas import Arguments, BookAppointment, IdentifyPatient, ListDoctors, ListSlots
from ivr.voice.audio import to_wav
from ivr.voice.mouth import speech_of
from ivr.web.problems import invalid
from ivr.web.services import services

blueprint = Blueprint("api", __name__)


class AppointmentBody(BookAppointment):
    """A booking with the patient it is for."""

    patient: IdentifyPatient


class SpeechBody(Arguments):
    """Text to be spoken."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] = "en"
    format: Literal["wav", "mulaw"] = "wav"


@blueprint.before_request
def _only_this_machine() -> None:
    """Nobody is asked to log in here, so nobody comes in by the public address."""
    if urlsplit(request.host_url).hostname not in ("127.0.0.1", "localhost", "::1"):
        abort(403, "In development these routes answer on this machine only.")


@blueprint.errorhandler(ValidationError)
def _invalid(error: ValidationError) -> Response:
    return invalid(error)


@blueprint.get("/doctors")
def list_doctors() -> Response:
    """Doctors by specialty (everyday words too), name or language."""
    query = ListDoctors.model_validate(request.args.to_dict())
    with database.connection_context():
        found = [
            {"id": doctor.id, "name": doctor.name, "specialty": doctor.specialty.name, "languages": list(doctor.languages)}
            for doctor in doctors.find_doctors(query)
        ]
    return jsonify(items=found, next_cursor=None)


@blueprint.get("/slots")
def list_slots() -> Response:
    """Free slots, earliest first."""
    query = ListSlots.model_validate(request.args.to_dict())
    with database.connection_context():
        found = [_slot(slot) for slot in scheduling.find_slots(query, services().settings.timezone)]
    return jsonify(items=found, next_cursor=None)


@blueprint.post("/appointments")
def create_appointment() -> tuple[Response, int]:
    """Book a slot; 409 `slot_taken` if somebody else has it, 202 while it is not known yet."""
    body = AppointmentBody.model_validate_json(request.get_data() or b"{}")
    key = request.headers.get("Idempotency-Key") or secrets.token_urlsafe(16)
    with database.connection_context():
        patient = patients.identify(body.patient, None, services().settings.hospital_country).patient
        filed = bookings.request_booking(
            patient, BookAppointment(slot_id=body.slot_id, reason=body.reason), source=Source.WEB, idempotency_key=f"web:{key}"
        )
    settled = bookings.settle(filed.id, services().states)
    if settled.state == RequestState.REFUSED:
        raise Conflict(settled.error_message or "The slot cannot be booked.", code=settled.error_code)
    with database.connection_context():
        return jsonify(_appointment(settled)), 201 if settled.state == RequestState.DONE else 202


@blueprint.post("/tts")
def speak() -> Response:
    """Text to audio: WAV or raw mu-law, both at 8 kHz."""
    body = SpeechBody.model_validate_json(request.get_data() or b"{}")
    shared = services()
    audio = speech_of(shared.voices_named(body.voice), shared.clips, body.text, body.language)
    if body.format == "mulaw":
        return Response(audio, content_type="audio/basic")
    return Response(to_wav(audio), content_type="audio/wav")


def _slot(slot: Slot) -> dict[str, object]:
    zone = services().settings.timezone
    return {
        "id": slot.id,
        "doctor_id": slot.doctor.id,
        "doctor": slot.doctor.name,
        "starts_at": slot.starts_at.astimezone(zone).isoformat(),
        "ends_at": slot.ends_at.astimezone(zone).isoformat(),
    }


def _appointment(settled: BookingRequest) -> dict[str, object]:
    if settled.result is None:
        return {"request_id": settled.id, "status": "pending"}
    return {"id": settled.result.id, "status": str(settled.result.status), "slot": _slot(settled.result.slot)}
