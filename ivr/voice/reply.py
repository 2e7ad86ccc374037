"""One reply of Lilly's, from the first guess at what the caller said to the last word that was heard."""

from dataclasses import dataclass, field

from ivr.agent.history import Exchange, Round
from ivr.voice.events import SpeechAudio, SpeechDone, SpeechFailed
from ivr.voice.playback import Clause

SLOW_MS = 1700
"""Silence after the caller's last sound that is filled, whatever it is that takes so long."""

SILENT_AGAIN_MS = 2500
"""Silence in the middle of a reply that is filled; a caller never waits three seconds without a sound."""

SAY_AFTER_MS = 2000
"""Silence after which a clause that is being made again is left to Twilio's own voice, which begins within the third second."""

CLIP_COMES_MS = 100
"""A clip that covers the wait is on its way at most so long; without one the caller has waited already."""

Timeline = dict[str, float]
"""Stage to milliseconds on the session's clock."""


@dataclass(slots=True, eq=False)
class Reply:
    """What is said after one utterance (`caller` is None when Lilly speaks by herself).

    Until it is confirmed it is a guess: thought and perhaps synthesized, but nothing is played, run or remembered. Then it is a
    turn of the call, the greeting being turn 0.

    `failed_ms` says when a clause, by its id, could not be spoken; those in `given_up` nobody tries any more.

    The clauses of the model's present answer are those from `round_begins` on, and from `answer_begins` on with the answer that it
    corrects. `withheld` says that the rest of the present one is not said, since it claims what no result bears out, and `corrected`
    that the model has been told so once.
    """

    id: int
    caller: str | None
    timeline: Timeline
    confirmed: bool = False
    turn: int = -1
    exchange: Exchange | None = None
    clauses: list[Clause] = field(default_factory=list)
    fillers: list[Clause] = field(default_factory=list)
    rounds: int = 0
    thinking: bool = False
    waiting: Round | None = None
    tool_named: str | None = None
    failed_ms: dict[int, float] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    asked_to_wait: bool = False
    round_begins: int = 0
    answer_begins: int = 0
    withheld: bool = False
    corrected: bool = False
    tricks: set[str] = field(default_factory=set)

    def stamp(self, stage: str, now_ms: float) -> None:
        """Note when a stage was first reached."""
        self.timeline.setdefault(stage, now_ms)

    @property
    def text(self) -> str:
        """Everything that was to be said, fillers left out."""
        return " ".join(clause.text for clause in self.clauses)

    @property
    def round_text(self) -> str:
        """What of the model's present answer is said."""
        return " ".join(clause.text for clause in self.clauses[self.round_begins :])

    @property
    def said(self) -> list[str]:
        """What of the model's present answer is said, and of the one that it corrects."""
        return [clause.text for clause in self.clauses[self.answer_begins :]]

    def heard_text(self) -> str:
        """What of it was heard."""
        return " ".join(filter(None, (clause.heard_text() for clause in self.clauses)))

    @property
    def sounded(self) -> bool:
        """Whether anything of it has been heard."""
        return any(clause.heard or clause.heard_before for clause in (*self.clauses, *self.fillers))

    @property
    def first_sent_ms(self) -> float | None:
        """When its first audio left."""
        sent = [clause.first_sent_ms for clause in (*self.clauses, *self.fillers) if clause.first_sent_ms is not None]
        return min(sent, default=None)

    @property
    def first_clause_sent(self) -> bool:
        """Whether the words themselves have begun to be heard, fillers apart."""
        return any(clause.first_sent_ms is not None for clause in self.clauses)

    def filler_due_ms(self, idle_from_ms: float) -> float | None:
        """When the silence must be filled: while nothing was heard, and again while more is to come; playback is idle from then."""
        waits = bool(self.fillers) and self.fillers[-1].first_sent_ms is None
        if self.caller is None or waits or (self.first_clause_sent and not self.thinking):
            return None
        if self.first_sent_ms is not None:
            return idle_from_ms + SILENT_AGAIN_MS
        return self.timeline.get("last_loud", self.timeline["confirmed"]) + SLOW_MS

    def clause(self, clause_id: int) -> Clause | None:
        """One of its clauses or fillers by id."""
        return next((clause for clause in (*self.clauses, *self.fillers) if clause.id == clause_id), None)

    @property
    def all_said(self) -> bool:
        """Whether nothing more will be added to it."""
        return self.confirmed and not self.thinking and self.waiting is None

    def take_speech(self, mail: SpeechAudio | SpeechDone | SpeechFailed, now_ms: float) -> None:
        """Take synthesized audio of one of its clauses; that of other replies is ignored."""
        clause = self.clause(mail.clause)
        if clause is None:
            return
        if isinstance(mail, SpeechAudio):
            # A later clause may be made sooner, and is not heard sooner.
            if clause not in self.clauses[1:]:
                self.stamp("first_audio", now_ms)
            clause.audio += mail.audio
        elif isinstance(mail, SpeechDone):
            clause.complete = True
            self.tricks |= {"clip"} if mail.cached else set()
        elif clause in self.fillers:
            # Nobody misses a filler.
            clause.complete = True
        elif clause.id in self.failed_ms:
            self.given_up.add(clause.id)
        else:
            self.failed_ms[clause.id] = now_ms
            clause.begin_anew()

    def missing(self) -> Clause | None:
        """The first clause that could not be spoken, and has not been made since."""
        return next((clause for clause in self.clauses if clause.id in self.failed_ms and not clause.complete), None)

    def said_otherwise_ms(self, missing: Clause, idle_from_ms: float) -> float:
        """When the wait for a clause is over and Twilio is to say it; playback is idle from then."""
        if missing.id in self.given_up:
            return idle_from_ms
        return max(idle_from_ms + SAY_AFTER_MS, self.failed_ms[missing.id] + CLIP_COMES_MS)
