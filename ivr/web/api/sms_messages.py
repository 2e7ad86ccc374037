"""Text messages to patients."""

from ivr import deliveries, queue
from ivr.access import Scope
from ivr.models import SmsMessage
from ivr.paging import Page
from ivr.schemas.deliveries import SmsMessageList, SmsMessageQuery, SmsMessageShown
from ivr.web.api.resource import Resource, after_commit
from ivr.web.auth import principal

routes = Resource("sms_messages", "Text messages", "What patients are texted, and what became of each message.")


@routes.get("/sms-messages", Scope.MESSAGES_READ, SmsMessageList)
def list_sms_messages(query: SmsMessageQuery) -> Page[SmsMessage]:
    """Text messages by state, kind, patient and appointment, the latest first."""
    return deliveries.messages(query)


@routes.post(
    "/sms-messages/<int:message_id>/resend",
    Scope.MESSAGES_WRITE,
    SmsMessageShown,
    status=200,
    errors={409: ["not_resendable"]},
)
def resend_sms_message(message_id: int) -> SmsMessage:
    """Send a message that failed or was left out, if it still may be; Twilio is asked first whether it has it.

    For one that was not delivered a new one is written, and shown.
    """
    message = deliveries.resend(message_id, principal().actor)
    after_commit(lambda: queue.send_sms(message.id))
    return message
