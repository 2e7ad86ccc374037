"""What happened in a call, in milliseconds since it was placed, and the stereo recording of it."""

import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ivr.voice.audio import SAMPLE_RATE_HZ, decode_ulaw

EventKind = Literal[
    "answered",
    "stream",
    "sound",
    "utterance",
    "utterance_end",
    "keys",
    "clear",
    "mark",
    "mark_returned",
    "say",
    "dial",
    "stream_over",
    "redirected",
    "violation",
    "over",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `sound` is Lilly's first loud frame after the patient was done."""

    at_ms: float
    kind: EventKind
    detail: str = ""


@dataclass(slots=True)
class Turn:
    """Something the patient said or typed, and what came of it; the first turn is the greeting, with nothing said.

    Times are in milliseconds since the call was placed: `began_ms` and `ended_ms` of the first and the last loud frame
    that was sent, `sound_ms` of the first loud frame heard after that. `over` says that Lilly was being heard when it
    began, `clear_ms` when she emptied the queue, `cut_in_ms` when she began to speak before the patient was done.
    `reply` is mu-law.
    """

    said: str
    began_ms: float
    ended_ms: float | None = None
    sound_ms: float | None = None
    clear_ms: float | None = None
    cut_in_ms: float | None = None
    over: bool = False
    reply: bytes = field(default=b"", repr=False)

    @property
    def gap_ms(self) -> float | None:
        """From the patient's last loud frame to Lilly's first."""
        return None if self.ended_ms is None or self.sound_ms is None else self.sound_ms - self.ended_ms

    @property
    def barge_in_ms(self) -> float | None:
        """From the patient's first loud frame over her speech to her clear."""
        return self.clear_ms - self.began_ms if self.over and self.clear_ms is not None else None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is over.

    `patient` and `lilly` are mu-law tracks from the moment the call was placed. `late_ms` is the longest that the
    caller's own pacing was behind: figures of a call with much of it say nothing about Lilly. `furthest_ahead_ms` is
    the most audio that ever waited to be played.
    """

    sid: str
    ended_by: Literal["lilly", "caller"]
    turns: list[Turn]
    events: list[Event]
    patient: bytes = field(repr=False)
    lilly: bytes = field(repr=False)
    late_ms: float = 0.0
    furthest_ahead_ms: float = 0.0
    script_finished: bool = True

    @property
    def violations(self) -> list[str]:
        """What Lilly sent that Twilio would not have taken."""
        return [event.detail for event in self.events if event.kind == "violation"]

    @property
    def gaps_ms(self) -> list[float]:
        """Every gap between the patient's and Lilly's speech, the greeting's wait left out."""
        return [turn.gap_ms for turn in self.turns[1:] if turn.gap_ms is not None]

    def of_kind(self, kind: EventKind) -> list[Event]:
        """The events of one kind, in order."""
        return [event for event in self.events if event.kind == kind]

    def save(self, path: Path) -> None:
        """Write a 16-bit stereo WAV: the patient left, Lilly right."""
        left, right = decode_ulaw(self.patient), decode_ulaw(self.lilly)
        length = max(len(left), len(right))
        both = np.zeros((length, 2), dtype="<i2")
        both[: len(left), 0], both[: len(right), 1] = left, right
        with wave.open(str(path), "wb") as recording:
            recording.setnchannels(2)
            recording.setsampwidth(2)
            recording.setframerate(SAMPLE_RATE_HZ)
            recording.writeframes(both.tobytes())
