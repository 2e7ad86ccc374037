"""What the model may ask for: each tool's arguments, which are the core of the REST body too."""

from pydantic import Field

from ivr.schemas.types import Arguments, Day, Id, PartOfDay, Text, TimeOfDay

IDENTIFY = "identify_patient"
TRANSFER = "transfer_to_human"
"""The functions by which a caller is known, and gets to a person, as the model calls them and the function log names them."""


class IdentifyPatient(Arguments):
    """Find or register the caller, before anything that touches their appointments."""

    name: Text = Field(description="First and last name, as the caller said it")
    date_of_birth: Day = Field(description="Date of birth, YYYY-MM-DD")
    phone: str | None = Field(default=None, max_length=120, description="Telephone number, only if it was asked for; digits as spoken")


class ListDoctors(Arguments):
    """Doctors by specialty, name or language."""

    specialty: Text | None = Field(default=None, description="Specialty, also in everyday words: heart doctor, skin")
    name: Text | None = Field(default=None, description="The doctor's name as heard")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="A language the doctor speaks, ISO 639-1")


class SlotFilter(Arguments):
    """Which appointment times are meant: of whom, and when."""

    specialty: Text | None = Field(default=None, description="Specialty, also in everyday words: heart doctor, skin")
    doctor: Text | None = Field(default=None, description="The doctor's name as heard")
    doctor_id: Id | None = Field(default=None, description="The doctor's id, if known")
    date_from: Day | None = Field(default=None, description="First day, YYYY-MM-DD; today if left out")
    date_to: Day | None = Field(default=None, description="Last day, YYYY-MM-DD; open if left out")
    part_of_day: PartOfDay | None = Field(default=None, description="Only this part of the day")
    not_before: TimeOfDay | None = Field(default=None, description="Only at or after this time of day, HH:MM")
    not_after: TimeOfDay | None = Field(default=None, description="Only at or before this time of day, HH:MM")


class ListSlots(SlotFilter):
    """Free appointment times of a doctor or a specialty, earliest first."""

    limit: int = Field(default=6, ge=1, le=20, description="How many at the most")


class BookAppointment(Arguments):
    """Book a free slot for the identified caller."""

    slot_id: Id = Field(description="The slot's id, from list_slots")
    reason: str | None = Field(default=None, max_length=500, description="Why the patient comes, in a few words")


class RescheduleAppointment(Arguments):
    """Move an appointment of the identified caller to another slot."""

    appointment_id: Id = Field(description="The appointment's id, from list_my_appointments")
    slot_id: Id = Field(description="The new slot's id, from list_slots")


class CancelAppointment(Arguments):
    """Cancel an appointment of the identified caller."""

    appointment_id: Id = Field(description="The appointment's id, from list_my_appointments")


class ListMyAppointments(Arguments):
    """The identified caller's coming appointments."""


class JoinWaitlist(Arguments):
    """Have the identified caller told by text message when something earlier opens: than an appointment, or by a day."""

    appointment_id: Id | None = Field(
        default=None, description="The appointment that an earlier one would replace, from list_my_appointments"
    )
    doctor_id: Id | None = Field(default=None, description="The doctor's id, without an appointment")
    specialty: Text | None = Field(default=None, description="The specialty, if any of its doctors will do")
    date_to: Day | None = Field(default=None, description="Last day that would help, YYYY-MM-DD")


class LeaveWaitlist(Arguments):
    """Take the identified caller off the wait-list, and give up what is held for them."""


class HospitalInformation(Arguments):
    """What the hospital tells of itself: address, hours, parking, insurance, preparation, languages. Tell no more than the result does."""

    topic: Text | None = Field(default=None, description="The topic in a word: address, hours, parking, insurance, preparation, languages")
    query: Text | None = Field(default=None, description="The caller's question in a few words")


class EndCall(Arguments):
    """Hang up after the goodbye has been said."""


class TransferToHuman(Arguments):
    """Put the caller through to a person at the front desk, or have them called back when nobody can be reached."""

    reason: Text = Field(description="What the caller wants, in a few words")
    phone: str | None = Field(
        default=None, max_length=120, description="Number to be called back on, only if it was asked for; then nobody is put through"
    )
