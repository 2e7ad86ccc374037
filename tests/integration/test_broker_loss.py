"""Workers and beat outlive a broker that goes away and forgets."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from ivr import bookings, queue
from ivr.models import BookingRequest, Slot, Source, database
from ivr.schemas import BookAppointment
from tasks.beat import Scheduler
from tests.integration.broker import ROOT, Valkey, Worker, somebody_waits_for_a_lock, wait_until
from tests.integration.rows import a_doctor_with_slots, some_patients


@pytest.mark.usefixtures("db")
def test_a_worker_with_a_task_in_hand_goes_on_when_its_broker_comes_back_empty(broker: Valkey, migrated: str, tmp_path: Path) -> None:
    _, (slot, later, *_) = a_doctor_with_slots()
    (patient,) = some_patients(1)

    def ask(slot: Slot) -> BookingRequest:
        wanted = BookAppointment(slot_id=slot.id)
        return bookings.request_booking(patient, wanted, source=Source.PHONE, idempotency_key=f"slot {slot.id}")

    def is_done(request: BookingRequest) -> bool:
        return bool(BookingRequest.get_by_id(request.id).state == "done")

    # With the second child free, the worker also waits for a message when the connection breaks.
    worker = Worker(tmp_path / "log", queues="bookings", children=2, DATABASE_URL=migrated, REDIS_URL=broker.url)
    worker.start()
    try:
        in_hand, next_one = ask(slot), ask(later)
        with database.atomic():
            BookingRequest.select().where(BookingRequest.id == in_hand.id).for_update().get()
            assert queue.send_booking(in_hand.id)
            wait_until(somebody_waits_for_a_lock, 5, "the worker is in the middle of it")
            broker.stop()
        wait_until(lambda: is_done(in_hand), 5, "what it had in hand is done")
        broker.start()

        wait_until(lambda: queue.send_booking(next_one.id), 5, "the broker is used again")
        wait_until(lambda: is_done(next_one), 8, "the worker takes tasks again")
    finally:
        worker.kill()


def test_beat_starts_without_its_broker_and_leads_again_after_that_has_gone_and_forgotten(broker: Valkey) -> None:
    with broker.away():
        scheduler = Scheduler(app=queue.celery_app)
        scheduler.tick()
    key = queue.celery_app.redbeat_conf.schedule_key
    assert not broker.client.get(scheduler.lock_key)

    scheduler.tick()
    assert broker.client.get(scheduler.lock_key)
    with broker.away():
        scheduler.tick()
    assert not broker.client.get(scheduler.lock_key)
    scheduler.tick()
    scheduler.tick()

    assert broker.client.get(scheduler.lock_key)
    assert broker.client.zcard(key) == len(queue.celery_app.conf.beat_schedule)
    scheduler.close()


@pytest.mark.usefixtures("db")
def test_a_worker_that_is_ended_gives_back_what_it_has_not_finished(broker: Valkey, migrated: str, tmp_path: Path) -> None:
    _, (slot, *_) = a_doctor_with_slots()
    (patient,) = some_patients(1)
    request = bookings.request_booking(patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, idempotency_key="book")
    settings = {"DATABASE_URL": migrated, "REDIS_URL": broker.url, "REMAP_SIGTERM": "SIGQUIT"}
    worker = Worker(tmp_path / "log", queues="bookings", children=1, soft_s="0.5", **settings)
    worker.start()
    try:
        with database.atomic():
            BookingRequest.select().where(BookingRequest.id == request.id).for_update().get()
            assert queue.send_booking(request.id)
            wait_until(somebody_waits_for_a_lock, 5, "the worker is in the middle of it")

            worker.terminate(within_s=30)

        assert broker.client.llen("bookings") == 1
    finally:
        worker.kill()


def test_of_two_beats_that_are_started_one_sends_each_sweep_once(broker: Valkey, migrated: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "celery", "-A", "tasks.app", "beat", "--schedule", str(tmp_path / "schedule"), "--pidfile="]
    environment = {
        "PATH": os.environ["PATH"],
        "APP_ENV": "test",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": migrated,
        "REDIS_URL": broker.url,
    }
    beats = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        wait_until(lambda: len(swept_at_s(broker)) >= 2, 20, "beat sweeps")
    finally:
        for beat in beats:
            beat.kill()
            beat.wait()
    sweeps = swept_at_s(broker)
    assert all(later - earlier > 3 for earlier, later in pairwise(sweeps))


def swept_at_s(broker: Valkey) -> list[float]:
    """When each sweep was asked for that nobody has made, in Unix seconds."""
    sent = [json.loads(message)["headers"] for message in broker.client.lrange("upkeep", 0, -1)]
    return sorted(headers["sent_at_s"] for headers in sent if headers["task"] == queue.SWEEP)
