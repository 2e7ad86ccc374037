"""What a scenario expects, held against a call that is over and against the records that it left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivr.offline.scenario.file import Expected, Query, Scenario
from ivr.offline.scenario.matching import arguments_fit, first_saying, value_fits
from ivr.offline.telephone.timeline import Call


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One function that the model called."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


class Observer(Protocol):
    """Who can look into Lilly's records; used from several threads."""

    def spoken(self, call_sid: str) -> Sequence[str]:
        """What Lilly has said so far, a text for each of her turns, the greeting first."""

    def tools(self, call_sid: str) -> Sequence[ToolUse]:
        """Which functions the model has called, in order."""

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        """The rows of a query; `%(name)s` in it stands for a parameter."""


def violations(call: Call) -> list[str]:
    """What Twilio would not have taken, whatever the scenario expects."""
    return [f"Twilio would have refused: {violation}" for violation in call.violations]


def failures_of_call(scenario: Scenario, call: Call) -> list[str]:
    """How the call went other than it should, by its end and its gaps."""
    expected = scenario.expected
    failures = []
    if expected.ended_by and call.ended_by != expected.ended_by:
        failures.append(f"the call was ended by {call.ended_by}, not by {expected.ended_by}")
    if expected.max_gap_ms is not None:
        slow = [f"{turn.said}: {turn.gap_ms:.0f} ms" for turn in call.turns[1:] if (turn.gap_ms or 0.0) > expected.max_gap_ms]
        failures += [f"answered later than {expected.max_gap_ms:.0f} ms: {turn}" for turn in slow]
    return failures


def failures_of_records(scenario: Scenario, call: Call, observer: Observer) -> list[str]:
    """What is not yet, or not at all, as it must be in Lilly's records."""
    expected = scenario.expected
    spoken = [*observer.spoken(call.sid), *(event.detail for event in call.of_kind("say"))]
    used = observer.tools(call.sid)
    parameters = {"call_sid": call.sid, "from": scenario.caller.from_number}
    return [
        *_unheard(expected.heard, spoken),
        *_unused(expected, used),
        *(failure for query in expected.database if (failure := _wrong_rows(query, observer, parameters))),
    ]


def _unheard(expected: Sequence[str], spoken: Sequence[str]) -> list[str]:
    start = 0
    for text in expected:
        found = first_saying(text, spoken, start)
        if found is None:
            return [f"not heard: {text}; she said {list(spoken[start:])}"]
        start = found
    return []


def _unused(expected: Expected, used: Sequence[ToolUse]) -> list[str]:
    called = [tool.name for tool in used]
    rest = iter(used)
    for name, arguments in expected.tools:
        if not any(tool.name == name and arguments_fit(arguments, tool.arguments) for tool in rest):
            return [f"not called in its place: {name} with {arguments}; called were {[(tool.name, tool.arguments) for tool in used]}"]
    return [f"must not be called: {name}" for name in expected.no_tools if name in called]


def _wrong_rows(query: Query, observer: Observer, parameters: Mapping[str, str]) -> str | None:
    rows = [list(row) for row in observer.rows(query.sql, parameters)]
    same = len(rows) == len(query.equals) and all(map(_row_fits, query.equals, rows))
    return None if same else f"the database has {rows} instead of {query.equals} for: {' '.join(query.sql.split())}"


def _row_fits(expected: list[Any], row: list[Any]) -> bool:
    return len(expected) == len(row) and all(map(value_fits, expected, row))
