"""What Twilio's REST is asked: its forms read and checked, and refused in Twilio's own words."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from ivr.offline.telephone.exchange import MessageRecord

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{5,6}|[A-Za-z0-9 ]{1,11}")
MAX_BODY_CHARACTERS = 1600


class Refused(Exception):
    """An answer in Twilio's error shape; the codes are those of its error dictionary."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> web.Response:
        """The error as Twilio writes it."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}
        return web.json_response(body, status=self.status)


def credentials(request: web.Request) -> tuple[str, str]:
    """User and password of basic authentication, empty if there are none."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" else ("", "")


def required(form: Mapping[str, Any], name: str, code: int) -> str:
    """A field of the form, or Twilio's error that it is missing."""
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, code, f"A '{name}' phone number is required." if name in ("To", "From") else f"{name} is required.")
    return value


def order_of(form: Mapping[str, Any]) -> dict[str, str]:
    """What a change of a call asks for: to end it, or to go on with other TwiML."""
    if status := form.get("Status"):
        if status not in ("completed", "canceled"):
            raise Refused(400, 20001, "Parameter 'Status' is invalid")
        return {"kind": "completed"}
    if twiml := form.get("Twiml"):
        return {"kind": "redirect", "twiml": str(twiml)}
    if url := form.get("Url"):
        return {"kind": "redirect", "url": str(url), "method": str(form.get("Method", "POST")).upper()}
    raise Refused(400, 20001, "One of Status, Url and Twiml is required")


def message_of(form: Mapping[str, Any], account_sid: str) -> MessageRecord:
    """The text message that a form asks to send."""
    to = required(form, "To", 21604)
    service = form.get("MessagingServiceSid")
    sender = None if service else required(form, "From", 21603)
    body = required(form, "Body", 21602)
    if not E164.fullmatch(to):
        raise Refused(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if sender and not SENDER.fullmatch(sender):
        raise Refused(400, 21212, f"The 'From' number {sender} is not a valid phone number, shortcode, or alphanumeric sender ID.")
    if len(body) > MAX_BODY_CHARACTERS:
        raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    return MessageRecord(account_sid, to, sender, service, body)


def checked_callback(form: Mapping[str, Any]) -> str | None:
    """The form's StatusCallback, if it has one; it must be an address."""
    url = form.get("StatusCallback")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise Refused(400, 21609, f"The StatusCallback URL {url} is not a valid URL.")
    return url or None
