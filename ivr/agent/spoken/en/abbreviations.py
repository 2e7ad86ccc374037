"""English abbreviations: titles, streets, days of the week, and Latin ones. Pure."""

import re

from ivr.agent.spoken.rules import DASH, DASHES, SPACE, Match, Rule, gap, last_stop, lead, rest

_TITLES = {
    "dr": "Doctor",
    "drs": "Doctors",
    "dra": "Doctora",
    "mr": "Mister",
    "mrs": "Missus",
    "ms": "Miz",
    "prof": "Professor",
    "sra": "Señora",
    "srta": "Señorita",
}
_STREETS = {
    "ave": "Avenue",
    "blvd": "Boulevard",
    "rd": "Road",
    "ln": "Lane",
    "hwy": "Highway",
    "pkwy": "Parkway",
    "sq": "Square",
    "apt": "Apartment",
    "ste": "Suite",
    "bldg": "Building",
}
_OTHERS = {
    "rm": "Room",
    "dept": "Department",
    "jr": "Junior",
    "etc": "et cetera",
    "vs": "versus",
    "approx": "approximately",
    "appt": "appointment",
    "tel": "telephone",
    "ext": "extension",
}
_WORDS = _TITLES | _STREETS | _OTHERS
_LATIN = {"e": "for example", "i": "that is"}
_DAYS = {
    short: day
    for day in "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
    for short in (day, day[:3], {"T": day[:4], "W": "Weds"}.get(day[0], day[:3]))
} | {"Thurs": "Thursday"}
_NO_STREET_NAME = frozenset("at to in from near the on of by via and for with visit call is mount hospital".split())

_START = r"(?<![^\W_])"
_CAPITAL = rf"{SPACE}[A-ZÁÉÍÓÚÑ]"
_ANY_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_DOTTED = re.compile(rf"{_START}(?i:({'|'.join(_WORDS)}))\.")
_UNDOTTED = re.compile(rf"{_START}(Drs?|Dra|Mrs?|Ms)(?={_CAPITAL})")
_SAINT = re.compile(rf"{_START}St(?:\.|(?={_CAPITAL}|,))")
_SENIOR = re.compile(rf"{_START}Sr\.")
_EXAMPLE = re.compile(rf"{_START}([ei])\.{SPACE}?[ge]\.", re.IGNORECASE)
_HALF_DAY = re.compile(rf"{_START}(?<!\d{SPACE})(?:([ap])\.{SPACE}?m(?![^\W_])(\.?)|((?-i:[AP]M|pm))(?![^\W_]))", re.IGNORECASE)
_DAY_RANGE = re.compile(rf"{_START}({_ANY_DAY})\.?{SPACE}?{DASH}{SPACE}?({_ANY_DAY})(?![^\W_])")
_DAY = re.compile(rf"{_START}({_ANY_DAY})(?:\.(?=,|{SPACE}\w)|(?=,{SPACE}))")

_HOUSE = re.compile(r"(?:^|\W)\d+[a-z]*\s(?:[A-Z][\w'’]*\.?\s){1,3}$")
_STREET_NAME = re.compile(r"((?<![^\W_])[A-Z][\w'’]+|\d(?:st|nd|rd|th))\s$")
_NAME_NEXT = re.compile(_CAPITAL)


def _dotted(match: Match) -> str:
    short = match[1].lower()
    if short == "dr" and _HOUSE.search(lead(match)) and not _NAME_NEXT.match(rest(match)):
        return "Drive" + last_stop(match) + gap(match)
    return _WORDS[short] + (_pause(match) if short in _STREETS else last_stop(match)) + gap(match)


def _saint_or_street(match: Match) -> str:
    before = _STREET_NAME.search(lead(match))
    after_name = bool(before and before[1].lower() not in _NO_STREET_NAME)
    if _NAME_NEXT.match(rest(match)) and not after_name:
        return "Saint"
    if match[0] == "St" and not after_name:
        return match[0]
    return "Street" + (_pause(match) if match[0] == "St." else "") + gap(match)


def _senior(match: Match) -> str:
    return ("Señor" if _NAME_NEXT.match(rest(match)) else "Senior" + last_stop(match)) + gap(match)


def _half_day(match: Match) -> str:
    words = f"{(match[1] or match[3])[0].upper()} M"
    return words + last_stop(match, before_capital=True) if match[2] else words


def _pause(match: Match) -> str:
    """A street's full stop ends the text, or stands for a pause before what may be a new sentence."""
    return last_stop(match) or ("," if _NAME_NEXT.match(rest(match)) else "")


RULES = (
    Rule(_DOTTED, _dotted, "."),
    Rule(_UNDOTTED, lambda match: _TITLES[match[1].lower()], "DM"),
    Rule(_SAINT, _saint_or_street, "S"),
    Rule(_SENIOR, _senior, "S"),
    Rule(_EXAMPLE, lambda match: _LATIN[match[1].lower()] + gap(match), "."),
    Rule(_HALF_DAY, _half_day, ".Mm"),
    Rule(_DAY_RANGE, lambda match: f"{_DAYS[match[1]]} to {_DAYS[match[2]]}", DASHES),
    Rule(_DAY, lambda match: _DAYS[match[1]], ".,"),
)
