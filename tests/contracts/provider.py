"""What the tests of the clients share: settings that name the stand-in, recorded speech, and counts of what is left behind."""

import queue
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import SecretStr

from ivr.config import Provider
from ivr.voice.audio import FRAME_BYTES, encode_ulaw
from ivr.voice.speech import FinalTranscript, TranscriptEvent

RECORDINGS = Path(__file__).resolve().parents[1] / "audio"
LIMIT_S = 5.0

E = TypeVar("E", bound=TranscriptEvent)


def provider(url: str, model: str, key: str = "test") -> Provider:
    """A provider's settings that point to a stand-in."""
    return Provider(base_url=f"{url}/v1", api_key=SecretStr(key), model=model)


def recorded(name: str) -> bytes:
    """A recorded utterance as mu-law at 8 kHz."""
    with wave.open(str(RECORDINGS / name)) as file:
        return encode_ulaw(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"))


def frames(audio: bytes) -> list[bytes]:
    """Audio as Twilio sends it."""
    return [audio[start : start + FRAME_BYTES] for start in range(0, len(audio), FRAME_BYTES)]


class Listener:
    """Collects a transcriber's events."""

    def __init__(self) -> None:
        self.seen: list[TranscriptEvent] = []
        self._events: queue.Queue[TranscriptEvent] = queue.Queue()

    def __call__(self, event: TranscriptEvent) -> None:
        self._events.put(event)

    def next(self, *wanted: type[E], limit_s: float = LIMIT_S) -> E:
        """The next event of some kinds, past others. Raises `queue.Empty`."""
        end_s = time.monotonic() + limit_s
        while True:
            event = self._events.get(timeout=max(0.001, end_s - time.monotonic()))
            self.seen.append(event)
            if isinstance(event, wanted):
                return event

    def final(self, limit_s: float = LIMIT_S) -> FinalTranscript:
        """The next final transcript."""
        return self.next(FinalTranscript, limit_s=limit_s)

    def nothing_more(self) -> bool:
        """Whether no event waits to be read."""
        return self._events.empty()


class Threads:
    """The threads (under gevent, greenlets) that have been started since."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    @property
    def left(self) -> list[str]:
        """The names of those that still run."""
        return [thread.name for thread in threading.enumerate() if thread not in self._before]


def took_s(work: Callable[[], object]) -> float:
    """How long something takes."""
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s
