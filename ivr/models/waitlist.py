"""Patients who want to be told when something earlier opens."""

from enum import StrEnum

from peewee import SQL, Check, ForeignKeyField, ModelIndex, SmallIntegerField, TextField

from ivr.models.appointments import Appointment
from ivr.models.clinic import Doctor, Slot, Specialty
from ivr.models.connection import InstantField, Row, now, one_of
from ivr.models.patients import Patient
from ivr.models.telephone import Call


class WaitlistState(StrEnum):
    """`offered` holds a slot for the patient until `offered_until`; the last two are final."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    CLOSED = "closed"


class WaitlistEntry(Row):
    """A wish for a slot of a doctor, or of anybody of a specialty, that begins before `before`.

    `appointment` is the one that an earlier slot would replace. `slot` is the one offered last, `offers` how many there were.
    """

    patient = ForeignKeyField(Patient, backref="waitlist_entries", on_delete="CASCADE")
    patient_id: int
    specialty = ForeignKeyField(Specialty, backref="waitlist_entries", on_delete="RESTRICT")
    specialty_id: int
    doctor = ForeignKeyField(Doctor, null=True, backref="waitlist_entries", on_delete="RESTRICT")
    doctor_id: int | None
    before = InstantField(null=True)
    appointment = ForeignKeyField(Appointment, null=True, backref="waitlist_entries", on_delete="SET NULL")
    appointment_id: int | None
    call = ForeignKeyField(Call, null=True, backref="waitlist_entries", on_delete="SET NULL")
    call_id: int | None
    state = TextField(default=WaitlistState.WAITING)
    slot = ForeignKeyField(Slot, null=True, backref="waitlist_entries", on_delete="SET NULL")
    slot_id: int | None
    offered_until = InstantField(null=True)
    offers = SmallIntegerField(default=0)
    created_at = InstantField(default=now)

    class Meta:
        constraints = (
            Check(one_of("state", WaitlistState), "waitlist_entry_state_is_known"),
            Check("(state = 'offered') = (offered_until IS NOT NULL)", "waitlist_entry_offered_has_an_end"),
        )


# Peewee skips a partial unique index on a foreign key without a word unless it is named.
WaitlistEntry.add_index(
    ModelIndex(WaitlistEntry, (WaitlistEntry.slot,), unique=True, where=SQL("state = 'offered'"), name="waitlist_entry_offers_a_slot_once")
)
WaitlistEntry.add_index(
    ModelIndex(WaitlistEntry, (WaitlistEntry.created_at,), where=SQL("state = 'waiting'"), name="waitlist_entry_in_line")
)
