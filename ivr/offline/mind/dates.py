"""Days that callers ask for, and dates of birth. Pure: today is an argument."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from ivr.offline.mind.language import ANY_YEAR, Language, date_form


@dataclass(frozen=True)
class Days:
    """From a first day to a last one; without a last day it is open, and `weekday` says that a day of the week was named."""

    first: date
    last: date | None
    weekday: int | None = None

    @property
    def single(self) -> date | None:
        """The day, if it is only one."""
        return self.first if self.first == self.last else None

    def holds(self, day: date) -> bool:
        """Whether a day is among these."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Birth:
    """A date of birth as far as it was said: a year alone, a month and day alone, or all three."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def joined(self, earlier: "Birth | None") -> "Birth":
        """This with what is missing taken from what was said earlier."""
        if earlier is None:
            return self
        month, day = (self.month, self.day) if self.month else (earlier.month, earlier.day)
        return Birth(self.year or earlier.year, month, day)

    @property
    def date(self) -> date | None:
        """The date, if it is complete and exists."""
        return _real_date(self.year, self.month, self.day) if self.year and self.month and self.day else None


def find_days(text: str, language: Language, today: date) -> tuple[Days | None, str]:
    """The days named in words with figures, and the words without them."""
    text = _without_corrections(text, language)
    for finder in (_calendar_day, _weekdays, _relative):
        days, rest = finder(text, language, today)
        if days is not None:
            return days, rest
    return None, text


def find_birth(text: str, language: Language, today: date, asked: bool) -> tuple[Birth | None, str]:
    """A date of birth in words with figures, and the words without it.

    Unless it was asked for or is called one, a date counts only if its four-digit year has passed.
    """
    meant = asked or bool(language.signals["birth"].search(text))
    for form in (*(date_form(language, form, ANY_YEAR) for form in language.dates), *_NUMERIC_BIRTHS):
        for found in form.finditer(text):
            birth = _birth_of(found, language, today)
            if birth is None or (birth.month is None) or not (meant or _is_long_past(birth, today)):
                continue
            return birth, _without(text, found)
    if asked and (last := re.search(r"\b(?:19|20) ?\d\d$|^\d\d$", text)):
        return Birth(year=_year(last.group(), today)), _without(text, last)
    return None, text


def birth_from_keys(keys: str, language: Language, today: date) -> Birth | None:
    """A date of birth typed as six or eight digits, or a year alone."""
    if len(keys) == 4 and keys[:2] in ("19", "20"):
        return Birth(year=int(keys))
    if len(keys) not in (6, 8):
        return None
    return _ordered(int(keys[:2]), int(keys[2:4]), _year(keys[4:], today), language)


_NUMERIC_BIRTHS = (
    re.compile(r"\b(?P<a>\d{1,2})(?:[/ ]| de )(?P<b>\d{1,2})(?:[/ ]| de )(?P<year>(?:19|20) ?\d\d|\d\d)\b"),
    re.compile(r"\b(?P<year>(?:19|20)\d\d)[/ :](?P<a>\d{1,2})[/ ](?P<b>\d{1,2})\b"),
)
_NUMERIC_DAY = re.compile(r"\b(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{4}))?\b")


def _birth_of(found: re.Match[str], language: Language, today: date) -> Birth | None:
    parts = found.groupdict()
    year = _year(parts["year"], today) if parts.get("year") else None
    if parts.get("a"):
        if year and found.start("year") < found.start("a"):
            return Birth(year, int(parts["a"]), int(parts["b"]))
        return _ordered(int(parts["a"]), int(parts["b"]), year, language)
    if not parts.get("month") or not 1 <= int(parts["day"]) <= 31:
        return None
    return Birth(year, language.months[parts["month"]], int(parts["day"]))


def _ordered(one: int, other: int, year: int | None, language: Language) -> Birth | None:
    """Month and day in the language's order, or in the other one where only that is a date."""
    first, second = (one, other) if language.month_first else (other, one)
    for month, day in ((first, second), (second, first)):
        if _real_date(year or 2000, month, day):
            return Birth(year, month, day)
    return None


def _year(words: str, today: date) -> int:
    """1982 from 1982, 19 82, 1980 2 or 82; a short year is the last one that has passed."""
    pieces = [int(piece) for piece in words.split()]
    if len(pieces) == 1 and pieces[0] >= 100:
        return pieces[0]
    if len(pieces) > 1:
        return pieces[0] * 100 + sum(pieces[1:]) if pieces[0] < 100 else sum(pieces)
    return pieces[0] + (today.year // 100 * 100 if pieces[0] <= today.year % 100 else (today.year // 100 - 1) * 100)


def _is_long_past(birth: Birth, today: date) -> bool:
    return birth.year is not None and birth.date is not None and birth.date < today


def _calendar_day(text: str, language: Language, today: date) -> tuple[Days | None, str]:
    for form in (*(date_form(language, form) for form in language.dates), _NUMERIC_DAY):
        if found := form.search(text):
            day = _coming(found.groupdict(), language, today)
            if day is not None:
                return Days(day, day), _without(text, found)
    return None, text


def _coming(parts: dict[str, str | None], language: Language, today: date) -> date | None:
    """The next day that fits: with a day of the week named too, one within a year on which it falls."""
    year = int(parts["year"] or 0) if "year" in parts else 0
    if parts.get("a"):
        ordered = _ordered(int(parts["a"] or 0), int(parts["b"] or 0), year or None, language)
        months, day = [ordered.month if ordered else None], (ordered.day or 0) if ordered else 0
    else:
        months, day = [language.months[parts["month"] or ""]] if parts.get("month") else list(range(1, 13)), int(parts["day"] or 0)
    years = [year] if year else [today.year, today.year + 1]
    candidates = sorted(found for y in years for m in months if (found := _real_date(y, m, day)) and found >= today)
    weekday = language.weekdays[parts["weekday"] or ""] if parts.get("weekday") else None
    fitting = [candidate for candidate in candidates[:6] if candidate.weekday() == weekday]
    return next(iter(fitting or candidates), None)


def _weekdays(text: str, language: Language, today: date) -> tuple[Days | None, str]:
    found = list(date_form(language, language.weekday).finditer(text))
    if not found:
        return None, text
    in_next_week = dict(language.relative)["next_week"].search(text) or any(one.groupdict().get("next") or one["week"] for one in found)
    days = [_day_of_week(language.weekdays[one["weekday"]], today, bool(in_next_week)) for one in found]
    rest = text
    for one in reversed(found):
        rest = _without(rest, one)
    return Days(min(days), max(days), weekday=days[0].weekday() if len(days) == 1 else None), rest


def _day_of_week(weekday: int, today: date, in_next_week: bool) -> date:
    """The day of the coming week (Monday to Sunday), or the next such day after today."""
    if in_next_week:
        return _monday_after(today) + timedelta(days=weekday)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _monday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def _relative(text: str, language: Language, today: date) -> tuple[Days | None, str]:
    for key, pattern in language.relative:
        if found := pattern.search(text):
            n = found.groupdict().get("n")
            return _RELATIVE[key](today, int(n) if n and n.isdigit() else 1), _without(text, found)
    return None, text


def _one(day: date) -> Days:
    return Days(day, day)


def _week(monday: date, today: date) -> Days:
    return Days(max(monday, today), monday + timedelta(days=6))


def _saturday(today: date, _: int) -> Days:
    saturday = today + timedelta(days=5 - today.weekday())
    return Days(max(saturday, today), saturday + timedelta(days=1))


def _next_month(today: date, _: int) -> Days:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


_RELATIVE: dict[str, Callable[[date, int], Days]] = {
    "today": lambda today, _: _one(today),
    "tomorrow": lambda today, _: _one(today + timedelta(days=1)),
    "overmorrow": lambda today, _: _one(today + timedelta(days=2)),
    "this_week": lambda today, _: _week(_monday_after(today) - timedelta(days=7), today),
    "next_week": lambda today, _: _week(_monday_after(today), today),
    "weekend": _saturday,
    "next_month": _next_month,
    "in_days": lambda today, n: _one(today + timedelta(days=n)),
    "in_weeks": lambda today, n: _week(_monday_after(today) + timedelta(days=7 * (n - 1)), today),
    "any": lambda today, _: Days(today, None),
}


def _without_corrections(text: str, language: Language) -> str:
    """ "Tuesday, not Thursday" means Tuesday; "not Thursday" alone names the only day there is."""
    kept = date_form(language, language.correction).sub(" ", text)
    return kept if date_form(language, "<weekday>").search(kept) else text


def _without(text: str, found: re.Match[str]) -> str:
    return " ".join(f"{text[: found.start()]} | {text[found.end() :]}".split())


def _real_date(year: int | None, month: int | None, day: int) -> date | None:
    try:
        return date(year or 0, month or 0, day)
    except ValueError:
        return None
