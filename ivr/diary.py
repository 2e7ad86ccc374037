"""Appointments as the desk works with them: listed, booked for a patient, moved, and ended one way or another."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from peewee import IntegrityError, ModelSelect

from ivr import appointments, bookings, models, outbox, patients, queue, records, settling
from ivr.errors import Conflict, NotFound, Stale, within
from ivr.models import (
    Appointment,
    AppointmentStatus,
    BookingRequest,
    Doctor,
    Patient,
    RequestState,
    Slot,
    Source,
    Specialty,
    database,
)
from ivr.paging import Page, days_of, matching, narrowed, page
from ivr.schemas import BookAppointment, CancelAppointment, RescheduleAppointment
from ivr.schemas.appointments import AppointmentChange, AppointmentQuery, NewAppointment

ENDINGS = {AppointmentStatus.COMPLETED: "appointment.completed", AppointmentStatus.NO_SHOW: "appointment.no_show"}


@dataclass(frozen=True)
class Asking:
    """Who asks for a booking, and by which key: one key gives one request."""

    by: str
    source: Source
    key: str

    @property
    def origin(self) -> bookings.Origin:
        """What a booking request keeps of it."""
        return {"source": self.source, "idempotency_key": f"{self.by}:{self.key}", "actor": self.by}


def listed(query: AppointmentQuery, tz: ZoneInfo) -> Page[Appointment]:
    """Appointments by patient, doctor, day and status, with slot, doctor, specialty and patient in one query."""
    filters = [
        *matching(query, patient_id=Appointment.patient, doctor_id=Slot.doctor, status=Appointment.status),
        *days_of(Appointment.starts_at, query, tz),
    ]
    return page(narrowed(_whole(), filters), query, {"starts_at": Appointment.starts_at, "created_at": Appointment.created_at})


def get(appointment_id: int) -> Appointment:
    """One appointment with slot, doctor, specialty and patient; raises `NotFound`."""
    appointment: Appointment | None = _whole().where(Appointment.id == appointment_id).first()
    if appointment is None:
        raise NotFound("There is no such appointment.")
    return appointment


def get_request(request_id: int) -> BookingRequest:
    """One booking request; raises `NotFound`."""
    return records.get(BookingRequest, request_id)


def book(wanted: NewAppointment, asking: Asking, country: str, today: date) -> BookingRequest:
    """File a booking for a patient, who is found or registered; raises as `patients.identify` and `bookings.request_booking`."""

    def identified() -> Patient:
        with within("patient"):
            return patients.identify(wanted.patient, None, country, today).patient

    booking = BookAppointment(slot_id=wanted.slot_id, reason=wanted.reason)
    return _filed(identified, lambda patient: bookings.request_booking(patient, booking, **asking.origin))


def change(appointment_id: int, wanted: AppointmentChange, unchanged: Container[str], asking: Asking) -> BookingRequest | None:
    """File a move or a cancellation; what has taken place, or has not, is noted at once, and is no request.

    Raises `NotFound`, `Stale`, and `Conflict` as `bookings.request_move`, `bookings.request_cancellation` and `conclude`.
    """
    appointment = get(appointment_id)
    # What becomes of it later is refused by the request itself: nothing but its end is left to change.
    if records.version_of(appointment) not in unchanged:
        raise Stale
    if wanted.slot_id is not None:
        move = RescheduleAppointment(appointment_id=appointment_id, slot_id=wanted.slot_id)
        return _filed(lambda: get(appointment_id).patient, lambda patient: bookings.request_move(patient, move, **asking.origin))
    if wanted.status == AppointmentStatus.CANCELLED:
        end = CancelAppointment(appointment_id=appointment_id)
        return _filed(lambda: get(appointment_id).patient, lambda patient: bookings.request_cancellation(patient, end, **asking.origin))
    conclude(appointment_id, AppointmentStatus(wanted.status), unchanged, asking.by)
    return None


def settle(request: BookingRequest, states: queue.BookingStates) -> BookingRequest:
    """The request's end, or the pending request after 2 s; raises `Conflict` when it is refused. Holds no connection."""
    settled = settling.settle(request, states)
    if settled.state == RequestState.REFUSED:
        raise Conflict(settled.error_message or "This cannot be done.", code=settled.error_code)
    return settled


def conclude(appointment_id: int, status: AppointmentStatus, unchanged: Container[str], by: str, now: datetime | None = None) -> None:
    """Note that a patient came or did not, and tell the outside.

    Raises `NotFound`, `Stale`, and `Conflict` with not_begun, or when it is not booked.
    """
    now = now or models.now()
    with database.atomic():
        with records.changing(Appointment, appointment_id, unchanged, by) as appointment:
            if appointment.status == status:
                return
            if appointment.status != AppointmentStatus.BOOKED:
                raise appointments.conflict(appointments.OVER.get(AppointmentStatus(appointment.status), "appointment_past"))
            if appointment.starts_at > now:
                raise Conflict("The appointment has not begun.", code="not_begun")
            appointment.status, appointment.updated_at = status, now
        event = outbox.record(ENDINGS[status], appointment, appointments.described(appointment))
    queue.send_outbox(event.id)


def as_calendar(appointment: Appointment, hospital: str, address: str) -> bytes:
    """An appointment as iCalendar (RFC 5545), without the patient."""
    event = Event()
    event.add("uid", f"appointment-{appointment.id}@lilly")
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", f"{appointment.slot.doctor_name}, {hospital}")
    event.add("location", address)
    event.add("status", "CANCELLED" if AppointmentStatus(appointment.status) in appointments.OVER else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Lilly//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _filed(whose: Callable[[], Patient], file: Callable[[Patient], BookingRequest]) -> BookingRequest:
    """A request for a patient; one who is merged into another meanwhile is looked for again."""
    patient = whose()
    try:
        return file(patient)
    except (IntegrityError, NotFound):
        if Patient.get_or_none(Patient.id == patient.id) is not None:
            raise
    return _filed(whose, file)


def _whole() -> "ModelSelect[Appointment]":
    rows = Appointment.select(Appointment, Slot, Doctor, Specialty, Patient)
    return rows.join(Slot).join(Doctor).join(Specialty).switch(Appointment).join(Patient)
