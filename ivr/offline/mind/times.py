"""Times of day that callers ask for: at 3:30, after four p m, in the afternoon. Pure."""

import re
from dataclasses import dataclass
from datetime import time

from ivr.offline.mind.language import Language, first_cue

_SPOKEN_MINUTES = {"half": 30, "quarter": 15, "a quarter": 15}
_PAST = "past"
_CLOCK = r"@(\d{1,2}):(\d\d)([ap?])"


@dataclass(frozen=True)
class Clock:
    """A time of day. If it is not `sure`, its half of the day was not said and is a guess at usual hours."""

    at: time
    sure: bool

    def fits(self, at: time) -> bool:
        """Whether this may mean that time."""
        if self.sure:
            return at == self.at
        return (at.hour % 12, at.minute) == (self.at.hour % 12, self.at.minute)


@dataclass(frozen=True)
class Times:
    """When on a day: a part of it, an exact time, or bounds."""

    part: str | None = None
    exact: Clock | None = None
    not_before: time | None = None
    not_after: time | None = None

    def __bool__(self) -> bool:
        return any((self.part, self.exact, self.not_before, self.not_after))


NO_TIMES = Times()
"""Any time of day."""


def find_times(text: str, language: Language) -> tuple[Times, str]:
    """The times in words with figures, and the words without them."""
    text = clocked(text, language)
    part = first_cue(language.parts, text)
    bound, found = _bound(text, language)
    clocks = [_clock(one, part) for one in re.findall(_CLOCK, found.group() if found else text)]
    rest = " ".join(re.sub(_CLOCK, "|", text).split())
    if not clocks:
        return Times(part=part), rest
    if bound == "between" and len(clocks) > 1:
        return Times(not_before=clocks[0].at, not_after=clocks[1].at), rest
    if bound == "after":
        return Times(not_before=clocks[0].at), rest
    if bound == "before":
        return Times(not_after=clocks[0].at), rest
    return Times(exact=clocks[0]), rest


def clocked(text: str, language: Language) -> str:
    """The text with every time of day as @H:MM and a, p or ? for its half."""
    for form in language.clocks:
        text = form.sub(lambda found: _mark(found, language), text)
    return text


def _bound(text: str, language: Language) -> tuple[str | None, re.Match[str] | None]:
    for name, pattern in language.bounds:
        if found := re.search(pattern.pattern.replace("@", _CLOCK), text):
            return name, found
    return None, None


def _mark(found: re.Match[str], language: Language) -> str:
    parts = found.groupdict()
    if found.string[: found.start("h")].endswith("@"):
        return found.group()
    hour, minutes = int(parts["h"]), int(parts.get("m") or 0)
    if spoken := parts.get("past"):
        minutes = _SPOKEN_MINUTES.get(spoken) or int(spoken.split()[0])
    if parts.get("sign") and parts["sign"] != _PAST:
        hour, minutes = (hour - 1) % 24, 60 - minutes
    if hour > 23 or not 0 <= minutes < 60:
        return found.group()
    half = parts.get("half") or parts.get("half2")
    letter = (first_cue(language.halves, half) or "?")[0] if half else "?"
    return f"{parts['pre'] + ' ' if parts.get('pre') else ''}@{hour}:{minutes:02d}{letter}"


def _clock(marked: tuple[str, str, str], part: str | None) -> Clock:
    hour, minute, half = int(marked[0]), int(marked[1]), marked[2]
    sure = half != "?" or part is not None or hour == 0 or hour > 12
    if half == "?":
        afternoon = part in ("afternoon", "evening") or (part is None and 1 <= hour <= 6)
        half = "p" if afternoon or hour == 12 else "a"
    if half == "p" and hour < 12:
        hour += 12
    if half == "a" and hour == 12:
        hour = 0
    return Clock(time(hour, minute), sure)
