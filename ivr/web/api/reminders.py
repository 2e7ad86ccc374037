"""Reminders of appointments, and what patients say to them."""

from ivr import records, reminders
from ivr.access import Scope
from ivr.models import Reminder
from ivr.paging import Page
from ivr.schemas.deliveries import ReminderAnswer, ReminderList, ReminderQuery, ReminderShown
from ivr.web.api.resource import Resource
from ivr.web.auth import principal

routes = Resource("reminders", "Reminders", "Reminders that have become due; one that is answered is not texted any more.")


@routes.get("/reminders", Scope.MESSAGES_READ, ReminderList)
def list_reminders(query: ReminderQuery) -> Page[Reminder]:
    """Reminders by appointment, and by whether they are answered, the latest first."""
    return reminders.listed(query)


@routes.get("/reminders/<int:reminder_id>", Scope.MESSAGES_READ, ReminderShown)
def show_reminder(reminder_id: int) -> Reminder:
    """One reminder."""
    return records.get(Reminder, reminder_id)


@routes.patch("/reminders/<int:reminder_id>", Scope.REMINDERS_WRITE, ReminderShown)
def answer_reminder(reminder_id: int, body: ReminderAnswer) -> Reminder:
    """Note what a patient has said to a reminder; the first answer stands, and is given back."""
    return reminders.mark_answered(reminder_id, body, principal().actor)
