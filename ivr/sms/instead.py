"""What happens when a text message reaches nobody: who was promised it is called back, and a held slot goes on to the next in line."""

from collections.abc import Iterable

from ivr import callbacks, models
from ivr.models import BookingRequest, SmsKind, SmsMessage, SmsState, WaitlistEntry, WaitlistState

UNTOLD = (SmsState.FAILED, SmsState.SKIPPED, SmsState.UNDELIVERED)


def reached_nobody(message: SmsMessage, why: str) -> None:
    """Do what is to be done about a message that has just ended in one of `UNTOLD`, in the same transaction; a sweep tells n8n.

    What is overtaken needs nothing: something newer was told in its place.
    """
    if why == "overtaken":
        return
    if message.kind == SmsKind.WAITLIST_OFFER:
        _pass_on(message, why)
    elif message.idempotency_key.startswith("request:"):
        _call_back(message, why)


def promised(request_ids: Iterable[int]) -> None:
    """Of requests whose callers count on a message from now on, have those called back whose message has reached nobody already."""
    keys = [f"request:{request_id}" for request_id in request_ids]
    for message in SmsMessage.select().where(SmsMessage.idempotency_key.in_(keys), SmsMessage.state.in_(UNTOLD)):
        reached_nobody(message, message.why or message.state)


def _call_back(message: SmsMessage, why: str) -> None:
    # Whoever makes it a promise meanwhile is waited for, or finds the message's end.
    own = BookingRequest.select().where(BookingRequest.id == int(message.idempotency_key.removeprefix("request:")))
    request: BookingRequest | None = own.for_update("FOR SHARE").first()  # type: ignore[arg-type]
    if request is not None and request.confirm_by_sms and request.call is not None:
        reason = f"The text message that was to confirm a request ({request.operation}), which is {request.state}, did not arrive: {why}"
        callbacks.file(request.call, reason, request.patient.phone)


def _pass_on(message: SmsMessage, why: str) -> None:
    """Let the offer lapse at once; where no text message is ever sent, n8n may have told the patient."""
    if why == "no_sender":
        return
    offer = (WaitlistEntry.id == int(message.facts["holder"].removeprefix("waitlist:"))) & (WaitlistEntry.slot == message.facts["slot_id"])
    WaitlistEntry.update(offered_until=models.now()).where(offer, WaitlistEntry.state == WaitlistState.OFFERED).execute()
