"""One Realtime WebSocket: text out, JSON events in, every wait bounded."""

import contextlib
import socket
from typing import Any, cast

import openai
import orjson
from openai.types.websocket_connection_options import SyncWebSocketConnectionOptions
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.sync.client import ClientConnection

from ivr.clients.sdk import FAILURES, event_error, is_loopback, provider_error, tls_context
from ivr.errors import ProviderError

CLOSE_LIMIT_S = 0.5
PING_EVERY_S = 10.0
PONG_LIMIT_S = 5.0
LARGEST_EVENT_BYTES = 4 * 1024 * 1024


class RealtimeSocket:
    """A connected Realtime session; `provider` names it in errors.

    `send` and `receive` may run in two threads; `abort` may be called from any.
    """

    def __init__(self, provider: str, session: Any, connection: ClientConnection) -> None:
        self._provider = provider
        self._session = session
        self._connection = connection
        self._complaint: object = None

    @property
    def alive(self) -> bool:
        """Whether the socket is open as far as this side knows."""
        return self._connection.state is State.OPEN

    def send(self, event: str) -> None:
        """Send one event, as JSON text. Raises `ProviderError`."""
        try:
            self._session.send_raw(event)
        except FAILURES as error:
            self._read_complaint()
            raise self._ended(error) from None

    def receive(self, limit_s: float) -> dict[str, Any] | None:
        """The next event, or None if none comes in time. Raises `ProviderError`, `garbage` for what is not an event."""
        try:
            event = orjson.loads(self._connection.recv(limit_s, decode=False))
        except TimeoutError:
            return None
        except FAILURES as error:
            raise self._ended(error) from None
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise ProviderError(self._provider, "garbage (not an event)", code="garbage")
        if event["type"] == "error":
            self._complaint = event.get("error")
        return event

    def _read_complaint(self) -> None:
        with contextlib.suppress(ProviderError):
            while self.receive(0.0):
                pass

    def _ended(self, error: Exception) -> ProviderError:
        # A session that is not admitted is told why by an event, and then closed.
        if isinstance(error, ConnectionClosed) and self._complaint:
            return event_error(self._provider, self._complaint)
        return provider_error(self._provider, error)

    def close(self) -> None:
        """End the session in an orderly way; waits up to `CLOSE_LIMIT_S` for the peer."""
        with contextlib.suppress(*FAILURES):
            self._session.close()

    def abort(self) -> None:
        """Drop the connection at once; whoever waits on it fails."""
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)


def connect(client: openai.OpenAI, provider: str, *, limit_s: float, model: str | None = None) -> RealtimeSocket:
    """Open a Realtime session with a model, or one for transcription without. Raises `ProviderError`."""
    made: list[ClientConnection] = []

    def remember(*args: Any, **options: Any) -> ClientConnection:
        made.append(ClientConnection(*args, **options))
        return made[-1]

    options = _connection_options(remember, limit_s, str(client.base_url))
    query = {} if model else {"intent": "transcription"}
    opening = client.realtime.connect(model=model or openai.omit, extra_query=query, websocket_connection_options=options)
    try:
        return RealtimeSocket(provider, opening.enter(), made[0])
    except FAILURES as error:
        raise provider_error(provider, error) from None
    except BaseException:
        # A killed greenlet leaves the half-made connection to us.
        for connection in made:
            connection.close_socket()
        raise


def _connection_options(make: Any, limit_s: float, base_url: str) -> SyncWebSocketConnectionOptions:
    options: dict[str, Any] = {
        "create_connection": make,
        "open_timeout": limit_s,
        "close_timeout": CLOSE_LIMIT_S,
        "ping_interval": PING_EVERY_S,
        "ping_timeout": PONG_LIMIT_S,
        "max_size": LARGEST_EVENT_BYTES,
        # Paused reading would also hold back pongs, and the keepalive would drop the connection.
        "max_queue": None,
        "compression": None,
    }
    if base_url.startswith("https:"):
        options["ssl"] = tls_context()
    if is_loopback(base_url):
        options["proxy"] = None
    # The SDK passes on every option of websockets' connect, but its type names only some.
    return cast(SyncWebSocketConnectionOptions, options)
