"""Appointments as the desk and its programs see them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ivr.schemas.clinic import BookedSlot
from ivr.schemas.lists import DaysQuery, Listed
from ivr.schemas.tools import BookAppointment, IdentifyPatient
from ivr.schemas.types import ABSENT, Change, Day, Id, Instant, Shown

Status = Literal["booked", "cancelled", "rescheduled", "completed", "no_show"]
Outcome = Literal["cancelled", "completed", "no_show"]


class NewAppointment(BookAppointment):
    """A booking, with the patient it is for, who is found or registered."""

    patient: IdentifyPatient


class AppointmentChange(Change):
    """Another slot, or how it ended: one of the two."""

    slot_id: Id = ABSENT
    status: Outcome = ABSENT

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give either slot_id or status")
        return self


class PatientShown(Shown):
    """Whose appointment it is."""

    id: Id
    name: str
    date_of_birth: Day
    phone: str


class AppointmentShown(Shown):
    """A patient's slot; the new one of a move `replaces` the old."""

    id: Id
    status: Status
    starts_at: Instant
    ends_at: Instant
    patient: PatientShown
    slot: BookedSlot
    reason: str | None
    source: str = Field(examples=["phone"])
    replaces_id: Id | None
    created_at: Instant
    updated_at: Instant


class AppointmentList(Listed[AppointmentShown]):
    """Appointments."""


class AppointmentQuery(DaysQuery):
    """Appointments by patient, doctor, day and status."""

    patient_id: Id | None = None
    doctor_id: Id | None = None
    status: Status | None = None
    sort: Literal["starts_at", "-starts_at", "created_at", "-created_at"] = "starts_at"


class Pending(Shown):
    """A booking that is filed, and not known to be done yet: ask `/booking-requests/…` what has become of it."""

    request_id: Id
    status: Literal["pending"] = "pending"


class BookingRequestShown(Shown):
    """A wish to book, move or cancel; once it is done `result_id` is the appointment."""

    id: Id
    operation: Literal["book", "move", "cancel"]
    state: Literal["pending", "done", "refused"]
    slot_id: Id | None
    appointment_id: Id | None
    result_id: Id | None
    error_code: str | None
    error_message: str | None
    created_at: Instant
    finished_at: Instant | None
