"""What the caller says: frames in, the words of the running utterance out. Pure, time as an argument."""

from collections import deque
from collections.abc import Iterator

from ivr.agent.expected_answer import ExpectedAnswer
from ivr.voice.activity import ONSET_MS, OnsetDetector, VoiceActivity
from ivr.voice.audio import FRAME_BYTES, FRAME_MS, duration_ms
from ivr.voice.endpointing import EARLY_COMMIT_MS, LATE_TRANSCRIPT_MS, LONGEST_MS, SOFT_MS, Endpointing, is_punctuated
from ivr.voice.line_clock import LineClock
from ivr.voice.speech import Transcriber, TranscriberLost, TranscriptEvent
from ivr.voice.transcript import Transcript

PRE_ROLL_MS = 300
"""Audio before the onset that is sent too, so that no first consonant is lost."""

LONGEST_SEGMENT_MS = 15_000
"""Speech without a pause is committed after this long."""

SOFT_WORD_MS = 100
"""A word that was recognised without having been loud ended at most about this long ago."""

PAUSING_MS = 100
"""So long after the last loud frame the caller may have finished, and what is stable may be answered by a guess."""

_STABLE_MS = 40
_OPEN_PARTIAL_MS = 300
"""A partial transcript without an end of its sentence lacks the last words until a recogniser had so long for them."""

GUESS_AHEAD_MS = 1000
"""How long before the end of the turn a guess is worth being made: about as long as a reply takes."""


class Listener:
    """Owns the caller's side: voice activity, what is sent for transcription, and the utterance's words."""

    def __init__(self, transcriber: Transcriber, endpointing: Endpointing | None = None) -> None:
        self._transcriber = transcriber
        self._endpointing = endpointing or Endpointing()
        self._activity = VoiceActivity()
        self._onset = OnsetDetector()
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
        self._rest = b""
        self._clock = LineClock()
        self._transcript = Transcript()
        self._segment_began_ms = 0.0
        self.speaking = False
        self.speech_ms = 0.0
        self.began_ms = 0.0
        self.last_loud_ms = 0.0
        self._last_audible_ms = self._flushed_ms = 0.0
        self.committed_ms: float | None = None
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
        self._pass_on(frame, now_ms, at_once=not activity.loud)
        self._last_audible_ms = now_ms if activity.audible else self._last_audible_ms
        if began:
            self._begin(now_ms)
        elif self.speaking:
            self.last_loud_ms = now_ms if activity.loud else self.last_loud_ms
            self.speech_ms += FRAME_MS if activity.speech else 0
        return began

    def _pass_on(self, frame: bytes, now_ms: float, *, at_once: bool) -> None:
        # All of an utterance is sent, its pauses too: a recogniser hears words better in their place. What may be the end of
        # the last word is sent at once: on its partial transcript a reply is begun.
        if self.has_speech:
            self._transcriber.send(frame)
            if at_once and self.speaking and now_ms > self._flushed_ms + FRAME_MS:
                self._transcriber.flush()
                self._flushed_ms = now_ms
        self._pre_roll.append(frame)

    def _begin(self, now_ms: float) -> None:
        if not self.has_speech:
            self.began_ms = now_ms - ONSET_MS
            self._transcriber.send(b"".join(self._pre_roll))
        self.speaking = True
        self.speech_ms += ONSET_MS
        self.last_loud_ms = self._segment_began_ms = now_ms

    def on_transcript(self, event: TranscriptEvent, now_ms: float) -> None:
        """Take news of the transcription."""
        if isinstance(event, TranscriberLost):
            self.lost = True
        elif self._transcript.hear(event, now_ms) and self.has_speech and not self.speaking:
            self._go_on_softly(now_ms)

    def _go_on_softly(self, now_ms: float) -> None:
        """Words came for audio after the last commit: the caller goes on too softly to be noticed here."""
        self.speaking = True
        self.last_loud_ms = max(self.last_loud_ms, self._clock.heard_until_ms(now_ms) - SOFT_WORD_MS)

    def commit_due(self, expected: ExpectedAnswer, language: str, now_ms: float) -> bool:
        """Whether the caller has been silent long enough, or spoken long enough, to commit the audio."""
        if not self.speaking:
            return False
        heard_ms = self._clock.heard_until_ms(now_ms)
        # While the caller is loud, fifty times a second, nothing need be judged.
        soonest_ms = min(self.last_loud_ms + EARLY_COMMIT_MS, self._segment_began_ms + LONGEST_SEGMENT_MS)
        return heard_ms >= soonest_ms and heard_ms >= self._commit_at_ms(expected, language)

    def _commit_at_ms(self, expected: ExpectedAnswer, language: str) -> float:
        quiet_ms = self._endpointing.commit_after_ms(self.words, expected, language)
        return min(self.last_loud_ms + quiet_ms, self._segment_began_ms + LONGEST_SEGMENT_MS)

    def commit(self, now_ms: float) -> None:
        """End the running segment."""
        self.speaking = False
        self._onset.reset()
        number = self._transcriber.commit()
        if number is not None:
            self._transcript.committed(number)
            self.committed_ms = now_ms

    @property
    def has_speech(self) -> bool:
        """Whether an utterance is under way: speech heard, its words not yet taken."""
        return self.speech_ms > 0

    @property
    def words(self) -> str:
        """The utterance so far, finals and partials together."""
        return self._transcript.words

    @property
    def settled(self) -> bool:
        """Whether the caller is silent and every committed segment has its final, or will get none."""
        return not self.speaking and self._transcript.settled

    def pausing(self, now_ms: float) -> bool:
        """Whether the caller may have finished: silent, if only just."""
        return self.has_speech and (not self.speaking or self._clock.heard_until_ms(now_ms) - self.last_loud_ms >= PAUSING_MS)

    def worth_a_guess(self, expected: ExpectedAnswer, language: str, now_ms: float) -> bool:
        """Whether a reply may be started on the words so far."""
        return self.pausing(now_ms) and now_ms >= self._guess_at_ms(expected, language)

    def _guess_at_ms(self, expected: ExpectedAnswer, language: str) -> float:
        """When the words may be relied on as far as a guess goes, and the end of the turn is near enough."""
        near_ms = self._ends_at_ms(expected, language, settled=True) - GUESS_AHEAD_MS
        if self.settled or is_punctuated(self.words):
            return near_ms
        return max(near_ms, self._transcript.changed_ms + _STABLE_MS, self.last_loud_ms + _OPEN_PARTIAL_MS)

    def ended(self, expected: ExpectedAnswer, language: str, now_ms: float) -> bool:
        """Whether the utterance is over: silent for long enough, and its words known or given up."""
        if self.speaking or not self.has_speech:
            return False
        return self._clock.heard_until_ms(now_ms) >= self._ends_at_ms(expected, language, settled=self.settled)

    def _ends_at_ms(self, expected: ExpectedAnswer, language: str, *, settled: bool) -> float:
        """When the utterance ends, if nothing more is heard and its words are `settled` as they are."""
        words, punctuates = self.words, self._transcript.punctuates
        needed_ms = self._endpointing.silence_needed_ms(words, expected, language, final=settled, punctuates=punctuates)
        if not settled:
            needed_ms = max(needed_ms, LONGEST_MS if self._transcript.silent else LATE_TRANSCRIPT_MS)
        since_ms = self._last_audible_ms if needed_ms > SOFT_MS and settled else self.last_loud_ms
        return min(max(since_ms, self.last_loud_ms) + needed_ms, self.last_loud_ms + LONGEST_MS)

    def deadline_ms(self, expected: ExpectedAnswer, language: str, now_ms: float) -> float | None:
        """The next moment at which something falls due here, or None."""
        if not self.has_speech:
            return None
        if self.speaking:
            loud = self._clock.heard_until_ms(now_ms) < self.last_loud_ms + EARLY_COMMIT_MS
            return self.last_loud_ms + EARLY_COMMIT_MS if loud else self._commit_at_ms(expected, language)
        guess_ms = self._guess_at_ms(expected, language)
        ends_ms = self._ends_at_ms(expected, language, settled=self.settled)
        return min(ends_ms, guess_ms) if guess_ms > now_ms else ends_ms

    def take(self) -> str:
        """End the utterance: return its words and begin anew. What comes late of it makes a correction."""
        words = self._transcript.take()
        self._begin_anew()
        return words

    def drop(self) -> None:
        """End the utterance and forget it."""
        self._transcript.drop()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._transcriber.clear()
        self.speech_ms = 0.0
        self.committed_ms = None

    @property
    def timeline(self) -> dict[str, float]:
        """The stages of the utterance so far, in milliseconds on the session's clock."""
        stages = {
            "speech_began": self.began_ms,
            "last_loud": self.last_loud_ms,
            "commit": self.committed_ms,
            "final": self._transcript.final_ms,
        }
        return {stage: at for stage, at in stages.items() if at is not None}

    def take_correction(self) -> str:
        """The words of the utterance taken last as they turn out to be, once a final that came late changes them."""
        return self._transcript.take_correction()

    def use_language(self, language: str) -> None:
        """Listen for one language alone (ISO 639-1)."""
        self._transcriber.use_language(language)
