"""Times of day in Spanish, with their article: "a las 14:30" is "a las dos y media de la tarde". Pure."""

import re

from ivr.agent.spoken.es.numerals import cardinal
from ivr.agent.spoken.rules import DASH, DASHES, SPACE, Match, Rule, apart, last_stop, rest

_HALF = rf"{SPACE}?[AaPp](?:\.{SPACE}?[Mm]\b\.?|[Mm]\b)"
_TIME = re.compile(
    rf"(?=[Ll\d])(?:(?P<article>\b[Ll]as?){SPACE})?(?<![\d:])(?<!\d[.,])(?P<hour>[01]?\d|2[0-4])"
    r"(?:(?P<mark>[:h.])(?P<minute>[0-5]\d)(?::[0-5]\d)?)?(?![\d:])(?![.,]\d)"
    rf"(?:{SPACE}?(?P<half>[AaPp])(?:\.{SPACE}?[Mm]\b(?P<stop>\.?)|[Mm]\b))?"
    rf"(?:{SPACE}?(?:horas|(?P<short>hrs?|hs?))\b(?:\.(?={SPACE}?[a-z,]))?)?"
)
_RANGE = re.compile(
    rf"(?=[DdEeLl\d])(?:\b(?P<before>[Dd]e|[Dd]esde|[Ee]ntre){SPACE})?(?:\b(?P<article>[Ll]as?){SPACE})?(?<![\d:])"
    rf"(?P<time>(?P<hour>\d{{1,2}})(?P<minute>:[0-5]\d)?(?P<half>{_HALF})?){SPACE}?{DASH}{SPACE}?"
    rf"(?=\d{{1,2}}(?::[0-5]\d(?!\d)|{_HALF}))"
)
_PART_OF_DAY = re.compile(r"\s(?:de la (?:mañana|tarde|noche|madrugada)|del (?:día|mediodía)|en punto)\b", re.IGNORECASE)


def _range(match: Match) -> str:
    article = match["article"] or ("la" if int(match["hour"]) == 1 else "las")
    link = "y" if (match["before"] or "").lower() == "entre" else "a"
    before = match["before"] or ("" if match["article"] else "de")
    return " ".join(filter(None, (before, article, match["time"], link, "")))


def _time(match: Match) -> str:
    timed = match["minute"] and (match["mark"] != "." or match["article"])
    if not (timed or match["half"] or (match["article"] and match["short"])):
        return match[0]
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    words = f"{_article(match, hour)} {cardinal(hour % 12 or 12, 'feminine')}{_minutes(minute)}"
    if not _PART_OF_DAY.match(rest(match)):
        words += _part_of_day(match, hour, minute)
    return apart(match, words + (last_stop(match, before_capital=True) if match["stop"] else ""))


def _article(match: Match, hour: int) -> str:
    article = "la" if hour % 12 == 1 else "las"
    return article.capitalize() if (match["article"] or "").startswith("L") else article


def _minutes(minute: int) -> str:
    if minute in (0, 15, 30):
        return {0: "", 15: " y cuarto", 30: " y media"}[minute]
    return f" {'y ' if minute < 30 else ''}{cardinal(minute)}"


def _part_of_day(match: Match, hour: int, minute: int) -> str:
    half = (match["half"] or "").lower()
    if not half and 1 <= hour <= 12 and not match["hour"].startswith("0"):
        return ""
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour == 12 and minute == 0:
        return " del mediodía"
    hour %= 24
    return " de la tarde" if 12 <= hour < 19 else " de la mañana" if 1 <= hour < 12 else " de la noche"


RULES = (
    Rule(_RANGE, _range, DASHES),
    Rule(_TIME, _time),
)
