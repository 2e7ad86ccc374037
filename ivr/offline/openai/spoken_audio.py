"""Synthesized speech as providers send it: a little silence, then 200 ms chunks as they are made."""

import re
from collections.abc import AsyncIterator, Iterator

import numpy as np
import soxr

from ivr.offline.stand_in import StandIn
from ivr.voice.audio import encode_ulaw

SAMPLE_RATE_HZ = 24000
CHUNK_SAMPLES = SAMPLE_RATE_HZ // 5

_SPANISH_WORDS = "el la los las un una de del que qué con para por cita su usted gracias hola buenos días tardes está sí doctora"
_ENGLISH_WORDS = "the a an of with for to you your i is are at on and thank hello good yes"
_SPANISH = re.compile(rf"[¿¡ñáéíóú]|\b({'|'.join(_SPANISH_WORDS.split())})\b", re.IGNORECASE)
_ENGLISH = re.compile(rf"\b({'|'.join(_ENGLISH_WORDS.split())})\b", re.IGNORECASE)


def language_of(text: str, instructions: str = "") -> str:
    """The language to read a text in, en or es: what the instructions name, or else the text's own commonest words."""
    if named := re.search(r"\b(English|Spanish)\b", instructions):
        return "es" if named[1] == "Spanish" else "en"
    return "es" if len(_SPANISH.findall(text)) > len(_ENGLISH.findall(text)) else "en"


async def spoken(stand_in: StandIn, text: str, language: str, voice: str) -> AsyncIterator[np.ndarray]:
    """Chunks of int16 samples at 24 kHz: silence first, then speech as soon as it is made."""
    waiting = np.zeros(round(stand_in.waits.leading_silence_ms() * SAMPLE_RATE_HZ / 1000), dtype=np.int16)
    async for piece in _pieces(stand_in, text, language, voice):
        waiting = np.concatenate((waiting, piece))
        while len(waiting) >= CHUNK_SAMPLES:
            yield waiting[:CHUNK_SAMPLES]
            waiting = waiting[CHUNK_SAMPLES:]
    if len(waiting):
        yield waiting


async def _pieces(stand_in: StandIn, text: str, language: str, voice: str) -> AsyncIterator[np.ndarray]:
    made = stand_in.made.find((text, language, voice))
    if made is not None:
        for piece in made:
            yield piece
        return
    made, speech = [], stand_in.voices.speak(text, language, voice)
    while (spoken_next := await stand_in.compute(_next_of, speech)) is not None:
        made.append(spoken_next)
        yield spoken_next
    stand_in.made.keep((text, language, voice), made)


def _next_of(speech: Iterator[np.ndarray]) -> np.ndarray | None:
    return next(speech, None)


class Encoder:
    """Turns chunks at 24 kHz into the bytes of a wire format: `audio/pcm` (24 kHz) or `audio/pcmu` (8 kHz mu-law)."""

    def __init__(self, format_type: str) -> None:
        self._resampler = soxr.ResampleStream(SAMPLE_RATE_HZ, 8000, 1, dtype="int16") if format_type == "audio/pcmu" else None

    def encode(self, samples: np.ndarray) -> bytes:
        """The next bytes."""
        return self._resampled(samples, last=False) if self._resampler else samples.astype("<i2").tobytes()

    def flush(self) -> bytes:
        """The bytes that the resampler held back."""
        return self._resampled(np.zeros(0, dtype=np.int16), last=True) if self._resampler else b""

    def _resampled(self, samples: np.ndarray, last: bool) -> bytes:
        assert self._resampler
        return encode_ulaw(self._resampler.resample_chunk(samples, last=last))
