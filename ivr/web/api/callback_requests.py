"""Callers and patients whom the front desk is to call back."""

from ivr import callbacks, queue, records
from ivr.access import Scope
from ivr.models import CallbackRequest
from ivr.paging import Page
from ivr.schemas.callbacks import (
    CallbackRequestChange,
    CallbackRequestList,
    CallbackRequestQuery,
    CallbackRequestShown,
    NewCallbackRequest,
)
from ivr.web.api.resource import Resource, after_commit, unchanged
from ivr.web.auth import principal
from ivr.web.services import services

routes = Resource("callback_requests", "Call-backs", "Who is to be called back, what they want, and on which number.")


@routes.get("/callback-requests", Scope.CALLBACKS_READ, CallbackRequestList)
def list_callback_requests(query: CallbackRequestQuery) -> Page[CallbackRequest]:
    """Who is to be called back, or has been; who has waited longest comes first."""
    return callbacks.listed(query)


@routes.post(
    "/callback-requests",
    Scope.CALLBACKS_WRITE,
    CallbackRequestShown,
    errors={422: ["phone_invalid", "reference_unknown"]},
)
def create_callback_request(body: NewCallbackRequest) -> CallbackRequest:
    """Have somebody called back; of a call that has an open request already, that one is amended."""
    asked, event = callbacks.ask(body, principal().actor, services().settings.hospital_country)
    if event is not None:
        after_commit(lambda: queue.send_outbox(event.id))
    return asked


@routes.get("/callback-requests/<int:request_id>", Scope.CALLBACKS_READ, CallbackRequestShown)
def show_callback_request(request_id: int) -> CallbackRequest:
    """One request."""
    return records.get(CallbackRequest, request_id)


@routes.patch(
    "/callback-requests/<int:request_id>",
    Scope.CALLBACKS_WRITE,
    CallbackRequestShown,
    guarded=True,
    errors={409: ["already_exists"]},
)
def change_callback_request(request_id: int, body: CallbackRequestChange) -> CallbackRequest:
    """Note that somebody has been called back, or is to be after all."""
    return callbacks.change(request_id, body, unchanged(), principal().actor)
