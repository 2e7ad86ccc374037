"""What a call needs of speech recognition and of speech synthesis."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The words of a segment so far; replaces the segment's earlier partial."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """The words of a committed segment, empty if there were none."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """A committed segment will get no transcript."""

    segment: int
    code: str


@dataclass(frozen=True, slots=True)
class TranscriberLost:
    """The connection is gone and could not be made again."""

    code: str


TranscriptEvent = PartialTranscript | FinalTranscript | TranscriptFailed | TranscriberLost


class Transcriber(Protocol):
    """One call's live transcription. Segments are numbered from 0 by its commits.

    Nothing here blocks or raises: trouble is told as an event. A lost connection is made again, and the audio
    that has no final yet is sent again.
    """

    def send(self, audio: bytes) -> None:
        """Take mu-law audio (8 kHz), any length; a little of it may be kept back until a message is full."""

    def flush(self) -> None:
        """Send what was kept back."""

    def commit(self) -> int | None:
        """End the segment; returns its number, or None if it holds under 100 ms of audio."""

    def clear(self) -> None:
        """Forget the audio since the last commit: the utterance is over, and what follows is another."""

    def use_language(self, language: str) -> None:
        """Lock the recognition to one language (ISO 639-1)."""

    def close(self) -> None:
        """Drop the connection; no event follows."""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Some synthesized audio.

    `audio` is mu-law at 8 kHz, any length; `said` is the provider's transcript of everything said so far in this
    synthesis, or None where the backend reads the text verbatim and tells no transcript.
    """

    audio: bytes
    said: str | None = None


class Voice(Protocol):
    """Speech synthesis."""

    name: str
    model: str

    def synthesize(self, text: str, language: str) -> Generator[SpeechChunk]:
        """Yield the speech as it is made. Closing the generator, or killing its greenlet, cancels the request.

        Raises `ProviderError` when it fails, also in the middle of the audio.
        """

    def warm(self) -> None:
        """Open connections ahead; never raises."""
