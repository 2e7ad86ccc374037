"""What Twilio does with the audio sent to it: a queue played at 8 kHz, marks, clear. Pure; time is an argument.

Times are counted in samples since the call began: 8 a millisecond, and one byte of mu-law each.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from ivr.offline.telephone.utterances import LOUD_DBFS
from ivr.voice.audio import FRAME_BYTES, SILENCE, decode_ulaw

SAMPLES_PER_MS = 8

_LOUD_POWER = 32768.0**2 * 10 ** (LOUD_DBFS / 10)
_POWER_BY_CODE = np.square(decode_ulaw(bytes(range(256))), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Queued:
    """A frame of audio, or a mark if it has a name, and when its turn comes."""

    due: int
    audio: bytes
    mark: str | None = None


def is_loud(audio: bytes) -> bool:
    """Whether a frame of mu-law is loud enough to be heard as speech."""
    power = _POWER_BY_CODE[np.frombuffer(audio, dtype=np.uint8)]
    return float(power.sum()) > _LOUD_POWER * len(audio)


class Playout:
    """Lilly's side of the line, as the patient hears it.

    `track` is everything that was played, silence between; `ends_at` is when the queue will have run out; `sound_at`
    is when the first loud frame since `listen()` was played.
    """

    def __init__(self) -> None:
        self.track = bytearray()
        self.ends_at = 0
        self.sound_at: int | None = None
        self._queue: deque[_Queued] = deque()

    def listen(self) -> None:
        """Wait for the next loud frame."""
        self.sound_at = None

    def play(self, audio: bytes, now: int) -> None:
        """Queue mu-law audio behind what waits."""
        self.ends_at = max(self.ends_at, now)
        for start in range(0, len(audio), FRAME_BYTES):
            piece = audio[start : start + FRAME_BYTES]
            self._queue.append(_Queued(self.ends_at, piece))
            self.ends_at += len(piece)

    def mark(self, name: str, now: int) -> None:
        """Queue a mark behind what waits."""
        self._queue.append(_Queued(max(self.ends_at, now), b"", name))

    def clear(self, now: int) -> list[str]:
        """Stop playing at once; returns the marks that had not been reached."""
        marks = [queued.mark for queued in self._queue if queued.mark is not None]
        self._queue.clear()
        del self.track[now:]
        self.ends_at = min(self.ends_at, now)
        return marks

    def advance(self, now: int) -> list[str]:
        """Play up to `now`; returns the marks that were reached."""
        marks: list[str] = []
        while self._queue and self._queue[0].due <= now:
            queued = self._queue.popleft()
            if queued.mark is not None:
                marks.append(queued.mark)
            else:
                self._hear(queued)
        return marks

    def finish(self, now: int) -> None:
        """End the track exactly at `now`."""
        self.advance(now)
        self.clear(now)
        self._pad_to(now)

    def _hear(self, queued: _Queued) -> None:
        self._pad_to(queued.due)
        self.track += queued.audio
        if self.sound_at is None and is_loud(queued.audio):
            self.sound_at = queued.due

    def _pad_to(self, sample: int) -> None:
        self.track += bytes([SILENCE]) * (sample - len(self.track))
