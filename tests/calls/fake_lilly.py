"""A peer to test the caller with: a tiny webhook and media-stream server that does what a test tells it."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from aiohttp import web
from twilio.request_validator import RequestValidator

from ivr.offline.telephone.playout import is_loud
from ivr.voice import media_stream
from ivr.voice.audio import encode_ulaw

DEADLINE_S = 10.0


def tone(length_ms: int, amplitude: int = 8000) -> bytes:
    """Something loud, in mu-law."""
    return encode_ulaw((amplitude * np.sin(np.arange(length_ms * 8) / 4)).astype(np.int16))


class Conversation:
    """Lilly's end of one stream."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.messages: list[media_stream.Message] = []
        self.stream_sid = ""
        self.over = False

    async def send(self, audio: bytes) -> None:
        """Send audio in one message."""
        await self.socket.send_str(media_stream.media_message(self.stream_sid, audio))

    async def mark(self, name: str) -> None:
        """Send a mark."""
        await self.socket.send_str(media_stream.mark_message(self.stream_sid, name))

    async def clear(self) -> None:
        """Send a clear."""
        await self.socket.send_str(media_stream.clear_message(self.stream_sid))

    async def until(self, condition: Callable[[media_stream.Message], bool]) -> Any:
        """The next message of which something is true; None if the stream is over before."""
        if self.over:
            return None
        async with asyncio.timeout(DEADLINE_S):
            async for message in self.socket:
                parsed = media_stream.parse(message.data)
                self.messages.append(parsed)
                if isinstance(parsed, media_stream.Start):
                    self.stream_sid = parsed.stream_sid
                if condition(parsed):
                    return parsed
                if isinstance(parsed, media_stream.Stop):
                    self.over = True
                    break
        return None

    async def until_a(self, kind: type) -> Any:
        """The next message of a kind."""
        return await self.until(lambda message: isinstance(message, kind))

    async def until_the_caller_spoke(self, quiet_frames: int = 10) -> None:
        """Until something loud was followed by that many frames that are not."""
        quiet: list[int] = []

        def done(message: media_stream.Message) -> bool:
            if isinstance(message, media_stream.Media):
                if is_loud(message.audio):
                    quiet[:] = [0]
                elif quiet:
                    quiet[0] += 1
            return bool(quiet) and quiet[0] >= quiet_frames

        await self.until(done)


Behaviour = Callable[[Conversation], Awaitable[None]]
CONNECT = (
    '<Response><Connect action="/voice/after-stream">'
    '<Stream url="{url}"><Parameter name="token" value="t0ken"/></Stream>'
    "</Connect></Response>"
)
HANGUP = "<Response><Hangup/></Response>"


@dataclass
class FakeLilly:
    """Answers webhooks with `documents` by path (`{url}` is the stream's address) and streams with `behaviour`."""

    behaviour: Behaviour
    documents: dict[str, list[str]] = field(default_factory=lambda: {"/voice/incoming": [CONNECT], "/voice/after-stream": [HANGUP]})
    public_url: str = "https://lilly.example"
    auth_token: str = "secret"
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)

    def form(self, path: str) -> dict[str, str]:
        """The first form that was posted to a path."""
        return next(form for posted, form in self.forms if posted == path)

    async def webhook(self, request: web.Request) -> web.Response:
        """Take a form, check its signature and answer the path's next document."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append((request.path, form))
        self._check(request, self.public_url + request.path, form)
        documents = self.documents.get(request.path, [""])
        document = documents.pop(0) if len(documents) > 1 else documents[0]
        stream_url = "wss" + self.public_url.removeprefix("https") + "/media-stream"
        return web.Response(text=document.replace("{url}", stream_url), content_type="text/xml")

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Take a stream."""
        self._check(request, "wss" + self.public_url.removeprefix("https") + request.path, {})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        conversation = Conversation(socket)
        self.conversations.append(conversation)
        await conversation.until_a(media_stream.Start)
        await self.behaviour(conversation)
        await socket.close()
        return socket

    def _check(self, request: web.Request, address: str, form: dict[str, str]) -> None:
        signature = request.headers.get("X-Twilio-Signature", "")
        if signature != RequestValidator(self.auth_token).compute_signature(address, form):
            self.refused.append(request.path)


def application(lilly: FakeLilly) -> web.Application:
    """The peer as an application."""
    app = web.Application()
    app.router.add_get("/media-stream", lilly.stream)
    app.router.add_post("/{tail:.*}", lilly.webhook)
    return app


@contextlib.contextmanager
def serving(app: web.Application) -> Iterator[str]:
    """Serve an application from a thread of its own on a free port; yields its address."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return int(runner.addresses[0][1])

    port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(DEADLINE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.close()


def raw(**message: Any) -> str:
    """Any message as JSON."""
    return orjson.dumps(message).decode()


def encoded(audio: bytes) -> str:
    """Audio in base64."""
    return base64.b64encode(audio).decode()
