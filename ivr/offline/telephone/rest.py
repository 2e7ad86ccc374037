"""Twilio's REST for one machine: calls and messages in its shapes, its errors, and the caller's side door to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from ivr.offline.faults import Fault, Faults
from ivr.offline.telephone.exchange import API_VERSION, STATUSES, CallRecord, Exchange, MessageRecord, new_sid
from ivr.offline.telephone.forms import Refused, checked_callback, credentials, message_of, order_of, required

CALLBACK_TIMEOUT_S = 10
LONGEST_WAIT_S = 30.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TwilioRest:
    """Routes below `/2010-04-01/Accounts/{sid}`, and `/control/twilio` for tests and for the caller.

    With `auth_token` set, only that password is accepted; otherwise any that is not empty.
    """

    def __init__(self, faults: Faults, auth_token: str | None = None) -> None:
        self.exchange = Exchange()
        self._faults = faults
        self._auth_token = auth_token
        self._callbacks: set[asyncio.Task[None]] = set()

    def add_to(self, app: web.Application) -> None:
        """Serve it all from `app`."""
        account = f"/{API_VERSION}/Accounts/{{account}}"
        rest = {
            ("GET", f"{account}/Calls.json"): self._list_calls,
            ("POST", f"{account}/Calls.json"): self._create_call,
            ("GET", f"{account}/Calls/{{call}}.json"): self._show_call,
            ("POST", f"{account}/Calls/{{call}}.json"): self._change_call,
            ("POST", f"{account}/Messages.json"): self._create_message,
            ("GET", f"{account}/Messages.json"): self._list_messages,
        }
        for (method, path), handler in rest.items():
            app.router.add_route(method, path, self._answering(handler))
        app.router.add_get("/control/twilio", self._show_books)
        app.router.add_delete("/control/twilio", self._forget)
        app.router.add_post("/control/twilio/calls", self._register)
        app.router.add_get("/control/twilio/calls/{call}/orders", self._wait_for_orders)
        app.on_cleanup.append(self._stop_callbacks)

    def _answering(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                if fault := self._faults.take("twilio"):
                    return await misbehave(fault, request)
                return await handler(request)
            except Refused as refusal:
                return refusal.response()

        return answer

    def _authenticate(self, request: web.Request) -> None:
        user, password = credentials(request)
        expected = self._auth_token or password
        if not password or password != expected or not (user == request.match_info["account"] or user.startswith("SK")):
            raise Refused(401, 20003, "Authenticate")

    def _call(self, request: web.Request) -> CallRecord:
        call = self.exchange.calls.get(request.match_info["call"])
        if call is None or call.account_sid != request.match_info["account"]:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        return call

    async def _list_calls(self, request: web.Request) -> web.Response:
        calls = list(self.exchange.calls_of(request.match_info["account"]))
        if status := request.query.get("Status"):
            calls = [call for call in calls if call.status == status]
        return self._page(request, "calls", [call.as_twilio() for call in calls])

    async def _create_call(self, request: web.Request) -> web.Response:
        form = await request.post()
        to, sender = required(form, "To", 21201), required(form, "From", 21213)
        if not (form.get("Url") or form.get("Twiml")):
            raise Refused(400, 21205, "Url parameter is required.")
        sid = new_sid("CA")
        call = {"sid": sid, "account_sid": request.match_info["account"], "from": sender, "to": to}
        record = self.exchange.register(call | {"direction": "outbound-api", "status": "queued"})
        return web.json_response(record.as_twilio(), status=201)

    async def _show_call(self, request: web.Request) -> web.Response:
        return web.json_response(self._call(request).as_twilio())

    async def _change_call(self, request: web.Request) -> web.Response:
        call, form = self._call(request), await request.post()
        order = order_of(form)
        if call.ended:
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.order(order)
        if order["kind"] == "completed":
            call.set_status("completed")
        return web.json_response(call.as_twilio())

    def _page(self, request: web.Request, name: str, items: list[dict[str, Any]]) -> web.Response:
        page = {"page": 0, "page_size": 50, "first_page_uri": request.path, "next_page_uri": None, "previous_page_uri": None}
        return web.json_response({name: items[:50], "uri": request.path, "start": 0} | page)

    async def _list_messages(self, request: web.Request) -> web.Response:
        account, to, sender = request.match_info["account"], request.query.get("To"), request.query.get("From")
        newest_first = reversed(self.exchange.messages)
        found = [one for one in newest_first if one.account_sid == account and to in (None, one.to_number)]
        return self._page(request, "messages", [one.as_twilio() for one in found if sender in (None, one.from_number)])

    async def _create_message(self, request: web.Request) -> web.Response:
        form = await request.post()
        message = message_of(form, request.match_info["account"])
        callback = checked_callback(form)
        self.exchange.messages.append(message)
        if callback:
            self._report_delivery(message, callback, credentials(request)[1])
        return web.json_response(message.as_twilio(), status=201)

    def _report_delivery(self, message: MessageRecord, url: str, token: str) -> None:
        task = asyncio.get_running_loop().create_task(report_delivery(message, url, token))
        self._callbacks.add(task)
        task.add_done_callback(self._callbacks.discard)

    async def _stop_callbacks(self, _app: web.Application) -> None:
        for task in self._callbacks:
            task.cancel()

    async def _show_books(self, _request: web.Request) -> web.Response:
        calls = [call.as_twilio() | {"orders": call.orders} for call in self.exchange.calls.values()]
        return web.json_response({"calls": calls, "messages": [message.as_twilio() for message in self.exchange.messages]})

    async def _forget(self, _request: web.Request) -> web.Response:
        self.exchange.forget()
        return web.Response(status=204)

    async def _register(self, request: web.Request) -> web.Response:
        call = await request.json()
        if call.get("status", "ringing") not in STATUSES:
            raise web.HTTPBadRequest(text="unknown status")
        try:
            record = self.exchange.register(call)
        except KeyError as missing:
            raise web.HTTPBadRequest(text=f"missing {missing}") from None
        return web.json_response(record.as_twilio())

    async def _wait_for_orders(self, request: web.Request) -> web.Response:
        call = self.exchange.calls.get(request.match_info["call"])
        if call is None:
            raise web.HTTPNotFound(text="no such call")
        after, wait_s = int(request.query.get("after", 0)), float(request.query.get("wait_s", LONGEST_WAIT_S))
        orders = await call.orders_after(after, min(wait_s, LONGEST_WAIT_S))
        return web.json_response({"orders": orders, "ended": call.ended})


async def misbehave(fault: Fault, request: web.Request) -> web.StreamResponse:
    """Answer as a fault wants: an error, rubbish, or never."""
    if fault.kind == "status_429":
        raise Refused(429, 20429, "Too Many Requests")
    if fault.kind == "garbage":
        return web.Response(text="<html>", content_type="application/json")
    if fault.kind == "stall":
        await asyncio.Event().wait()
    if fault.kind == "drop" and request.transport:
        request.transport.abort()
    raise Refused(500, 20500, "Internal Server Error")


async def report_delivery(message: MessageRecord, url: str, token: str) -> None:
    """Post a message's way, sent then delivered, to its StatusCallback, signed as Twilio signs."""
    names = {"MessageSid": message.sid, "SmsSid": message.sid, "AccountSid": message.account_sid, "To": message.to_number}
    names |= {"From": message.from_number or "", "ApiVersion": API_VERSION}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(CALLBACK_TIMEOUT_S)) as session:
        for status in ("sent", "delivered"):
            form = names | {"MessageStatus": status, "SmsStatus": status}
            signature = RequestValidator(token).compute_signature(url, form)
            try:
                async with session.post(url, data=form, headers={"X-Twilio-Signature": signature}):
                    pass
            except (aiohttp.ClientError, TimeoutError):
                return
