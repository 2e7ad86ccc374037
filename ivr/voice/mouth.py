"""Speech made in the background, clause by clause: from a clip if it was said before, otherwise by the voice."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Protocol

import gevent
from gevent import Timeout
from gevent.lock import BoundedSemaphore
from gevent.pool import Group
from gevent.queue import Queue

from ivr.agent.spoken import spoken
from ivr.errors import ProviderError
from ivr.voice.audio import TrailingSilence
from ivr.voice.clips import Clips, clip_key
from ivr.voice.critical import mentions, personal
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed
from ivr.voice.proof import Proof
from ivr.voice.speech import Voice

AHEAD = 2
"""Clauses synthesized at once: the one that is awaited and the next."""

SHORTEST_ATTEMPT_S = 0.2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a clause may stay unheard, how much of that is kept for another voice when the first is silent, and how long all of it may
    take.
    """

    in_all_s: float = 2.5
    other_voice_s: float = 1.0
    whole_s: float = inf


ON_THE_LINE = Patience()
WHOLE_ON_THE_LINE = Patience(whole_s=5.0)
AHEAD_OF_CALLS = Patience(in_all_s=20.0, other_voice_s=10.0)

Hear = Callable[[bytes], None]


class Retries(Protocol):
    """Workers who make speech that could not be made here."""

    def speech(self, text: str, language: str) -> bytes | None:
        """Wait for the whole speech, mu-law at 8 kHz; None when it is given up. Killing its greenlet tells that nobody waits."""


Names = Callable[[], Sequence[str]]


class Synthesis:
    """Speaks for one call; every clause is a greenlet of its own, and playback keeps their order.

    `voices` are tried in turn; `names` are those of this call's patient, whose clauses are no clips.
    """

    def __init__(
        self,
        voices: Sequence[Voice],
        clips: Clips,
        mail: Callable[[object], None],
        names: Names,
        patience: Patience = ON_THE_LINE,
        retries: Retries | None = None,
    ) -> None:
        self._voices, self._clips, self._mail, self._names = voices, clips, mail, names
        self._patience, self._retries = patience, retries
        self._group, self._ahead = Group(), BoundedSemaphore(AHEAD)

    def say(self, clause: int, text: str, language: str) -> None:
        """Synthesize in the background; `SpeechAudio`, then `SpeechDone` or `SpeechFailed` follow by mail."""
        self._group.spawn(self._speak, self._group, clause, spoken(text, language), language)

    def retry(self, clause: int, text: str, language: str) -> None:
        """Have a clause that failed made by a worker; `SpeechAudio` and `SpeechDone`, or `SpeechFailed` follow by mail."""
        self._group.spawn(self._have_made, self._group, clause, text, language)

    def _have_made(self, group: Group, clause: int, text: str, language: str) -> None:
        try:
            audio = self._retries.speech(text, language) if self._retries else None
        except Exception:
            # Whatever breaks here, what is not spoken is to be said by Twilio.
            logger.exception("speech cannot be asked for again")
            audio = None
        if group is not self._group:
            return
        if audio:
            self._mail(SpeechAudio(clause, audio))
            self._mail(SpeechDone(clause, cached=False))
        else:
            self._mail(SpeechFailed(clause, ProviderError("voice", "given up", code="given_up", retryable=False)))

    def knows(self, text: str, language: str) -> bool:
        """Whether a clause was said before, so that it can be heard at once."""
        text = spoken(text, language)
        return not mentions(text, self._names()) and _clip(self._voices, self._clips, text, language) is not None

    def hush(self) -> None:
        """Drop everything that is not done; nothing follows."""
        self._group.kill(block=False)
        self._group, self._ahead = Group(), BoundedSemaphore(AHEAD)

    def _speak(self, group: Group, clause: int, text: str, language: str) -> None:
        def tell(event: object) -> None:
            # A greenlet that is being killed may still run once.
            if group is self._group:
                self._mail(event)

        def hear(audio: bytes) -> None:
            tell(SpeechAudio(clause, audio))

        try:
            # A clip waits for nobody: it may be what fills the silence while the voice is stalled.
            cached = self._play_clip(text, language, hear)
            if not cached:
                with self._ahead:
                    self._make(text, language, hear)
            tell(SpeechDone(clause, cached))
        except ProviderError as error:
            tell(SpeechFailed(clause, error))
        except Exception:
            # A clause that ends without a word would leave the caller in silence.
            logger.exception("a clause could not be spoken")
            tell(SpeechFailed(clause, ProviderError("voice", "broken", code="internal")))

    def _play_clip(self, text: str, language: str, hear: Hear) -> bool:
        """Let a clause be heard if it is a clip."""
        clip = None if mentions(text, self._names()) else _clip(self._voices, self._clips, text, language)
        if clip:
            hear(clip)
        return clip is not None

    def _make(self, text: str, language: str, hear: Hear) -> None:
        """Let a clause be heard as it is made, and keep it as a clip unless it is somebody's affair."""
        if not any(character.isalnum() for character in text):
            return
        names = self._names()
        speech = _Speech(text, language, names, hear)
        voice = speech.by_one_of(self._voices, self._patience)
        if speech.verbatim and not mentions(text, names) and not personal(text, language):
            self._clips.put(clip_key(voice.name, voice.model, language, text), bytes(speech.audio))


def speech_of(voices: Sequence[Voice], clips: Clips, text: str, language: str) -> bytes:
    """The whole speech of a text, mu-law at 8 kHz, from a clip if there is one. Raises `ProviderError`."""
    text = spoken(text, language)
    return _clip(voices, clips, text, language) or _made(voices, clips, text, language)


def speech_pieces(voices: Sequence[Voice], clips: Clips, text: str, language: str) -> Iterable[bytes]:
    """The same as it is made, or a tuple of what is there; `ProviderError` is raised here while nothing can be heard yet, and later by
    the iterator.
    """
    text = spoken(text, language)
    clip = _clip(voices, clips, text, language)
    if clip:
        return (clip,)
    pieces = _pieces_as_made(voices, clips, text, language)
    return chain((next(pieces, b""),), pieces)


def _pieces_as_made(voices: Sequence[Voice], clips: Clips, text: str, language: str) -> Iterator[bytes]:
    heard: Queue = Queue()

    def make() -> None:
        try:
            _made(voices, clips, text, language, heard.put)
            heard.put(None)
        except ProviderError as error:
            heard.put(error)
        except Exception:
            logger.exception("a text could not be spoken")
            heard.put(ProviderError("voice", "broken", code="internal"))

    maker = gevent.spawn(make)
    try:
        while (piece := heard.get()) is not None:
            if isinstance(piece, ProviderError):
                raise piece
            yield piece
    finally:
        maker.kill(block=False)


def _made(voices: Sequence[Voice], clips: Clips, text: str, language: str, hear: Hear | None = None) -> bytes:
    speech = _Speech(text, language, (), hear)
    voice = speech.by_one_of(voices, AHEAD_OF_CALLS)
    if speech.verbatim:
        clips.put(clip_key(voice.name, voice.model, language, text), bytes(speech.audio))
    return bytes(speech.audio)


def speech_again(voices: Sequence[Voice], text: str, language: str, names: Sequence[str], patience: Patience = WHOLE_ON_THE_LINE) -> bytes:
    """The whole speech of a text that is one call's affair, mu-law at 8 kHz, made anew and kept nowhere. Raises `ProviderError`.

    In a thread, where no greenlet's time runs out, a voice that is silent ends by limits of its own: `build_impatient_voices` has such.
    """
    speech = _Speech(spoken(text, language), language, names)
    speech.by_one_of(voices, patience)
    return bytes(speech.audio)


def _clip(voices: Sequence[Voice], clips: Clips, text: str, language: str) -> bytes | None:
    """The text in the first voice that has said it."""
    found = (clips.get(clip_key(voice.name, voice.model, language, text)) for voice in voices)
    return next(filter(None, found), None)


class _Speech:
    """One text becoming speech: `audio` is what was heard of it so far."""

    def __init__(self, text: str, language: str, names: Sequence[str], hear: Hear | None = None) -> None:
        self.audio = bytearray()
        self.verbatim = False
        self._text, self._language, self._names, self._hear = text, language, names, hear
        self._silence = TrailingSilence()
        self._whole_by_s = inf

    def by_one_of(self, voices: Sequence[Voice], patience: Patience) -> Voice:
        """By the first voice; what fails unheard is tried once more, by the last. Returns who spoke; raises `ProviderError`."""
        first, other = voices[0], voices[-1]
        give_up_at_s = time.monotonic() + patience.in_all_s
        kept_s = patience.other_voice_s if other is not first else 0.0
        self._whole_by_s = time.monotonic() + patience.whole_s
        try:
            self._attempt(first, give_up_at_s - kept_s, give_up_at_s)
            return first
        except ProviderError as error:
            hopeless = other is first and (error.code == "timeout" or not error.retryable)
            if self.audio or hopeless or time.monotonic() + SHORTEST_ATTEMPT_S > give_up_at_s:
                raise
            logger.warning("voice: %s failed (%s), %s is tried", first.model, error.code, other.model)
        self._attempt(other, give_up_at_s, give_up_at_s)
        return other

    def _attempt(self, voice: Voice, begun_by_s: float, heard_by_s: float) -> None:
        proof = Proof(self._text, self._language, self._names)
        with closing(voice.synthesize(self._text, self._language)) as chunks:
            pieces = proof.read(chunks)
            with _until(begun_by_s):
                self._pass_on(next(pieces))
            with _until(heard_by_s):
                while not self.audio:
                    self._pass_on(next(pieces))
                    _check(heard_by_s, unless=bool(self.audio))
            for audio in pieces:
                self._pass_on(audio)
                _check(self._whole_by_s)
        self.verbatim = proof.verbatim

    def _pass_on(self, audio: bytes) -> None:
        audio = self._silence.cut(audio)
        if audio:
            self.audio += audio
            if self._hear:
                self._hear(audio)


@contextmanager
def _until(time_s: float) -> Iterator[None]:
    """Raise `ProviderError` at a time of the monotonic clock."""
    timer = Timeout.start_new(max(0.0, time_s - time.monotonic()))
    try:
        yield
    except Timeout as expired:
        if expired is not timer:
            raise
        raise _late() from None
    finally:
        timer.close()


def _check(time_s: float, *, unless: bool = False) -> None:
    """Raise `ProviderError` after a time of the monotonic clock."""
    if time.monotonic() > time_s and not unless:
        raise _late()


def _late() -> ProviderError:
    return ProviderError("voice", "no audio came in time", code="timeout")
