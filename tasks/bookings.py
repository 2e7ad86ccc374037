"""Carry booking requests out."""

from celery import Task

from ivr import bookings, queue
from tasks.app import work_off


@queue.celery_app.task(name=queue.CARRY_OUT)
def carry_out(request_id: int) -> None:
    """Bring a request to its end; the task carries nothing but its id."""
    bookings.carry_out(request_id)


@queue.celery_app.task(name=queue.CARRY_OUT_PILE, bind=True)
def carry_out_pile(self: Task) -> None:
    """The same for requests that were piled up; tasks of other processes do it, too, meanwhile."""
    work_off(self, bookings.carry_out)
