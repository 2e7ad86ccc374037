"""A patient's speech in 20 ms frames, ready to be sent, and where in it is loud. Pure but for reading the WAVs."""

import base64
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import numpy as np

from ivr.voice.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, decode_ulaw, encode_ulaw

LOUD_DBFS = -33.0
"""A 20 ms frame is loud above this RMS, or above the noise floor plus `ABOVE_FLOOR_DB` where that is higher."""
ABOVE_FLOOR_DB = 8.0
FLOOR_PERCENTILE = 10
SILENCE_DBFS = -96.0
NOISE_FRAMES = 97
"""After how many frames the line's noise repeats; prime, so that no rhythm is heard."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of mu-law, and the same in base64 as a media message carries it."""

    audio: bytes
    payload: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something that is said into the line; `first_loud` and `last_loud` are frames' numbers."""

    name: str
    frames: tuple[Frame, ...]
    first_loud: int
    last_loud: int

    @property
    def lead_ms(self) -> int:
        """How long it plays before it is loud."""
        return self.first_loud * FRAME_MS


def frame_levels(samples: np.ndarray) -> np.ndarray:
    """dBFS of every whole 20 ms frame of int16 samples."""
    frames = samples[: len(samples) // FRAME_BYTES * FRAME_BYTES].reshape(-1, FRAME_BYTES)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1) / 32768.0**2
    levels: np.ndarray = np.maximum(SILENCE_DBFS, 10 * np.log10(np.maximum(power, 1e-12)))
    return levels


def loud_frames(samples: np.ndarray) -> np.ndarray:
    """Which 20 ms frames are loud, as booleans; the noise floor is the quietest tenth's upper edge."""
    levels = frame_levels(samples)
    if not levels.size:
        return np.zeros(0, dtype=bool)
    return levels > max(LOUD_DBFS, float(np.percentile(levels, FLOOR_PERCENTILE)) + ABOVE_FLOOR_DB)


def utterance(name: str, samples: np.ndarray) -> Utterance:
    """int16 samples at 8 kHz as something to say. Raises `ValueError` if nothing in it is loud."""
    padded = np.pad(samples, (0, -len(samples) % FRAME_BYTES))
    loud = np.flatnonzero(loud_frames(padded))
    if not loud.size:
        raise ValueError(f"{name}: nothing in it is loud enough to be speech")
    return Utterance(name, tuple(frames_of(encode_ulaw(padded))), int(loud[0]), int(loud[-1]))


@cache
def load_utterance(path: Path) -> Utterance:
    """Read an 8 kHz, 16-bit mono WAV. Raises `ValueError` for any other, `OSError` if it cannot be read."""
    try:
        with wave.open(str(path)) as recording:
            shape = (recording.getframerate(), recording.getsampwidth(), recording.getnchannels())
            if shape != (SAMPLE_RATE_HZ, 2, 1):
                raise ValueError(f"{path.name}: must be 8 kHz, 16-bit and mono")
            samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path.name}: not a WAV file ({error})") from None
    return utterance(path.name, samples)


def frames_of(audio: bytes) -> Iterator[Frame]:
    """Cut mu-law audio into frames; a rest shorter than 20 ms is left out."""
    for at in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
        piece = audio[at : at + FRAME_BYTES]
        yield Frame(piece, base64.b64encode(piece).decode())


@cache
def _noise_frames(level_dbfs: float | None) -> tuple[Frame, ...]:
    sigma = 0.0 if level_dbfs is None else 32768.0 * 10 ** (level_dbfs / 20)
    noise = np.random.default_rng(20).normal(0.0, 1.0, NOISE_FRAMES * FRAME_BYTES) * sigma
    return tuple(frames_of(encode_ulaw(np.clip(noise, -32767, 32767).astype(np.int16))))


def line_noise(level_dbfs: float | None) -> Iterator[Frame]:
    """An endless quiet line: white noise of a level, or digital silence for None."""
    return cycle(_noise_frames(level_dbfs))


def loud_spans_ms(audio: bytes, gap_ms: int = 300) -> list[tuple[int, int]]:
    """From when to when mu-law audio is loud; pauses shorter than `gap_ms` do not end a span."""
    loud = np.flatnonzero(frame_levels(decode_ulaw(audio)) > LOUD_DBFS) * FRAME_MS
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > gap_ms)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [loud.size - 1]))] + FRAME_MS
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
