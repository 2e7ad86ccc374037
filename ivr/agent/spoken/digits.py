"""Digits that are said one by one: telephone numbers in any common format, codes, and digits of other scripts. Pure."""

import re
import unicodedata
from collections.abc import Callable

from ivr.agent.spoken.rules import DASH, Match, Rule, apart

_FOREIGN = re.compile(r"[¹²³¼½¾\u0660-\U0001ffff]")
_FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4"}

_GAP = rf"(?:[ .\u00a0\u202f]|{DASH})"
_TELEPHONE = re.compile(
    rf"(?=[+(\d])(?<![\w$€£+/-])(?<!\d[.,:])(?:"
    rf"\+\d{{1,15}}(?:{_GAP}?(?:\(\d{{1,5}}\)|\d{{2,15}})){{0,6}}+"  # +1 (202) 555-0143
    rf"|(?:1{_GAP})?\(\d{{2,4}}\)\s?\d{{3,4}}(?:{_GAP}?\d{{2,4}}){{1,2}}+"  # (202) 555-0143
    rf"|(?:1{_GAP})?\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}"  # 202-555-0143
    rf"|\d{{3,4}}{DASH}\d{{4}}"  # 555-0143
    rf"|\d{{2,4}}(?:[ .-]\d{{2,4}}){{2,4}}+"  # 55 1234 5678
    rf"|\d(?:{DASH}\d){{2,}}+"  # 9-1-1
    r")(?![\w$€£%]|[.,:/-]\d)"
)
_YEARS = re.compile(rf"(?:19|20)\d\d{DASH}(?:19|20)\d\d")

Digits = Callable[[str], str]
"""Writes digits out one by one."""


def plain_digits(text: str) -> str:
    """The text with digits of other scripts, raised and circled ones as plain digits."""
    return text if text.isascii() else _FOREIGN.sub(_plain, text)


def grouped(digits: str, say: Digits) -> str:
    """Digits one by one with commas as pauses, three or four together, or all of up to five."""
    return ", ".join(say(group) for group in _groups(digits))


def telephone_rule(say: Digits, plus: str) -> Rule:
    """Telephone numbers, in the groups that they are written in; the plus of +1 is not said."""

    def write(match: Match) -> str:
        number = match[0]
        groups = re.findall(r"\d+", number)
        figures = "".join(groups)
        if max(map(len, groups)) == 1:
            return apart(match, say(figures))
        if not 7 <= len(figures) <= 15 or _YEARS.fullmatch(number):
            return number
        sign = f"{plus} " if number.startswith("+") and not figures.startswith("1") else ""
        return apart(match, sign + ", ".join(grouped(group, say) for group in groups))

    return Rule(_TELEPHONE, write)


def _plain(match: Match) -> str:
    sign = match[0]
    if sign in _FRACTIONS:
        return " " * match.string[: match.start()][-1:].isdigit() + _FRACTIONS[sign]
    return str(unicodedata.digit(sign)) if sign.isdigit() else sign


def _groups(digits: str) -> list[str]:
    if len(digits) <= 5:
        return [digits]
    first = 1 if len(digits) == 11 and digits[0] == "1" else 0
    threes = range(first, len(digits) - 4, 3)
    return [*digits[:first], *(digits[at : at + 3] for at in threes), digits[threes[-1] + 3 :]]
