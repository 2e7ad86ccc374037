"""Whom and when a clause names with what it says to be done, held against the appointments of the tools' results. Pure.

What cannot be read is no contradiction: a doctor is read after a title and in capitals, a time only where the words around it leave
no doubt. Who names several doctors, days or times, the old one of a move for instance, is right if one of them is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from ivr.agent.claims.days import any_of, is_on, named_days
from ivr.names import untitled

Appointment = Mapping[str, Any]

_NAME = r"[A-ZÁÉÍÓÚÑ][\w'’-]+"
_DOCTOR = re.compile(rf"\b(?:[Dd]ra?\.?|[Dd]octora?)\s+({_NAME}(?: {_NAME}){{0,2}})")

_EN_HOURS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)}
_ES_HOURS = {word: n for n, word in enumerate("una dos tres cuatro cinco seis siete ocho nueve diez once doce".split(), 1)}
_EN_MINUTES = {
    "oh five": 5,
    "five": 5,
    "ten": 10,
    "fifteen": 15,
    "a quarter": 15,
    "quarter": 15,
    "twenty": 20,
    "twenty-five": 25,
    "half": 30,
}
_EN_MINUTES |= {"thirty": 30, "thirty-five": 35, "forty": 40, "forty-five": 45, "fifty": 50, "fifty-five": 55}
_ES_MINUTES = {"cinco": 5, "diez": 10, "cuarto": 15, "quince": 15, "veinte": 20, "veinticinco": 25, "media": 30, "treinta": 30}
_ES_MINUTES |= {"cuarenta y cinco": 45, "cuarenta": 40, "cincuenta": 50}


_HALF = r"(?:\s*(?P<half>[ap])\.?\s?m\b\.?)?"
_PART = r"(?: (?:in the|de la|por la|del) (?P<part>morning|afternoon|evening|mañana|tarde|noche|mediodía))?"
_AFTER = r"(?=$|[.,!?;:]| (?:on|with|in|tomorrow|today|this|next|sharp|for you|and|el|la|con|mañana|hoy|este|en|y)\b)"

_OLD = re.compile(
    r"\b(?:from|your|su cita de las?|tu cita de las?|de las?) (?=\d)[\d:]+(?:\s*[ap]\.?\s?m\b\.?)?"
    r"|[\d:]+(?:\s*[ap]\.?\s?m\b\.?)? (?:appointment|visit|booking)"
)
"""A time by which an appointment is called that may have another by now."""

_CLOCK = re.compile(rf"(?<![\d:.])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?![\d:]){_HALF}{_PART}")
_HALF_DAY_CLOCK = re.compile(r"(?<![\d:.])(?P<hour>\d{1,2})\s*(?P<half>[ap])\.?\s?m\b")
_EN_TIMES = (
    re.compile(rf"\b(?P<past>{any_of(_EN_MINUTES)}) (?P<way>past|after|to) (?P<hour>{any_of(_EN_HOURS)}|\d{{1,2}}){_HALF}{_PART}\b"),
    re.compile(rf"\b(?:at|to|for) (?P<hour>{any_of(_EN_HOURS)}) (?P<minute>{any_of(_EN_MINUTES)}){_HALF}{_PART}{_AFTER}"),
    re.compile(rf"\bat (?P<hour>{any_of(_EN_HOURS)}|\d{{1,2}})(?: o'clock)?{_HALF}{_PART}{_AFTER}"),
)
_ES_TIMES = (
    re.compile(
        rf"\b(?:a|para) las? (?P<hour>{any_of(_ES_HOURS)}|\d{{1,2}})(?: (?P<way>y|menos) (?P<past>{any_of(_ES_MINUTES)}))?"
        rf"{_HALF}{_PART}{_AFTER}"
    ),
)
_NOON = re.compile(r"\b(?:at|to|for) (?:noon|midday)\b|\b(?:a|al) mediodía\b")


@dataclass(frozen=True, slots=True)
class Named:
    """What a clause names: for the doctor, the time, the weekday and the date, if it does, whether an appointment has it."""

    checks: list[Callable[[Appointment], bool]]

    def contradict(self, appointments: Iterable[Appointment]) -> bool:
        """Whether something is named that none of these appointments has; without appointments it cannot be told."""
        told = list(appointments)
        return bool(told) and not all(any(map(check, told)) for check in self.checks)

    def tell(self, appointment: Appointment) -> bool:
        """Whether so much is named, and all of it right, that no other appointment can be meant."""
        return len(self.checks) > 1 and all(check(appointment) for check in self.checks)


def named_in(text: str, today: date | None = None, *, moved: bool = False) -> Named:
    """What a clause names; "tomorrow" needs `today`, and what is `moved` may be called by its old day."""
    doctors, times, (weekdays, dates) = named_doctors(text), named_times(text), named_days(text, today, moved=moved)
    checks: list[tuple[object, Callable[[Appointment], bool]]] = [
        (doctors, lambda one: _is_of(one, doctors)),
        (times, lambda one: time.fromisoformat(one["time"]) in times),
        (weekdays, lambda one: "date" not in one or date.fromisoformat(one["date"]).weekday() in weekdays),
        (dates, lambda one: "date" not in one or is_on(date.fromisoformat(one["date"]), dates)),
    ]
    return Named([check for named, check in checks if named])


def named_doctors(text: str) -> list[set[str]]:
    """The words of each doctor's name."""
    return [set(untitled(re.sub(r"['’]s\b", "", match[1]))) for match in _DOCTOR.finditer(text)]


def named_times(text: str) -> set[time]:
    """What o'clock a clause may mean; "at two" may be by day or by night."""
    plain = _OLD.sub("", text.lower().replace("’", "'"))
    found = {time(12)} if _NOON.search(plain) else set()
    for pattern in (_CLOCK, _HALF_DAY_CLOCK, *_EN_TIMES, *_ES_TIMES):
        for match in pattern.finditer(plain):
            found |= set(_meant(match.groupdict()))
    return found


def _is_of(appointment: Mapping[str, Any], doctors: Iterable[set[str]]) -> bool:
    own = set(untitled(str(appointment["doctor"])))
    return any(own & named for named in doctors)


def _meant(parts: Mapping[str, str | None]) -> Iterator[time]:
    hour = _number(parts["hour"], _EN_HOURS | _ES_HOURS)
    minute = _number(parts.get("minute"), _EN_MINUTES)
    past = _number(parts.get("past"), _EN_MINUTES | _ES_MINUTES)
    minutes = hour * 60 + minute + (-past if parts.get("way") in ("to", "menos") else past)
    half = parts.get("half") or {"morning": "a", "mañana": "a", None: None}.get(parts.get("part"), "p")
    for after_noon in (0, 12 * 60):
        at = (minutes % (12 * 60) + after_noon) if hour <= 12 else minutes
        if at < 24 * 60 and (hour > 12 or half is None or half == ("p" if after_noon else "a")):
            yield time(at // 60, at % 60)


def _number(word: str | None, words: Mapping[str, int]) -> int:
    if not word:
        return 0
    return int(word) if word.isdigit() else words[word]
