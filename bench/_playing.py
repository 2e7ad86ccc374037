"""Playing one row of the turn benchmark: rounds of calls against whoever answers, measured on both sides."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench._figures import Spread, spread
from bench._lilly import Answering, lilly, plain_loop
from bench._patients import Placed, dealt, place
from bench._replies import KNOWN_OPENINGS, Reply, as_rules, replies
from bench._rows import Row
from bench._stand_in import StandInControl
from bench._turns import Round, Rows, Turn, heard_alone, measured
from ivr.stack import Stack

LATE_MS = 40.0
"""The machine was late when a caller's frame, or one in twenty of the stand-in's answers, came so much after its time."""

Say = Callable[[str], Any]


@dataclass
class Measured:
    """A row with all that came of it."""

    row: Row
    rounds: list[Round] = field(default_factory=list)
    cpu_s: float = 0.0
    call_minutes: float = 0.0

    @property
    def turns(self) -> list[Turn]:
        """Its turns."""
        return [turn for one in self.rounds for turn in one.turns]

    @property
    def lost(self) -> list[str]:
        """The sentences that were not answered as one turn."""
        return [number for one in self.rounds for number in one.lost]

    @property
    def turn_ms(self) -> Spread:
        """From the last loud frame to the first one sent back, by the server's clock; by the caller's for the plain loop."""
        return self.heard_ms if self.row.kind == "sequential" else spread(turn.turn_ms for turn in self.turns)

    @property
    def heard_ms(self) -> Spread:
        """The same as the caller heard it."""
        return spread(turn.heard_ms for turn in self.turns)

    @property
    def own_ms(self) -> Spread:
        """Our own share of it."""
        return spread(turn.own_ms for turn in self.turns)

    @property
    def cpu_s_a_call_minute(self) -> float | None:
        """Processor seconds of whoever answered, a minute of call."""
        return round(self.cpu_s / self.call_minutes, 2) if self.call_minutes else None

    @property
    def machine_late(self) -> bool:
        """Whether the machine kept up with neither the caller nor the providers."""
        stand_in = spread(turn.stand_in_late_ms for turn in self.turns).p95 or 0.0
        return max(stand_in, *(one.caller_late_ms for one in self.rounds)) > LATE_MS


class Stage:
    """The running stack, set anew for every round."""

    def __init__(self, stack: Stack, rows_of: Rows, say: Say) -> None:
        self._stack, self._rows_of, self._say = stack, rows_of, say
        self._control = StandInControl(stack.offline_url)
        self._round_numbers: Iterator[int] = count()

    def play(self, row: Row) -> Measured:
        """Measure one row."""
        result = Measured(row)
        with self._answering(row) as answering:
            for number in range(row.rounds):
                self._round(row, answering, result)
                done = result.turn_ms
                self._say(f"   {row.name}: round {number + 1} of {row.rounds}, {done.count} turns, {done} ms, heard {result.heard_ms}")
        return result

    def _answering(self, row: Row) -> AbstractContextManager[Answering]:
        return plain_loop(self._stack) if row.kind == "sequential" else lilly(self._stack, row.without)

    def _round(self, row: Row, answering: Answering, result: Measured) -> None:
        number = next(self._round_numbers)
        given = replies(row.mix, number, row.said())
        self._prepare(row, answering, given)
        self._control.use_profile(row.profile, seed=number + 1)
        self._control.forget_answers()
        before = answering.usage()
        placed = place(answering.target, dealt([reply.recording for reply in given], row.calls), answering.caller)
        result.cpu_s += answering.usage().cpu_s - before.cpu_s
        result.call_minutes += sum(len(one.call.patient) for one in placed) / 8000 / 60
        result.rounds.append(self._measured(row, placed, given))

    def _prepare(self, row: Row, answering: Answering, given: list[Reply]) -> None:
        """Say what was said before, and make the rest ahead in the stand-in, so that its own work is not what is measured."""
        self._control.use_profile("zero")
        if row.kind == "sequential":
            self._control.rehearse_whole(reply.text for reply in given)
        else:
            self._control.rehearse(reply.text for reply in given)
            answering.say(KNOWN_OPENINGS)
        self._control.reply_with(as_rules(given, with_tool=row.kind == "tool"))

    def _measured(self, row: Row, placed: list[Placed], given: list[Reply]) -> Round:
        if row.kind == "sequential":
            return heard_alone(placed, given, self._control.answers())
        return measured(placed, given, self._control.answers(), self._rows_of)
