"""Doctors' hours as the desk keeps them; a change of hours at once changes which slots are offered."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import fn

from ivr import models, records, scheduling
from ivr.errors import InvalidInput
from ivr.models import Break, Doctor, ExtraSession, Row, Schedule, Slot, TimeOff, database
from ivr.paging import Page, page
from ivr.schemas.clinic import Days, HoursQuery
from ivr.schemas.types import Arguments, Change

MOST_DAYS = 366

Hours = Schedule | Break | TimeOff | ExtraSession
Kind = type[Schedule] | type[Break] | type[TimeOff] | type[ExtraSession]


@dataclass(frozen=True)
class Desk:
    """Who changes hours, where and when."""

    by: str
    zone: ZoneInfo
    now: datetime | None = None

    @property
    def today(self) -> date:
        """The hospital's day."""
        return (self.now or models.now()).astimezone(self.zone).date()


def listed(kind: type[Row], query: HoursQuery) -> Page[Row]:
    """The hours of one kind, of one doctor or of all."""
    rows = kind.select()
    if query.doctor_id is not None:
        rows = rows.where(kind._meta.fields["doctor"] == query.doctor_id)
    return page(rows, query, {"id": kind.id})


def add(kind: Kind, wanted: Arguments, desk: Desk) -> Row:
    """New hours; raises `InvalidInput` or `Conflict` as `records.create`."""
    with database.atomic():
        row = records.create(kind, wanted.model_dump(), desk.by)
        _renew(row, desk)
    return row


def change(kind: Kind, row_id: int, wanted: Change, unchanged: Container[str], desk: Desk) -> Row:
    """Change hours; raises as `records.amend`."""
    with database.atomic():
        before = records.get(kind, row_id)
        row = records.amend(kind, row_id, wanted.given(), unchanged, desk.by)
        for days_of in (before, row):
            _renew(days_of, desk)
    return row


def remove(kind: Kind, row_id: int, unchanged: Container[str], desk: Desk) -> None:
    """Remove hours; what is booked stays booked. Raises as `records.remove`."""
    with database.atomic():
        row = records.get(kind, row_id)
        records.remove(kind, row_id, unchanged, desk.by)
        _renew(row, desk)


def make_slots(doctor_id: int, days: Days, desk: Desk) -> scheduling.Renewal:
    """Make the slots of a doctor's hours on some days, and withdraw those that no longer fit; raises `NotFound`, `InvalidInput`."""
    if not timedelta(0) <= days.date_to - days.date_from < timedelta(MOST_DAYS):
        raise InvalidInput(f"The days must be 1 to {MOST_DAYS}, in order.", code="days_invalid", field="date_to")
    if days.date_from < desk.today:
        raise InvalidInput("The past needs no slots.", code="days_invalid", field="date_from")
    doctor = records.get(Doctor, doctor_id)
    with database.atomic():
        renewal = scheduling.renew_slots(doctor, days.date_from, days.date_to, desk.zone, desk.now)
        if renewal.made or renewal.withdrawn:
            records.audit(desk.by, "slots_made", doctor, days.model_dump(mode="json"))
    return renewal


def _renew(row: Row, desk: Desk) -> None:
    """Bring the coming slots of whom these hours are, on the days that they concern, into line with all hours as they are now."""
    assert isinstance(row, Schedule | Break | TimeOff | ExtraSession)
    first, last = _days(row, desk)
    for doctor in scheduling.lock_hours(row.doctor_id):
        scheduling.renew_slots(doctor, first, last, desk.zone, desk.now)


def _days(row: Hours, desk: Desk) -> tuple[date, date]:
    """The first and last day that these hours concern, of those that have slots in the hospital; an extra session has its own."""
    if isinstance(row, ExtraSession):
        return row.day, row.day
    latest = Slot.select(fn.MAX(Slot.starts_at)).scalar()
    through = latest.astimezone(desk.zone).date() if latest is not None else desk.today - timedelta(days=1)
    if isinstance(row, TimeOff):
        first, last = (at.astimezone(desk.zone).date() for at in (row.starts_at, row.ends_at))
        return max(first, desk.today), min(last, through)
    return desk.today, through
