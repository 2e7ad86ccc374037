"""Lilly's side of a call: replies are thought, their tools run, and what was heard is remembered."""

from collections.abc import Callable
from datetime import date

import orjson

from ivr.agent import claims
from ivr.agent.agent import ClauseReady, FirstToken, RoundDone
from ivr.agent.ending import END_CALL, LAST_CALLS, Leaving, leaving
from ivr.agent.expected_answer import ExpectedAnswer, expected_answer
from ivr.agent.history import History, Round
from ivr.agent.lines import Lines
from ivr.agent.model import ToolCall, ToolNamed
from ivr.schemas import MOST_REASON_CHARACTERS, TRANSFER
from ivr.voice.events import Mail, SpeechAudio, SpeechDone, SpeechFailed, ThinkingFailed, Thought, ToolDone
from ivr.voice.reply import Reply, Timeline
from ivr.voice.roles import Journal, Mind
from ivr.voice.voicing import Voicing

MOST_ROUNDS = 8
"""Tool rounds in one turn; after these the reply ends with what was said."""

TOOLS_WAIT_MS = 4000


class Speaker:
    """Owns the running reply, the guess at the next one and the history.

    `turns` counts those before this stream; `today` is the hospital's date, without which "tomorrow" is not compared with results.
    """

    def __init__(
        self,
        voicing: Voicing,
        history: History,
        mind: Mind,
        journal: Journal,
        turns: int = 0,
        today: Callable[[], date | None] = lambda: None,
    ) -> None:
        self.voicing = voicing
        self.history = history
        self.reply: Reply | None = None
        self.expected: ExpectedAnswer = "open"
        self.ending: Leaving | None = None
        self.failures = 0
        self.turns = turns
        self.last_said = history.last_said()
        self._replies = 0
        self._mind, self._journal, self._today = mind, journal, today
        self._running_tools: dict[str, Round] = {}
        self._think_after_tools_ms: float | None = None
        self._talked_over: list[Round] = []
        self.speak_language("en", None)

    def speak_language(self, language: str, lines: Lines | None) -> None:
        """Speak this language from now on (ISO 639-1), with these lines."""
        self.language = language
        self.lines = lines
        self.voicing.use_language(language, lines)

    # What is asked of her

    def guess(self, caller: str, timeline: Timeline, now_ms: float) -> None:
        """Start on a reply that nobody hears before it is confirmed."""
        self._begin(caller, timeline)
        self.voicing.hold(now_ms)
        self._think(now_ms, guess=True)

    def confirm(self, timeline: Timeline, now_ms: float) -> None:
        """The caller did say what the guess took for granted: let it be heard."""
        reply = self.reply
        if reply is None:
            return
        reply.timeline.update(timeline)
        reply.tricks.add("eager")
        self._confirmed(reply, now_ms)
        if reply.tool_named is not None:
            self._tool_named(reply, reply.tool_named, now_ms)
        if reply.waiting is not None:
            waiting, reply.waiting = reply.waiting, None
            self._round_done(reply, waiting, now_ms)

    def answer(self, caller: str, timeline: Timeline, now_ms: float) -> None:
        """Reply to an utterance that is known to be over."""
        reply = self._begin(caller, timeline)
        self._confirmed(reply, now_ms)
        self._think(now_ms)

    def say(self, text: str, now_ms: float, *, caller: str | None = None, timeline: Timeline | None = None) -> None:
        """Say a line without asking the model, of her own accord or to what the caller did."""
        reply = self._begin(caller, timeline or {"confirmed": now_ms})
        self._confirmed(reply, now_ms)
        self._say_line(reply, text, now_ms)

    def repeat(self, caller: str, now_ms: float) -> None:
        """Begin the running reply anew, or say the last one again."""
        reply = self.reply
        if reply is not None and reply.confirmed:
            reply.tricks.add("repeated")
            self.voicing.rewind(reply, now_ms)
            return
        self.discard(now_ms)
        if self.last_said:
            self.say(self.last_said, now_ms, caller=caller, timeline={"last_loud": now_ms})

    def transfer(self, caller: str, reason: str, timeline: Timeline, now_ms: float) -> None:
        """Put the caller through to a person, without asking the model."""
        reply = self._begin(caller, timeline)
        self._confirmed(reply, now_ms)
        arguments = orjson.dumps({"reason": reason[:MOST_REASON_CHARACTERS], "phone": None}).decode()
        self._round_done(reply, Round("", [ToolCall(f"call_key_{reply.turn}", TRANSFER, arguments)]), now_ms)

    def _begin(self, caller: str | None, timeline: Timeline) -> Reply:
        self._replies += 1
        self.reply = Reply(self._replies, caller, dict(timeline))
        return self.reply

    def _confirmed(self, reply: Reply, now_ms: float) -> None:
        reply.confirmed = True
        reply.turn, self.turns = self.turns, self.turns + 1
        reply.stamp("confirmed", now_ms)
        reply.exchange = self.history.open(reply.caller)
        self.voicing.resume()

    @property
    def may_guess(self) -> bool:
        """Whether a reply may be started on words that are not certain: not while a tool changes what is true."""
        return self.reply is None and not self._running_tools

    def _think(self, now_ms: float, *, guess: bool = False, correction: str | None = None) -> None:
        reply = self.reply
        if reply is None:
            return
        reply.thinking = True
        if self._running_tools:
            # What a tool of an interrupted turn did must be known to this one.
            self._think_after_tools_ms = now_ms + TOOLS_WAIT_MS
            return
        self._think_after_tools_ms = None
        reply.stamp("model_request", now_ms)
        reply.rounds += 1
        reply.round_begins = len(reply.clauses)
        reply.answer_begins = reply.answer_begins if correction else reply.round_begins
        messages = self.history.messages()
        if guess:
            messages.append({"role": "user", "content": reply.caller})
        if correction:
            messages.append({"role": "system", "content": correction})
        self._mind.think(reply.id, messages)

    # What stops her

    def discard(self, now_ms: float) -> None:
        """Drop a guess: nothing of it was heard, run or remembered."""
        if self.reply is not None and not self.reply.confirmed:
            self._silence(self.reply, now_ms)

    def interrupt(self, now_ms: float) -> str | None:
        """Stop for good; returns the caller's words if they are still unanswered and belong to what comes next."""
        reply = self.reply
        if reply is None or reply.exchange is None:
            self.discard(now_ms)
            return None
        self.ending = None
        self._silence(reply, now_ms)
        # What Twilio says in her place will have been heard, too.
        unsaid = self.voicing.unsaid
        heard = " ".join(filter(None, (reply.heard_text(), unsaid)))
        self._close(reply, heard, now_ms, interrupted=unsaid is None)
        return reply.caller if not heard and reply.exchange not in self.history.exchanges else None

    def _silence(self, reply: Reply, now_ms: float) -> None:
        self._mind.forget(reply.id)
        self.voicing.fall_silent(now_ms)
        self._think_after_tools_ms = None
        self.reply = None

    def _close(self, reply: Reply, heard: str, now_ms: float, *, interrupted: bool) -> None:
        reply.stamp("interrupted" if interrupted else "heard", now_ms)
        if reply.exchange is not None:
            self.history.settle(reply.exchange, heard)
            self._talked_over = [*self._talked_over, *reply.exchange.rounds] if interrupted else []
        if heard:
            self.expected = expected_answer(heard, self.language)
            if self.lines is None or reply.text not in self.lines.promptings:
                self.last_said = reply.text
        self._journal.turn(reply, heard, interrupted, self.language, self.history.messages())

    # What comes back

    def take(self, mail: Mail, now_ms: float) -> None:
        """Take what came back from the mind, its tools or the mouth."""
        match mail:
            case Thought():
                self._on_thought(mail, now_ms)
            case SpeechAudio() | SpeechDone() | SpeechFailed():
                self._on_speech(mail, now_ms)
            case ToolDone():
                self._on_tool_done(mail, now_ms)
            case ThinkingFailed():
                self._on_thinking_failed(mail, now_ms)

    def _on_thought(self, mail: Thought, now_ms: float) -> None:
        """Take a piece of the model's answer."""
        reply = self.reply
        if reply is None or mail.reply != reply.id:
            return
        match mail.event:
            case FirstToken():
                reply.stamp("first_token", now_ms)
            case ClauseReady(text):
                if not self._withholds(reply, text):
                    self.voicing.say(reply, text, now_ms)
            case ToolNamed(name):
                self._tool_named(reply, name, now_ms)
            case RoundDone(done):
                if reply.confirmed:
                    self._round_done(reply, done, now_ms)
                else:
                    reply.waiting = done

    def _withholds(self, reply: Reply, text: str) -> bool:
        """Whether a clause is not said: it, or one before it in this answer, tells of something as done, or how it is, against the results.

        Results count that came in this turn, or in those right before it whose words were talked over; of older ones, what is told again.
        """
        rounds = [*self._talked_over, *(reply.exchange.rounds if reply.exchange else ())]
        earlier = (done for exchange in self.history.exchanges for done in exchange.rounds)
        if not reply.withheld and claims.unproven(text, rounds, earlier, reply.caller, self._today(), reply.said):
            reply.withheld = True
            reply.tricks.add("withheld")
        return reply.withheld

    def _correct(self, reply: Reply, now_ms: float) -> None:
        """Ask the model once more, and then say what is true without it, unless a claim that is borne out has been said already."""
        if reply.corrected:
            if self.lines and not claims.claims(" ".join(reply.said)):
                self._say_line(reply, self.lines.unproven, now_ms)
            return
        reply.corrected = reply.thinking = True
        self._think(now_ms, correction=claims.CORRECTION)

    def _tool_named(self, reply: Reply, name: str, now_ms: float) -> None:
        reply.stamp("tool_named", now_ms)
        reply.tool_named = name
        if name not in LAST_CALLS and reply.confirmed and not reply.clauses and not reply.fillers:
            self.voicing.fill(reply, now_ms)

    def _round_done(self, reply: Reply, done: Round, now_ms: float) -> None:
        reply.thinking, self.failures = False, 0
        withheld, reply.withheld = reply.withheld, False
        if withheld:
            done.text = reply.round_text
            # A goodbye after words that nobody has heard would leave the caller without an answer.
            done.calls = [call for call in done.calls if call.name != END_CALL]
        if reply.exchange is not None:
            reply.exchange.rounds.append(done)
        self.ending = leaving(done) or self.ending
        if not done.calls and withheld:
            self._correct(reply, now_ms)
            return
        if not done.calls:
            if not done.text and not reply.clauses and self.lines:
                self.voicing.say(reply, self.lines.not_heard, now_ms)
            return
        reply.thinking = True
        self._running_tools.update({call.id: done for call in done.calls})
        reply.stamp("tools_started", now_ms)
        if not reply.clauses and not reply.fillers:
            self._tool_named(reply, done.calls[0].name, now_ms)
        self._mind.run(done.calls, reply.turn)

    def _on_tool_done(self, mail: ToolDone, now_ms: float) -> None:
        """Take a tool's result; it enters the history, whoever still listens."""
        done = self._running_tools.pop(mail.call_id, None)
        if done is None:
            return
        done.results[mail.call_id] = mail.result
        reply = self.reply
        if self._running_tools or reply is None:
            return
        rounds = reply.exchange.rounds if reply.exchange else []
        if self._think_after_tools_ms is not None:
            self._think(now_ms)
        elif rounds and rounds[-1].calls and rounds[-1].answered:
            reply.stamp("tools_done", now_ms)
            self._go_on(reply, rounds[-1], now_ms)

    def _go_on(self, reply: Reply, done: Round, now_ms: float) -> None:
        self.ending = leaving(done) or self.ending
        if self.ending and all(call.name in LAST_CALLS for call in done.calls):
            reply.thinking = False
            if self.lines and self.ending == "transfer":
                self._say_line(reply, self.lines.transfer, now_ms)
            elif self.lines and not reply.clauses:
                self._say_line(reply, self.lines.goodbye, now_ms)
        elif reply.rounds >= MOST_ROUNDS:
            reply.thinking = False
            if self.lines:
                self.voicing.say(reply, self.lines.apology, now_ms)
        else:
            self._think(now_ms)

    def _on_thinking_failed(self, mail: ThinkingFailed, now_ms: float) -> None:
        """The model failed: apologise, so that the caller is never left in silence; a guess is asked anew once it is certain."""
        reply = self.reply
        if reply is None or mail.reply != reply.id:
            return
        if not reply.confirmed:
            self.discard(now_ms)
            return
        reply.thinking = False
        self.failures += 1
        if self.lines:
            self.voicing.say(reply, self.lines.apology, now_ms)

    def _on_speech(self, mail: SpeechAudio | SpeechDone | SpeechFailed, now_ms: float) -> None:
        """Take synthesized audio of the running reply."""
        if self.reply is not None:
            self.voicing.take(self.reply, mail, now_ms)

    def _say_line(self, reply: Reply, text: str, now_ms: float) -> None:
        if reply.exchange:
            reply.exchange.rounds.append(Round(text))
        self.voicing.say(reply, text, now_ms)

    # Time

    def advance(self, now_ms: float) -> None:
        """Do what has fallen due: thinking without a tool that takes too long, a filler, the end of the reply."""
        reply = self.reply
        if reply is None or not reply.confirmed:
            return
        if self._think_after_tools_ms is not None and now_ms >= self._think_after_tools_ms:
            self._running_tools.clear()
            self._think(now_ms)
        if self.voicing.advance(reply, now_ms):
            self.reply = None
            self._close(reply, reply.heard_text(), now_ms, interrupted=False)

    def deadline_ms(self, now_ms: float) -> float | None:
        """The next moment at which `advance` has something to do."""
        reply = self.reply
        if reply is None or not reply.confirmed:
            return None
        waits = [self._think_after_tools_ms, self.voicing.deadline_ms(reply, now_ms)]
        return min((at for at in waits if at is not None and at > now_ms), default=None)

    @property
    def asked(self) -> str:
        """What the caller answers: what is being said to them, or was said last."""
        return self.reply.text if self.reply is not None and self.reply.sounded else self.last_said

    @property
    def question_open(self) -> bool:
        """Whether what the caller has heard so far asks for an answer."""
        heard = self.reply.heard_text() if self.reply else ""
        return "?" in heard or (not heard and self.expected != "open")
