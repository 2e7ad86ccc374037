"""What the mind knows of one language: its numbers, dates, times of day, wishes and manners, as data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ivr.offline.mind.numbers import Numbers
from ivr.offline.mind.plain import plain

Cues = tuple[tuple[str, re.Pattern[str]], ...]

DAY = r"(?P<day>\d{1,2})(?:th)?\b"
ORDINAL_DAY = r"(?P<day>\d{1,2})th\b"
YEAR = r"(?P<year>(?:19|20)\d\d)\b"
ANY_YEAR = r"(?P<year>(?:19|20) ?(?:\d?0 \d|\d\d)|\d\d)\b"
"""A year of birth may come in two pieces (19 82, 1980 2) or be short (82)."""


@dataclass(frozen=True, eq=False)
class Language:
    """A language. Patterns are matched against plain words; those of dates and times against words with figures.

    In `dates` and `weekday`, <day>, <ordinal>, <month>, <weekday> and <year> stand for the patterns of these.
    In `bounds`, @ stands for a time of day.
    """

    code: str
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    numbers: Numbers
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    month_first: bool
    dates: tuple[str, ...]
    weekday: str
    correction: str
    relative: Cues
    clocks: tuple[re.Pattern[str], ...]
    halves: Cues
    bounds: Cues
    parts: Cues
    intents: Cues
    topics: Cues
    signals: Mapping[str, re.Pattern[str]]
    given_lead: re.Pattern[str]
    family_lead: re.Pattern[str]
    name_leads: tuple[re.Pattern[str], ...]
    answer_leads: re.Pattern[str]
    not_names: frozenset[str]
    doctor_titles: str
    not_doctors: frozenset[str]
    marks: frozenset[str]

    def figures(self, text: str) -> str:
        """Plain words with numbers in figures and the usual turns of phrase made even."""
        words = plain(text)
        for pattern, replacement in self.rewrites:
            words = pattern.sub(replacement, words)
        words = self.numbers.figures(words)
        return re.sub(r"(?<=\d) (?:oh|o)(?= \d)", " 0", words)


@lru_cache(maxsize=128)
def date_form(language: Language, template: str, year: str = YEAR) -> re.Pattern[str]:
    """A form of `dates`, `weekday` or `correction` with its placeholders filled in."""
    patterns = {
        "day": DAY,
        "ordinal": ORDINAL_DAY,
        "year": year,
        "month": f"(?P<month>{_any_of(language.months)})",
        "weekday": f"(?P<weekday>{_any_of(language.weekdays)})",
    }
    return re.compile(r"\b" + re.sub(r"(?<!\?P)<(\w+)>", lambda found: patterns[found[1]], template))


def cues(*pairs: tuple[str, str]) -> Cues:
    """Named patterns in the order in which they are tried."""
    return tuple((name, re.compile(pattern)) for name, pattern in pairs)


def first_cue(table: Cues, text: str) -> str | None:
    """The name of the first pattern that occurs in the text."""
    return next((name for name, pattern in table if pattern.search(text)), None)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))
