"""Free slots: how they come from the doctors' hours, how they are found, and how one is held for a caller."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import Expression, fn

from ivr import doctors, models
from ivr.errors import NotFound
from ivr.models import (
    Appointment,
    AppointmentStatus,
    Break,
    Command,
    Doctor,
    ExtraSession,
    Hold,
    Schedule,
    Slot,
    Specialty,
    TimeOff,
    database,
)
from ivr.schemas import ListSlots, SlotFilter
from ivr.timetable import ONE_DAY, PARTS_OF_DAY, Session, Span, day_starts_at, local_span, sensible, slots_of_day

HOLD_S = 120
"""How long a slot waits for a caller who is deciding, or for the request that has asked for it."""

OFFERED = 2
MOST_OFFERED = 4

TAKE_HOLD = Command("""
    INSERT INTO hold (slot_id, holder, expires_at, created_at)
    SELECT id, %(holder)s, %(expires_at)s::timestamptz, %(now)s::timestamptz FROM slot
    WHERE id = %(slot)s AND NOT withdrawn AND NOT EXISTS (SELECT FROM appointment WHERE slot_id = %(slot)s AND status = 'booked')
    FOR KEY SHARE
    ON CONFLICT (slot_id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, created_at = excluded.created_at
    WHERE hold.expires_at <= excluded.created_at OR hold.holder = excluded.holder
    RETURNING id
""")
RELEASE_ALL = Command("""
    DELETE FROM hold
    WHERE holder = %(holder)s
        AND id NOT IN (SELECT id FROM hold WHERE holder = %(holder)s ORDER BY created_at DESC, id DESC LIMIT %(but_last)s)
        AND (slot_id = %(booked)s OR slot_id NOT IN (SELECT slot_id FROM booking_request WHERE state = 'pending' AND slot_id IS NOT NULL))
""")
ADD_SLOTS = """
    INSERT INTO slot (doctor_id, starts_at, ends_at, withdrawn)
    SELECT %(doctor)s, planned.*, false FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) planned (starts_at, ends_at)
    WHERE NOT EXISTS (SELECT FROM slot WHERE doctor_id = %(doctor)s AND slot.starts_at = planned.starts_at)
    ON CONFLICT DO NOTHING
"""
COMING = "doctor_id = %(doctor)s AND starts_at > %(now)s AND starts_at >= %(first)s AND starts_at < %(end)s"
PLANNED = "SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])"
OFFER_AGAIN = f"UPDATE slot SET withdrawn = false WHERE {COMING} AND withdrawn AND (starts_at, ends_at) IN ({PLANNED})"
WITHDRAW = f"""
    WITH stray AS (
        UPDATE slot SET withdrawn = true WHERE {COMING} AND NOT withdrawn AND (starts_at, ends_at) NOT IN ({PLANNED}) RETURNING id
    )
    SELECT count(*) FROM stray WHERE NOT EXISTS (SELECT FROM appointment WHERE slot_id = stray.id AND status = 'booked')
"""
REMOVE = f"""
    DELETE FROM slot
    WHERE {COMING} AND withdrawn
        AND NOT EXISTS (SELECT FROM appointment WHERE slot_id = slot.id)
        AND NOT EXISTS (SELECT FROM booking_request WHERE slot_id = slot.id)
        AND NOT EXISTS (SELECT FROM waitlist_entry WHERE slot_id = slot.id AND state = 'offered')
        AND NOT EXISTS (SELECT FROM hold WHERE slot_id = slot.id AND expires_at > %(now)s)
"""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Renewal:
    """How many slots are new, and how many are offered no more."""

    made: int
    withdrawn: int


def find_slots(
    query: ListSlots, tz: ZoneInfo, now: datetime | None = None, language: str | None = None, holders: Iterable[str] = ()
) -> list[Slot]:
    """Free coming slots of active doctors, earliest first, each with its doctor and specialty.

    At one time, doctors who speak `language` come first. Slots held by others than `holders` are taken. Raises `NotFound` for
    a doctor or specialty that does not exist.
    """
    now = now or models.now()
    order: list[Any] = [Slot.starts_at, Slot.doctor]
    if language:
        order.insert(1, Doctor.languages.contains(language).desc())
    found = Slot.select(Slot, Doctor, Specialty).join(Doctor).join(Specialty)
    conditions = [*offered(now, holders), *meant(query, tz)]
    return list(found.where(*conditions).order_by(*order).limit(query.limit))


def offered(now: datetime, holders: Iterable[str] = ()) -> list[Any]:
    """The conditions under which a slot can be booked by one of these holders."""
    return [Doctor.active, Slot.starts_at > now, *_free(now, holders)]


def meant(query: SlotFilter, tz: ZoneInfo) -> list[Expression]:
    """The conditions under which a slot is one of those asked for; raises `NotFound` as `find_slots`."""
    return [*_of_whom(query), *_when(query, tz)]


def to_pass_on(slot_id: int) -> Slot | None:
    """A slot with its doctor and specialty, which is not withdrawn before the transaction ends; None if it is, or is about to be."""
    found = Slot.select(Slot, Doctor, Specialty).join(Doctor).join(Specialty).where(Slot.id == slot_id, ~Slot.withdrawn)
    slot: Slot | None = found.for_update("FOR SHARE", of=Slot, skip_locked=True).first()  # type: ignore[arg-type]
    return slot


def is_free(slot: Slot, holders: Iterable[str] = (), now: datetime | None = None) -> bool:
    """Whether a slot is still to come, not booked or withdrawn, and not held by somebody else than `holders`."""
    now = now or models.now()
    return bool(Slot.select().where(Slot.id == slot.id, Slot.starts_at > now, *_free(now, holders)).exists())


def hold(slot: Slot | int, holder: str, seconds: float, now: datetime | None = None) -> bool:
    """Keep a slot for `holder` (again, if already theirs); False if it is booked or withdrawn, or somebody else holds it.

    The row stays after it expires, and the next holder takes it over.
    """
    now = now or models.now()
    taken = TAKE_HOLD.execute(slot=_id(slot), holder=holder, now=now, expires_at=now + timedelta(seconds=seconds))
    return taken.fetchone() is not None


def offer(
    found: Sequence[Slot], holder: str, now: datetime | None = None, *, theirs: Collection[int] = ()
) -> tuple[list[Slot], list[Slot]]:
    """Hold the slots that a caller is told of first; returns those that are held, and all that can still be offered.

    Which of the slots that were found will be told is the model's choice, and a caller who asks around must not hide the calendar
    from everybody else. So the first two are held, for two minutes, and the model is told to offer these; the other ones are
    booked by whoever is first. A caller may weigh this offer against the one before: older ones are given up. Slots whose ids are
    in `theirs` are held for the same person under another name already.
    """
    held: list[Slot] = []
    gone: list[Slot] = []
    for slot in found:
        if len(held) < OFFERED:
            (held if slot.id in theirs or hold(slot, holder, HOLD_S, now) else gone).append(slot)
    release_all(holder, but_last=MOST_OFFERED)
    return held, [slot for slot in found if slot not in gone]


def release(slot: Slot | int, holder: str) -> bool:
    """Give a hold up; False if `holder` had none."""
    return bool(Hold.delete().where(Hold.slot == _id(slot), Hold.holder == holder).execute())


def release_all(holder: str, *, but_last: int = 0, booked: int | None = None) -> int:
    """Give up every hold of a holder but the newest ones, and those of slots that somebody asks for; returns how many.

    The slot that they have `booked` needs no hold any more, whoever asks for it.
    """
    return int(RELEASE_ALL.execute(holder=holder, but_last=but_last, booked=booked).rowcount)


def generate_slots(doctor: Doctor, from_date: date, to_date: date, tz: ZoneInfo) -> int:
    """Make the slots of a doctor's hours from one day through another, and return how many are new.

    Slots that exist stay as they are, and nothing that would overlap one is made.
    """
    spans = _planned(doctor, from_date, to_date, tz)
    values = {"doctor": doctor.id, "starts": [span.starts_at for span in spans], "ends": [span.ends_at for span in spans]}
    return int(database.execute_sql(ADD_SLOTS, values).rowcount)


def renew_slots(doctor: Doctor, from_date: date, to_date: date, tz: ZoneInfo, now: datetime | None = None) -> Renewal:
    """Make the coming slots of some days those of the doctor's hours.

    What is booked outside of them stays booked. Whatever else is outside can be booked by nobody from now on, whoever holds it.
    """
    now = now or models.now()
    days = {"first": day_starts_at(from_date, tz), "end": day_starts_at(to_date + ONE_DAY, tz), "now": now}
    with database.atomic():
        # Whoever books the doctor, or renews the slots too, waits until this is done; the hours are those of the last to change them.
        lock_hours(doctor.id)
        spans = [span for span in _planned(doctor, from_date, to_date, tz) if span.starts_at > now]
        values = {"doctor": doctor.id, "starts": [span.starts_at for span in spans], "ends": [span.ends_at for span in spans], **days}
        database.execute_sql(OFFER_AGAIN, values)
        withdrawn = database.execute_sql(WITHDRAW, values).fetchone()[0]
        # A statement of its own: it sees what came to refer to a slot while the one before waited.
        database.execute_sql(REMOVE, values)
        made = database.execute_sql(ADD_SLOTS, values).rowcount
    return Renewal(int(made), withdrawn)


def lock_hours(doctor_id: int | None) -> list[Doctor]:
    """One doctor or all, whom nobody else books, and whose slots nobody else renews, until the transaction ends.

    All are locked before any slot is, and always in one order, so that no two wait for each other.
    """
    doctors = Doctor.select().order_by(Doctor.id).for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]
    return list(doctors if doctor_id is None else doctors.where(Doctor.id == doctor_id))


def _id(slot: Slot | int) -> int:
    return slot if isinstance(slot, int) else slot.id


def _free(now: datetime, holders: Iterable[str]) -> list[Any]:
    booked = Appointment.select(1).where(Appointment.slot == Slot.id, Appointment.status == AppointmentStatus.BOOKED)
    held = Hold.select(1).where(Hold.slot == Slot.id, Hold.expires_at > now, Hold.holder.not_in(list(holders)))
    return [~Slot.withdrawn, ~fn.EXISTS(booked), ~fn.EXISTS(held)]


def _of_whom(query: SlotFilter) -> list[Expression]:
    conditions: list[Expression] = []
    if query.doctor_id:
        if not Doctor.select().where(Doctor.id == query.doctor_id, Doctor.active).exists():
            raise NotFound("There is no such doctor.")
        conditions.append(Slot.doctor == query.doctor_id)
    elif query.doctor:
        meant = doctors.best_matches(query.doctor, doctors.active_doctors())
        if not meant:
            raise NotFound("There is no doctor of that name.")
        conditions.append(Slot.doctor.in_([doctor.id for doctor in meant]))
    elif query.specialty:
        specialty = doctors.resolve_specialty(query.specialty)
        if specialty is None:
            raise NotFound("There is no such specialty here.")
        conditions.append(Doctor.specialty == specialty.id)
    return conditions


def _when(query: SlotFilter, tz: ZoneInfo) -> list[Expression]:
    time_of_day = fn.timezone(tz.key, Slot.starts_at).cast("time")
    conditions: list[Expression] = []
    if query.date_from:
        conditions.append(Slot.starts_at >= day_starts_at(sensible(query.date_from), tz))
    if query.date_to:
        conditions.append(Slot.starts_at < day_starts_at(sensible(query.date_to) + ONE_DAY, tz))
    if query.part_of_day:
        first, end = PARTS_OF_DAY[query.part_of_day]
        conditions += [time_of_day >= first, time_of_day < end]
    if query.not_before:
        conditions.append(time_of_day >= query.not_before.replace(tzinfo=None))
    if query.not_after:
        conditions.append(time_of_day <= query.not_after.replace(tzinfo=None))
    return conditions


def _planned(doctor: Doctor, from_date: date, to_date: date, tz: ZoneInfo) -> list[Span]:
    weekly = list(Schedule.select().where(Schedule.doctor == doctor).order_by(Schedule.starts))
    pauses = list(Break.select().where(Break.doctor == doctor))
    extra = list(ExtraSession.select().where(ExtraSession.doctor == doctor, ExtraSession.day.between(from_date, to_date)))
    own = [_span(row) for row in TimeOff.select().where(TimeOff.doctor == doctor)]
    closed = [_span(row) for row in TimeOff.select().where(TimeOff.doctor.is_null())]
    spans: list[Span] = []
    for days in range((to_date - from_date).days + 1):
        day = from_date + timedelta(days=days)
        sessions = slots_of_day(day, [_session(row) for row in extra if row.day == day], own, tz)
        resting = [local_span(day, row.starts, row.ends, tz) for row in pauses if row.weekday == day.weekday()]
        hours = [_session(row) for row in weekly if row.weekday == day.weekday()]
        spans += sessions + slots_of_day(day, hours, [*own, *closed, *resting, *sessions], tz)
    return spans


def _session(row: Schedule | ExtraSession) -> Session:
    return Session(row.starts, row.ends, row.slot_minutes)


def _span(row: TimeOff) -> Span:
    return Span(row.starts_at, row.ends_at)
