"""Slots come out of hours right on every day of the year, those on which clocks change too."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ivr.timetable import Session, Span, day_starts_at, local_span, slots_of_day

TZ = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)


def wall(spans: list[Span]) -> list[str]:
    return [f"{span.starts_at.astimezone(TZ):%H:%M}" for span in spans]


def test_a_session_is_divided_into_whole_slots() -> None:
    assert wall(slots_of_day(MONDAY, [Session(time(9), time(10, 50), 30)], [], TZ)) == ["09:00", "09:30", "10:00"]


def test_after_an_absence_the_slots_go_on_where_it_ends() -> None:
    lunch = local_span(MONDAY, time(12, 15), time(13), TZ)
    assert wall(slots_of_day(MONDAY, [Session(time(11, 30), time(14), 30)], [lunch], TZ)) == ["11:30", "13:00", "13:30"]


def test_sessions_of_one_day_do_not_overlap() -> None:
    sessions = [Session(time(14), time(15), 30), Session(time(13, 30), time(16), 30)]
    assert wall(slots_of_day(MONDAY, sessions, [], TZ)) == ["13:30", "14:00", "14:30", "15:00", "15:30"]


def test_an_absence_over_midnight_takes_the_whole_day() -> None:
    away = Span(day_starts_at(MONDAY - timedelta(days=3), TZ), day_starts_at(MONDAY + timedelta(days=3), TZ))
    assert slots_of_day(MONDAY, [Session(time(9), time(17), 30)], [away], TZ) == []


def test_the_hour_that_the_clocks_skip_has_no_slots() -> None:
    slots = slots_of_day(SPRING, [Session(time(1), time(4), 30)], [], TZ)
    assert wall(slots) == ["01:00", "01:30", "03:00", "03:30"]
    assert slots[1].ends_at == slots[2].starts_at


def test_the_hour_that_the_clocks_repeat_has_its_slots_once() -> None:
    slots = slots_of_day(AUTUMN, [Session(time(0, 30), time(2, 30), 30)], [], TZ)
    assert wall(slots) == ["00:30", "01:00", "01:30", "02:00"]
    assert slots[3].starts_at - slots[2].ends_at == timedelta(hours=1)


def test_nine_in_the_morning_is_nine_in_the_morning_before_and_after_a_change() -> None:
    for day, utc_hour in ((SPRING - timedelta(days=1), 14), (SPRING, 13)):
        assert slots_of_day(day, [Session(time(9), time(10), 60)], [], TZ)[0].starts_at == datetime.combine(day, time(utc_hour), UTC)


def test_a_day_begins_at_midnight_in_the_hospital() -> None:
    assert day_starts_at(MONDAY, TZ) == datetime(2026, 11, 23, 5, tzinfo=UTC)


times = st.times().map(lambda value: value.replace(second=0, microsecond=0))
sessions = st.tuples(times, times, st.integers(5, 240)).filter(lambda parts: parts[0] < parts[1]).map(lambda parts: Session(*parts))


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.lists(sessions, max_size=4), st.sampled_from(["America/New_York", "Europe/Madrid"])
)
def test_whatever_the_hours_slots_never_overlap_and_lie_within_them(day: date, hours: list[Session], zone: str) -> None:
    tz = ZoneInfo(zone)
    slots = slots_of_day(day, hours, [], tz)
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(slots))
    for slot in slots:
        starts = slot.starts_at.astimezone(tz)
        assert starts.date() == day
        assert any(session.starts <= starts.time() < session.ends for session in hours)
