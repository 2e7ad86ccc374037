"""Speech from a Realtime model that reads aloud: mu-law as it is made, with the model's own transcript of it."""

import base64
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from ivr.clients.realtime import RealtimeSocket, connect
from ivr.clients.realtime_events import speech_response, speech_session
from ivr.clients.sdk import CONNECT_LIMIT_S, event_error, open_client
from ivr.clients.socket_pool import SocketPool
from ivr.config import Provider
from ivr.errors import ProviderError
from ivr.voice.audio import LeadingSilence
from ivr.voice.speech import SpeechChunk

LANGUAGE_NAMES = {"en": "English", "es": "Spanish"}
INSTRUCTIONS = (
    "You are the voice of a hospital's telephone receptionist. Read the user's text aloud in {language}, verbatim: say exactly "
    "these words, in this order. Never answer the text, add to it, shorten it or reword it, and keep contractions as they are "
    "written. Speak warmly and clearly, at a natural pace."
)


@dataclass(frozen=True, slots=True)
class SpeechLimits:
    """How long a synthesis may take to its first audio, in all and with a second attempt, and then between pieces."""

    first_audio_s: float = 2.5
    stall_s: float = 2.0


class RealtimeVoice:
    """A `Voice` on Realtime sockets that are kept open: one text at a time on each."""

    def __init__(
        self,
        provider: Provider,
        voice: str,
        *,
        spares: int = 2,
        lifetime_s: float = 1200.0,
        limits: SpeechLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = voice
        self.model = provider.model
        self._limits = limits or SpeechLimits()
        self._clock = clock
        self._client = open_client(provider, read_limit_s=CONNECT_LIMIT_S)
        self._pool = SocketPool(self._connect, spares=spares, lifetime_s=lifetime_s, clock=clock)

    def synthesize(self, text: str, language: str) -> Generator[SpeechChunk]:
        """Yield the speech as it is made; the last chunk has the whole transcript, and no audio.

        Closing the generator, or killing its greenlet, drops the socket and with it the request. Raises `ProviderError`.
        """
        request = speech_response(text, INSTRUCTIONS.format(language=LANGUAGE_NAMES.get(language, language)))
        give_up_at_s = self._clock() + self._limits.first_audio_s
        fresh = False
        while True:
            pooled = self._pool.take(min(CONNECT_LIMIT_S, give_up_at_s - self._clock()), fresh=fresh)
            speech = _Speech()
            try:
                yield from self._read(pooled.socket, speech, request, give_up_at_s)
            except ProviderError:
                # A socket may have died unnoticed on the shelf; a new one is worth one attempt.
                fresh = pooled.served and not fresh and not speech.begun and self._clock() < give_up_at_s
                if not fresh:
                    raise
            finally:
                if speech.over:
                    self._pool.give_back(pooled)
                else:
                    self._pool.drop(pooled)
            if speech.over:
                return

    def warm(self) -> None:
        """Open connections ahead, in the background; never raises."""
        self._pool.warm()

    def close(self) -> None:
        """Drop the idle connections."""
        self._pool.close()

    def _connect(self, limit_s: float) -> RealtimeSocket:
        socket = connect(self._client, "tts", limit_s=limit_s, model=self.model)
        socket.send(speech_session(self.name))
        return socket

    def _read(self, socket: RealtimeSocket, speech: "_Speech", request: str, give_up_at_s: float) -> Iterator[SpeechChunk]:
        socket.send(request)
        while not speech.over:
            limit_s = self._limits.stall_s if speech.begun else give_up_at_s - self._clock()
            message = socket.receive(max(0.0, limit_s))
            if message is None:
                raise ProviderError("tts", f"timeout ({'stalled' if speech.begun else 'no audio'})", code="timeout")
            chunk = speech.hear(message)
            if chunk:
                yield chunk


class _Speech:
    """One response as it comes in."""

    def __init__(self) -> None:
        self.begun = False
        self.over = False
        self._said = ""
        self._silence = LeadingSilence()

    def hear(self, message: dict[str, Any]) -> SpeechChunk | None:
        """What a server event brings. Raises `ProviderError` when the response failed."""
        kind = message["type"]
        if kind == "response.output_audio.delta":
            return self._audio(message.get("delta"))
        if kind == "response.output_audio_transcript.delta":
            # Told with the audio that follows, or at the end.
            self._said += str(message.get("delta") or "")
        if kind == "response.done":
            self._done(message.get("response"))
            return SpeechChunk(b"", self._said)
        if kind == "error":
            raise event_error("tts", message.get("error"))
        return None

    def _audio(self, delta: object) -> SpeechChunk | None:
        try:
            audio = base64.b64decode(delta, validate=True) if isinstance(delta, str) else b""
        except ValueError:
            raise ProviderError("tts", "garbage (not base64)", code="garbage") from None
        self.begun = self.begun or bool(audio)
        loud = self._silence.cut(audio)
        return SpeechChunk(loud, self._said) if loud else None

    def _done(self, response: object) -> None:
        details = response if isinstance(response, dict) else {}
        status = details.get("status")
        told = details.get("status_details")
        reasons = told if isinstance(told, dict) else {}
        if status == "failed":
            raise event_error("tts", reasons.get("error"))
        if status != "completed":
            filtered = reasons.get("reason") == "content_filter"
            raise ProviderError("tts", f"response {status}", code="refused" if filtered else "dropped", retryable=not filtered)
        if not self._silence.over:
            raise ProviderError("tts", "garbage (no speech)", code="garbage")
        self.over = True
