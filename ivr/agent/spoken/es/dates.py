"""Dates in Spanish: "24 de noviembre" is "veinticuatro de noviembre", the first is "primero". Pure."""

import re

from ivr.agent.spoken.es.numerals import cardinal
from ivr.agent.spoken.rules import SPACE, Match, Rule, apart

MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
_NAMED = {name: month for month in MONTHS for name in (month, month[:3])} | {"sept": "septiembre", "setiembre": "septiembre"}
_YEAR = r"((?:1[89]|20|21)\d\d)(?![\w:%]|[.,/]\d)"

_ISO = re.compile(r"(?<![\w-])((?:1[89]|20|21)\d\d)-(\d\d)-(\d\d)(?!\d|-\d)(T(?=\d\d:))?")
_NUMERIC = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/-]|\.\d)")
_SHORT = re.compile(r"(?<![\w$€£/.,-])(\d{1,2})/(\d{1,2})(?![\w/%-]|[.,:]\d)")
_WRITTEN = re.compile(
    rf"(?<![\w$€£/:-])(?<!\d[.,])(\d{{1,2}})\.?[º°]?{SPACE}(?:de{SPACE})?({'|'.join(sorted(_NAMED, key=len, reverse=True))})(?![^\W_])"
    rf"(?:\.(?={SPACE}?[\wd,;]))?(?:,?{SPACE}(?:(?:de|del){SPACE})?{_YEAR})?",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"(?<=\b[Dd]el{SPACE})1(?={SPACE}al{SPACE})")
_NO_DATES = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4", "24/7"})


def _date(day: int, month: int, in_year: str | None) -> str | None:
    """The words of a date, or None if there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    words = f"{'primero' if day == 1 else cardinal(day)} de {MONTHS[month - 1]}"
    return f"{words} de {cardinal(int(in_year))}" if in_year else words


def _iso(match: Match) -> str:
    words = _date(int(match[3]), int(match[2]), match[1])
    return apart(match, words + (" a" if match[4] else "")) if words else match[0]


def _numeric(match: Match) -> str:
    first, second, in_year = int(match[1]), int(match[3]), match[4]
    if len(in_year) == 2:
        in_year = ("20" if int(in_year) <= 30 else "19") + in_year
    words = _date(first, second, in_year) or _date(second, first, in_year)
    return apart(match, words) if words else match[0]


def _short(match: Match) -> str:
    words = None if match[0] in _NO_DATES else _date(int(match[1]), int(match[2]), None)
    return apart(match, words) if words else match[0]


def _written(match: Match) -> str:
    month = MONTHS.index(_NAMED[match[2].lower()]) + 1
    words = _date(int(match[1]), month, match[3])
    return apart(match, words) if words else match[0]


RULES = (
    Rule(_ISO, _iso, "-"),
    Rule(_NUMERIC, _numeric, "/.-"),
    Rule(_SHORT, _short, "/"),
    Rule(_WRITTEN, _written),
    Rule(_FIRST, lambda match: "primero"),
)
