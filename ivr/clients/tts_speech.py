"""Speech over POST /audio/speech: OpenAI's, or any server that answers it."""

import logging
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import soxr

from ivr.clients.sdk import FAILURES, open_client, provider_error
from ivr.clients.tts_realtime import LANGUAGE_NAMES
from ivr.config import Provider
from ivr.errors import ProviderError
from ivr.voice.audio import SAMPLE_RATE_HZ, LeadingSilence, encode_ulaw
from ivr.voice.speech import SpeechChunk

PCM_RATE_HZ = 24000
"""What `response_format: pcm` means: 16-bit little-endian samples at this rate, mono."""
FIRST_AUDIO_LIMIT_S = 2.5
WARM_FOR_S = 30.0

_INSTRUCTED = re.compile(r"gpt-")
"""Models that take instructions; OpenAI's tts-1 ignores them, and other servers refuse them."""

logger = logging.getLogger(__name__)


class SpeechVoice:
    """A `Voice` that reads verbatim and tells no transcript; `read_limit_s` bounds each wait, and all of them until it is heard."""

    def __init__(
        self,
        provider: Provider,
        voice: str,
        *,
        read_limit_s: float = FIRST_AUDIO_LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = voice
        self.model = provider.model
        self._clock, self._read_limit_s = clock, read_limit_s
        self._client = open_client(provider, read_limit_s=read_limit_s)
        self._warm_until_s = 0.0

    def synthesize(self, text: str, language: str) -> Generator[SpeechChunk]:
        """Yield the speech as it is made. Raises `ProviderError`.

        Closing the generator, or killing its greenlet, cancels the request.
        """
        silence, give_up_at_s = LeadingSilence(), self._clock() + self._read_limit_s
        try:
            with closing(self._stream(text, language)) as pcm:
                for audio in telephone_audio(pcm):
                    if loud := silence.cut(audio):
                        yield SpeechChunk(loud)
                    elif not silence.over and self._clock() > give_up_at_s:
                        raise ProviderError("tts", "timeout (no audio)", code="timeout")
        except FAILURES as error:
            raise provider_error("tts", error) from None
        if not silence.over:
            raise ProviderError("tts", "garbage (no speech)", code="garbage")

    def warm(self) -> None:
        """Open a connection ahead, in the background; never raises."""
        if self._clock() < self._warm_until_s:
            return
        self._warm_until_s = self._clock() + WARM_FOR_S
        threading.Thread(target=self._list_models, name="tts-warm", daemon=True).start()

    def close(self) -> None:
        """Drop the idle connections."""
        self._client.close()

    def _stream(self, text: str, language: str) -> Generator[bytes]:
        options: dict[str, Any] = {"model": self.model, "voice": self.name, "input": text, "response_format": "pcm"}
        if _INSTRUCTED.match(self.model):
            spoken = LANGUAGE_NAMES.get(language, language)
            options["instructions"] = f"Speak {spoken}, warmly and clearly, as a hospital's telephone receptionist."
        with self._client.audio.speech.with_streaming_response.create(**options) as response:
            kind = response.headers.get("content-type", "")
            if kind.startswith(("text/", "application/json")):
                raise ProviderError("tts", "garbage (not audio)", code="garbage")
            yield from response.iter_bytes()

    def _list_models(self) -> None:
        try:
            self._client.models.list()
        except FAILURES as error:
            logger.warning("no speech connection ahead: %s", provider_error("tts", error).code)


def telephone_audio(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """16-bit samples at 24 kHz, cut anywhere, as mu-law at 8 kHz."""
    resampler = soxr.ResampleStream(PCM_RATE_HZ, SAMPLE_RATE_HZ, 1, dtype="int16")
    odd = b""
    for piece in pieces:
        piece = odd + piece
        whole = len(piece) & ~1
        odd = piece[whole:]
        yield encode_ulaw(resampler.resample_chunk(np.frombuffer(piece[:whole], dtype="<i2")))
    yield encode_ulaw(resampler.resample_chunk(np.zeros(0, dtype=np.int16), last=True))
