"""One live call: turn-taking between the caller and Lilly. All of its state belongs to one greenlet; time is an argument."""

from collections.abc import Callable
from math import inf
from typing import Literal

from ivr.agent.emergencies import is_emergency
from ivr.agent.language import CallerLanguage
from ivr.agent.lines import Lines
from ivr.voice.barge_in import Hold, interruption
from ivr.voice.closing import Ending, LastWords, Limits, Silence
from ivr.voice.events import Draining, Mail, SocketClosed
from ivr.voice.keys import REPEAT, Keypad, calls_operator
from ivr.voice.listening import Listener
from ivr.voice.media_stream import Connected, Dtmf, Mark, Media, Message, Start, Stop
from ivr.voice.reply import Timeline
from ivr.voice.speaker import Speaker
from ivr.voice.speech import FinalTranscript, PartialTranscript, TranscriberLost, TranscriptEvent, TranscriptFailed
from ivr.voice.unanswered import MOST_GUESSES, Unanswered
from ivr.voice.words import split

LEAST_SPEECH_MS = 100
"""Words on less speech than this are a recogniser's invention."""

NOT_HEARD_SPEECH_MS = 500
"""Speech of at least this length that gave no words is asked for again."""

KEYS_WAIT_MS = 4000
"""So long after the last key speech may go on, or its words be missing, before what was typed is answered."""

MOST_FAILURES = 2

_FROM_THE_LINE = (Connected, Start, Media, Dtmf, Mark, Stop, SocketClosed, Draining)
_FROM_THE_EARS = (PartialTranscript, FinalTranscript, TranscriptFailed, TranscriberLost)

Opening = Literal["greeting", "nobody_there", "nobody_there_number"]
"""The line that a stream begins with."""


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
        most_guesses: int = MOST_GUESSES,
    ) -> None:
        self.listener = listener
        self.speaker, self.voicing = speaker, speaker.voicing
        self.ended: Ending | None = None
        self._lines = lines
        self._caller_language = caller_language
        self._on_language = on_language
        self._keypad = Keypad()
        self._unanswered = Unanswered(most_guesses)
        self._held = Hold()
        self._silence, self._limits, self._last_words = Silence(), Limits(), LastWords()
        speaker.speak_language(self.language, lines(self.language))

    @property
    def language(self) -> str:
        """The language of the call (ISO 639-1)."""
        return self._caller_language.language

    def begin(self, now_ms: float, opening: Opening | None = "greeting") -> None:
        """The line is open: say something, unless the call just goes on from another process."""
        self._limits.begin(now_ms)
        self._silence.broken(now_ms)
        if opening is not None:
            self.speaker.say(getattr(self._lines(self.language), opening), now_ms, timeline={"stream_started": now_ms})

    def handle(self, mail: Message | TranscriptEvent | Mail, now_ms: float) -> None:
        """Take one piece of mail, then do all that has fallen due."""
        if isinstance(mail, _FROM_THE_LINE):
            self._take_from_line(mail, now_ms)
        elif isinstance(mail, _FROM_THE_EARS):
            self.listener.on_transcript(mail, now_ms)
        else:
            self.speaker.take(mail, now_ms)
        self.advance(now_ms)

    def _take_from_line(self, mail: Message | SocketClosed | Draining, now_ms: float) -> None:
        match mail:
            case Media(audio=audio, timestamp_ms=timestamp_ms):
                if self.listener.hear(audio, timestamp_ms, now_ms):
                    self._hold(now_ms)
            case Mark(name=name):
                self.voicing.playback.mark_returned(name, now_ms)
            case Dtmf(digit=digit):
                self._key(digit, now_ms)
            case Stop():
                self._end("hung_up_by_caller", now_ms)
            case SocketClosed():
                self._end(self._leaving or "socket_closed", now_ms)
            case Draining():
                self._end(self._leaving or "drained", now_ms)

    def advance(self, now_ms: float) -> None:
        """Do all that has fallen due by now; doing it twice changes nothing."""
        if self.ended:
            return
        self._consider_correction(now_ms)
        if self.listener.commit_due(self.speaker.expected, self.language, now_ms):
            self.listener.commit(now_ms)
        if self._keypad.digits:
            self._consider_keys(now_ms)
        elif self._replying:
            self._consider_interruption(now_ms)
        else:
            self._consider_turn(now_ms)
        self.speaker.advance(now_ms)
        self._consider_ending(now_ms)

    @property
    def _replying(self) -> bool:
        return self.speaker.reply is not None and self.speaker.reply.confirmed

    # The caller's turn

    def _consider_turn(self, now_ms: float) -> None:
        if not self.listener.pausing(now_ms):
            return
        words = self._unanswered.words(self.listener.words)
        guess = self.speaker.reply.caller if self.speaker.reply else None
        if guess is not None and split(guess) != split(words):
            self.speaker.discard(now_ms)
            guess = None
        if self.listener.ended(self.speaker.expected, self.language, now_ms):
            self._take_turn(guess, now_ms)
        elif words and guess is None and self._may_guess(words, now_ms):
            self._unanswered.guessed(words)
            self.speaker.guess(words, self.listener.timeline, now_ms)

    def _may_guess(self, words: str, now_ms: float) -> bool:
        if not self.speaker.may_guess or not self.listener.worth_a_guess(self.speaker.expected, self.language, now_ms):
            return False
        if not self._unanswered.may_guess(words) or self._caller_language.would_change(words):
            return False
        return not self._tells_of_emergency(words)

    def _take_turn(self, guess: str | None, now_ms: float) -> None:
        timeline, speech_ms = self.listener.timeline, self.listener.speech_ms
        words = self._unanswered.take(self.listener.take())
        if not words or speech_ms < LEAST_SPEECH_MS:
            self.speaker.discard(now_ms)
            if speech_ms >= NOT_HEARD_SPEECH_MS and self._silence.prompts < 2:
                self._silence.prompts += 1
                self.speaker.say(self._lines(self.language).not_heard, now_ms, timeline=timeline)
            return
        self._understood(words)
        if guess is not None:
            self.speaker.confirm(timeline, now_ms)
        else:
            self._answer(words, timeline, now_ms)

    def _answer(self, words: str, timeline: Timeline, now_ms: float) -> None:
        """Have the model answer, but for an emergency: there the number to dial is told at once, and who stays is helped after that."""
        if self._tells_of_emergency(words):
            self.speaker.say(self._lines(self.language).emergency, now_ms, caller=words, timeline=timeline)
        else:
            self.speaker.answer(words, timeline, now_ms)

    def _tells_of_emergency(self, words: str) -> bool:
        just_told = self.speaker.last_said == self._lines(self.language).emergency
        return not just_told and is_emergency(words, self._caller_language.languages)

    def _consider_correction(self, now_ms: float) -> None:
        """Answer anew when the words that a turn was taken on turn out to be others, or to have been there at all."""
        corrected = self.listener.take_correction()
        if not corrected or not self._worth_a_new_answer(corrected):
            return
        words = self._unanswered.correct(corrected)
        if not self._replying and self.listener.has_speech:
            self._unanswered.carry(words)
            return
        self._stop(now_ms)
        self._understood(words)
        self._answer(words, {"last_loud": self.listener.last_loud_ms}, now_ms)

    def _worth_a_new_answer(self, corrected: str) -> bool:
        """Who has begun to hear an answer, or has heard it, is given another only if something they said is missing in it."""
        reply = self.speaker.reply if self._replying else None
        if reply is not None and not reply.sounded:
            return True
        return self._unanswered.worth_a_new_answer(corrected, answering=reply is not None)

    def _understood(self, words: str) -> None:
        self._unanswered.answered()
        self._follow_language(words)
        self._silence.prompts = 0
        self._limits.turns += 1

    def _follow_language(self, words: str) -> None:
        before, was_certain = self.language, self._caller_language.is_certain
        language = self._caller_language.hear(words)
        if language != before:
            self.speaker.speak_language(language, self._lines(language))
            self._on_language(language)
        if language != before or self._caller_language.is_certain != was_certain:
            self.listener.use_language(language)

    # Speech over speech

    def _hold(self, now_ms: float) -> None:
        if self._replying and not self._held.begun:
            self._held.begin(now_ms)
            self.voicing.hold(now_ms)

    def _consider_interruption(self, now_ms: float) -> None:
        if not self.listener.has_speech:
            return
        words, settled = self.listener.words, self.listener.settled
        if words and self.listener.speech_ms >= LEAST_SPEECH_MS:
            asks, leaves = self.speaker.question_open, self.speaker.ending is not None
            verdict = interruption(words, self.language, question_open=asks, settled=settled, leaving=leaves)
            if verdict == "real":
                self._stop(now_ms)
                self._consider_turn(now_ms)
            elif verdict == "backchannel":
                self.listener.drop()
                self._resume()
        elif settled:
            self.listener.drop()
            self._resume()
        elif self._held.begun and self._noise_by_ms <= now_ms:
            self._resume()

    @property
    def _noise_by_ms(self) -> float:
        return self._held.noise_by_ms(self.listener.last_loud_ms, speaking=self.listener.speaking)

    def _stop(self, now_ms: float) -> None:
        self._held.end()
        self._last_words.call_off()
        carried = self.speaker.interrupt(now_ms)
        if carried:
            self._unanswered.carry(carried)

    def _resume(self) -> None:
        self._held.end()
        self.voicing.resume()

    # Keys

    def _key(self, key: str, now_ms: float) -> None:
        if key == REPEAT:
            self._keypad.take()
            self._repeat(now_ms)
            return
        self._keypad.press(key, now_ms)
        if self._keypad.digits:
            self._hold(now_ms)

    def _repeat(self, now_ms: float) -> None:
        self._held.end()
        self.listener.drop()
        self._unanswered.take("")
        self._silence.prompts = 0
        self.speaker.repeat(f"[keys] {REPEAT}", now_ms)

    def _consider_keys(self, now_ms: float) -> None:
        talking = not self.listener.settled and now_ms < self._keypad.last_ms + KEYS_WAIT_MS
        if talking or now_ms < self._keys_due_ms:
            return
        timeline, typed = {"last_loud": self._keypad.last_ms}, self._keypad.take()
        if calls_operator(typed) and self.speaker.ending == "transfer":
            self._resume()
            return
        self._stop(now_ms)
        spoken = self._unanswered.words(self.listener.words)
        self.listener.drop()
        words = f"{spoken} [keys] {typed}".strip()
        self._understood(words)
        if calls_operator(typed):
            self.speaker.transfer(words, spoken or "The caller pressed 0.", timeline, now_ms)
        else:
            self.speaker.answer(words, timeline, now_ms)

    @property
    def _keys_due_ms(self) -> float:
        return self._keypad.due_ms(self.speaker.asked, self.language)

    # The end

    @property
    def _leaving(self) -> Ending | None:
        """How the call ends, if that is clear already and only its last words are still to be heard."""
        return self._last_words.ending or self.speaker.ending

    def _consider_ending(self, now_ms: float) -> None:
        if self.voicing.unsaid is not None:
            self._end(self._leaving or "voice_failed", now_ms)
        elif self._last_words.ending is not None:
            if now_ms >= self._over_ms:
                self._end(self._last_words.ending, now_ms)
        elif self.speaker.ending:
            self._last_words.begin(self.speaker.ending, now_ms)
        elif self.speaker.failures >= MOST_FAILURES or self.listener.lost:
            self._close_with(self._lines(self.language).failed_goodbye, "failed", now_ms)
        elif self._limits.reached(now_ms):
            self._close_with(self._lines(self.language).long_goodbye, "too_long", now_ms)
        else:
            self._consider_silence(now_ms)

    def _consider_silence(self, now_ms: float) -> None:
        if self.speaker.reply is not None or self.listener.has_speech or self._keypad.digits:
            self._silence.broken(now_ms)
        elif now_ms >= self._silence.due_ms:
            lines = self._lines(self.language)
            if self._silence.prompts < len(lines.silence_prompts):
                self.speaker.say(lines.silence_prompts[self._silence.prompts], now_ms)
                self._silence.prompts += 1
            else:
                self._close_with(lines.silence_goodbye, "silence", now_ms)

    def _close_with(self, text: str, ending: Ending, now_ms: float) -> None:
        if self.speaker.reply is not None:
            self.speaker.interrupt(now_ms)
        self.speaker.say(text, now_ms)
        self._last_words.begin(ending, now_ms)

    @property
    def _over_ms(self) -> float:
        """When the last words have been heard; infinity where there are none."""
        return self._last_words.over_ms(inf if self.speaker.reply is not None else self.voicing.playback.idle_from_ms())

    def _end(self, ending: Ending, now_ms: float) -> None:
        if self.ended is None:
            self.ended = ending
            self.speaker.interrupt(now_ms)

    def deadline_ms(self, now_ms: float) -> float:
        """When to call `advance` if no mail comes."""
        waits = [
            self.listener.deadline_ms(self.speaker.expected, self.language, now_ms),
            self.speaker.deadline_ms(now_ms),
            self._noise_by_ms if self._held.begun else None,
            self._keys_due_ms if self._keypad.digits else None,
            self._over_ms if self._last_words.ending else None,
            self._silence.due_ms,
            self._limits.ends_ms,
        ]
        return min(at for at in waits if at is not None and at > now_ms - 1)
