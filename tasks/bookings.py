"""Carry a booking request out."""

from ivr import bookings, queue


@queue.celery_app.task(name=queue.CARRY_OUT)
def carry_out(request_id: int) -> None:
    """Bring a request to its end; the task carries nothing but its id."""
    bookings.carry_out(request_id)
