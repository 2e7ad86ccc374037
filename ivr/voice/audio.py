"""Telephone audio arithmetic: mu-law, loudness and lengths. Pure."""

import io
import wave

import numpy as np

SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000
SILENCE = 0xFF
"""The mu-law code of a zero sample (ITU-T G.711)."""

_WINDOW_BYTES = SAMPLE_RATE_HZ // 100
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


def decode_ulaw(audio: bytes) -> np.ndarray:
    """Mu-law bytes as int16 samples (ITU-T G.711)."""
    return _DECODE[np.frombuffer(audio, dtype=np.uint8)]


def encode_ulaw(samples: np.ndarray) -> bytes:
    """int16 samples as mu-law bytes (ITU-T G.711)."""
    return _ENCODE[samples.astype(np.int32) + 32768].tobytes()


def dbfs(samples: np.ndarray) -> float:
    """RMS of int16 samples in dB of full scale; silence is -96."""
    if not samples.size:
        return -96.0
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(-96.0, 10 * np.log10(mean_square / 32768.0**2)) if mean_square else -96.0


def duration_ms(audio: bytes) -> float:
    """How long mu-law audio plays."""
    return len(audio) * 1000 / SAMPLE_RATE_HZ


class LeadingSilence:
    """Cuts the silence before synthesized speech, piece by piece (OpenAI's begins with 150 to 250 ms of it).

    A little of it stays, so that a soft first consonant is not cut; after `longest_ms` everything passes. `over` tells
    whether anything has passed yet.
    """

    def __init__(self, *, loud_dbfs: float = -48.0, keep_ms: int = 30, longest_ms: int = 800) -> None:
        self._loud = 10 ** (loud_dbfs / 10) * 32768.0**2
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
        onset = self._onset()
        if onset is None and self._cut_bytes + len(self._held) < self._passed_bytes:
            silent = max(0, len(self._held) - self._keep_bytes - _WINDOW_BYTES)
            self._cut_bytes += silent
            del self._held[:silent]
            return b""
        self.over = True
        return bytes(self._held[max(0, (onset or 0) - self._keep_bytes) :])

    def _onset(self) -> int | None:
        """Where in the held audio the first loud 10 ms begin."""
        whole = len(self._held) - len(self._held) % _WINDOW_BYTES
        windows = _DECODE[np.frombuffer(self._held, dtype=np.uint8, count=whole)].reshape(-1, _WINDOW_BYTES)
        loud = np.flatnonzero(np.mean(np.square(windows, dtype=np.float64), axis=1) > self._loud)
        return int(loud[0]) * _WINDOW_BYTES if loud.size else None


def to_wav(audio: bytes) -> bytes:
    """Mu-law audio as a 16-bit mono WAV file at 8 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE_HZ)
        wav.writeframes(decode_ulaw(audio).tobytes())
    return file.getvalue()
