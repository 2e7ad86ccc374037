"""How a reply is spoken: clauses on their way through the mouth to the line, fillers while they wait, and what cannot be spoken."""

from itertools import cycle

from ivr.agent.lines import Lines
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed
from ivr.voice.playback import Clause, Playback
from ivr.voice.reply import Reply
from ivr.voice.roles import Mouth


class Voicing:
    """Owns the playback. `unsaid` is text that Lilly's own voice could not say, which is left to Twilio's."""

    def __init__(self, playback: Playback, mouth: Mouth) -> None:
        self.playback = playback
        self.unsaid: str | None = None
        self._mouth = mouth
        self._clauses = 0
        self.use_language("en", None)

    def use_language(self, language: str, lines: Lines | None) -> None:
        """Speak this language from now on (ISO 639-1), with these lines."""
        self.language = language
        self._one_moment = lines.one_moment if lines else None
        self._fillers = cycle(lines.fillers if lines else ())
        self._second_fillers = cycle(lines.second_fillers if lines else ())

    def say(self, reply: Reply, text: str, now_ms: float) -> None:
        """Add a clause to a reply; a guess's is made ahead, and heard once it is confirmed."""
        reply.stamp("first_clause", now_ms)
        reply.clauses.append(self._speak(text))

    def fill(self, reply: Reply, now_ms: float) -> None:
        """Say something that means nothing but that she is at it."""
        text = next(self._fillers if reply.first_sent_ms is None else self._second_fillers, None)
        if text:
            reply.tricks.add("filler")
            reply.fillers.append(self._speak(text, first=True))
            reply.stamp("filler", now_ms)

    def _speak(self, text: str, *, first: bool = False) -> Clause:
        self._clauses += 1
        clause = Clause(self._clauses, text)
        self.playback.add(clause, first=first)
        self._mouth.say(clause.id, text, self.language)
        return clause

    def take(self, reply: Reply, mail: SpeechAudio | SpeechDone | SpeechFailed, now_ms: float) -> None:
        """Take synthesized audio; that of replies which are over is ignored. What failed once is made again elsewhere."""
        known = set(reply.failed_ms)
        reply.take_speech(mail, now_ms)
        if reply.failed_ms.keys() - known and (clause := reply.clause(mail.clause)):
            self._mouth.retry(clause.id, clause.text, self.language)

    def hold(self, now_ms: float) -> None:
        """Fall silent at once, without giving up what was to be said."""
        self.playback.close_gate(now_ms)

    def resume(self) -> None:
        """Go on from where she was heard."""
        self.playback.open_gate()

    def rewind(self, reply: Reply, now_ms: float) -> None:
        """Begin a reply anew."""
        self.playback.rewind(reply.clauses, now_ms)
        self.playback.open_gate()

    def fall_silent(self, now_ms: float) -> None:
        """Give up what was to be said."""
        self._mouth.hush()
        self.playback.clear(now_ms)
        self.playback.open_gate()

    def advance(self, reply: Reply, now_ms: float) -> bool:
        """Do what has fallen due for a confirmed reply; returns whether all of it has been heard."""
        filler_ms = reply.filler_due_ms(self.playback.idle_from_ms())
        if filler_ms is not None and now_ms >= filler_ms:
            self.fill(reply, now_ms)
        missing = reply.missing()
        if missing is not None:
            self._wait_for(reply, missing, now_ms)
        elif reply.all_said and self.playback.gate_open and self.playback.idle(now_ms):
            self.playback.drop()
            return True
        return False

    def _wait_for(self, reply: Reply, missing: Clause, now_ms: float) -> None:
        """Cover the wait for a clause that is being made again with a clip; then leave what is left to say to Twilio."""
        if not self._all_heard_before(missing, now_ms):
            return
        if not reply.asked_to_wait and self._one_moment:
            reply.asked_to_wait = True
            reply.fillers.append(self._speak(self._one_moment, first=True))
        elif reply.all_said and now_ms >= reply.said_otherwise_ms(missing, self.playback.idle_from_ms()):
            self.unsaid = " ".join(clause.text for clause in reply.clauses if clause.id >= missing.id)

    def _all_heard_before(self, failed: Clause, now_ms: float) -> bool:
        """Whether playback waits for a clause that will never sound; those before it are heard first."""
        before = (clause for clause in self.playback.clauses if clause.id < failed.id)
        return self.playback.idle_from_ms() <= now_ms and all(clause.marked for clause in before)

    def deadline_ms(self, reply: Reply, now_ms: float) -> float | None:
        """The next moment at which `advance` has something to do for a confirmed reply."""
        idle_ms = self.playback.idle_from_ms()
        waits = [reply.filler_due_ms(idle_ms)]
        if reply.all_said:
            waits.append(idle_ms)
        if (missing := reply.missing()) is not None:
            waits += [idle_ms, reply.said_otherwise_ms(missing, idle_ms)]
        return min((at for at in waits if at is not None and at > now_ms), default=None)
