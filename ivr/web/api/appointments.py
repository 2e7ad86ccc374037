"""Appointments, by the same booking requests as in a call."""

import secrets
from typing import Any

from flask import Response

from ivr import diary, models
from ivr.access import Scope
from ivr.diary import Asking
from ivr.models import Appointment, BookingRequest, RequestState, Source, database
from ivr.paging import Page
from ivr.schemas.appointments import (
    AppointmentChange,
    AppointmentList,
    AppointmentQuery,
    AppointmentShown,
    BookingRequestShown,
    NewAppointment,
    Pending,
)
from ivr.web.api.reading import once_key
from ivr.web.api.resource import Resource, unchanged
from ivr.web.auth import principal
from ivr.web.services import services

routes = Resource("appointments", "Appointments", "Patients' slots: booked, moved, cancelled, completed.")

REFUSED = ("slot_taken", "slot_past", "patient_busy")
OVER = ("already_cancelled", "already_moved", "appointment_past")
PATIENT = ("phone_needed", "phone_invalid", "date_of_birth_invalid", "name_invalid", "name_incomplete")


@routes.get("/appointments", Scope.APPOINTMENTS_READ, AppointmentList)
def list_appointments(query: AppointmentQuery) -> Page[Appointment]:
    """Appointments by patient, doctor, day and status."""
    return diary.listed(query, services().settings.timezone)


@routes.post(
    "/appointments",
    Scope.APPOINTMENTS_WRITE,
    AppointmentShown,
    errors={404: ["not_found"], 409: REFUSED, 422: PATIENT},
    accepted=Pending,
    waits=True,
)
def create_appointment(body: NewAppointment) -> Any:
    """Book a slot for a patient, who is found or registered; 202 while the booking is not known to be done."""
    settings = services().settings
    with database.connection_context():
        request = diary.book(body, _asking(), settings.hospital_country, models.today(settings.timezone))
    return _settled(request)


@routes.get("/appointments/<int:appointment_id>", Scope.APPOINTMENTS_READ, AppointmentShown)
def show_appointment(appointment_id: int) -> Appointment:
    """One appointment."""
    return diary.get(appointment_id)


@routes.patch(
    "/appointments/<int:appointment_id>",
    Scope.APPOINTMENTS_WRITE,
    AppointmentShown,
    errors={409: [*REFUSED, *OVER, "same_slot", "not_begun"]},
    accepted=Pending,
    heeds_version=True,
    waits=True,
)
def change_appointment(appointment_id: int, body: AppointmentChange) -> Any:
    """Move an appointment to another slot, which makes a new one; or cancel it, or note that the patient came or did not."""
    with database.connection_context():
        request = diary.change(appointment_id, body, unchanged(), _asking())
        if request is None:
            return diary.get(appointment_id)
    return _settled(request)


@routes.get("/appointments/<int:appointment_id>.ics", Scope.APPOINTMENTS_READ, None, content=("text/calendar",))
def show_appointment_as_calendar(appointment_id: int) -> Response:
    """One appointment as iCalendar, without the patient."""
    settings = services().settings
    calendar = diary.as_calendar(diary.get(appointment_id), settings.hospital_name, settings.hospital_address)
    return Response(calendar, content_type="text/calendar; charset=utf-8")


@routes.get("/booking-requests/<int:request_id>", Scope.APPOINTMENTS_READ, BookingRequestShown)
def show_booking_request(request_id: int) -> BookingRequest:
    """What has become of a booking that was pending."""
    return diary.get_request(request_id)


def _asking() -> Asking:
    me = principal()
    return Asking(me.actor, Source.DESK if me.user else Source.N8N, once_key() or secrets.token_urlsafe(16))


def _settled(request: BookingRequest) -> Any:
    settled = diary.settle(request, services().states)
    if settled.state == RequestState.PENDING or settled.result_id is None:
        body, headers = Pending(request_id=settled.id).model_dump_json(), {"Location": f"/booking-requests/{settled.id}"}
        return Response(body, 202, headers, content_type="application/json")
    with database.connection_context():
        return diary.get(settled.result_id)
