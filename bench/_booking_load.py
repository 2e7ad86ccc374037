"""A process that books as a web process does, or as a plain client would, and prints how long that took as JSON.

`python -m bench._booking_load plain|gevent subscription|result|least|empty CALLERS COUNT` with DATABASE_URL and REDIS_URL set. With
`subscription` it files requests and hears their ends over the process's one subscription; with `result` Celery fetches the same tasks'
results, with `empty` those of a task that does nothing. With `least` requests are filed of which nothing becomes.
"""

import sys

if __name__ == "__main__" and sys.argv[1] == "gevent":
    from gevent import monkey

    monkey.patch_all()

    from psycogreen.gevent import patch_psycopg

    patch_psycopg()

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import _least
from bench._callers import contended_slots, new_patients
from ivr import bookings, models, queue, settling
from ivr.config import load_settings
from ivr.models import BookingRequest, Patient, Slot, Source, database
from ivr.schemas import BookAppointment

RESULT_LIMIT_S = 20.0
WARM_UP = 40

Work = Callable[[int], None]


def main() -> None:
    """Do what the arguments say."""
    how, callers, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    settings = load_settings()
    assert settings.redis_url
    redis_url = settings.redis_url.get_secret_value()
    models.bind(settings, max_connections=callers + 2)
    queue.configure(redis_url)
    states = queue.BookingStates(redis_url)
    states.start()
    slots = [] if how == "empty" else contended_slots(WARM_UP + count, doctors=callers)
    patients = [] if how == "empty" else new_patients(WARM_UP + count, f"p{os.getpid()}")
    kinds: dict[str, Work] = {
        "subscription": _by_subscription(slots, patients, states),
        "result": _by_result(slots, patients),
        "least": lambda number: _least.request(slots[number], patients[number], states),
        "empty": _empty,
    }
    work = kinds[how]
    _measured(work, range(count, count + WARM_UP), callers)
    took_ms, took_s = _measured(work, range(count), callers)
    print(json.dumps({"ms": [round(one, 2) for one in took_ms], "rate": round(count / took_s, 1)}))


def _measured(work: Work, numbers: range, callers: int) -> tuple[list[float], float]:
    """Milliseconds of each, and seconds of all together; the callers begin at one instant."""
    together = threading.Barrier(min(callers, len(numbers)))

    def one(number: int) -> float:
        if number - numbers.start < together.parties:
            together.wait()
        began_s = time.perf_counter()
        work(number)
        return (time.perf_counter() - began_s) * 1000

    began_s = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        return list(threads.map(one, numbers)), time.perf_counter() - began_s


def _request(slot: Slot, patient: Patient) -> BookingRequest:
    with database.connection_context():
        wanted = BookAppointment(slot_id=slot.id)
        return bookings.request_booking(patient, wanted, source=Source.PHONE, idempotency_key=f"load:{slot.id}")


def _by_subscription(slots: list[Slot], patients: list[Patient], states: queue.BookingStates) -> Work:
    def work(number: int) -> None:
        request = settling.settle(_request(slots[number], patients[number]), states, wait_s=RESULT_LIMIT_S)
        assert request.state == "done", request.error_code

    return work


def _by_result(slots: list[Slot], patients: list[Patient]) -> Work:
    def work(number: int) -> None:
        request = _request(slots[number], patients[number])
        queue.celery_app.send_task(queue.CARRY_OUT, (request.id,), ignore_result=False).get(timeout=RESULT_LIMIT_S)

    return work


def _empty(number: int) -> None:
    # Celery's own task that returns its arguments.
    sent = queue.celery_app.send_task("celery.accumulate", (number,), queue="bookings", ignore_result=False)
    sent.get(timeout=RESULT_LIMIT_S)


if __name__ == "__main__":
    main()
