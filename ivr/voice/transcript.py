"""The words of the running utterance, segment by segment, and of the one before, whose finals may still come. Pure."""

from collections.abc import Iterable

from ivr.voice.endpointing import is_punctuated
from ivr.voice.speech import FinalTranscript, PartialTranscript, TranscriptFailed
from ivr.voice.words import split

UNPUNCTUATED_FINALS = 3
"""After so many final transcripts without an end of a sentence, and none with it, the recogniser is taken to write none."""


class _Segment:
    """The words of one committed (or running) stretch of speech."""

    def __init__(self) -> None:
        self.text = ""
        self.settled = False
        self.changed_ms = 0.0


class Transcript:
    """Owns what the recogniser says; segments are numbered from 0 by the commits of a call."""

    def __init__(self) -> None:
        self.final_ms: float | None = None
        self._segments: dict[int, _Segment] = {}
        self._words: str | None = None
        self._taken: dict[int, str] = {}
        self._unsettled: set[int] = set()
        self._corrected = ""
        self._first = self._next = 0
        self._unpunctuated = 0

    def hear(self, event: PartialTranscript | FinalTranscript | TranscriptFailed, now_ms: float) -> bool:
        """Take news; returns whether there are new words of audio after the last commit.

        Of the utterance taken last only finals that had not come still count.
        """
        if event.segment < self._first:
            if isinstance(event, FinalTranscript) and event.segment in self._unsettled:
                self._correct(event)
            return False
        segment = self._segments.setdefault(event.segment, _Segment())
        self._words = None
        if isinstance(event, PartialTranscript):
            return self._change(segment, event, now_ms)
        if isinstance(event, FinalTranscript):
            segment.text, self.final_ms = event.text, now_ms
            self._learn_punctuation(event.text)
        segment.settled = True
        return False

    def _change(self, segment: _Segment, event: PartialTranscript, now_ms: float) -> bool:
        if segment.settled or event.text == segment.text:
            return False
        segment.text, segment.changed_ms = event.text, now_ms
        return event.segment >= self._next

    def _correct(self, late: FinalTranscript) -> None:
        """Take a final that a partial, or nothing, stood for when the utterance was taken."""
        self._unsettled.discard(late.segment)
        if split(late.text) != split(self._taken[late.segment]):
            self._taken[late.segment] = late.text
            self._corrected = _joined(self._taken.values())

    def _learn_punctuation(self, text: str) -> None:
        if is_punctuated(text):
            self._unpunctuated = -1
        elif text and self._unpunctuated >= 0:
            self._unpunctuated += 1

    def committed(self, number: int) -> None:
        """A segment has been committed; its final is to come."""
        self._segments.setdefault(number, _Segment())
        self._next = number + 1

    @property
    def words(self) -> str:
        """The utterance so far, finals and partials together."""
        # Asked for several times a frame, and changed a few times a second.
        if self._words is None:
            self._words = _joined(segment.text for _, segment in sorted(self._segments.items()))
        return self._words

    @property
    def settled(self) -> bool:
        """Whether every committed segment has its final, or will get none."""
        return all(segment.settled for segment in self._segments.values())

    @property
    def silent(self) -> bool:
        """Whether a segment that awaits its final has not a word yet."""
        return any(not segment.settled and not segment.text for segment in self._segments.values())

    @property
    def changed_ms(self) -> float:
        """When a word changed last."""
        return max((segment.changed_ms for segment in self._segments.values()), default=0.0)

    @property
    def punctuates(self) -> bool:
        """Whether this recogniser ends sentences, as far as is known."""
        return self._unpunctuated < UNPUNCTUATED_FINALS

    def take(self) -> str:
        """End the utterance: return its words and begin anew. What comes late of it makes a correction."""
        taken = {number: segment.text for number, segment in sorted(self._segments.items())}
        unsettled = {number for number, segment in self._segments.items() if not segment.settled}
        self.drop()
        self._taken, self._unsettled = taken, unsettled
        return _joined(taken.values())

    def drop(self) -> None:
        """End the utterance and forget it."""
        self._segments.clear()
        self._words = None
        self._taken, self._unsettled, self._corrected = {}, set(), ""
        self._first = self._next
        self.final_ms = None

    def take_correction(self) -> str:
        """The words of the utterance taken last as they turn out to be, once a final that came late changes them."""
        corrected, self._corrected = self._corrected, ""
        return corrected


def _joined(texts: Iterable[str]) -> str:
    return " ".join(filter(None, map(str.strip, texts)))
