"""The SDK's Realtime connections, with reads that end."""

import base64
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openai import OpenAI
from openai.resources.realtime.realtime import RealtimeConnection
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed

LIMIT_S = 5.0
LIVE_MODEL = "gpt-live-transcribe"
SPEECH_MODEL = "gpt-realtime-2.1-mini"

EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)


class Events:
    """A connection, and every server event that it has brought, each checked against the SDK's type of it."""

    def __init__(self, connection: RealtimeConnection) -> None:
        self.connection = connection
        self.seen: list[Any] = []
        self.times_s: list[float] = []
        self._frames: queue.Queue[bytes | Exception] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, event: dict[str, Any]) -> None:
        """Send a client event, unchecked."""
        self.connection.send_raw(json.dumps(event))

    def next(self, kind: str, limit_s: float = LIMIT_S) -> Any:
        """The next event of a kind, past others. Raises `TimeoutError`, or what broke the connection."""
        end_s = time.monotonic() + limit_s
        while True:
            event = EVENT.validate_json(self.frame(end_s - time.monotonic()))
            self.seen.append(event)
            self.times_s.append(time.monotonic())
            if event.type == kind:
                return event

    def frame(self, limit_s: float = LIMIT_S) -> bytes:
        """The next frame as it came. Raises `TimeoutError`, or what broke the connection."""
        try:
            frame = self._frames.get(timeout=max(0.001, limit_s))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(frame, Exception):
            raise frame
        return frame

    def _read(self) -> None:
        try:
            while True:
                self._frames.put(self.connection.recv_bytes())
        except ConnectionClosed as closed:
            self._frames.put(closed)

    def kinds(self) -> list[str]:
        """The kinds of what has come so far."""
        return [event.type for event in self.seen]

    def text(self, kind: str) -> str:
        """The deltas of a kind that have come so far, put together."""
        return "".join(event.delta for event in self.seen if event.type == kind)


@contextmanager
def transcription(client: OpenAI, **settings: Any) -> Iterator[Events]:
    """A transcription session for mu-law audio, set up with a live model unless told otherwise."""
    with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        events = Events(connection)
        events.next("session.created")
        events.send({"type": "session.update", "session": transcription_session(**settings)})
        events.next("session.updated")
        yield events


def transcription_session(transcription: dict[str, Any] | None = None, **input_settings: Any) -> dict[str, Any]:
    """The settings of a transcription session."""
    settings = {"format": {"type": "audio/pcmu"}, "noise_reduction": None, "turn_detection": None}
    return {
        "type": "transcription",
        "audio": {"input": settings | {"transcription": transcription or {"model": LIVE_MODEL}} | input_settings},
    }


@contextmanager
def speech(client: OpenAI, **output: Any) -> Iterator[Events]:
    """A speech session for mu-law audio in Alloy's voice unless told otherwise."""
    with client.realtime.connect(model=SPEECH_MODEL) as connection:
        events = Events(connection)
        events.next("session.created")
        settings = {"format": {"type": "audio/pcmu"}, "voice": "alloy"} | output
        session = {"type": "realtime", "output_modalities": ["audio"], "audio": {"output": settings}}
        events.send({"type": "session.update", "session": session})
        events.next("session.updated")
        yield events


def read_aloud(text: str, **more: Any) -> dict[str, Any]:
    """The client event that has a text read aloud out of band."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return {"type": "response.create", "response": {"conversation": "none", "instructions": "Read it aloud.", "input": [message]} | more}


def append(audio: bytes) -> dict[str, Any]:
    """The client event that carries audio."""
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio).decode()}
