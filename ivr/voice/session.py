"""One live call: turn-taking between the caller and Lilly. All of its state belongs to one greenlet; time is an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ivr.agent.language import CallerLanguage
from ivr.agent.lines import Lines
from ivr.voice.barge_in import interruption
from ivr.voice.events import Draining, Mail, SocketClosed, SpeechAudio, SpeechDone, SpeechFailed, ThinkingFailed, Thought, ToolDone
from ivr.voice.listening import Listener
from ivr.voice.media_stream import Connected, Dtmf, Mark, Media, Message, Start, Stop
from ivr.voice.reply import Timeline
from ivr.voice.speaker import Speaker
from ivr.voice.speech import FinalTranscript, PartialTranscript, TranscriberLost, TranscriptEvent, TranscriptFailed

MOST_GUESSES = 3
"""Replies begun on uncertain words in one turn."""

NOISE_RESUME_MS = 600
"""Silence without a word after which what stopped her is taken for noise."""

LONGEST_HOLD_MS = 4000
SILENCE_PROMPT_MS = 6000
KEYS_PAUSE_MS = 2000
LEAST_SPEECH_MS = 100
"""Words on less speech than this are a recogniser's invention."""

NOT_HEARD_SPEECH_MS = 500
"""Speech of at least this length that gave no words is asked for again."""

GOODBYE_MS = 12_000
LINE_DELAY_MS = 400
"""What is sent is heard a little later: so long a call is kept after the last word."""

LONGEST_CALL_MS = 20 * 60_000
MOST_TURNS = 80
MOST_FAILURES = 2

_FROM_THE_LINE = (Connected, Start, Media, Dtmf, Mark, Stop, SocketClosed, Draining)

Ending = Literal["hung_up_by_caller", "goodbye", "silence", "failed", "too_long", "voice_failed", "socket_closed", "drained"]


@dataclass(slots=True)
class Keys:
    """Digits typed on the telephone, until a pause or # ends them."""

    digits: str = ""
    last_ms: float = 0.0


class CallSession:
    """Decides who has the floor. Feed it mail with `handle`, wake it at `deadline_ms`; `ended` says when and how it is over.

    `on_language` is told when the caller turns out to speak another language.
    """

    def __init__(
        self,
        listener: Listener,
        speaker: Speaker,
        lines: Callable[[str], Lines],
        caller_language: CallerLanguage,
        on_language: Callable[[str], None],
    ) -> None:
        self.listener = listener
        self.speaker = speaker
        self.ended: Ending | None = None
        self._lines = lines
        self._caller_language = caller_language
        self._on_language = on_language
        self._keys = Keys()
        self._guesses: list[str] = []
        self._carried: list[str] = []
        self._held_ms: float | None = None
        self._quiet_from_ms = 0.0
        self._prompts = 0
        self._turns = 0
        self._began_ms = 0.0
        self._closing: tuple[Ending, float] | None = None
        speaker.speak_language(self.language, lines(self.language))

    @property
    def language(self) -> str:
        """The language of the call (ISO 639-1)."""
        return self._caller_language.language

    def begin(self, now_ms: float, *, greet: bool = True) -> None:
        """The line is open: greet, unless the call goes on from another process."""
        self._began_ms = self._quiet_from_ms = now_ms
        if greet:
            self.speaker.say(self._lines(self.language).greeting, now_ms, timeline={"stream_started": now_ms})

    def handle(self, mail: Message | TranscriptEvent | Mail, now_ms: float) -> None:
        """Take one piece of mail, then do all that has fallen due."""
        if isinstance(mail, _FROM_THE_LINE):
            self._take_from_line(mail, now_ms)
        else:
            self._take_from_workers(mail, now_ms)
        self.advance(now_ms)

    def _take_from_line(self, mail: Message | SocketClosed | Draining, now_ms: float) -> None:
        match mail:
            case Media(audio=audio, timestamp_ms=timestamp_ms):
                if self.listener.hear(audio, timestamp_ms, now_ms):
                    self._speech_began(now_ms)
            case Mark(name=name):
                self.speaker.playback.mark_returned(name, now_ms)
            case Dtmf(digit=digit):
                self._key(digit, now_ms)
            case Stop():
                self._end("hung_up_by_caller", now_ms)
            case SocketClosed():
                self._end("socket_closed", now_ms)
            case Draining():
                self._end("drained", now_ms)

    def _take_from_workers(self, mail: TranscriptEvent | Mail, now_ms: float) -> None:
        match mail:
            case PartialTranscript() | FinalTranscript() | TranscriptFailed() | TranscriberLost():
                self.listener.on_transcript(mail, now_ms)
            case Thought():
                self.speaker.on_thought(mail, now_ms)
            case SpeechAudio() | SpeechDone() | SpeechFailed():
                self.speaker.on_speech(mail, now_ms)
            case ToolDone():
                self.speaker.on_tool_done(mail, now_ms)
            case ThinkingFailed():
                self.speaker.on_thinking_failed(mail, now_ms)

    def advance(self, now_ms: float) -> None:
        """Do all that has fallen due by now; doing it twice changes nothing."""
        if self.ended:
            return
        if self.listener.commit_due(self.speaker.expected, self.language, now_ms):
            self.listener.commit(now_ms)
        if self._replying:
            self._consider_interruption(now_ms)
        else:
            self._consider_turn(now_ms)
        self._consider_keys(now_ms)
        self.speaker.advance(now_ms)
        self._consider_ending(now_ms)

    @property
    def _replying(self) -> bool:
        return self.speaker.reply is not None and self.speaker.reply.confirmed

    # The caller's turn

    def _consider_turn(self, now_ms: float) -> None:
        if not self.listener.has_speech or self.listener.speaking:
            return
        words = self._words
        guess = self.speaker.reply.caller if self.speaker.reply else None
        if guess is not None and guess != words:
            self.speaker.discard(now_ms)
            guess = None
        if self.listener.ended(self.speaker.expected, self.language, now_ms):
            self._take_turn(guess, now_ms)
        elif words and guess is None and self._may_guess(words, now_ms):
            self._guesses.append(words)
            self.speaker.guess(words, self._timeline(), now_ms)

    @property
    def _words(self) -> str:
        return " ".join(filter(None, (*self._carried, self.listener.words)))

    def _may_guess(self, words: str, now_ms: float) -> bool:
        fresh = words not in self._guesses and len(self._guesses) < MOST_GUESSES and not self._caller_language.would_change(words)
        return fresh and self.speaker.may_guess and self.listener.stable(now_ms)

    def _take_turn(self, guess: str | None, now_ms: float) -> None:
        timeline, speech_ms = self._timeline(), self.listener.speech_ms
        heard_words = self.listener.take()
        words = " ".join(filter(None, (*self._carried, heard_words)))
        self._guesses.clear()
        if not words or speech_ms < LEAST_SPEECH_MS:
            self.speaker.discard(now_ms)
            if speech_ms >= NOT_HEARD_SPEECH_MS and self._prompts < 2:
                self._prompts += 1
                self.speaker.say(self._lines(self.language).not_heard, now_ms, timeline=timeline)
            return
        self._answer(words, guess, timeline, now_ms)

    def _answer(self, words: str, guess: str | None, timeline: Timeline, now_ms: float) -> None:
        self._carried.clear()
        self._follow_language(words)
        self._prompts = 0
        self._turns += 1
        if guess is not None:
            self.speaker.confirm(timeline, now_ms)
        else:
            self.speaker.answer(words, timeline, now_ms)

    def _follow_language(self, words: str) -> None:
        before, was_certain = self.language, self._caller_language.is_certain
        language = self._caller_language.hear(words)
        if language != before:
            self.speaker.speak_language(language, self._lines(language))
            self._on_language(language)
        if language != before or self._caller_language.is_certain != was_certain:
            self.listener.use_language(language)

    def _timeline(self) -> Timeline:
        stages = {
            "speech_began": self.listener.began_ms,
            "last_loud": self.listener.last_loud_ms,
            "commit": self.listener.committed_ms,
            "final": self.listener.final_ms,
        }
        return {stage: at for stage, at in stages.items() if at is not None}

    # Speech over speech

    def _speech_began(self, now_ms: float) -> None:
        if self._replying and self._held_ms is None:
            self._held_ms = now_ms
            self.speaker.hold(now_ms)

    def _consider_interruption(self, now_ms: float) -> None:
        if not self.listener.has_speech:
            return
        words, settled = self.listener.words, self.listener.settled
        if words and self.listener.speech_ms >= LEAST_SPEECH_MS:
            verdict = interruption(words, self.language, question_open=self.speaker.question_open, settled=settled)
            if verdict == "real":
                self._interrupt(now_ms)
            elif verdict == "backchannel":
                self.listener.take()
                self._resume()
        elif settled:
            self.listener.take()
            self._resume()
        elif self._held_ms is not None and self._noise_by_ms() <= now_ms:
            self._resume()

    def _noise_by_ms(self) -> float:
        longest = (self._held_ms or 0.0) + LONGEST_HOLD_MS
        return longest if self.listener.speaking else min(longest, self.listener.last_loud_ms + NOISE_RESUME_MS)

    def _interrupt(self, now_ms: float) -> None:
        self._held_ms = None
        self._closing = None
        carried = self.speaker.interrupt(now_ms)
        if carried:
            self._carried.append(carried)
        self._consider_turn(now_ms)

    def _resume(self) -> None:
        self._held_ms = None
        self.speaker.resume()

    # Keys

    def _key(self, digit: str, now_ms: float) -> None:
        self._keys.last_ms = now_ms
        if digit == "#":
            self._keys.last_ms = now_ms - KEYS_PAUSE_MS
        else:
            self._keys.digits += digit

    def _consider_keys(self, now_ms: float) -> None:
        if not self._keys.digits or now_ms - self._keys.last_ms < KEYS_PAUSE_MS or self.listener.speaking:
            return
        digits, self._keys.digits = self._keys.digits, ""
        timeline = {"last_loud": self._keys.last_ms}
        if self.speaker.reply is not None:
            self._interrupt(now_ms)
        self._held_ms = None
        spoken = self.listener.take()
        self._guesses.clear()
        self._answer(" ".join(filter(None, (*self._carried, spoken, f"[keys] {digits}"))), None, timeline, now_ms)

    # The end

    def _consider_ending(self, now_ms: float) -> None:
        if self.speaker.unsaid is not None:
            self._end("voice_failed", now_ms)
        elif self._closing is not None:
            ending, by_ms = self._closing
            heard_ms = self.speaker.playback.idle_from_ms() + LINE_DELAY_MS
            if now_ms >= (min(by_ms, heard_ms) if self.speaker.reply is None else by_ms):
                self._end(ending, now_ms)
        elif self.speaker.ending:
            self._closing = ("goodbye", now_ms + GOODBYE_MS)
        elif self.speaker.failures >= MOST_FAILURES or self.listener.lost:
            self._close_with(self._lines(self.language).failed_goodbye, "failed", now_ms)
        elif now_ms - self._began_ms > LONGEST_CALL_MS or self._turns > MOST_TURNS:
            self._close_with(self._lines(self.language).long_goodbye, "too_long", now_ms)
        else:
            self._consider_silence(now_ms)

    def _consider_silence(self, now_ms: float) -> None:
        if self.speaker.reply is not None or self.listener.has_speech or self._keys.digits:
            self._quiet_from_ms = now_ms
        elif now_ms - self._quiet_from_ms >= SILENCE_PROMPT_MS:
            lines = self._lines(self.language)
            if self._prompts < len(lines.silence_prompts):
                self.speaker.say(lines.silence_prompts[self._prompts], now_ms)
                self._prompts += 1
            else:
                self._close_with(lines.silence_goodbye, "silence", now_ms)

    def _close_with(self, text: str, ending: Ending, now_ms: float) -> None:
        if self.speaker.reply is not None:
            self.speaker.interrupt(now_ms)
        self.speaker.say(text, now_ms)
        self._closing = (ending, now_ms + GOODBYE_MS)

    def _end(self, ending: Ending, now_ms: float) -> None:
        if self.ended is None:
            self.ended = ending
            self.speaker.interrupt(now_ms)

    def deadline_ms(self, now_ms: float) -> float:
        """When to call `advance` if no mail comes."""
        waits = [
            self.listener.deadline_ms(self.speaker.expected, self.language, now_ms),
            self.speaker.deadline_ms(now_ms),
            self._noise_by_ms() if self._held_ms is not None else None,
            self._keys.last_ms + KEYS_PAUSE_MS if self._keys.digits else None,
            self._closing[1] if self._closing else None,
            self.speaker.playback.idle_from_ms() + LINE_DELAY_MS if self._closing else None,
            self._quiet_from_ms + SILENCE_PROMPT_MS,
            self._began_ms + LONGEST_CALL_MS,
        ]
        return min(at for at in waits if at is not None and at > now_ms - 1)
