"""A voice that says what it was told to, and waits or fails where it was told to; and a shelf for clips."""

from collections.abc import Generator, Sequence

import numpy as np
from gevent.event import Event

from ivr.errors import ProviderError
from ivr.voice.audio import SILENCE, encode_ulaw
from ivr.voice.speech import SpeechChunk

TONE = encode_ulaw((8000 * np.sin(np.arange(800) * 0.3)).astype(np.int16))
"""100 ms of sound."""
HUSH = bytes([SILENCE]) * 800
"""100 ms without."""

Take = Sequence[SpeechChunk | ProviderError | Event]


def says(*said: str) -> list[SpeechChunk]:
    """100 ms of sound with each piece of the transcript, which comes whole and without audio at the end."""
    growing = ["".join(said[: count + 1]) for count in range(len(said))]
    return [*(SpeechChunk(TONE, so_far) for so_far in growing), SpeechChunk(b"", growing[-1])]


def reads(pieces: int = 3) -> list[SpeechChunk]:
    """Sound without a transcript."""
    return [SpeechChunk(TONE)] * pieces


class ScriptedVoice:
    """Follows one take a request; after the last, every text is said as it is written."""

    name = "alloy"

    def __init__(self, model: str, *takes: Take) -> None:
        self.model = model
        self.asked: list[str] = []
        self.busy = 0
        self._takes = list(takes)

    def synthesize(self, text: str, language: str) -> Generator[SpeechChunk]:
        """Play the next take."""
        self.asked.append(text)
        self.busy += 1
        try:
            for step in self._takes.pop(0) if self._takes else says(text):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Event):
                    step.wait()
                else:
                    yield step
        finally:
            self.busy -= 1

    def warm(self) -> None:
        """Nothing to open."""


class KeptClips:
    """A store that notes what it is asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.looked_up: list[str] = []

    def get(self, key: str) -> bytes | None:
        """A clip that was put."""
        self.looked_up.append(key)
        return self.kept.get(key)

    def put(self, key: str, audio: bytes) -> None:
        """Keep a clip."""
        self.kept[key] = audio
