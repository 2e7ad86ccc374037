"""The outbox, the text messages and the queues from the command line."""

from datetime import timedelta

import pytest

from ivr import models, outbox, queue, sms, speech_retries
from ivr.models import AuditEntry, Call, OutboxEvent, SmsKind, SmsMessage, SpeechOutcome, SpeechRetry
from ivr.sender import pile_of
from tests.integration.broker import Valkey
from tests.integration.conftest import Command
from tests.integration.rows import a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def letter() -> OutboxEvent:
    """A dead letter."""
    event = outbox.record("call.completed", Call.create(sid="CA1"), {"call_sid": "CA1"})
    OutboxEvent.update(state="dead", attempts=1, last_error="HTTP 400").where(OutboxEvent.id == event.id).execute()
    return event


def test_dead_letters_are_listed_shown_and_replayed(command: Command, letter: OutboxEvent) -> None:
    listed = command("outbox", "list", "--state", "dead").output
    assert (str(letter.id) in listed, "call.completed" in listed, "HTTP 400" in listed) == (True, True, True)
    assert command("outbox", "list", "--state", "delivered").output == ""
    assert '"call_sid": "CA1"' in command("outbox", "show", letter.id).output

    assert f"{letter.id} is due again" in command("outbox", "replay", letter.id).output
    assert OutboxEvent.get_by_id(letter.id).state != "dead"
    assert [(line.actor, line.action) for line in AuditEntry.select()] == [("command", "replayed")]


def test_what_waits_for_its_delivery_is_not_replayed(command: Command, letter: OutboxEvent) -> None:
    OutboxEvent.update(state="pending").execute()
    again = command("outbox", "replay", letter.id)
    assert (again.exit_code, "is pending" in again.output) == (1, True)


def test_an_event_that_is_not_there_is_said_to_be_so(command: Command) -> None:
    for name in ("show", "replay"):
        outcome = command("outbox", name, 2**31 - 1)
        assert (outcome.exit_code, "There is no such event." in outcome.output) == (1, True)


def test_text_messages_that_failed_are_listed_without_what_they_say_and_sent_again(command: Command) -> None:
    appointment = an_appointment(a_patient(phone="+12025550143"), a_slot(a_doctor("Samir"), 48))
    message, sent = sms.write_for(SmsKind.BOOKED, appointment, "key"), sms.write_for(SmsKind.BOOKED, appointment, "sent")
    SmsMessage.update(state="failed", why="20003", attempts=15).where(SmsMessage.id == message.id).execute()
    SmsMessage.update(state="sent", sid="SM1").where(SmsMessage.id == sent.id).execute()
    listed = command("sms", "list", "--state", "failed").output
    assert (str(message.id) in listed, "booked" in listed, "20003" in listed) == (True, True, True)
    assert ("Samir" in listed, "5550143" in listed) == (False, False)

    assert f"{message.id} is due again" in command("sms", "resend", message.id).output
    assert command("sms", "list", "--state", "failed").output == ""
    again = command("sms", "resend", sent.id)
    assert (again.exit_code, "The message is sent" in again.output) == (1, True)


def test_a_text_message_that_was_not_delivered_is_followed_by_another(command: Command) -> None:
    appointment = an_appointment(a_patient(phone="+12025550143"), a_slot(a_doctor("Samir"), 48))
    message = sms.write_for(SmsKind.BOOKED, appointment, "key")
    SmsMessage.update(state="undelivered", why="30005", sid="SM1").where(SmsMessage.id == message.id).execute()

    said = command("sms", "resend", message.id).output

    (anew,) = SmsMessage.select().where(SmsMessage.id != message.id)
    assert f"{message.id} is due again as {anew.id}" in said
    assert command("sms", "resend", message.id).exit_code == 1


def test_queues_and_what_is_under_way_are_shown(command: Command, letter: OutboxEvent, valkey: Valkey) -> None:
    valkey.client.delete(*map(pile_of, queue.PILES))
    valkey.client.rpush(pile_of(queue.DELIVER_PILE), *range(7))
    for outcome in (SpeechOutcome.PLAYED, SpeechOutcome.FAILED, None):
        retry = SpeechRetry.create(text="Of course.", language="en", attempts=2, created_at=models.now() - timedelta(seconds=60))
        if outcome:
            speech_retries.close(retry.id, outcome)
    shown = command("queues").output
    valkey.client.delete(pile_of(queue.DELIVER_PILE))

    assert [name in shown for name in queue.QUEUES] == [True] * 4
    assert "events: 1 dead" in shown
    assert "0 booking requests, 7 events, 0 text messages" in shown
    assert "1 failed, 1 played" in shown or "1 played, 1 failed" in shown
    assert ("1 waiting" in shown, "in 6 attempts" in shown, "has waited for 6" in shown) == (True, True, True)
    assert models.database.is_closed() is False
