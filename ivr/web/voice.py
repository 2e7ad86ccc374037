"""Twilio's webhooks: a call comes in, its stream or its dialling is over, its status changes."""

import logging
import re
from collections.abc import Callable

import gevent
from flask import Blueprint, Response, abort, request
from peewee import PeeweeException

from ivr import call_ends, calls
from ivr.clients.twiml import connect_stream, dial, hang_up
from ivr.database_limits import within
from ivr.errors import LillyError
from ivr.models import Call, database
from ivr.web import front_desk
from ivr.web.services import Services, services
from ivr.web.twilio_requests import public_base_url, require_signature, stream_url

logger = logging.getLogger(__name__)

blueprint = Blueprint("voice", __name__, url_prefix="/voice")
blueprint.before_request(require_signature)

reports = Blueprint("voice_reports", __name__, url_prefix="/voice")
"""What Twilio reports: nobody hears the answer."""
reports.before_request(require_signature)

DATABASE_S = 5.0
"""How long the database is waited for while Twilio, and the caller with it, waits for us."""

ANSWERED = frozenset(("completed", "answered"))
UNANSWERED = frozenset(("busy", "no-answer", "failed", "canceled"))
"""Twilio's words for what has become of a `<Dial>`."""

_CALL_SID = re.compile(r"^CA[0-9a-fA-F]{32}$")
_WITHHELD = frozenset(("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"))
"""What Twilio sends for a caller who is anonymous, restricted, blocked, unknown or unavailable: these words on a keypad."""


@blueprint.errorhandler(PeeweeException)
def _database_away(_: PeeweeException) -> Response:
    """Nothing can be done for a call without the database, but the caller is told so, and a person may help."""
    logger.exception("the database is away")
    shared = services()
    language, desk = shared.settings.hospital_languages[0], front_desk.number(shared)
    # Dialling again after a dial would never end.
    if desk is None or request.path.endswith("/after-dial"):
        return _twiml(hang_up((shared.lines(language, front_desk=False).failed_goodbye, language)))
    say = (shared.lines(language).failed_goodbye, language)
    return _twiml(dial(desk, f"{public_base_url()}/voice/after-dial", caller_id=shared.settings.twilio_from_number, say=say))


@blueprint.post("/incoming")
def incoming() -> Response:
    """A call rings: warm the providers, and send its audio to our socket."""
    call_sid = _call_sid()
    gevent.spawn(_warm, services())
    with within(DATABASE_S), database.connection_context():
        token = calls.begin(call_sid, _number("From"), _number("To"))
    return _twiml(connect_stream(stream_url(), token, f"{public_base_url()}/voice/after-stream"))


@blueprint.post("/after-stream")
def after_stream() -> Response:
    """Our socket has closed: put the caller through, hang up, or go on with the call in whichever process answers."""
    return _what_follows(_call_sid(), _after_stream)


@blueprint.post("/after-dial")
def after_dial() -> Response:
    """The front desk has hung up; or nobody has answered, and Lilly goes on."""
    call_sid, outcome = _call_sid(), request.form.get("DialCallStatus", "")
    if outcome not in ANSWERED | UNANSWERED:
        abort(400, "DialCallStatus is missing or unknown.")
    if outcome in ANSWERED:
        return _twiml(hang_up())
    return _what_follows(call_sid, lambda call: front_desk.nobody_there(call, services()))


def _what_follows(call_sid: str, decide: Callable[[Call], str]) -> Response:
    """The TwiML that is decided for a call; one that is unknown or over is hung up."""
    with within(DATABASE_S), database.connection_context():
        try:
            return _twiml(decide(calls.get(call_sid)))
        except LillyError as error:
            logger.warning("a call cannot go on", extra={"call_sid": call_sid, "code": error.code})
            return _twiml(hang_up())


def _after_stream(call: Call) -> str:
    shared = services()
    unsaid = calls.take_unsaid(call)
    say = (unsaid, call.language or shared.settings.hospital_languages[0]) if unsaid else None
    if call.ended_reason == "transfer" or (call.ended_reason in front_desk.PUTS_THROUGH and front_desk.number(shared)):
        return front_desk.put_through(call, shared, say)
    if call.ended_reason is not None:
        return hang_up(say)
    return connect_stream(stream_url(), calls.resume(call.sid), f"{public_base_url()}/voice/after-stream", say)


@reports.post("/status")
def status() -> tuple[str, int]:
    """The call's status has changed."""
    with within(DATABASE_S), database.connection_context():
        call_ends.note(_call_sid(), request.form.get("CallStatus", ""))
    return "", 204


def _call_sid() -> str:
    call_sid = request.form.get("CallSid", "")
    if not _CALL_SID.match(call_sid):
        abort(400, "CallSid is missing or malformed.")
    return call_sid


def _number(field: str) -> str | None:
    """A telephone number as Twilio sends it; None when it is withheld or is none."""
    number = request.form.get(field, "").strip()
    return number if re.match(r"^\+?[0-9]{3,15}$", number) and number not in _WITHHELD else None


def _warm(shared: Services) -> None:
    shared.transcribers.warm()
    shared.model.warm()
    for voice in shared.voices[:1]:
        voice.warm()


def _twiml(text: str) -> Response:
    return Response(text, content_type="text/xml; charset=utf-8")
