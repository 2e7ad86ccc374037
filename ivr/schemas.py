"""One schema per operation: a tool's arguments for the model, and the core of the REST body."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

MOST_REASON_CHARACTERS = 200
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON_CHARACTERS)]
PartOfDay = Literal["morning", "afternoon", "evening"]

IDENTIFY = "identify_patient"
TRANSFER = "transfer_to_human"
"""The functions by which a caller is known, and gets to a person, as the model calls them and the function log names them."""


class Arguments(BaseModel):
    """Base: unknown fields are refused, so that a misread argument is answered instead of ignored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must not hold a NUL character")
        return value


class IdentifyPatient(Arguments):
    """Find or register the caller, before anything that touches their appointments."""

    name: Text = Field(description="First and last name, as the caller said it")
    date_of_birth: date = Field(description="Date of birth, YYYY-MM-DD")
    phone: str | None = Field(default=None, max_length=120, description="Telephone number, only if it was asked for; digits as spoken")


class ListDoctors(Arguments):
    """Doctors by specialty, name or language."""

    specialty: Text | None = Field(default=None, description="Specialty, also in everyday words: heart doctor, skin")
    name: Text | None = Field(default=None, description="The doctor's name as heard")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="A language the doctor speaks, ISO 639-1")


class ListSlots(Arguments):
    """Free appointment times of a doctor or a specialty, earliest first."""

    specialty: Text | None = Field(default=None, description="Specialty, also in everyday words: heart doctor, skin")
    doctor: Text | None = Field(default=None, description="The doctor's name as heard")
    doctor_id: int | None = Field(default=None, ge=1, description="The doctor's id, if known")
    date_from: date | None = Field(default=None, description="First day, YYYY-MM-DD; today if left out")
    date_to: date | None = Field(default=None, description="Last day, YYYY-MM-DD; open if left out")
    part_of_day: PartOfDay | None = Field(default=None, description="Only this part of the day")
    not_before: time | None = Field(default=None, description="Only at or after this time of day, HH:MM")
    not_after: time | None = Field(default=None, description="Only at or before this time of day, HH:MM")
    limit: int = Field(default=6, ge=1, le=20, description="How many at the most")


class BookAppointment(Arguments):
    """Book a free slot for the identified caller."""

    slot_id: int = Field(ge=1, description="The slot's id, from list_slots")
    reason: str | None = Field(default=None, max_length=500, description="Why the patient comes, in a few words")


class RescheduleAppointment(Arguments):
    """Move an appointment of the identified caller to another slot."""

    appointment_id: int = Field(ge=1, description="The appointment's id, from list_my_appointments")
    slot_id: int = Field(ge=1, description="The new slot's id, from list_slots")


class CancelAppointment(Arguments):
    """Cancel an appointment of the identified caller."""

    appointment_id: int = Field(ge=1, description="The appointment's id, from list_my_appointments")


class ListMyAppointments(Arguments):
    """The identified caller's coming appointments."""


class JoinWaitlist(Arguments):
    """Have the identified caller told by text message when something earlier opens: than an appointment, or by a day."""

    appointment_id: int | None = Field(
        default=None, ge=1, description="The appointment that an earlier one would replace, from list_my_appointments"
    )
    doctor_id: int | None = Field(default=None, ge=1, description="The doctor's id, without an appointment")
    specialty: Text | None = Field(default=None, description="The specialty, if any of its doctors will do")
    date_to: date | None = Field(default=None, description="Last day that would help, YYYY-MM-DD")


class LeaveWaitlist(Arguments):
    """Take the identified caller off the wait-list, and give up what is held for them."""


class EndCall(Arguments):
    """Hang up after the goodbye has been said."""


class TransferToHuman(Arguments):
    """Put the caller through to a person at the front desk, or have them called back when nobody can be reached."""

    reason: Text = Field(description="What the caller wants, in a few words")
    phone: str | None = Field(
        default=None, max_length=120, description="Number to be called back on, only if it was asked for; then nobody is put through"
    )
