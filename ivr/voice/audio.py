"""Telephone audio arithmetic: mu-law, loudness and lengths. Pure."""

import struct
from math import log10

import numpy as np

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000
SILENCE = 0xFF
"""The mu-law code of a zero sample (ITU-T G.711)."""

_WINDOW_BYTES = SAMPLE_RATE_HZ // 100
_LOUD_DBFS = -48.0
"""Quieter windows of synthesized speech are silence."""

_UNKNOWN = 0xFFFFFFFF
"""The length that a WAV file tells while it is still being made, as players expect it of a stream."""

_BIAS = 0x84
_CLIP = 32635


def _decode_table() -> np.ndarray:
    codes = ~np.arange(256, dtype=np.uint8)
    exponent = (codes >> 4) & 7
    magnitude = (((codes & 0x0F).astype(np.int32) << 3) + _BIAS << exponent) - _BIAS
    return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)


def _encode_table() -> np.ndarray:
    samples = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(samples), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    code = ~(np.where(samples < 0, 0x80, 0) | (exponent << 4) | mantissa)
    return (code & 0xFF).astype(np.uint8)


_DECODE = _decode_table()
_ENCODE = _encode_table()
_AMPLITUDE = _DECODE.astype(np.float64) / 32768
_LOUD = 10 ** (_LOUD_DBFS / 10) * 32768.0**2


def decode_ulaw(audio: bytes) -> np.ndarray:
    """Mu-law bytes as int16 samples (ITU-T G.711)."""
    return _DECODE.take(np.frombuffer(audio, dtype=np.uint8))


def encode_ulaw(samples: np.ndarray) -> bytes:
    """int16 samples as mu-law bytes (ITU-T G.711)."""
    return _ENCODE[samples.astype(np.int32) + 32768].tobytes()


def dbfs(samples: np.ndarray) -> float:
    """RMS of int16 samples in dB of full scale; silence is -96."""
    if not samples.size:
        return -96.0
    levels = samples.astype(np.float64)
    mean_square = float(np.dot(levels, levels)) / levels.size
    return max(-96.0, 10 * log10(mean_square / 32768.0**2)) if mean_square else -96.0


def ulaw_dbfs(audio: bytes) -> float:
    """The same of mu-law bytes, by a table."""
    if not audio:
        return -96.0
    amplitudes = _AMPLITUDE.take(np.frombuffer(audio, dtype=np.uint8))
    power = float(amplitudes.dot(amplitudes)) / len(audio)
    return max(-96.0, 10 * log10(power)) if power else -96.0


def duration_ms(audio: bytes) -> float:
    """How long mu-law audio plays."""
    return len(audio) * 1000 / SAMPLE_RATE_HZ


class LeadingSilence:
    """Cuts the silence before synthesized speech, piece by piece (OpenAI's begins with 150 to 250 ms of it).

    A little of it stays, so that a soft first consonant is not cut; after `longest_ms` everything passes. `over` tells
    whether anything has passed yet.
    """

    def __init__(self, *, keep_ms: int = 30, longest_ms: int = 800) -> None:
        self._keep_bytes = keep_ms * SAMPLE_RATE_HZ // 1000
        self._passed_bytes = longest_ms * SAMPLE_RATE_HZ // 1000
        self._held = bytearray()
        self._cut_bytes = 0
        self.over = False

    def cut(self, audio: bytes) -> bytes:
        """What remains of the next piece of mu-law audio; empty while it is silent."""
        if self.over:
            return audio
        self._held += audio
        loud = _loud_windows(self._held)
        onset = loud[0] * _WINDOW_BYTES if loud else None
        if onset is None and self._cut_bytes + len(self._held) < self._passed_bytes:
            silent = max(0, len(self._held) - self._keep_bytes - _WINDOW_BYTES)
            self._cut_bytes += silent
            del self._held[:silent]
            return b""
        self.over = True
        return bytes(self._held[max(0, (onset or 0) - self._keep_bytes) :])


class TrailingSilence:
    """Cuts the silence after synthesized speech, piece by piece: whatever is still held when the speech is over.

    A pause within it passes as soon as it has ended; of the last one `keep_ms` stay, as much as between two sentences.
    """

    def __init__(self, *, keep_ms: int = 250) -> None:
        self._keep_bytes = self._room_bytes = keep_ms * SAMPLE_RATE_HZ // 1000
        self._held = bytearray()

    def cut(self, audio: bytes) -> bytes:
        """What may pass of the mu-law audio so far: everything up to a little after its last loud 10 ms."""
        self._held += audio
        loud = _loud_windows(self._held)
        speech_bytes = (loud[-1] + 1) * _WINDOW_BYTES if loud else 0
        room_bytes = self._keep_bytes if loud else self._room_bytes
        passed = bytes(self._held[: speech_bytes + room_bytes])
        self._room_bytes = room_bytes - (len(passed) - speech_bytes)
        del self._held[: len(passed)]
        return passed


def _loud_windows(audio: bytes | bytearray) -> list[int]:
    """Which of the 10 ms windows of mu-law audio are loud."""
    whole = len(audio) - len(audio) % _WINDOW_BYTES
    windows = _DECODE[np.frombuffer(audio, dtype=np.uint8, count=whole)].reshape(-1, _WINDOW_BYTES)
    loud: list[int] = np.flatnonzero(np.mean(np.square(windows, dtype=np.float64), axis=1) > _LOUD).tolist()
    return loud


def wav_header(sound_bytes: int | None = None) -> bytes:
    """What stands before 16-bit mono samples at 8 kHz in a WAV file; without a length, of a stream whose end is not known yet."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ, 2, 16)
    whole, sound = (_UNKNOWN, _UNKNOWN) if sound_bytes is None else (4 + len(form) + 8 + sound_bytes, sound_bytes)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + form + struct.pack("<4sI", b"data", sound)
