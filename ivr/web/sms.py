"""Twilio's webhooks about text messages: what has become of one, and what patients reply."""

import logging
import re

from flask import Blueprint, Response, abort, request
from twilio.twiml.messaging_response import MessagingResponse

from ivr import phones
from ivr.models import database
from ivr.sms import note_status, opting
from ivr.web.services import services
from ivr.web.twilio_requests import require_signature

logger = logging.getLogger(__name__)

blueprint = Blueprint("sms", __name__, url_prefix="/voice")
blueprint.before_request(require_signature)

_MESSAGE_SID = re.compile(r"^(SM|MM)[0-9a-fA-F]{32}$")
_STATUS = re.compile(r"^[a-z-]{1,30}$")
_ERROR_CODE = re.compile(r"^[0-9]{0,6}$")


@blueprint.post("/sms-status")
def sms_status() -> tuple[str, int]:
    """A message has been sent, delivered, or not."""
    message_id = request.args.get("message", type=int)
    sid, status = request.form.get("MessageSid", ""), request.form.get("MessageStatus", "")
    error_code = request.form.get("ErrorCode", "")
    if message_id is None or not 0 < message_id < 2**31:
        abort(400, "The message's id is missing or malformed.")
    if not (_MESSAGE_SID.match(sid) and _STATUS.match(status) and _ERROR_CODE.match(error_code)):
        abort(400, "MessageSid, MessageStatus or ErrorCode is missing or malformed.")
    with database.connection_context():
        if not note_status(message_id, sid, status, error_code):
            logger.warning("a report of a message that is not ours", extra={"message_sid": sid})
    return "", 204


@blueprint.post("/sms-incoming")
def sms_incoming() -> Response:
    """A patient writes: whoever wants no more messages gets none; nothing else is read, and nobody is answered."""
    number = phones.e164(request.form.get("From", ""), services().settings.hospital_country)
    if number is None:
        abort(400, "From is missing or malformed.")
    wish = opting.wish_of(request.form.get("Body", ""), request.form.get("OptOutType", ""))
    if wish is not None:
        with database.connection_context():
            opting.note(number, wish)
    return Response(str(MessagingResponse()), content_type="text/xml; charset=utf-8")
