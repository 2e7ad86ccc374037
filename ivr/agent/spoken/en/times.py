"""Times of day in English: "2:30 PM" is "two thirty P M", "14:30" is "two thirty in the afternoon". Pure."""

import re

from ivr.agent.spoken.en.numerals import cardinal
from ivr.agent.spoken.rules import DASH, DASHES, SPACE, Match, Rule, apart, last_stop, rest

_HALF = rf"{SPACE}?[AaPp](?:\.{SPACE}?[Mm]\b\.?|[Mm]\b)"
_TIME = re.compile(
    r"(?P<hour>\d(?<![\d:].)(?<!\d[.,].)\d?)(?:(?P<mark>[:.])(?P<minute>[0-5]\d)(?::[0-5]\d)?)?(?![\d:])"
    rf"(?:{SPACE}?(?P<half>[AaPp])(?:\.{SPACE}?[Mm]\b(?P<stop>\.?)|[Mm]\b))?"
)
_RANGE = re.compile(rf"(?<![\d:])(\d{{1,2}}(?::[0-5]\d)?(?:{_HALF})?){SPACE}?{DASH}{SPACE}?(?=\d{{1,2}}(?::[0-5]\d(?!\d)|{_HALF}))")
_PART_OF_DAY = re.compile(r"\s(?:in the (?:morning|afternoon|evening)|at night|o['’]clock|sharp|noon|midnight)\b", re.IGNORECASE)
_ANOTHER_TIME = re.compile(rf"(?:{SPACE}?,)?\s(?:and|or|to|until|till)\s(?:at )?\d{{1,2}}(?::[0-5]\d(?!\d)|{_HALF})")


def _time(match: Match) -> str:
    timed = match["half"] or match["mark"] == ":"
    if not timed or int(match["hour"]) > 24:
        return match[0]
    words = _clock(match, int(match["hour"]), int(match["minute"] or 0))
    return apart(match, words + last_stop(match, before_capital=True)) if match["stop"] else apart(match, words)


def _clock(match: Match, hour: int, minute: int) -> str:
    words = cardinal(hour % 12 or 12) + _minutes(minute)
    half = (match["half"] or "").lower()
    named = bool(_PART_OF_DAY.match(rest(match)))
    if half:
        twelve = hour == 12 and minute == 0
        return f"{words} {'midnight' if half == 'a' else 'noon'}" if twelve and not named else f"{words} {half.upper()} M"
    if named:
        return words
    if hour > 12 or match["hour"].startswith("0"):
        return "midnight" if hour % 24 == minute == 0 else f"{words} {_part_of_day(hour % 24)}"
    return words if minute or _ANOTHER_TIME.match(rest(match)) else f"{words} o'clock"


def _minutes(minute: int) -> str:
    if minute == 0:
        return ""
    return f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _part_of_day(hour: int) -> str:
    if hour < 12:
        return "in the morning" if hour else "at night"
    return "in the afternoon" if hour < 18 else "in the evening" if hour < 22 else "at night"


RULES = (
    Rule(_RANGE, lambda match: f"{match[1]} to ", DASHES),
    Rule(_TIME, _time),
)
