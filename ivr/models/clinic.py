"""What the hospital offers: specialties, doctors, their hours, and the slots made from them."""

from peewee import SQL, BooleanField, Check, DateField, ForeignKeyField, JSONField, SmallIntegerField, TextField, TimeField
from playhouse.postgres_ext import ArrayField

from ivr.models.connection import InstantField, Row, now


class Specialty(Row):
    """A field of medicine, with the everyday words that callers use for it.

    `labels` maps a language to the specialty's name; `words` is a list of folded words and phrases in all languages.
    """

    name = TextField(unique=True)
    labels = JSONField(default=dict)
    words = JSONField(default=list)


class Doctor(Row):
    """A doctor who sees patients; `languages` are ISO 639-1 codes."""

    given_name = TextField()
    family_name = TextField()
    specialty = ForeignKeyField(Specialty, backref="doctors", on_delete="RESTRICT")
    specialty_id: int
    languages = ArrayField(TextField, index=False)
    active = BooleanField(default=True)

    class Meta:
        indexes = ((("given_name", "family_name", "specialty"), True),)

    @property
    def name(self) -> str:
        """The name as it is said: Dr. Kim."""
        return f"Dr. {self.family_name}"

    @property
    def specialty_name(self) -> str:
        """The specialty's name."""
        return str(self.specialty.name)


class Schedule(Row):
    """A doctor's hours on one weekday (0 is Monday), in the hospital's zone."""

    doctor = ForeignKeyField(Doctor, backref="schedules", index=False, on_delete="CASCADE")
    doctor_id: int
    weekday = SmallIntegerField()
    starts = TimeField()
    ends = TimeField()
    slot_minutes = SmallIntegerField(default=30)

    class Meta:
        indexes = ((("doctor", "weekday", "starts"), True),)
        constraints = (
            Check("starts < ends", "schedule_starts_before_it_ends"),
            Check("weekday BETWEEN 0 AND 6", "schedule_weekday_exists"),
            Check("slot_minutes BETWEEN 5 AND 240", "schedule_slot_length_makes_sense"),
        )


class Break(Row):
    """A weekly pause inside a doctor's hours."""

    doctor = ForeignKeyField(Doctor, backref="breaks", index=False, on_delete="CASCADE")
    doctor_id: int
    weekday = SmallIntegerField()
    starts = TimeField()
    ends = TimeField()

    class Meta:
        indexes = ((("doctor", "weekday", "starts"), True),)
        constraints = (
            Check("starts < ends", "break_starts_before_it_ends"),
            Check("weekday BETWEEN 0 AND 6", "break_weekday_exists"),
        )


class TimeOff(Row):
    """Absence of one doctor, or of everybody (no doctor: a public holiday)."""

    doctor = ForeignKeyField(Doctor, null=True, backref="times_off", on_delete="CASCADE")
    doctor_id: int | None
    starts_at = InstantField()
    ends_at = InstantField()
    reason = TextField(null=True)

    class Meta:
        constraints = (Check("starts_at < ends_at", "time_off_starts_before_it_ends"),)


class ExtraSession(Row):
    """Hours of one date beside the weekly ones; they hold on holidays too."""

    doctor = ForeignKeyField(Doctor, backref="extra_sessions", index=False, on_delete="CASCADE")
    doctor_id: int
    day = DateField()
    starts = TimeField()
    ends = TimeField()
    slot_minutes = SmallIntegerField(default=30)

    class Meta:
        indexes = ((("doctor", "day", "starts"), True),)
        constraints = (
            Check("starts < ends", "extra_session_starts_before_it_ends"),
            Check("slot_minutes BETWEEN 5 AND 240", "extra_session_slot_length_makes_sense"),
        )


class Slot(Row):
    """A stretch of a doctor's time that can be booked once; `state` is told by the calendar's queries alone.

    A `withdrawn` one is outside of the doctor's hours: it stays while something refers to it, an appointment perhaps, and is not booked
    any more.
    """

    state: str
    doctor = ForeignKeyField(Doctor, backref="slots", index=False, on_delete="RESTRICT")
    doctor_id: int
    starts_at = InstantField(index=True)
    ends_at = InstantField()
    withdrawn = BooleanField(default=False)

    class Meta:
        # The index over id and times is what an appointment's copy of the times refers to.
        indexes = (
            (("doctor", "starts_at"), True),
            (("id", "starts_at", "ends_at"), True),
        )
        constraints = (
            Check("starts_at < ends_at", "slot_starts_before_it_ends"),
            SQL("CONSTRAINT slot_never_overlaps_for_a_doctor EXCLUDE USING gist (doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"),
        )

    @property
    def doctor_name(self) -> str:
        """The doctor's name, as it is said."""
        return self.doctor.name

    @property
    def specialty_name(self) -> str:
        """The name of the doctor's specialty."""
        return self.doctor.specialty_name


class Hold(Row):
    """One row a slot: until `expires_at` it is kept for `holder` (a CallSid, a request) and taken for everybody else."""

    slot = ForeignKeyField(Slot, unique=True, backref="holds", on_delete="CASCADE")
    slot_id: int
    holder = TextField()
    expires_at = InstantField()
    created_at = InstantField(default=now)
