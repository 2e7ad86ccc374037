"""A receiver of webhooks that can be told to misbehave, and keeps what it got and how it answered."""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, get_args

Refusal = Literal["answers 500", "answers 404", "answers 408", "answers 425", "answers 429"]
Mood = Literal["well", Refusal, "hangs", "resets", "answers twice", "answers rubbish", "drips"]
MOODS: tuple[Mood, ...] = (*get_args(Refusal), "hangs", "resets", "answers twice", "answers rubbish", "drips")
"""Every way in which it can be unwell; well, it keeps its connections. With 429 it wishes to be asked again a second later."""

TAKES_IT = frozenset({"well", "answers twice", "drips"})
"""In which moods it begins its answer with 200."""

_BY_FAR_TOO_LONG_S = 60.0
_DRIP_S = 0.5
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Received:
    """One POST as it arrived; `taken` is whether the receiver said so in the end."""

    at_s: float
    key: str
    attempt: int
    signature: str
    body: bytes
    taken: bool

    @property
    def event(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing: a sender that has gone is what is being tried."""


@dataclass
class MoodyReceiver:
    """An HTTP server of this process; what it has got, in the order of arrival."""

    mood: Mood = "well"
    log: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self
        self._lock = threading.Lock()
        self._cheered_up = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._receive(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook/lilly"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def feel(self, mood: Mood) -> None:
        """Answer like this from now on; whoever is kept waiting is let go, without an answer."""
        waiting, self._cheered_up = self._cheered_up, threading.Event()
        self.mood = mood
        waiting.set()

    def close(self) -> None:
        """Stop listening."""
        self._cheered_up.set()
        self._server.shutdown()
        self._server.server_close()

    def _receive(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers["Content-Length"])
        body = request.rfile.read(length)
        if len(body) < length:
            # Its sender was killed in the middle.
            return
        mood, cheered_up = self.mood, self._cheered_up
        headers = request.headers
        with self._lock:
            key, signature = headers["Idempotency-Key"], headers.get("X-Lilly-Signature", "")
            taken = mood in TAKES_IT
            self.log.append(Received(time.time(), key, int(headers["X-Lilly-Attempt"]), signature, body, taken))
        request.close_connection = mood != "well"
        _answer(request.connection, mood, cheered_up)


def _answer(connection: socket.socket, mood: Mood, cheered_up: threading.Event) -> None:
    if mood == "well":
        connection.sendall(_OK)
    elif mood == "answers twice":
        connection.sendall(_OK + _OK)
    elif mood in get_args(Refusal):
        status = mood.removeprefix("answers ")
        wish = "Retry-After: 1\r\n" if status == "429" else ""
        connection.sendall(f"HTTP/1.1 {status} Oops\r\n{wish}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    elif mood == "answers rubbish":
        connection.sendall(b"\x00\xff these are not the words of HTTP \r\n\r\n")
    elif mood == "resets":
        # With this option, closing the socket sends a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
    elif mood == "drips":
        _drip(connection, cheered_up)
    else:
        cheered_up.wait(_BY_FAR_TOO_LONG_S)


def _drip(connection: socket.socket, cheered_up: threading.Event) -> None:
    """Send a header that never ends, a byte at a time, so that no single wait is long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    until_s = time.monotonic() + _BY_FAR_TOO_LONG_S
    while time.monotonic() < until_s and not cheered_up.wait(_DRIP_S):
        connection.sendall(b".")
