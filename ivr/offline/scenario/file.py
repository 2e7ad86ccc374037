"""Written calls: YAML that says who calls, what is said and typed, and what must come of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from ivr.offline.scenario.matching import is_expression
from ivr.offline.scenario.place import Place, ScenarioError
from ivr.offline.telephone.caller import Caller
from ivr.offline.telephone.program import DialOutcome, Telephony
from ivr.offline.telephone.utterances import load_utterance

RECORDINGS = Path(__file__).parents[3] / "tests" / "audio"


@dataclass(frozen=True, slots=True)
class When:
    """The moment for a step: when Lilly has finished, unless one of these is set."""

    interrupt_after_ms: float | None = None
    at_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Play a recorded utterance into the line."""

    recording: Path
    when: When = When()


@dataclass(frozen=True, slots=True)
class Keys:
    """Type on the telephone."""

    keys: str
    when: When = When()


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait until Lilly has said this: `/…/` is a regular expression, anything else a part of what she says.

    By `transcript` it is looked for in what Lilly noted that she said, by `ears` in what a speech recogniser makes of
    the sound.
    """

    text: str
    by: Literal["transcript", "ears"] = "transcript"


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing for a while."""

    duration_ms: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Step = Say | Keys | Hear | Silence | HangUp


@dataclass(frozen=True, slots=True)
class Query:
    """Rows that must be in the database; `%(call_sid)s` and `%(from)s` stand for this call's."""

    sql: str
    equals: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold when the call is over. Lists are in order, with anything in between."""

    heard: list[str] = field(default_factory=list)
    tools: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    no_tools: list[str] = field(default_factory=list)
    database: list[Query] = field(default_factory=list)
    ended_by: Literal["lilly", "caller"] | None = None
    max_gap_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One written call."""

    name: str
    language: str
    caller: Caller
    steps: tuple[Step, ...]
    expected: Expected


TOP = ("name", "from", "language", "steps", "expect", "dial", "noise_dbfs", "turn_wait_ms", "patience_s")
EXPECT = ("heard", "tools", "no_tools", "database", "ended_by", "max_gap_ms")
MOMENT = ("interrupt", "at")
KEYS = re.compile(r"[0-9*#]{1,40}")


def load(path: Path) -> Scenario:
    """Read a scenario. Raises `ScenarioError`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    top = Place(str(path)).mapping(content, TOP, needs=("name", "steps"))
    return Scenario(
        name=top.text("name"),
        language=top.text("language", "en"),
        caller=_caller(top),
        steps=tuple(_step(top.at(f"step {number}"), step, path.parent) for number, step in enumerate(top.items("steps"), 1)),
        expected=_expected(top.at("expect").mapping(top.values.get("expect", {}), EXPECT)),
    )


def _caller(top: Place) -> Caller:
    outcomes = get_args(DialOutcome)
    dials = tuple(top.texts("dial"))
    if unknown := set(dials) - set(outcomes):
        raise top.error(f"dial has {', '.join(sorted(unknown))}; allowed are {', '.join(outcomes)}")
    plain = Caller()
    return Caller(
        from_number=top.text("from", plain.from_number),
        noise_dbfs=_noise(top, plain.noise_dbfs),
        turn_wait_ms=_or(top.number("turn_wait_ms"), plain.turn_wait_ms),
        patience_s=_or(top.number("patience_s"), plain.patience_s),
        telephony=Telephony(dials=cast(tuple[DialOutcome, ...], dials)) if dials else plain.telephony,
    )


def _noise(top: Place, default: float | None) -> float | None:
    level = top.values.get("noise_dbfs", default)
    if level is not None and (isinstance(level, bool) or not isinstance(level, int | float) or not -96 <= level <= -10):
        raise top.error("noise_dbfs must be a number from -96 to -10, or null for digital silence")
    return level


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _step(place: Place, step: Any, folder: Path) -> Step:
    if step == "hang_up":
        return HangUp()
    kinds = [kind for kind in _STEPS if isinstance(step, dict) and kind in step]
    if len(kinds) != 1:
        raise place.error(f"must be hang_up, or a mapping with one of {', '.join(_STEPS)}")
    return _STEPS[kinds[0]](place, step, folder)


def _say(place: Place, step: dict[str, Any], folder: Path) -> Say:
    place = place.mapping(step, ("say", *MOMENT))
    recording = _find(place, place.text("say"), folder)
    try:
        load_utterance(recording)
    except (OSError, ValueError) as error:
        raise place.error(str(error)) from None
    return Say(recording, _when(place))


def _keys(place: Place, step: dict[str, Any], _folder: Path) -> Keys:
    place = place.mapping(step, ("keys", *MOMENT))
    keys = place.text("keys")
    if not KEYS.fullmatch(keys):
        raise place.error("keys must be made of 0-9, * and #")
    return Keys(keys, _when(place))


def _hear(place: Place, step: dict[str, Any], _folder: Path) -> Hear:
    place = place.mapping(step, ("hear", "by"))
    return Hear(_pattern(place, place.text("hear")), place.choice("by", ("transcript", "ears")) or "transcript")


def _silence(place: Place, step: dict[str, Any], _folder: Path) -> Silence:
    place = place.mapping(step, ("silence",))
    return Silence(_or(place.number("silence"), 0.0))


_STEPS: dict[str, Callable[[Place, dict[str, Any], Path], Step]] = {"say": _say, "keys": _keys, "hear": _hear, "silence": _silence}


def _when(place: Place) -> When:
    interrupt = place.values.get("interrupt")
    if interrupt is None:
        return When(at_ms=place.number("at"))
    if "at" in place.values:
        raise place.error("has both interrupt and at; allowed is one of them")
    inner = place.at("interrupt").mapping(interrupt, ("after_ms",), needs=("after_ms",))
    return When(interrupt_after_ms=inner.number("after_ms"))


def _find(place: Place, name: str, folder: Path) -> Path:
    candidates = [folder / name, *(parent / "audio" / name for parent in folder.resolve().parents), RECORDINGS / name]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise place.error(f"{name} is neither next to the scenario, nor in a folder audio above it, nor in tests/audio")


def _pattern(place: Place, text: str) -> str:
    if is_expression(text):
        try:
            re.compile(text[1:-1])
        except re.error as error:
            raise place.error(f"{text} is not a regular expression: {error}") from None
    return text


def _expected(place: Place) -> Expected:
    return Expected(
        heard=[_pattern(place, text) for text in place.texts("heard")],
        tools=[_tool(place, tool) for tool in place.items("tools")],
        no_tools=place.texts("no_tools"),
        database=[_query(place.at(f"database {number}"), query) for number, query in enumerate(place.items("database"), 1)],
        ended_by=place.choice("ended_by", ("lilly", "caller")),
        max_gap_ms=place.number("max_gap_ms"),
    )


def _tool(place: Place, tool: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(tool, str):
        return tool, {}
    if isinstance(tool, dict) and len(tool) == 1:
        name, arguments = next(iter(tool.items()))
        if isinstance(name, str) and isinstance(arguments, dict):
            return name, arguments
    raise place.error("tools must be a list of names, or of a name with a mapping of some of its arguments")


def _query(place: Place, query: Any) -> Query:
    place = place.mapping(query, ("sql", "equals"), needs=("sql", "equals"))
    equals = place.values["equals"]
    if not isinstance(equals, list):
        return Query(place.text("sql"), [[equals]])
    if not all(isinstance(row, list) for row in equals):
        raise place.error("equals must be one value, or a list of rows, each a list")
    return Query(place.text("sql"), equals)
