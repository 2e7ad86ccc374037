"""Speech made in the background, clause by clause: from a clip if it was said before, otherwise by the voice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gevent.lock import BoundedSemaphore
from gevent.pool import Group

from ivr.agent.spoken import spoken
from ivr.errors import ProviderError
from ivr.voice.audio import SAMPLE_RATE_HZ
from ivr.voice.clips import Clips, clip_key
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed
from ivr.voice.faithful import agreement, needs_checking, same_words
from ivr.voice.speech import SpeechChunk, Voice

AHEAD = 2
"""Clauses synthesized at once: the one that is awaited and the next."""

CHARACTER_MS = 45
"""Fast speech takes at least this long a character: so much audio is known to hold only confirmed words."""

Names = Callable[[], Sequence[str]]


class Reworded(ProviderError):
    """The voice says something else than it was asked to; `spoken_text` of it was let through."""

    def __init__(self, spoken_text: str) -> None:
        super().__init__("voice", "it says something else than it was asked to", code="reworded")
        self.spoken_text = spoken_text


class Synthesis:
    """Speaks for one call; every clause is a greenlet of its own, and playback keeps their order.

    `voices` are tried in turn; `names` are those of this call's patient, whose clauses are checked and never kept as clips.
    """

    def __init__(self, voices: Sequence[Voice], clips: Clips, mail: Callable[[object], None], names: Names) -> None:
        self._voices, self._clips, self._mail, self._names = voices, clips, mail, names
        self._group = Group()
        self._ahead = BoundedSemaphore(AHEAD)

    def say(self, clause: int, text: str, language: str) -> None:
        """Synthesize in the background; `SpeechAudio`, then `SpeechDone` or `SpeechFailed` follow by mail."""
        self._group.spawn(self._speak, clause, spoken(text, language), language)

    def hush(self) -> None:
        """Drop everything that is not done."""
        self._group.kill(block=False)
        self._group, self._ahead = Group(), BoundedSemaphore(AHEAD)

    def _speak(self, clause: int, text: str, language: str) -> None:
        key = clip_key(self._voices[0].name, self._voices[0].model, language, text)
        clip = self._clips.get(key)
        if clip is not None:
            self._mail(SpeechAudio(clause, clip))
            self._mail(SpeechDone(clause, cached=True))
            return
        with self._ahead:
            try:
                self._synthesize(clause, text, language, key)
            except ProviderError as error:
                self._mail(SpeechFailed(clause, error))

    def _synthesize(self, clause: int, text: str, language: str, key: str) -> None:
        speech = _Speech(text, language, checked=needs_checking(text, self._names(), language))
        for audio in _with_second_attempt(self._voices, speech):
            self._mail(SpeechAudio(clause, audio))
        self._mail(SpeechDone(clause, cached=False))
        if speech.verbatim and not _mentions(text, self._names()):
            self._clips.put(key, bytes(speech.audio))


@dataclass
class _Speech:
    """One text on its way to becoming speech, across the attempts that it takes."""

    text: str
    language: str
    checked: bool
    audio: bytearray = field(default_factory=bytearray)
    verbatim: bool = False

    def attempt(self, voice: Voice) -> Iterator[bytes]:
        """Yield the audio that may be heard. Raises `ProviderError`, `Reworded` among them."""
        self.audio.clear()
        said: str | None = None
        released = 0
        for chunk in voice.synthesize(self.text, self.language):
            self.audio += chunk.audio
            said = chunk.said
            allowed = self._allowed(chunk, released)
            if allowed > released:
                yield bytes(self.audio[released:allowed])
                released = allowed
        if not self.audio:
            raise ProviderError("voice", "no audio came", code="garbage")
        if self.checked and said is not None and not agreement(self.text, said, self.language, final=True).complete:
            raise Reworded(self._text_of(released))
        self.verbatim = said is None or same_words(self.text, said, self.language)
        yield bytes(self.audio[released:])

    def _allowed(self, chunk: SpeechChunk, released: int) -> int:
        """How many bytes hold only words that the transcript confirms."""
        if not self.checked or chunk.said is None:
            return len(self.audio)
        agreed = agreement(self.text, chunk.said, self.language)
        if agreed.diverged:
            raise Reworded(self._text_of(released))
        return min(len(self.audio), agreed.characters * CHARACTER_MS * SAMPLE_RATE_HZ // 1000)

    def _text_of(self, released: int) -> str:
        characters = released * 1000 // (CHARACTER_MS * SAMPLE_RATE_HZ)
        return self.text[: self.text.rfind(" ", 0, characters) + 1] if released else ""


def _with_second_attempt(voices: Sequence[Voice], speech: _Speech) -> Iterator[bytes]:
    """Yield a text's audio; what fails before it was heard, or says something else, is tried once more by the last voice."""
    heard = False
    try:
        for audio in speech.attempt(voices[0]):
            heard = heard or bool(audio)
            yield audio
    except Reworded as reworded:
        speech.text = speech.text.removeprefix(reworded.spoken_text)
        yield from speech.attempt(voices[-1])
        speech.verbatim = False
    except ProviderError as error:
        if heard or not error.retryable:
            raise
        yield from speech.attempt(voices[-1])


def _mentions(text: str, names: Iterable[str]) -> bool:
    return any(part in text.lower() for name in names for part in name.lower().split())


def speech_of(voices: Sequence[Voice], clips: Clips, text: str, language: str) -> bytes:
    """The whole speech of a text, mu-law at 8 kHz, from a clip if there is one. Raises `ProviderError`."""
    text = spoken(text, language)
    key = clip_key(voices[0].name, voices[0].model, language, text)
    clip = clips.get(key)
    if clip is not None:
        return clip
    speech = _Speech(text, language, checked=needs_checking(text, (), language))
    audio = b"".join(_with_second_attempt(voices, speech))
    if speech.verbatim:
        clips.put(key, audio)
    return audio
