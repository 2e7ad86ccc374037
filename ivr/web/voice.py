"""Twilio's webhooks: a call comes in, its stream is over, its status changes."""

import logging
import re

import gevent
from flask import Blueprint, Response, abort, request
from peewee import PeeweeException

from ivr import calls
from ivr.clients.twiml import connect_stream, hang_up
from ivr.errors import LillyError
from ivr.models import database
from ivr.web.services import Services, services
from ivr.web.twilio_requests import public_base_url, require_signature, stream_url

logger = logging.getLogger(__name__)

blueprint = Blueprint("voice", __name__, url_prefix="/voice")
blueprint.before_request(require_signature)

_CALL_SID = re.compile(r"^CA[0-9a-fA-F]{32}$")


@blueprint.errorhandler(PeeweeException)
def _database_away(_: PeeweeException) -> Response:
    """Nothing can be done for a call without the database, but the caller is told so."""
    logger.exception("the database is away")
    language = services().settings.hospital_languages[0]
    return _twiml(hang_up((services().lines(language).failed_goodbye, language)))


@blueprint.post("/incoming")
def incoming() -> Response:
    """A call rings: warm the providers, and send its audio to our socket."""
    call_sid = _call_sid()
    gevent.spawn(_warm, services())
    with database.connection_context():
        token = calls.begin(call_sid, _number("From"), _number("To"))
    return _twiml(connect_stream(stream_url(), token, f"{public_base_url()}/voice/after-stream"))


@blueprint.post("/after-stream")
def after_stream() -> Response:
    """Our socket has closed: hang up if the call is over, otherwise go on with it in whichever process answers."""
    call_sid = _call_sid()
    with database.connection_context():
        try:
            call = calls.get(call_sid)
            unsaid = calls.take_unsaid(call)
            say = (unsaid, call.language or services().settings.hospital_languages[0]) if unsaid else None
            if call.ended_reason is not None:
                return _twiml(hang_up(say))
            token = calls.resume(call_sid)
        except LillyError as error:
            logger.warning("a stream's call cannot go on", extra={"call_sid": call_sid, "code": error.code})
            return _twiml(hang_up())
    return _twiml(connect_stream(stream_url(), token, f"{public_base_url()}/voice/after-stream", say))


@blueprint.post("/status")
def status() -> tuple[str, int]:
    """The call's status has changed."""
    with database.connection_context():
        calls.finish(_call_sid(), request.form.get("CallStatus", ""))
    return "", 204


def _call_sid() -> str:
    call_sid = request.form.get("CallSid", "")
    if not _CALL_SID.match(call_sid):
        abort(400, "CallSid is missing or malformed.")
    return call_sid


def _number(field: str) -> str | None:
    """A telephone number as Twilio sends it; None when it is withheld or is none."""
    number = request.form.get(field, "").strip()
    return number if re.match(r"^\+?[0-9]{3,15}$", number) else None


def _warm(shared: Services) -> None:
    shared.transcribers.warm()
    shared.model.warm()
    for voice in shared.voices[:1]:
        voice.warm()


def _twiml(text: str) -> Response:
    return Response(text, content_type="text/xml; charset=utf-8")
