"""Dates in English: "March 4, 1982" is "March fourth, nineteen eighty-two". Pure."""

import re

from ivr.agent.spoken.en.numerals import ordinal, year
from ivr.agent.spoken.rules import DASH, SPACE, Match, Rule, apart

MONTHS = "January February March April May June July August September October November December".split()
_NAMED = {name: month for month in MONTHS for name in (month, month[:3])} | {"Sept": "September"}
_MONTH = rf"(?<![^\W_])({'|'.join(sorted(_NAMED, key=len, reverse=True))})(?![^\W\d_])\.?"
_SUFFIX = "(?:st|nd|rd|th)?"
_HALF_DAY = rf"{SPACE}?[AaPp]\.?{SPACE}?[Mm]\b"
_END_OF_DAY = rf"{_SUFFIX}(?![\w:%]|[.,/]\d|{_HALF_DAY})"

_ISO = re.compile(r"(?<![\w-])((?:1[89]|20|21)\d\d)-(\d\d)-(\d\d)(?!\d|-\d)(T(?=\d\d:))?")
_NUMERIC = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/-]|\.\d)")
_SHORT = re.compile(r"(?<![\w$€£/.,-])(\d{1,2})/(\d{1,2})(?![\w/%-]|[.,:]\d)")
_MONTH_FIRST = re.compile(
    rf"{_MONTH}{SPACE}(\d{{1,2}}){_END_OF_DAY}(?:({SPACE}?{DASH}{SPACE}?|{SPACE}(?:and|or|to|through){SPACE})(\d{{1,2}}){_END_OF_DAY})?"
    rf"(?:,?{SPACE}((?:1[89]|20|21)\d\d)(?![\w:%]|[.,/]\d))?"
)
_DAY_FIRST = re.compile(
    rf"(?<![\w$€£/.,:-])(\d{{1,2}}){_SUFFIX}({SPACE}of)?{SPACE}{_MONTH}(?:,?{SPACE}((?:1[89]|20|21)\d\d)(?![\w:%]|[.,/]\d))?"
)
_MONTH_AND_YEAR = re.compile(rf"{_MONTH}(?={SPACE}(?:19|20|21)\d\d(?![\w:%]|[.,/]\d))")
_FRACTIONS = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4"})


def _date(month: int, day: int, in_year: str) -> str | None:
    """The words of a date, or None if there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    words = f"{MONTHS[month - 1]} {ordinal(day)}"
    return f"{words}, {year(int(in_year))}" if in_year else words


def _iso(match: Match) -> str:
    words = _date(int(match[2]), int(match[3]), match[1])
    return apart(match, words + (" at" if match[4] else "")) if words else match[0]


def _numeric(match: Match) -> str:
    first, second, in_year = int(match[1]), int(match[3]), match[4]
    if len(in_year) == 2:
        in_year = ("20" if int(in_year) <= 30 else "19") + in_year
    words = _date(first, second, in_year) or _date(second, first, in_year)
    return apart(match, words) if words else match[0]


def _short(match: Match) -> str:
    words = None if match[0] in _FRACTIONS else _date(int(match[1]), int(match[2]), "")
    return apart(match, words) if words else match[0]


def _month_first(match: Match) -> str:
    month, first, link, second, in_year = match.groups()
    days = [int(day) for day in (first, second) if day]
    if not all(1 <= day <= 31 for day in days) or sorted(days) != days:
        return match[0]
    joined = f" {link.strip()} " if link and link.strip().isalpha() else " to "
    words = f"{_NAMED[month]} {joined.join(ordinal(day) for day in days)}"
    return apart(match, f"{words}, {year(int(in_year))}" if in_year else words)


def _day_first(match: Match) -> str:
    day, of, month, in_year = match.groups()
    if not 1 <= int(day) <= 31:
        return match[0]
    words = f"{ordinal(int(day))} of {_NAMED[month]}" if of else f"{_NAMED[month]} {ordinal(int(day))}"
    return apart(match, f"{words}, {year(int(in_year))}" if in_year else words)


RULES = (
    Rule(_ISO, _iso, "-"),
    Rule(_NUMERIC, _numeric, "/.-"),
    Rule(_SHORT, _short, "/"),
    Rule(_MONTH_FIRST, _month_first),
    Rule(_DAY_FIRST, _day_first),
    Rule(_MONTH_AND_YEAR, lambda match: _NAMED[match[1]]),
)
