"""What the caller says: frames in, the words of the running utterance out. Pure, time as an argument."""

from collections import deque
from collections.abc import Iterator

from ivr.agent.expected_answer import ExpectedAnswer
from ivr.voice.activity import ONSET_MS, OnsetDetector, VoiceActivity
from ivr.voice.audio import FRAME_BYTES, FRAME_MS, duration_ms
from ivr.voice.endpointing import LATE_TRANSCRIPT_MS, LONGEST_MS, commit_after_ms, silence_needed_ms
from ivr.voice.line_clock import LineClock
from ivr.voice.speech import FinalTranscript, PartialTranscript, Transcriber, TranscriberLost, TranscriptEvent, TranscriptFailed

PRE_ROLL_MS = 300
"""Audio before the onset that is sent too, so that no first consonant is lost."""

LONGEST_SEGMENT_MS = 15_000
"""Speech without a pause is committed after this long."""

SOFT_WORD_MS = 100
"""A word that was recognised without having been loud ended at most about this long ago."""

_STABLE_MS = 40


class _Segment:
    """The words of one committed (or running) stretch of speech."""

    def __init__(self) -> None:
        self.text = ""
        self.settled = False
        self.changed_ms = 0.0


class Listener:
    """Owns the caller's side: voice activity, what is sent for transcription, and the utterance's words."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._activity = VoiceActivity()
        self._onset = OnsetDetector()
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        self._rest = b""
        self._clock = LineClock()
        self._segments: dict[int, _Segment] = {}
        self._missing: set[int] = set()
        self._late: list[str] = []
        self._next_segment = 0
        self._first_segment = 0
        self._segment_began_ms = 0.0
        self.speaking = False
        self.speech_ms = 0.0
        self.began_ms = 0.0
        self.last_loud_ms = 0.0
        self.committed_ms: float | None = None
        self.final_ms: float | None = None
        self.lost = False

    def hear(self, audio: bytes, timestamp_ms: float, now_ms: float) -> bool:
        """Take the caller's audio (mu-law, 8 kHz) with the line's timestamp; returns whether speech has just begun."""
        spoken_ms = self._clock.hear(timestamp_ms, duration_ms(audio), now_ms)
        began = [self._hear_frame(frame, spoken_ms + FRAME_MS * number) for number, frame in enumerate(self._frames(audio))]
        return any(began)

    def _frames(self, audio: bytes) -> Iterator[bytes]:
        self._rest += audio
        while len(self._rest) >= FRAME_BYTES:
            frame, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
            yield frame

    def _hear_frame(self, frame: bytes, now_ms: float) -> bool:
        activity = self._activity.hear(frame)
        # The last word of a sentence is often soft, and short.
        began = self._onset.hear(activity, expected=self.has_speech) and not self.speaking
        self._pass_on(frame)
        if began:
            self._begin(now_ms)
        elif self.speaking:
            self.last_loud_ms = now_ms if activity.loud else self.last_loud_ms
            self.speech_ms += FRAME_MS if activity.speech else 0
        return began

    def _pass_on(self, frame: bytes) -> None:
        # All of an utterance is sent, its pauses too: a recogniser hears words better in their place.
        if self.has_speech:
            self._transcriber.send(frame)
        self._pre_roll.append(frame)

    def _begin(self, now_ms: float) -> None:
        if not self.has_speech:
            self.began_ms = now_ms - ONSET_MS
            self._transcriber.send(b"".join(self._pre_roll))
        self.speaking = True
        self.speech_ms += ONSET_MS
        self.last_loud_ms = self._segment_began_ms = now_ms

    def on_transcript(self, event: TranscriptEvent, now_ms: float) -> None:
        """Take news of the transcription; of utterances already taken only words that were missing still count."""
        if isinstance(event, TranscriberLost):
            self.lost = True
            return
        if event.segment < self._first_segment:
            if isinstance(event, FinalTranscript) and event.segment in self._missing:
                self._missing.discard(event.segment)
                self._late.append(event.text)
            return
        segment = self._segments.setdefault(event.segment, _Segment())
        if isinstance(event, PartialTranscript) and not segment.settled and event.text != segment.text:
            segment.text, segment.changed_ms = event.text, now_ms
            if self.has_speech and not self.speaking and event.segment >= self._next_segment:
                self._go_on_softly(now_ms)
        elif isinstance(event, FinalTranscript):
            segment.text, segment.settled, self.final_ms = event.text, True, now_ms
        elif isinstance(event, TranscriptFailed):
            segment.settled = True

    def _go_on_softly(self, now_ms: float) -> None:
        """Words came for audio after the last commit: the caller goes on too softly to be noticed here."""
        self.speaking = True
        self.last_loud_ms = max(self.last_loud_ms, self._clock.heard_until_ms(now_ms) - SOFT_WORD_MS)

    def commit_due(self, expected: ExpectedAnswer, language: str, now_ms: float) -> bool:
        """Whether the caller has been silent long enough, or spoken long enough, to commit the audio."""
        return self.speaking and self._clock.heard_until_ms(now_ms) >= self._commit_at_ms(expected, language)

    def _commit_at_ms(self, expected: ExpectedAnswer, language: str) -> float:
        quiet_ms = commit_after_ms(self.words, expected, language)
        return min(self.last_loud_ms + quiet_ms, self._segment_began_ms + LONGEST_SEGMENT_MS)

    def commit(self, now_ms: float) -> None:
        """End the running segment."""
        self.speaking = False
        self._onset.reset()
        number = self._transcriber.commit()
        if number is not None:
            self._segments.setdefault(number, _Segment())
            self._next_segment = number + 1
            self.committed_ms = now_ms

    @property
    def has_speech(self) -> bool:
        """Whether an utterance is under way: speech heard, its words not yet taken."""
        return self.speech_ms > 0

    @property
    def words(self) -> str:
        """The utterance so far, finals and partials together."""
        return " ".join(segment.text.strip() for _, segment in sorted(self._segments.items()) if segment.text.strip())

    @property
    def settled(self) -> bool:
        """Whether the caller is silent and every committed segment has its final, or will get none."""
        return not self.speaking and all(segment.settled for segment in self._segments.values())

    def stable(self, now_ms: float) -> bool:
        """Whether the words have not changed for a moment, so that a reply may be started on them."""
        return all(segment.settled or now_ms - segment.changed_ms >= _STABLE_MS for segment in self._segments.values())

    def ended(self, expected: ExpectedAnswer, language: str, now_ms: float) -> bool:
        """Whether the utterance is over: silent for long enough, and its words known or given up."""
        if self.speaking or not self.has_speech:
            return False
        return self._clock.heard_until_ms(now_ms) >= self._ends_at_ms(expected, language)

    def _ends_at_ms(self, expected: ExpectedAnswer, language: str) -> float:
        """When the utterance ends, if nothing more is heard."""
        words = self.words
        needed_ms = silence_needed_ms(words, expected, language, final=self.settled)
        if not self.settled:
            silent = any(not segment.settled and not segment.text for segment in self._segments.values())
            needed_ms = max(needed_ms, LONGEST_MS if silent else LATE_TRANSCRIPT_MS)
        return self.last_loud_ms + min(needed_ms, LONGEST_MS)

    def deadline_ms(self, expected: ExpectedAnswer, language: str, now_ms: float) -> float | None:
        """The next moment at which something falls due here, or None."""
        if not self.has_speech:
            return None
        if self.speaking:
            return self._commit_at_ms(expected, language)
        waits = [self._ends_at_ms(expected, language)]
        waits += [segment.changed_ms + _STABLE_MS for segment in self._segments.values() if segment.changed_ms + _STABLE_MS > now_ms]
        return min(waits)

    def take(self) -> str:
        """End the utterance: return its words and begin anew."""
        words = self.words
        self._transcriber.clear()
        self._missing = {number for number, segment in self._segments.items() if not segment.settled and not segment.text}
        self._segments.clear()
        self._first_segment = self._next_segment
        self.speech_ms = 0.0
        self.committed_ms = self.final_ms = None
        return words

    @property
    def timeline(self) -> dict[str, float]:
        """The stages of the utterance so far, in milliseconds on the session's clock."""
        stages = {"speech_began": self.began_ms, "last_loud": self.last_loud_ms, "commit": self.committed_ms, "final": self.final_ms}
        return {stage: at for stage, at in stages.items() if at is not None}

    def take_late_words(self) -> str:
        """Words of the utterance taken last that came after it was taken."""
        late, self._late = " ".join(filter(None, self._late)), []
        return late

    def use_language(self, language: str) -> None:
        """Listen for one language alone (ISO 639-1)."""
        self._transcriber.use_language(language)
