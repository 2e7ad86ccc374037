"""The least that a durable request can cost: a row that is written, ended by a worker and read again, with nothing done in between.

`celery -A bench._least worker -Q least` serves it, with DATABASE_URL and REDIS_URL set.
"""

from kombu import Queue

from ivr import models, queue
from ivr.models import BookingRequest, Operation, Patient, RequestState, Slot, Source, database
from tasks.app import app

QUEUE = "least"
LIMIT_S = 20.0

app.amqp.queues.add(Queue(QUEUE))


def request(slot: Slot, patient: Patient, states: queue.BookingStates) -> None:
    """File a row, have it ended and look at it."""
    with database.connection_context():
        filed = BookingRequest.create(
            operation=Operation.BOOK, patient=patient, slot=slot, source=Source.PHONE, idempotency_key=f"least:{slot.id}"
        )
    with states.expect(filed.id) as expected:
        end.apply_async((filed.id,), queue=QUEUE)
        expected.wait(LIMIT_S)
    with database.connection_context():
        assert BookingRequest.get_by_id(filed.id).state == RequestState.REFUSED


@app.task(name="bench.end")
def end(request_id: int) -> None:
    """End it, and tell."""
    with database.connection_context():
        ended = {"state": RequestState.REFUSED, "error_code": "internal", "finished_at": models.now()}
        BookingRequest.update(ended).where(BookingRequest.id == request_id).execute()
    queue.tell_booking_state(request_id, RequestState.REFUSED)
