"""The days that a clause names: weekdays, dates, and tomorrow where today is known. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ivr.agent.spoken.en import dates as en_dates
from ivr.agent.spoken.en import numerals as english
from ivr.agent.spoken.es import dates as es_dates
from ivr.agent.spoken.es import numerals as spanish

Day = tuple[int | None, int]
"""The month, if it is named, and the day of a date."""


def any_of(words: Iterable[str]) -> str:
    """A pattern's alternatives, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


_EN_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ES_WEEKDAYS = "lunes martes miércoles jueves viernes sábado domingo".split()

_WEEKDAYS = {word: n for words in (_EN_WEEKDAYS, _ES_WEEKDAYS) for n, word in enumerate(words)}
_MONTHS = {word.lower(): n for names in (en_dates.MONTHS, es_dates.MONTHS) for n, name in enumerate(names, 1) for word in (name, name[:3])}
_NUMBERS = {word: n for n in range(1, 32) for word in (english.ordinal(n), english.cardinal(n), spanish.cardinal(n))} | {"primero": 1}
_NUMBERS |= {word.replace("-", " "): n for word, n in _NUMBERS.items()}
_NEAR = {"day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0}
_NEAR |= {"pasado mañana": 2, "mañana": 1, "hoy": 0, "esta mañana": 0, "esta tarde": 0, "esta noche": 0}

DAY_WORDS = frozenset((*_WEEKDAYS, *_MONTHS, *_NUMBERS, *_NEAR))
"""Every word by which a day may be called."""

_DAY = rf"(?P<day>\d{{1,2}}|{any_of(_NUMBERS)})(?:st|nd|rd|th|º)?"
_DATES = (
    re.compile(rf"\b(?P<month>{any_of(_MONTHS)})\.? (?:the )?{_DAY}(?![\w:])"),
    re.compile(rf"\b{_DAY}(?: of| de)? (?P<month>{any_of(_MONTHS)})\b"),
    re.compile(
        rf"\b(?:on|for|to|{any_of(_EN_WEEKDAYS)}) the (?P<day>\d{{1,2}})(?:st|nd|rd|th)\b(?! (?:of|floor|time|slot|one|appointment))"
    ),
    re.compile(rf"\b(?:el|día|{any_of(_ES_WEEKDAYS)}) (?P<day>\d{{1,2}})\b(?! ?(?:[:h]|[ap]\.?\s?m\b|y |menos|de ))"),
)
_WEEKDAY = re.compile(rf"\b(?:{any_of(_WEEKDAYS)})\b")
_RELATIVE = re.compile(rf"(?<!la )\b(?:{any_of(_NEAR)})\b")
_BIRTH = re.compile(r"\b(?:birth|born|nacimiento|nació)\b.*?\b(?:19|20)\d\d\b")
_PART_OF_CLAUSE = re.compile(r"[,;()—–!?]|\b(?:and|but|so|pero)\b|\by\b(?! (?:uno|media|cuarto|cinco|diez|veint\w+)\b)")
_OF_SOMETHING_ELSE = re.compile(
    r"(?:\bwill|'ll)\b(?! see)|\b(?:please|if|closed|open|call\w*|text|message|reminder|arrive|until|before|by|born|birth|help|else)\b"
    r"|\b(?:si|por favor|enviar\w*|recibir\w*|cerrad\w+|abiert\w+|llam\w+|venga|llegue|hasta|antes|naci\w+|nació|ayudar\w*)\b"
)
"""A day beside these words is none of an appointment."""

_OLD_DAY = re.compile(rf"\b(?:from|your|citas? del|del) (?:{any_of(_WEEKDAYS)})\b(?:,? {any_of(_MONTHS)} \d+| \d+ de {any_of(_MONTHS)})?")
"""The day by which an appointment is called that has been moved to another."""


def named_days(text: str, today: date | None = None, *, moved: bool = False) -> tuple[set[int], set[Day]]:
    """The weekdays from Monday as 0, and the dates; what is `moved` may be called by its old day, which does not count."""
    plain = _BIRTH.sub("", text.lower().replace("’", "'"))
    parts = _PART_OF_CLAUSE.split(_OLD_DAY.sub("", plain) if moved else plain)
    told = "; ".join(part for part in parts if not _OF_SOMETHING_ELSE.search(part))
    weekdays = {_WEEKDAYS[match[0]] for match in _WEEKDAY.finditer(told)}
    dates = {_date(match.groupdict()) for pattern in _DATES for match in pattern.finditer(told)}
    if today and not weekdays and not dates:
        near = [today + timedelta(_NEAR[match[0]]) for match in _RELATIVE.finditer(told)]
        dates = {(day.month, day.day) for day in near}
    return weekdays, dates


def is_on(day: date, dates: Iterable[Day]) -> bool:
    """Whether a day is one of these dates."""
    return any(day.day == number and month in (None, day.month) for month, number in dates)


def _date(parts: Mapping[str, str]) -> Day:
    day = parts["day"]
    return _MONTHS.get(parts.get("month", "")), int(day) if day.isdigit() else _NUMBERS[day]
