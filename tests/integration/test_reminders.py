"""Reminders are due a day and two hours before, once each, and never at night."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr import outbox, reminders, sms
from ivr.breaker import Breaker
from ivr.config import Settings
from ivr.models import Appointment, OutboxEvent, Reminder, SmsMessage, Source, database
from ivr.schemas.deliveries import ReminderAnswer
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment
from tests.integration.test_sms import Recording

pytestmark = pytest.mark.usefixtures("db")

ZONE = ZoneInfo("America/New_York")
LONG_AGO = NOW - timedelta(days=30)


def an_appointment_in(hours: float, **values: object) -> Appointment:
    """An appointment so many hours after nine o'clock on Monday, booked long before."""
    slot = a_slot(a_doctor(f"Number{hours}"), hours)
    return an_appointment(a_patient(f"Patient {hours}", phone="+12025550143"), slot, **({"created_at": LONG_AGO} | values))


def written(now: datetime = NOW) -> list[tuple[int, str]]:
    """Write what is due, and return of whom and how long before."""
    reminders.write_due(ZONE, now=now)
    return [(one.appointment_id, one.lead) for one in Reminder.select().order_by(Reminder.id)]


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_one_is_due_a_day_before_and_one_two_hours_before() -> None:
    appointment = an_appointment_in(26)

    assert written(NOW) == []
    assert written(NOW + timedelta(hours=2)) == [(appointment.id, "24h")]
    assert written(NOW + timedelta(hours=23.9)) == [(appointment.id, "24h")]
    assert written(NOW + timedelta(hours=24)) == [(appointment.id, "24h"), (appointment.id, "2h")]


def test_event_and_message_are_written_with_it_and_tell_the_same() -> None:
    appointment = an_appointment_in(24)

    (left,) = reminders.write_due(ZONE, now=NOW)

    event, message = OutboxEvent.get_by_id(left.event_id), SmsMessage.get_by_id(left.message_id)
    reminder = Reminder.get()
    assert (event.event_type, event.subject) == ("appointment.reminder_due", f"appointment:{appointment.id}")
    assert event.payload["data"] | {"reminder_id": reminder.id, "lead": "24h", "appointment_id": appointment.id} == event.payload["data"]
    assert (message.kind, message.appointment_id, message.facts["reminder_id"]) == ("reminder", appointment.id, reminder.id)


def test_of_two_that_wait_for_twilio_the_later_is_sent() -> None:
    an_appointment_in(4.5)
    written(NOW)
    assert len(written(NOW + timedelta(hours=2.5))) == 2
    carrier, now = Recording(), NOW + timedelta(hours=2.6)

    for message_id in sms.due(now=now):
        sms.send(message_id, carrier, Breaker(), Settings(), now)

    assert [(one.state, one.why) for one in SmsMessage.select().order_by(SmsMessage.id)] == [("skipped", "overtaken"), ("sent", None)]
    assert len(carrier.sent) == 1


def test_of_many_who_look_at_once_one_writes_it() -> None:
    an_appointment_in(24)

    def look(_: int) -> int:
        with database.connection_context():
            return len(reminders.write_due(ZONE, now=NOW))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(look, range(8))) == 1
    assert OutboxEvent.select().count() == SmsMessage.select().count() == 1


def test_nothing_is_written_at_night_and_what_was_due_then_in_the_morning() -> None:
    early = an_appointment_in(-0.5 + 24)

    assert written(at(21)) == []
    assert written(at(7, 59, day=24)) == []
    assert written(at(8, day=24)) == [(early.id, "2h")]


def test_a_reminder_that_would_come_too_late_is_left_out() -> None:
    an_appointment_in(-0.7)
    an_appointment_in(0.2)

    assert written(at(9)) == []


@pytest.mark.parametrize(
    "values",
    [{"status": "cancelled"}, {"status": "rescheduled"}, {"source": Source.SEED}, {"created_at": NOW - timedelta(hours=1)}],
    ids=["cancelled", "moved", "an example's", "booked within the day"],
)
def test_no_reminder_is_due_of_an_appointment_that_is(values: dict[str, object]) -> None:
    an_appointment_in(20, **values)

    assert written(NOW) == []


def test_no_more_than_the_limit_are_written_at_a_time_and_the_rest_the_next_time() -> None:
    for minutes in range(5):
        an_appointment_in(20 + minutes / 10)

    assert [len(reminders.write_due(ZONE, limit=3, now=NOW)) for _ in range(3)] == [3, 2, 0]


class TestAnswers:
    @pytest.fixture
    def reminder(self) -> Reminder:
        """A reminder whose message has not been sent yet."""
        an_appointment_in(24)
        reminders.write_due(ZONE, now=NOW)
        return Reminder.get()

    def test_one_that_is_answered_is_not_texted_any_more(self, reminder: Reminder) -> None:
        carrier = Recording()
        reminders.mark_answered(reminder.id, ReminderAnswer(answer=" confirmed "), "api_key:1", NOW)

        sms.send(SmsMessage.get().id, carrier, Breaker(), Settings(), NOW)

        assert (SmsMessage.get().why, carrier.sent) == ("answered", [])

    def test_the_first_answer_stands(self, reminder: Reminder) -> None:
        reminders.mark_answered(reminder.id, ReminderAnswer(answer="confirmed"), "api_key:1", NOW)
        again = reminders.mark_answered(reminder.id, ReminderAnswer(answer="will be late"), "api_key:1", NOW + timedelta(hours=1))

        assert (again.answer, again.answered_at) == ("confirmed", NOW)


def test_the_outbox_keeps_reminders_in_the_order_of_their_appointment() -> None:
    appointment = an_appointment_in(24)
    outbox.record("appointment.booked", appointment, {})

    reminders.write_due(ZONE, now=NOW)

    assert [event.sequence for event in OutboxEvent.select().order_by(OutboxEvent.id)] == [1, 2]
