"""One Realtime WebSocket: server events with their ids out, checked client events in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol

import orjson
from aiohttp import web

from ivr.offline.openai.errors import ApiError, invalid
from ivr.offline.openai.validation import check, supported
from ivr.offline.stand_in import new_id

logger = logging.getLogger(__name__)


class Wire:
    """The server's side of the socket. Sending on a closed or silenced one does nothing."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self.transport = request.transport
        self.silenced = False

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a server event."""
        await self.send_text(orjson.dumps({"type": kind, "event_id": new_id("event"), **fields}).decode())

    async def send_text(self, text: str) -> None:
        """Send a text frame as it is, for faults too."""
        if self._socket.closed or self.silenced:
            return
        try:
            await self._socket.send_str(text)
        except ConnectionResetError:
            self.silenced = True

    async def refuse(self, error: ApiError, event_id: str | None = None) -> None:
        """Send an error event; `event_id` is the client's."""
        await self.send("error", error=error.error() | {"event_id": event_id})

    def drop(self) -> None:
        """Cut the connection without a goodbye."""
        if self.transport:
            self.transport.abort()


def log_failure(task: "asyncio.Task[None]") -> None:
    """Say so when a session's task has died of a fault in the stand-in itself; to be called when the task is done."""
    if not task.cancelled() and (error := task.exception()):
        logger.error("a task of a session failed", exc_info=error)


Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Session(Protocol):
    """What a kind of session does with client events."""

    params: ClassVar[dict[str, Any]]
    """The SDK's type of each client event that the session knows."""

    def handler(self, kind: str) -> Handler:
        """The method for a kind of event."""

    async def open(self) -> None:
        """Greet the client."""

    async def close(self) -> None:
        """End what is under way; the socket is gone."""


async def dispatch(wire: Wire, session: Session, text: str) -> None:
    """Check a client event and hand it to the session; what is wrong is answered with an error event."""
    event: dict[str, Any] = {}
    try:
        event = _parse(text)
        await session.handler(_kind(event, session.params))(event)
    except ApiError as error:
        event_id = event.get("event_id")
        await wire.refuse(error, event_id if isinstance(event_id, str) else None)


def _kind(event: dict[str, Any], params: dict[str, Any]) -> str:
    kind = event.get("type")
    if not isinstance(kind, str):
        raise invalid("Missing required parameter: 'type'.", "type", "missing_required_parameter")
    if kind not in params:
        raise invalid(f"Invalid value: '{kind}'. {supported(params)}", "type", "invalid_value")
    check(event, params[kind])
    return kind


def _parse(text: str) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise invalid("The event could not be parsed as a JSON object.", code="invalid_json")
    return event
