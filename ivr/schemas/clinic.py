"""The hospital's side: specialties, doctors, their hours and their slots."""

from typing import Annotated, Literal

from pydantic import Field

from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.tools import ListDoctors, SlotFilter
from ivr.schemas.types import ABSENT, Arguments, Change, Day, Id, Instant, Language, Shown, Text, TimeOfDay

Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
SlotMinutes = Annotated[int, Field(ge=5, le=240, description="Length of a slot")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
SlotState = Literal["free", "held", "booked", "blocked", "past"]


class SpecialtyShown(Shown):
    """A field of medicine, with the everyday words that callers use for it."""

    id: Id
    name: str = Field(examples=["cardiology"])
    labels: dict[str, str] = Field(examples=[{"en": "cardiology", "es": "cardiología"}])
    words: list[str] = Field(examples=[["heart", "corazon"]])


class SpecialtyList(Listed[SpecialtyShown]):
    """Specialties."""


class SpecialtyQuery(ListQuery):
    """All specialties."""

    sort: Literal["name", "-name", "id", "-id"] = "name"


class DoctorShown(Shown):
    """Somebody who sees patients; `name` is how Lilly says it."""

    id: Id
    name: str = Field(examples=["Dr. Samir"])
    given_name: str
    family_name: str
    specialty_id: Id
    specialty: str = Field(examples=["cardiology"], validation_alias="specialty_name")
    languages: list[str] = Field(examples=[["en", "es"]])
    active: bool


class DoctorList(Listed[DoctorShown]):
    """Doctors."""


class DoctorQuery(ListQuery, ListDoctors):
    """Doctors by specialty, name and language."""

    active: bool = Field(default=True, description="false for those who are archived")
    sort: Literal["name", "-name", "id", "-id"] = "name"


class NewDoctor(Arguments):
    """A doctor who begins here."""

    given_name: Name
    family_name: Name
    specialty_id: Id
    languages: list[Language] = Field(default=["en"], min_length=1, max_length=20)


class DoctorChange(Change):
    """What is to change; `active` false archives, true brings back."""

    given_name: Name = ABSENT
    family_name: Name = ABSENT
    specialty_id: Id = ABSENT
    languages: list[Language] = Field(default=ABSENT, min_length=1, max_length=20)
    active: bool = ABSENT


class HoursQuery(ListQuery):
    """The hours of one doctor, or of all."""

    doctor_id: Id | None = None
    sort: Literal["id", "-id"] = "id"


class NewBreak(Arguments):
    """A weekly pause inside a doctor's hours."""

    doctor_id: Id
    weekday: Weekday
    starts: TimeOfDay
    ends: TimeOfDay


class BreakChange(Change):
    """What is to change."""

    weekday: Weekday = ABSENT
    starts: TimeOfDay = ABSENT
    ends: TimeOfDay = ABSENT


class BreakShown(Shown):
    """A weekly pause inside a doctor's hours, in the hospital's zone."""

    id: Id
    doctor_id: Id
    weekday: Weekday
    starts: TimeOfDay
    ends: TimeOfDay


class BreakList(Listed[BreakShown]):
    """Weekly pauses."""


class NewSchedule(NewBreak):
    """A doctor's hours on one weekday, every week."""

    slot_minutes: SlotMinutes = 30


class ScheduleChange(BreakChange):
    """What is to change."""

    slot_minutes: SlotMinutes = ABSENT


class ScheduleShown(BreakShown):
    """A doctor's hours on one weekday, in the hospital's zone."""

    slot_minutes: SlotMinutes


class ScheduleList(Listed[ScheduleShown]):
    """Weekly hours."""


class NewTimeOff(Arguments):
    """Absence of one doctor, or without one a public holiday."""

    doctor_id: Id | None = None
    starts_at: Instant
    ends_at: Instant
    reason: Text | None = None


class TimeOffChange(Change):
    """What is to change."""

    starts_at: Instant = ABSENT
    ends_at: Instant = ABSENT
    reason: Text | None = ABSENT


class TimeOffShown(Shown):
    """Absence of one doctor, or of everybody."""

    id: Id
    doctor_id: Id | None
    starts_at: Instant
    ends_at: Instant
    reason: str | None


class TimeOffList(Listed[TimeOffShown]):
    """Absences and public holidays."""


class NewExtraSession(Arguments):
    """Hours of one date beside the weekly ones; they hold on public holidays too."""

    doctor_id: Id
    day: Day
    starts: TimeOfDay
    ends: TimeOfDay
    slot_minutes: SlotMinutes = 30


class ExtraSessionChange(Change):
    """What is to change."""

    day: Day = ABSENT
    starts: TimeOfDay = ABSENT
    ends: TimeOfDay = ABSENT
    slot_minutes: SlotMinutes = ABSENT


class ExtraSessionShown(Shown):
    """Hours of one date beside the weekly ones, in the hospital's zone."""

    id: Id
    doctor_id: Id
    day: Day
    starts: TimeOfDay
    ends: TimeOfDay
    slot_minutes: SlotMinutes


class ExtraSessionList(Listed[ExtraSessionShown]):
    """Extra sessions."""


class SlotQuery(ListQuery, SlotFilter):
    """Slots by doctor or specialty, day and time; only free ones that are to come, unless `free` is false."""

    free: bool = Field(default=True, description="false for all of them, with their state")
    sort: Literal["starts_at", "-starts_at"] = "starts_at"


class BookedSlot(Shown):
    """When, and with whom."""

    id: Id
    doctor_id: Id
    doctor: str = Field(examples=["Dr. Samir"], validation_alias="doctor_name")
    specialty: str = Field(examples=["cardiology"], validation_alias="specialty_name")
    starts_at: Instant
    ends_at: Instant


class SlotShown(BookedSlot):
    """A stretch of a doctor's time that can be booked once."""

    state: SlotState


class SlotList(Listed[SlotShown]):
    """Slots."""


class Days(Arguments):
    """From one day through another, at most a year."""

    date_from: Day
    date_to: Day


class SlotsMade(Shown):
    """How many slots are new, and how many that nobody had booked no longer fit the hours and are gone."""

    made: int
    withdrawn: int
