"""Text messages to patients."""

from ivr import deliveries
from ivr.access import Scope
from ivr.models import SmsMessage
from ivr.paging import Page
from ivr.schemas.deliveries import SmsMessageList, SmsMessageQuery
from ivr.web.api.resource import Resource

routes = Resource("sms_messages", "Text messages", "What patients are texted, and what became of each message.")


@routes.get("/sms-messages", Scope.MESSAGES_READ, SmsMessageList)
def list_sms_messages(query: SmsMessageQuery) -> Page[SmsMessage]:
    """Text messages by state, kind, patient and appointment, the latest first."""
    return deliveries.messages(query)
