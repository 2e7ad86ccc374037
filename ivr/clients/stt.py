"""Live transcription over OpenAI's Realtime API: one connection a call, made again when it breaks."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.clients.link import Link
from ivr.clients.realtime import RealtimeSocket, connect
from ivr.clients.realtime_events import SESSION_EVENT_ID, append_event, clear_event, commit_event, transcription_session
from ivr.clients.reconnecting import Trouble
from ivr.clients.sdk import CONNECT_LIMIT_S, open_client
from ivr.clients.segments import ANSWER_LIMIT_S, FINAL_LIMIT_S, Segments
from ivr.config import Provider
from ivr.errors import ProviderError
from ivr.voice.audio import SAMPLE_RATE_HZ
from ivr.voice.speech import Transcriber, TranscriberLost, TranscriptEvent

MESSAGE_BYTES = SAMPLE_RATE_HZ * 100 // 1000
"""100 ms of audio a message: fewer messages cost less, and above that partial transcripts come late."""

STEADY_S = 5.0
"""A connection that held this long, or transcribed something, ends the trouble that came before it."""

SPARE_LIFETIME_S = 60.0
_LOOK_S = 0.2

logger = logging.getLogger(__name__)

Connect = Callable[[float], RealtimeSocket]
OnEvent = Callable[[TranscriptEvent], None]


@dataclass(frozen=True, slots=True)
class TranscriberLimits:
    """How long to wait for a final, for any answer to a commit, and in one spell without a connection."""

    final_s: float = FINAL_LIMIT_S
    answer_s: float = ANSWER_LIMIT_S
    trouble_s: float = 3.0


class OpenAITranscribers:
    """Opens a `Transcriber` a call; keeps one connection ahead when asked to `warm`."""

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.monotonic, *, limits: TranscriberLimits | None = None) -> None:
        self._provider = provider
        self._clock = clock
        self._limits = limits or TranscriberLimits()
        self._client = open_client(provider, read_limit_s=CONNECT_LIMIT_S)
        self._lock = threading.Lock()
        self._spare: tuple[RealtimeSocket, float] | None = None
        self._warming = False
        self._closed = False

    def open(self, on_event: OnEvent, languages: Sequence[str], keywords: Sequence[str] = ()) -> Transcriber:
        """Connect in the background and return at once; events are told from another thread or greenlet."""
        session = _Session(self._provider.model, tuple(languages), tuple(keywords))
        transcriber = _LiveTranscriber(self._connect, session, on_event, self._clock, self._limits)
        threading.Thread(target=transcriber.run, name="stt", daemon=True).start()
        return transcriber

    def warm(self) -> None:
        """Connect ahead for the next call, in the background; never raises. The spare is good for a minute."""
        with self._lock:
            if self._closed or self._warming or self._spare_is_good():
                return
            self._warming = True
        threading.Thread(target=self._make_spare, name="stt-warm", daemon=True).start()

    def close(self) -> None:
        """Drop the spare connection, and make none any more."""
        self._closed = True
        spare = self._take_spare()
        if spare:
            spare.close()

    def _connect(self, limit_s: float) -> RealtimeSocket:
        return self._take_spare() or connect(self._client, "stt", limit_s=limit_s)

    def _make_spare(self) -> None:
        spare = None
        try:
            spare = connect(self._client, "stt", limit_s=CONNECT_LIMIT_S)
        except ProviderError as error:
            logger.warning("no transcription connection ahead: %s", error.code)
        with self._lock:
            self._warming = False
            old, self._spare = self._spare, (spare, self._clock() + SPARE_LIFETIME_S) if spare else None
        if old:
            old[0].abort()
        if self._closed:
            self.close()

    def _take_spare(self) -> RealtimeSocket | None:
        with self._lock:
            good, spare = self._spare_is_good(), self._spare
            self._spare = None
        if spare and not good:
            spare[0].abort()
        return spare[0] if spare and good else None

    def _spare_is_good(self) -> bool:
        return self._spare is not None and self._spare[0].alive and self._clock() < self._spare[1]


class _Session:
    """What each connection of a call is told first."""

    def __init__(self, model: str, languages: tuple[str, ...], keywords: tuple[str, ...]) -> None:
        self._model = model
        self._keywords = keywords
        self.languages = languages

    def update(self) -> str:
        return transcription_session(self._model, self.languages, self._keywords)


class _LiveTranscriber:
    """One call's transcription: the call's side only keeps and queues, one thread (`run`) connects and reads."""

    def __init__(
        self, connect: Connect, session: _Session, on_event: OnEvent, clock: Callable[[], float], limits: TranscriberLimits
    ) -> None:
        self._connect = connect
        self._session = session
        self._on_event = on_event
        self._clock = clock
        self._lock = threading.Lock()
        self._telling = threading.RLock()
        self._over = threading.Event()
        self._segments = Segments(limits.final_s, limits.answer_s)
        self._unsent = bytearray()
        self._link: Link | None = None
        self._trouble = Trouble(clock, limits.trouble_s)

    def send(self, audio: bytes) -> None:
        """Take mu-law audio (8 kHz), any length."""
        with self._lock:
            if self._over.is_set():
                return
            self._segments.append(audio)
            self._unsent += audio
            if len(self._unsent) >= MESSAGE_BYTES:
                self._flush()

    def flush(self) -> None:
        """Send what was kept back."""
        with self._lock:
            if self._unsent and not self._over.is_set():
                self._flush()

    def commit(self) -> int | None:
        """End the segment; returns its number, or None if it holds under 100 ms of audio or the connection is lost."""
        with self._lock:
            if self._over.is_set() or not self._segments.can_commit:
                return None
            self._flush()
            number = self._segments.commit(self._clock())
            self._post(commit_event(number))
            return number

    def clear(self) -> None:
        """Forget the audio since the last commit."""
        with self._lock:
            if not self._over.is_set():
                self._unsent.clear()
                self._segments.clear()
                self._post(clear_event())

    def use_language(self, language: str) -> None:
        """Lock the recognition to one language (ISO 639-1)."""
        with self._lock:
            if self._session.languages != (language,):
                self._session.languages = (language,)
                self._post(self._session.update())

    def close(self) -> None:
        """Drop the connection; no event follows."""
        with self._telling:
            self._over.set()
        with self._lock:
            if self._link:
                self._link.end()

    def run(self) -> None:
        """Transcribe until closed, or until no connection can be had."""
        while not self._over.is_set():
            try:
                self._listen(self._reach())
            except ProviderError as error:
                if not self._over.is_set():
                    self._go_on_or_give_up(error)

    def _reach(self) -> Link:
        """A new connection, with the session and all audio that has no final on its way to it."""
        link = Link(self._connect(min(CONNECT_LIMIT_S, self._trouble.time_left_s)))
        self._trouble.connected()
        with self._lock:
            for event in (self._session.update(), *self._segments.replay(self._clock())):
                link.post(event)
            self._unsent.clear()
            self._link = link
        return link

    def _listen(self, link: Link) -> None:
        connected_at_s = self._clock()
        try:
            while not self._over.is_set():
                events, replay = self._understand(link.socket.receive(_LOOK_S))
                if events or self._clock() - connected_at_s > STEADY_S:
                    self._trouble.end()
                self._tell(events)
                if replay:
                    raise ProviderError("stt", "unavailable (a commit without a transcript)", code="unavailable")
        except ProviderError:
            link.socket.abort()
            raise
        finally:
            with self._lock:
                self._link = None
            link.end()
            link.wait()

    def _understand(self, message: dict[str, Any] | None) -> tuple[list[TranscriptEvent], bool]:
        if message and message["type"] == "error" and _names_session(message.get("error")):
            raise ProviderError("stt", "refused (session)", code="refused", retryable=False)
        now_s = self._clock()
        with self._lock:
            events = self._segments.hear(message, now_s) if message else []
            return events + self._segments.overdue(now_s), self._segments.want_replay(now_s)

    def _go_on_or_give_up(self, error: ProviderError) -> None:
        pause_s = self._trouble.next_pause_s() if error.retryable else None
        if pause_s is None:
            logger.warning("transcription lost: %s", error.code)
            self._tell([TranscriberLost(error.code)])
            self._over.set()
            return
        logger.info("transcription connection broken: %s", error.code)
        self._over.wait(pause_s)
        with self._lock:
            late = self._segments.overdue(self._clock())
        self._tell(late)

    def _tell(self, events: Sequence[TranscriptEvent]) -> None:
        with self._telling:
            for event in events:
                if not self._over.is_set():
                    self._on_event(event)

    def _flush(self) -> None:
        self._post(append_event(self._unsent))
        self._unsent.clear()

    def _post(self, event: str) -> None:
        # Without a connection nothing is queued: the next one gets a replay.
        if self._link:
            self._link.post(event)


def _names_session(error: object) -> bool:
    return isinstance(error, dict) and error.get("event_id") == SESSION_EVENT_ID
