"""Reminders and clips through a worker, as beat asks for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr import models, queue
from ivr.agent.lines import lines
from ivr.clients.clips import PREFIX
from ivr.config import Settings
from ivr.models import Appointment, OutboxEvent, Reminder, SmsMessage
from tests.contracts.offline_server import OfflineServer
from tests.integration.broker import Valkey, Worker, wait_until
from tests.integration.rows import a_doctor, a_patient, an_appointment

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def upkeep(broker: Valkey, migrated: str, providers: OfflineServer, tmp_path: Path) -> Iterator[Worker]:
    """A worker where it is about noon, whose patients speak Spanish, and whose voice is the stand-in's."""
    providers.reset()
    worker = Worker(
        tmp_path / "log",
        queues="upkeep",
        children=1,
        DATABASE_URL=migrated,
        REDIS_URL=broker.url,
        HOSPITAL_TIMEZONE=f"Etc/GMT{models.now().hour - 12:+d}",
        HOSPITAL_LANGUAGES="es",
        OPENAI_BASE_URL=f"{providers.url}/v1",
        OPENAI_API_KEY="offline",
    )
    worker.start()
    yield worker
    worker.kill()


def tomorrows_appointment() -> Appointment:
    """One that begins in a day, booked long before."""
    now = models.now()
    slot = models.Slot.create(doctor=a_doctor(), starts_at=now + timedelta(hours=24), ends_at=now + timedelta(hours=24, minutes=20))
    return an_appointment(a_patient(), slot, created_at=now - timedelta(days=30))


@pytest.mark.usefixtures("upkeep")
def test_a_worker_writes_reminders_once_and_makes_every_clip(broker: Valkey) -> None:
    appointment = tomorrows_appointment()
    settings = Settings(app_env="test", hospital_languages=["es"])
    said = {text for text in lines("es", settings.hospital_name, settings.emergency_number).all() if any(map(str.isalnum, text))}

    with queue.celery_app.connection_for_write(broker.url) as connection:
        for task in (queue.REMIND, queue.REMIND, queue.WARM):
            queue.celery_app.send_task(task, connection=connection, ignore_result=True)

    wait_until(lambda: len(list(broker.client.scan_iter(f"{PREFIX}*"))) == len(said), 30, "every fixed sentence is a clip")
    (reminder,) = Reminder.select()
    assert (reminder.appointment_id, reminder.lead) == (appointment.id, "24h")
    (event,) = OutboxEvent.select()
    assert event.event_type == "appointment.reminder_due"
    assert [message.kind for message in SmsMessage.select()] == ["reminder"]
    assert list(queue.piled(queue.DELIVER_PILE, "task")) == [(event.id, None)]
