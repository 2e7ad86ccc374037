"""Appointments, and the requests by which they are booked, moved and cancelled."""

from enum import StrEnum

from peewee import SQL, BooleanField, Check, ForeignKeyField, ModelIndex, SmallIntegerField, TextField

from ivr.models.clinic import Slot
from ivr.models.connection import InstantField, Row, now, one_of
from ivr.models.patients import Patient
from ivr.models.telephone import Call


class AppointmentStatus(StrEnum):
    """`rescheduled` is the old appointment of a move; the new one refers to it by `replaces`."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Source(StrEnum):
    """By which way an appointment was asked for."""

    PHONE = "phone"
    WEB = "web"
    DESK = "desk"
    N8N = "n8n"
    SEED = "seed"


class Operation(StrEnum):
    """What a booking request asks for."""

    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"


class RequestState(StrEnum):
    """A request is pending until it is done or refused, and does not change afterwards."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


class Appointment(Row):
    """A patient's slot. The times are the slot's own: the database refuses any others."""

    patient = ForeignKeyField(Patient, backref="appointments", on_delete="RESTRICT")
    patient_id: int
    slot = ForeignKeyField(Slot, backref="appointments", on_delete="RESTRICT")
    slot_id: int
    starts_at = InstantField(index=True)
    ends_at = InstantField()
    status = TextField(default=AppointmentStatus.BOOKED)
    source = TextField()
    reason = TextField(null=True)
    idempotency_key = TextField(unique=True)
    replaces = ForeignKeyField("self", null=True, backref="replaced_by", on_delete="SET NULL")
    replaces_id: int | None
    call = ForeignKeyField(Call, null=True, backref="appointments", on_delete="SET NULL")
    call_id: int | None
    created_at = InstantField(default=now, index=True)
    updated_at = InstantField(default=now)

    class Meta:
        constraints = (
            Check(one_of("status", AppointmentStatus), "appointment_status_is_known"),
            Check(one_of("source", Source), "appointment_source_is_known"),
            SQL(
                "CONSTRAINT appointment_has_the_times_of_its_slot"
                " FOREIGN KEY (slot_id, starts_at, ends_at) REFERENCES slot (id, starts_at, ends_at)"
            ),
            SQL(
                "CONSTRAINT appointment_never_overlaps_for_a_patient"
                " EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'booked')"
            ),
        )


# Peewee skips a partial unique index on a foreign key without a word unless it is named.
Appointment.add_index(
    ModelIndex(
        Appointment,
        (Appointment.slot,),
        unique=True,
        where=SQL("status = 'booked'"),
        name="appointment_books_a_slot_once",
    )
)


class BookingRequest(Row):
    """A wish to book, move or cancel; its state alone says whether it came true.

    `appointment` is the one to be moved or cancelled, `result` the one that was booked, moved to or cancelled. `confirm_by_sms`
    is set with the end state when the caller could not be told of it on the line, and is owed a text message. `actor` is who
    asked, where that was not a caller.
    """

    operation = TextField()
    state = TextField(default=RequestState.PENDING)
    patient = ForeignKeyField(Patient, backref="requests", on_delete="RESTRICT")
    patient_id: int
    slot = ForeignKeyField(Slot, null=True, backref="requests", on_delete="RESTRICT")
    slot_id: int | None
    appointment = ForeignKeyField(Appointment, null=True, backref="requests", on_delete="RESTRICT")
    appointment_id: int | None
    result = ForeignKeyField(Appointment, null=True, backref="results_of", on_delete="RESTRICT")
    result_id: int | None
    call = ForeignKeyField(Call, null=True, backref="requests", on_delete="SET NULL")
    call_id: int | None
    source = TextField()
    reason = TextField(null=True)
    idempotency_key = TextField(unique=True)
    error_code = TextField(null=True)
    error_message = TextField(null=True)
    created_at = InstantField(default=now)
    finished_at = InstantField(null=True)
    attempts = SmallIntegerField(default=0)
    actor = TextField(null=True)
    confirm_by_sms = BooleanField(default=False)

    class Meta:
        constraints = (
            Check(one_of("operation", Operation), "booking_request_operation_is_known"),
            Check(one_of("state", RequestState), "booking_request_state_is_known"),
            Check(one_of("source", Source), "booking_request_source_is_known"),
            Check("(operation = 'cancel') = (slot_id IS NULL)", "booking_request_has_its_slot"),
            Check("(operation = 'book') = (appointment_id IS NULL)", "booking_request_has_its_appointment"),
            Check("(state = 'pending') = (finished_at IS NULL)", "booking_request_finishes_once"),
            Check("(state = 'done') = (result_id IS NOT NULL)", "booking_request_done_has_a_result"),
            Check("(state = 'refused') = (error_code IS NOT NULL)", "booking_request_refused_has_a_code"),
        )


BookingRequest.add_index(
    ModelIndex(BookingRequest, (BookingRequest.created_at,), where=SQL("state = 'pending'"), name="booking_request_unfinished")
)
