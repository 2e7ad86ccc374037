"""Times, days and lists as they are said on the telephone, in English and Spanish."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Protocol

_EN_MONTHS = "January February March April May June July August September October November December".split()
_EN_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ES_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
_ES_WEEKDAYS = "lunes martes miércoles jueves viernes sábado domingo".split()


class Telling(Protocol):
    """How a language tells times and lists."""

    either: str

    def clocks(self, times: Sequence[time]) -> str:
        """Times of one day: at 2:30 and 3:00 PM."""

    def clock(self, at: time) -> str:
        """One time as the subject of a sentence: 2:30 PM."""

    def day(self, day: date, today: date) -> str:
        """A day with what stands before it: tomorrow, on Tuesday, November 24."""

    def at(self, moment: datetime, today: date) -> str:
        """A day and a time: tomorrow at 2:30 PM."""

    def at_times(self, day: date, times: Sequence[time], today: date) -> str:
        """A day and several of its times."""

    def bare_clocks(self, times: Sequence[time]) -> str:
        """Times to choose from: 2:30 or 3:00."""

    def part(self, part: str) -> str:
        """A part of the day after a day: afternoon."""


def listed(parts: Sequence[str], last: str) -> str:
    """Words in a row: one, two and three."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


class English:
    """Tells in English."""

    either = "or"

    def clocks(self, times: Sequence[time]) -> str:
        """At 2:30 and 3:00 PM; the half of the day only once if it is the same."""
        halves = {_half(at) for at in times}
        if len(halves) > 1:
            return f"at {listed([f'{_hands(at)} {_half(at)}' for at in times], 'and')}"
        return f"at {listed([_hands(at) for at in times], 'and')} {halves.pop()}"

    def clock(self, at: time) -> str:
        """2:30 PM."""
        return f"{_hands(at)} {_half(at)}"

    def day(self, day: date, today: date) -> str:
        """Today, tomorrow, or on a date."""
        near = {0: "today", 1: "tomorrow"}.get((day - today).days)
        return near or f"on {_EN_WEEKDAYS[day.weekday()]}, {_EN_MONTHS[day.month - 1]} {day.day}"

    def at(self, moment: datetime, today: date) -> str:
        """Tomorrow at 2:30 PM; on Tuesday, November 24, at 9:00 AM."""
        return self.at_times(moment.date(), [moment.time()], today)

    def at_times(self, day: date, times: Sequence[time], today: date) -> str:
        """On Tuesday, November 24, at 9:00 AM and 10:30 AM."""
        told = self.day(day, today)
        comma = "," if told.startswith("on ") else ""
        return f"{told}{comma} at {listed([f'{_hands(at)} {_half(at)}' for at in times], 'and')}"

    def bare_clocks(self, times: Sequence[time]) -> str:
        """2:30 or 3:00."""
        return listed([_hands(at) for at in times], "or")

    def part(self, part: str) -> str:
        """The part's own word."""
        return part


class Spanish:
    """Tells in Spanish."""

    either = "o"

    def clocks(self, times: Sequence[time]) -> str:
        """A las 2:30 y a las 3:00 de la tarde."""
        parts = [_es_part(at) for at in times]
        said = [f"a {_es_article(at)} {_hands(at)}" for at in times]
        if len(set(parts)) == 1:
            return f"{listed(said, 'y')} {parts[0]}"
        return listed([f"{clock} {part}" for clock, part in zip(said, parts, strict=True)], "y")

    def clock(self, at: time) -> str:
        """A las 2:30 de la tarde."""
        return self.clocks([at])

    def day(self, day: date, today: date) -> str:
        """Hoy, mañana, or a date."""
        near = {0: "hoy", 1: "mañana"}.get((day - today).days)
        return near or f"el {_ES_WEEKDAYS[day.weekday()]} {day.day} de {_ES_MONTHS[day.month - 1]}"

    def at(self, moment: datetime, today: date) -> str:
        """Mañana a las 2:30 de la tarde."""
        return self.at_times(moment.date(), [moment.time()], today)

    def at_times(self, day: date, times: Sequence[time], today: date) -> str:
        """El martes 24 de noviembre a las 9:00 y a las 10:30 de la mañana."""
        return f"{self.day(day, today)} {self.clocks(times)}"

    def bare_clocks(self, times: Sequence[time]) -> str:
        """Las 2:30 o las 3:00."""
        return listed([f"{_es_article(at)} {_hands(at)}" for at in times], "o")

    def part(self, part: str) -> str:
        """Por la tarde and the like."""
        return {"morning": "por la mañana", "afternoon": "por la tarde", "evening": "por la noche"}[part]


TELLINGS: dict[str, Telling] = {"en": English(), "es": Spanish()}


def _hands(at: time) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02d}"


def _half(at: time) -> str:
    return "AM" if at.hour < 12 else "PM"


def _es_article(at: time) -> str:
    return "la" if at.hour % 12 == 1 else "las"


def _es_part(at: time) -> str:
    if at.hour < 12:
        return "de la mañana"
    return "de la tarde" if at.hour < 20 else "de la noche"
