"""A rule finds something in a text and writes it out; the rules of a language are applied one after the other."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

Match = re.Match[str]


class Rule(NamedTuple):
    """What is looked for, and its words; the match itself where it is none of the rule's.

    A text that has none of the characters in `needs` is not searched.
    """

    pattern: re.Pattern[str]
    write: Callable[[Match], str]
    needs: str = ""


SPACE = r"[ \u00a0\u2009\u202f]"
DASHES = "-‐‑–—"
DASH = f"[{DASHES}]"

_NEAR = 40
"""So many characters around a match can matter."""

_NAMES_OF_DAYS = (
    "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December"
)
_END = re.compile(r"[\"”’»)]*\s*$")
_SENTENCE = re.compile(rf"[\"”’»)]*\s+(?!{_NAMES_OF_DAYS})[A-ZÁÉÍÓÚÑ¿¡]")


def rewritten(text: str, rules: Iterable[Rule]) -> str:
    """The text after all rules, in their order."""
    characters = set(text)
    for pattern, write, needs in rules:
        if not needs or not characters.isdisjoint(needs):
            text = pattern.sub(write, text)
    return text


def lead(match: Match) -> str:
    """What stands shortly before."""
    return match.string[max(0, match.start() - _NEAR) : match.start()]


def rest(match: Match) -> str:
    """What follows shortly after."""
    return match.string[match.end() : match.end() + _NEAR]


def gap(match: Match) -> str:
    """A space where a letter or digit follows at once."""
    return " " * rest(match)[:1].isalnum()


def apart(match: Match, words: str) -> str:
    """The words for a match, with a space where a letter or digit touches it."""
    return f"{' ' * lead(match)[-1:].isalnum()}{words}{gap(match)}"


def last_stop(match: Match, *, before_capital: bool = False) -> str:
    """The full stop of an abbreviation if it ends the text too; `before_capital` also if a new sentence seems to follow."""
    ends = _END.match(rest(match)) or (before_capital and _SENTENCE.match(rest(match)))
    return "." if ends else ""
