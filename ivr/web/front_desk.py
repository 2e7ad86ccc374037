"""The way to a person: the front desk's telephone rings, and if nobody answers, it is to call back."""

from ivr import callbacks, calls, phones
from ivr.clients.twiml import connect_stream, dial, hang_up
from ivr.models import Call
from ivr.web.services import Services
from ivr.web.twilio_requests import public_base_url, stream_url

PUTS_THROUGH = frozenset(("transfer", "failed", "too_long"))
"""Why a stream may have ended so that a person takes over; the last two only where there is a front desk to dial."""


def number(shared: Services) -> str | None:
    """The front desk's number (E.164), if there is one."""
    settings = shared.settings
    return phones.e164(settings.front_desk_number or "", settings.hospital_country)


def put_through(call: Call, shared: Services, say: tuple[str, str] | None) -> str:
    """TwiML that rings the front desk; without its number, what follows when nobody is there."""
    desk = number(shared)
    if desk is None:
        return nobody_there(call, shared, say)
    caller_id = shared.settings.twilio_from_number or call.to_number
    return dial(desk, f"{public_base_url()}/voice/after-dial", caller_id=caller_id, say=say)


def nobody_there(call: Call, shared: Services, say: tuple[str, str] | None = None) -> str:
    """Have the caller called back, and TwiML by which Lilly says so and goes on helping.

    A call that has ended because she could not go on is ended by Twilio's own voice instead. Raises `Conflict` when the
    caller has hung up meanwhile.
    """
    asked = callbacks.request(call, callbacks.wish(call), shared.settings.hospital_country)
    if call.ended_reason in PUTS_THROUGH - {"transfer"}:
        return hang_up(_last_words(call, shared, is_called_back=asked.phone is not None))
    opening = "nobody_there" if asked.phone else "nobody_there_number"
    action_url = f"{public_base_url()}/voice/after-stream"
    return connect_stream(stream_url(), calls.resume(call.sid), action_url, say, opening=opening)


def _last_words(call: Call, shared: Services, *, is_called_back: bool) -> tuple[str, str]:
    language = call.language or shared.settings.hospital_languages[0]
    lines = shared.lines(language, front_desk=False)
    return (lines.nobody_goodbye if is_called_back else lines.failed_goodbye), language
