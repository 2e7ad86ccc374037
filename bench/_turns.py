"""Turns as they were measured: what the caller heard, what the server noted, and what the providers owed meanwhile."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench._own_share import one_after_the_other, owed_in, own_share_ms, plain
from bench._patients import PATIENCE_S, Placed
from bench._replies import Reply
from bench._stand_in import Answer, clauses_of
from ivr.models import Turn as TurnRow
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.timeline import Turn as HeardTurn
from ivr.trace import parts_ms

WRITTEN_WITHIN_S = 4.0
LOOK_EVERY_S = 0.1
DIFFERENT_SOUND_MS = 250.0
"""A sound this far from the reply's first is another one: the end of the reply before it, taken up again."""

AT_ONCE_MS = 20.0

TRICKS = ("clip", "eager", "filler")

Rows = Callable[[str], Sequence[TurnRow]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn.

    `turn_ms` is the server's time from the last loud frame to the first frame sent, `heard_ms` the caller's from the one
    loud frame to the other.
    """

    number: str
    turn_ms: float
    heard_ms: float | None
    own_ms: float | None
    stand_in_late_ms: float
    timeline: dict[str, float]
    opened_with_clip: bool
    opened_with_filler: bool
    tricks: tuple[str, ...]

    def parts_ms(self) -> dict[str, float]:
        """What was waited for, one after the other; the parts add up to the turn."""
        return parts_ms({**self.timeline, "first_sent": self.turn_ms})

    def as_dict(self) -> dict[str, Any]:
        """For the results file."""
        own = None if self.own_ms is None else round(self.own_ms, 1)
        heard = None if self.heard_ms is None else round(self.heard_ms, 1)
        return {"sentence": self.number, "turn_ms": self.turn_ms, "heard_ms": heard, "own_ms": own, "tricks": self.tricks, **self.timeline}


@dataclass(frozen=True, slots=True)
class Round:
    """What came of some calls at once. `lost` names the sentences that were not answered as one turn."""

    turns: list[Turn]
    lost: list[str]
    barge_in_ms: list[float]
    greeting_ms: list[float]
    caller_late_ms: float


def measured(placed: Sequence[Placed], given: Sequence[Reply], answers: Sequence[Answer], rows: Rows) -> Round:
    """Bring together what each side knows of the turns of some calls."""
    replies = {reply.recording.path.name: reply for reply in given}
    turns, lost = [], []
    for one in placed:
        written = _wait_for_rows(one, rows)
        for heard in one.call.turns[1:]:
            row = _row_of(replies[heard.said], written)
            if row is None:
                lost.append(replies[heard.said].recording.number)
            else:
                turns.append(_turn(heard, replies[heard.said], row, answers))
    return _round(placed, turns, lost)


def heard_alone(placed: Sequence[Placed], given: Sequence[Reply], answers: Sequence[Answer]) -> Round:
    """The same where the server notes nothing: the caller's clock, and when the providers answered."""
    replies = {reply.recording.path.name: reply for reply in given}
    turns, lost = [], []
    for call, heard in ((one.call, turn) for one in placed for turn in one.call.turns[1:]):
        reply, gap_ms = replies[heard.said], _gap_ms(call, heard)
        if gap_ms is None or heard.cut_in_ms is not None:
            lost.append(reply.recording.number)
        else:
            owed = owed_in(answers, reply.recording.text, reply.text)
            timeline = one_after_the_other(owed, gap_ms)
            turns.append(Turn(reply.recording.number, gap_ms, gap_ms, None, owed.late_ms, timeline, False, False, ()))
    return _round(placed, turns, lost)


def _gap_ms(call: Call, heard: HeardTurn) -> float | None:
    """From the last loud frame to the first sound, whatever was cleared after that."""
    ended_ms = math.inf if heard.ended_ms is None else heard.ended_ms
    gaps_ms = [event.at_ms - ended_ms for event in call.of_kind("sound")]
    return next((gap_ms for gap_ms in gaps_ms if 0 < gap_ms <= PATIENCE_S * 1000), None)


def _round(placed: Sequence[Placed], turns: list[Turn], lost: list[str]) -> Round:
    calls = [one.call for one in placed]
    return Round(
        turns=turns,
        lost=lost,
        barge_in_ms=[turn.barge_in_ms for call in calls for turn in call.turns if turn.barge_in_ms is not None],
        greeting_ms=[call.turns[0].gap_ms for call in calls if call.turns and call.turns[0].gap_ms is not None],
        caller_late_ms=max((call.late_ms for call in calls), default=0.0),
    )


def _wait_for_rows(one: Placed, rows: Rows) -> list[TurnRow]:
    """The call's turns; they are written beside the call, and the last ones may still be on their way."""
    deadline_s = time.monotonic() + WRITTEN_WITHIN_S
    while True:
        written = [row for row in rows(one.call.sid) if row.caller_text]
        if len(written) >= len(one.patient.recordings) or time.monotonic() > deadline_s:
            return written
        time.sleep(LOOK_EVERY_S)


def _row_of(reply: Reply, written: Sequence[TurnRow]) -> TurnRow | None:
    """The server's turn that answers this sentence, with a sound.

    One that was cut off before anything but a filler was heard is answered together with the sentence after it.
    """
    words = plain(reply.recording.text)
    answered = (row for row in written if "first_sent" in row.timeline)
    return next((row for row in answered if f" {plain(row.caller_text)}".endswith(f" {words}")), None)


def _turn(heard: HeardTurn, reply: Reply, row: TurnRow, answers: Sequence[Answer]) -> Turn:
    opening = clauses_of(reply.text)[0]
    owed = owed_in(answers, reply.recording.text, opening)
    timeline = {stage: at for stage, at in row.timeline.items() if not stage.startswith("trick_")}
    gap_ms = heard.gap_ms
    same_sound = gap_ms is not None and abs(gap_ms - timeline["first_sent"]) <= DIFFERENT_SOUND_MS
    return Turn(
        number=reply.recording.number,
        turn_ms=timeline["first_sent"],
        heard_ms=gap_ms if same_sound else None,
        own_ms=own_share_ms(timeline, owed),
        stand_in_late_ms=owed.late_ms,
        timeline=timeline,
        opened_with_clip=_from_clip(timeline),
        opened_with_filler="filler" in timeline,
        tricks=tuple(trick for trick in TRICKS if f"trick_{trick}" in row.timeline),
    )


def _from_clip(timeline: dict[str, float]) -> bool:
    """Whether the first thing that was heard was there at once; no voice answers so soon."""
    asked_ms = min(timeline.get("first_clause", math.inf), timeline.get("filler", math.inf))
    return timeline.get("first_audio", math.inf) - asked_ms <= AT_ONCE_MS
