"""From a doctor's hours to slots, and from days to instants: pure, in the hospital's zone, right across clock changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
PARTS_OF_DAY = {"morning": (time(0), time(12)), "afternoon": (time(12), time(18)), "evening": (time(18), time.max)}
"""First time of day, and the time before which a part of the day ends."""


DAY_BEGINS, DAY_ENDS = time(8), time(21)
"""Between these times of day patients may be disturbed."""


@dataclass(frozen=True)
class Session:
    """Hours of one day, divided into slots of one length."""

    starts: time
    ends: time
    slot_minutes: int


@dataclass(frozen=True)
class Span:
    """From an instant up to, and without, another."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether the two have an instant in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def day_starts_at(day: date, tz: ZoneInfo) -> datetime:
    """The instant at which a day begins in the hospital."""
    return datetime.combine(day, time(), tz).astimezone(UTC)


def sensible(day: date) -> date:
    """The day, or a nearer one: the first and last that a date can express have no neighbours, which arithmetic needs."""
    return min(max(day, date(1900, 1, 1)), date(2999, 12, 31))


def quiet_until(now: datetime, tz: ZoneInfo) -> datetime | None:
    """When the night in the hospital ends, or None while it is day."""
    local = now.astimezone(tz)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return None
    day = local.date() + timedelta(days=int(local.time() >= DAY_ENDS))
    return datetime.combine(day, DAY_BEGINS, tz).astimezone(UTC)


def local_span(day: date, starts: time, ends: time, tz: ZoneInfo) -> Span:
    """The instants between two times of day."""
    return Span(datetime.combine(day, starts, tz).astimezone(UTC), datetime.combine(day, ends, tz).astimezone(UTC))


def slots_of_day(day: date, sessions: Iterable[Session], absences: Iterable[Span], tz: ZoneInfo) -> list[Span]:
    """The slots of one day, without those that overlap an absence or one of an earlier session.

    A time of day that the clocks skip makes no slot; one that they repeat makes one, the first time.
    """
    taken = list(absences)
    slots: list[Span] = []
    for session in sessions:
        for slot in _slots_of_session(day, session, taken, tz):
            slots.append(slot)
            taken.append(slot)
    return sorted(slots, key=lambda slot: slot.starts_at)


def _slots_of_session(day: date, session: Session, taken: list[Span], tz: ZoneInfo) -> Iterator[Span]:
    length = timedelta(minutes=session.slot_minutes)
    wall, end = datetime.combine(day, session.starts), datetime.combine(day, session.ends)
    while wall + length <= end:
        starts_at = wall.replace(tzinfo=tz).astimezone(UTC)
        slot = Span(starts_at, starts_at + length)
        in_the_way = [span for span in taken if span.overlaps(slot)]
        if in_the_way:
            resume = max(span.ends_at for span in in_the_way).astimezone(tz).replace(tzinfo=None)
            wall = max(resume, wall + timedelta(minutes=1))
            continue
        if starts_at.astimezone(tz).replace(tzinfo=None) == wall:
            yield slot
        wall += length
