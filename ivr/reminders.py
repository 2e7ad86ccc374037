"""Reminders of appointments: due once a day and once two hours before, told to n8n and by text message in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import fn

from ivr import appointments, models, outbox, records, sms
from ivr.models import (
    Appointment,
    AppointmentStatus,
    Doctor,
    Patient,
    Reminder,
    ReminderLead,
    Slot,
    SmsKind,
    Source,
    Specialty,
    database,
)
from ivr.paging import Page, matching, narrowed, page
from ivr.schemas.deliveries import ReminderAnswer, ReminderQuery
from ivr.timetable import quiet_until

LEADS = {ReminderLead.DAY: timedelta(hours=24), ReminderLead.HOURS: timedelta(hours=2)}
"""So long before an appointment its reminders are due; one booked later than that needs none."""

LATEST = {ReminderLead.DAY: timedelta(hours=4), ReminderLead.HOURS: timedelta(minutes=20)}
"""So long before an appointment a reminder that the night, or a pause of ours, has held up is still of use."""


@dataclass(frozen=True)
class Written:
    """What a reminder has left to be sent."""

    event_id: int
    message_id: int


def write_due(tz: ZoneInfo, limit: int = 200, now: datetime | None = None) -> list[Written]:
    """Write the reminders that are due, at most `limit` of each kind, and return what is to be sent; at night none is."""
    now = now or models.now()
    if quiet_until(now, tz) is not None:
        return []
    return [written for lead in LEADS for appointment in _due(lead, now, limit) for written in _write(appointment, lead, now)]


def mark_answered(reminder_id: int, said: ReminderAnswer, by: str, now: datetime | None = None) -> Reminder:
    """Note what a patient has said to a reminder; its message is not sent any more if it has not been yet.

    The first answer stands, and telling it again changes nothing. Raises `NotFound`.
    """
    with records.changing(Reminder, reminder_id, records.ANY_VERSION, by) as reminder:
        if reminder.answer is None:
            reminder.answer, reminder.answered_at = said.answer, now or models.now()
    return records.get(Reminder, reminder_id)


def listed(query: ReminderQuery) -> Page[Reminder]:
    """Reminders by appointment, and by whether they are answered."""
    filters = [
        *matching(query, appointment_id=Reminder.appointment),
        (query.answered, lambda value: Reminder.answer.is_null(not value)),
    ]
    return page(narrowed(Reminder.select(), filters), query, {"id": Reminder.id})


def _due(lead: ReminderLead, now: datetime, limit: int) -> list[Appointment]:
    loaded = Appointment.select(Appointment, Slot, Doctor, Specialty, Patient)
    query = loaded.join(Slot).join(Doctor).join(Specialty).switch(Appointment).join(Patient)
    reminded = Reminder.select(1).where(Reminder.appointment == Appointment.id, Reminder.lead == lead)
    coming = query.where(
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.starts_at > now + LATEST[lead],
        Appointment.starts_at <= now + LEADS[lead],
        Appointment.created_at <= Appointment.starts_at - LEADS[lead],
        # The example hospital's patients are nobody.
        Appointment.source != Source.SEED,
        ~fn.EXISTS(reminded),
    )
    return list(coming.order_by(Appointment.starts_at).limit(limit))


def _write(appointment: Appointment, lead: ReminderLead, now: datetime) -> Iterator[Written]:
    """Write one, unless another process has, or the appointment is over meanwhile."""
    with database.atomic():
        standing = (Appointment.id == appointment.id) & (Appointment.status == AppointmentStatus.BOOKED)
        if Appointment.select(Appointment.id).where(standing).for_update().first() is None:
            return
        new = Reminder.insert(appointment=appointment, lead=lead, created_at=now).on_conflict_ignore().returning(Reminder)
        reminder: Reminder | None = next(iter(new.execute()), None)
        if reminder is None:
            return
        about = appointments.described(appointment) | {"reminder_id": reminder.id, "lead": lead}
        event = outbox.record("appointment.reminder_due", appointment, about)
        message = sms.write_for(SmsKind.REMINDER, appointment, f"reminder:{reminder.id}", now=now)
        message.facts |= {"reminder_id": reminder.id}
        message.save(only=["facts"])
    yield Written(event.id, message.id)
