"""Bookings through a real worker, without one, and with one that is killed in the middle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ivr import bookings, models, queue, settling
from ivr.errors import Conflict
from ivr.models import Appointment, BookingRequest, Hold, OutboxEvent, Patient, Slot, Source, database
from ivr.schemas import BookAppointment
from tests.integration.broker import Receiver, Valkey, Worker, somebody_waits_for_a_lock, wait_until
from tests.integration.rows import a_doctor_with_slots, some_patients

pytestmark = pytest.mark.usefixtures("db")


def ask(patient: Patient, slot: Slot, key: str) -> BookingRequest:
    """Ask for a slot by telephone."""
    return bookings.request_booking(patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, idempotency_key=key)


def file_without_hold(patient: Patient, slot: Slot, key: str) -> BookingRequest:
    """A request as it is when its slot's hold has run out."""
    return BookingRequest.create(operation="book", patient=patient, slot=slot, source=Source.PHONE, idempotency_key=key)


def state_of(request: BookingRequest) -> str:
    """The request's state in the database now."""
    return str(BookingRequest.get_by_id(request.id).state)


def age(request: BookingRequest, seconds: float) -> None:
    """Make a request as old as this."""
    BookingRequest.update(created_at=models.now() - timedelta(seconds=seconds)).where(BookingRequest.id == request.id).execute()


KILLED_BEFORE_IT_TELLS = """
import os, signal
from ivr import bookings, models, queue
from ivr.config import Settings

models.bind(Settings())
queue.tell_booking_state = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
bookings.carry_out(int(os.environ["REQUEST"]))
"""


class TestWithAWorker:
    @pytest.fixture(autouse=True)
    def _working(self, worker: Worker, valkey: Valkey, receiver: Receiver) -> None:
        receiver.forget()

    def test_a_booking_is_carried_out_there_and_told_here(self, states: queue.BookingStates) -> None:
        _, slots = a_doctor_with_slots(slots=20)
        (patient,) = some_patients(1)
        took_ms = []
        for slot in slots:
            request = ask(patient, slot, f"slot {slot.id}")
            before_s = time.monotonic()
            request = settling.settle(request, states)
            took_ms.append((time.monotonic() - before_s) * 1000)
            assert request.result is not None
            assert (request.state, request.result.slot.doctor.name) == ("done", "Dr. Samir")
        print(f"settled in {sorted(took_ms)[10]:.1f} ms (p50), {max(took_ms):.1f} ms (longest of 20)")

        assert sorted(took_ms)[10] < settling.LOOK_S * 1000 / 2, "told, not found by looking"

    def test_of_fifty_callers_who_want_one_slot_at_once_one_gets_it_and_the_others_are_told(self, states: queue.BookingStates) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        patients = some_patients(50)

        def call(patient: Patient) -> str:
            try:
                with database.connection_context():
                    request = ask(patient, slot, f"patient {patient.id}")
            except Conflict as conflict:
                return conflict.code
            request = settling.settle(request, states)
            return str(request.error_code or request.state)

        with ThreadPoolExecutor(50) as callers:
            told = sorted(callers.map(call, patients))

        assert told == ["done"] + ["slot_taken"] * 49
        assert Appointment.select().count() == 1

    def test_of_fifty_requests_for_one_slot_in_the_queue_at_once_one_comes_true(self, states: queue.BookingStates) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        requests = [file_without_hold(patient, slot, f"patient {patient.id}") for patient in some_patients(50)]
        before_s = time.monotonic()

        with ThreadPoolExecutor(50) as callers:
            ends = list(callers.map(lambda request: settling.settle(request, states, wait_s=10), requests))
        print(f"fifty requests for one slot settled in {(time.monotonic() - before_s) * 1000:.0f} ms")

        assert sorted(f"{end.state} {end.error_code}" for end in ends) == ["done None"] + ["refused slot_taken"] * 49
        assert Appointment.select().count() == OutboxEvent.select().count() == 1
        assert Hold.select().count() == 0

    def test_a_worker_without_a_subscriber_is_seen_by_looking(self, valkey: Valkey) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        deaf = queue.BookingStates("redis://127.0.0.1:1/0")

        request = settling.settle(ask(patient, slot, "key"), deaf)
        deaf.close()

        assert request.state == "done"

    def test_what_a_lost_task_left_is_found_by_the_sweep(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        late, very_late = ask(patient, slot, "late"), ask(other, later, "very late")
        age(late, 6)
        age(very_late, 30)

        queue.celery_app.send_task(queue.SWEEP, ignore_result=True)

        wait_until(lambda: state_of(late) == state_of(very_late) == "done", 5, "both are done")

    def test_a_task_whose_process_is_killed_is_done_by_another(self, worker: Worker) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot, "key")
        with database.atomic():
            BookingRequest.select().where(BookingRequest.id == request.id).for_update().get()
            wait_until(lambda: queue.send_booking(request.id), 5, "the broker takes it")
            wait_until(somebody_waits_for_a_lock, 5, "the worker is in the middle of it")
            worker.kill_child(busy_child())

        wait_until(lambda: state_of(request) == "done", 10, "it is redelivered")
        assert Appointment.select().count() == OutboxEvent.select().count() == 1

    def test_a_task_whose_worker_is_killed_is_done_by_the_next_one(self, worker: Worker, valkey: Valkey) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot, "key")
        with database.atomic():
            BookingRequest.select().where(BookingRequest.id == request.id).for_update().get()
            wait_until(lambda: queue.send_booking(request.id), 5, "the broker takes it")
            wait_until(somebody_waits_for_a_lock, 5, "the worker is in the middle of it")
            worker.kill()
        assert state_of(request) == "pending"
        age(request, 6)

        worker.start()
        queue.celery_app.send_task(queue.SWEEP, ignore_result=True)

        wait_until(lambda: state_of(request) == "done", 5, "it is swept")
        assert Appointment.select().count() == OutboxEvent.select().count() == 1


class TestWithoutAWorker:
    @pytest.fixture
    def own_states(self, broker: Valkey) -> Iterator[queue.BookingStates]:
        """The subscription to it."""
        states = queue.BookingStates(broker.url)
        states.start()
        wait_until(lambda: states.listening, 5, "the subscription is up")
        yield states
        states.close()

    def test_with_the_broker_away_the_booking_is_carried_out_here(self, broker: Valkey, own_states: queue.BookingStates) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        with broker.away():
            before_s = time.monotonic()
            request = settling.settle(ask(patient, slot, "key"), own_states)
            took_s = time.monotonic() - before_s

        assert request.state == "done"
        assert took_s < bookings.WAIT_S

    def test_with_the_broker_stalled_the_booking_is_carried_out_here_and_soon(
        self, broker: Valkey, own_states: queue.BookingStates
    ) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        assert queue.send_booking(0)
        with broker.stalled():
            before_s = time.monotonic()
            request = settling.settle(ask(patient, slot, "key"), own_states)
            first_s = time.monotonic() - before_s
            second = settling.settle(ask(patient, later, "second"), own_states)
            second_s = time.monotonic() - before_s - first_s

        assert (request.state, second.state) == ("done", "done")
        assert first_s + second_s < bookings.WAIT_S, "nobody waits for an answer that cannot come"

    def test_without_a_worker_the_request_stays_pending_and_the_caller_does_not_wait_for_ever(
        self, broker: Valkey, own_states: queue.BookingStates
    ) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)

        before_s = time.monotonic()
        request = settling.settle(ask(patient, slot, "key"), own_states, wait_s=0.3)

        assert request.state == "pending"
        assert 0.3 <= time.monotonic() - before_s < bookings.WAIT_S
        assert broker.client.llen("bookings") == 1

    def test_a_settled_request_is_not_sent_again(self, broker: Valkey, own_states: queue.BookingStates) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot, "key")
        first = bookings.carry_out(request.id)

        again = settling.settle(ask(patient, slot, "key"), own_states, wait_s=0)

        assert (again.state, again.result) == ("done", first.result)
        assert broker.client.llen("bookings") == 0

    def test_a_worker_that_is_killed_between_commit_and_tell_leaves_an_end_that_is_found_by_looking(
        self, broker: Valkey, own_states: queue.BookingStates, migrated: str
    ) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot, "key")

        with ThreadPoolExecutor(1) as line:
            waiting = line.submit(settling.settle, request, own_states, wait_s=30)
            wait_until(lambda: broker.client.llen("bookings") == 1, 5, "a worker is asked")
            environment = {**os.environ, "DATABASE_URL": migrated, "REQUEST": str(request.id)}
            worker = subprocess.run([sys.executable, "-c", KILLED_BEFORE_IT_TELLS], env=environment, timeout=50)
            settled = waiting.result(30)

        assert worker.returncode == -signal.SIGKILL
        assert (settled.state, settled.confirm_by_sms) == ("done", False)
        assert bookings.carry_out(request.id).result == settled.result, "what is handed out again is done once"
        assert Appointment.select().count() == OutboxEvent.select().count() == 1


def busy_child() -> int:
    """The process in which the one task runs that is running now; the worker hears of it a moment after it has begun."""
    running: list[int] = []

    def look() -> bool:
        (tasks,) = queue.celery_app.control.inspect(timeout=5, limit=1).active().values()
        running[:] = [int(task["worker_pid"]) for task in tasks]
        return len(running) == 1

    wait_until(look, 5, "the worker tells of its task")
    (child,) = running
    return child
