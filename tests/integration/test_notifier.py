"""The notifier as it runs: threads, a receiver and a Twilio that fail, and its end."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench._receiver import MoodyReceiver
from ivr import models, outbox, queue, sms
from ivr.models import Call, OutboxEvent, SmsKind, SmsMessage
from tests.contracts.offline_server import OfflineServer
from tests.integration.broker import Receiver, Valkey, Worker, wait_until
from tests.integration.rows import a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db")

THREADS = 16
TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "a token", "TWILIO_FROM_NUMBER": "+12025550100"}


@pytest.fixture
def notifier(broker: Valkey, migrated: str, receiver: Receiver, providers: OfflineServer, tmp_path: Path) -> Iterator[Worker]:
    """One with threads, as the Procfile starts it."""
    receiver.forget()
    providers.reset()
    settings = {"N8N_WEBHOOK_URL": receiver.url, "TWILIO_API_BASE_URL": providers.url, **TWILIO}
    worker = a_notifier(tmp_path, broker, migrated, **settings)
    worker.start()
    yield worker
    worker.kill()
    providers.reset()


def a_notifier(folder: Path, broker: Valkey, database_url: str, **settings: str) -> Worker:
    """A worker that is not started."""
    servers = {"DATABASE_URL": database_url, "REDIS_URL": broker.url}
    return Worker(folder / "log", queues="notifications,audio,upkeep", children=THREADS, pool="threads", **(servers | settings))


def some_events(count: int) -> list[OutboxEvent]:
    """Events of as many calls."""
    before = Call.select().count()
    return [outbox.record("call.completed", Call.create(sid=f"CA{before + number}"), {}) for number in range(count)]


def some_messages(count: int) -> list[SmsMessage]:
    """Confirmations to as many numbers."""
    doctor = a_doctor()
    slots = [a_slot(doctor, 48 + number, now=models.now()) for number in range(count)]
    patients = [a_patient(f"Patient {number}", phone=f"+1202555{1000 + number}") for number in range(count)]
    return [
        sms.write_for(SmsKind.BOOKED, an_appointment(patient, slot), f"key {patient.id}")
        for patient, slot in zip(patients, slots, strict=True)
    ]


def swept_until(condition: Callable[[], object], within_s: float, what: str) -> None:
    """Ask for sweeps, as beat does, until the condition holds."""

    def swept() -> bool:
        queue.send_sweep(expires_s=1)
        models.database.execute_sql("SELECT pg_sleep(0.3)")
        return bool(condition())

    wait_until(swept, within_s, what)


def test_a_receiver_that_fails_is_asked_now_and_then_and_has_everything_soon_after(notifier: Worker, receiver: Receiver) -> None:
    receiver.answers += [(500, {})] * 7
    for event in some_events(40):
        queue.send_outbox(event.id)

    swept_until(lambda: OutboxEvent.select().where(OutboxEvent.state == "delivered").count() == 40, 15, "all are delivered")

    # Those that were on their way when it opened are not counted with it.
    assert 47 <= len(receiver.requests) <= 47 + THREADS
    said = notifier.said()
    assert said.index("the receiver fails again and again") < said.index("the receiver works again")


def test_a_twilio_that_hangs_keeps_neither_events_waiting_nor_any_message_for_ever(
    notifier: Worker, receiver: Receiver, providers: OfflineServer
) -> None:
    # Five failures in a row open the breaker, and four more may be under way by then: none works before.
    providers.fault("twilio", "stall", count=9)
    messages = some_messages(40)
    for message in messages:
        queue.send_sms(message.id)
    wait_until(lambda: SmsMessage.select().where(SmsMessage.attempts > 0).exists(), 5, "Twilio is asked")
    (event,) = some_events(1)
    queue.send_outbox(event.id)

    wait_until(lambda: OutboxEvent.get_by_id(event.id).state == "delivered", 2, "the event does not wait")
    assert SmsMessage.select().where(SmsMessage.state == "sent").count() == 0
    swept_until(lambda: SmsMessage.select().where(SmsMessage.state == "sent").count() == 40, 30, "all are sent")

    said = notifier.said()
    assert said.index("Twilio fails again and again") < said.index("Twilio works again")
    assert max(message.attempts for message in SmsMessage.select()) <= 3


def test_what_is_missing_is_said_at_the_start_in_lines_like_any_other(broker: Valkey, migrated: str, tmp_path: Path) -> None:
    needed = {"PUBLIC_URL": "https://lilly.example", "TWILIO_AUTH_TOKEN": "a token", "OPENAI_API_KEY": "a key", "JWT_SECRET_KEY": 32 * "k"}
    worker = a_notifier(tmp_path, broker, migrated, APP_ENV="production", N8N_WEBHOOK_URL="https://n8n.example/webhook/lilly", **needed)

    worker.start()
    worker.kill()

    for words in ("N8N_WEBHOOK_SECRET is not set", "no text message is sent"):
        (line,) = [line for line in worker.said().splitlines() if words in line]
        assert (json.loads(line)["level"], json.loads(line)["logger"]) == ("warning", "tasks.notifications")


def test_a_notifier_that_is_ended_gives_back_what_it_has_not_finished(broker: Valkey, migrated: str, tmp_path: Path) -> None:
    receiver = MoodyReceiver("hangs")
    settings = {"DATABASE_URL": migrated, "REDIS_URL": broker.url, "N8N_WEBHOOK_URL": receiver.url, "REMAP_SIGTERM": "SIGQUIT"}
    worker = Worker(tmp_path / "log", queues="notifications", children=4, pool="threads", soft_s="0.5", **settings)
    worker.start()
    try:
        (event,) = some_events(1)
        queue.celery_app.send_task(queue.DELIVER, (event.id,), ignore_result=True)
        wait_until(lambda: receiver.log, 5, "it is being delivered")

        worker.terminate(within_s=30)

        assert broker.client.llen("notifications") == 1
        assert OutboxEvent.get_by_id(event.id).state == "pending"
    finally:
        worker.kill()
        receiver.close()
