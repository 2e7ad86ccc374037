"""Where workers and beat start: `celery -A tasks.app worker -Q bookings`."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from celery import Task
from celery.signals import (
    celeryd_init,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_ready,
)
from celery.utils.text import str_to_list
from redis.exceptions import RedisError

from ivr import models, queue
from ivr.config import Settings, SettingsError, load_settings
from ivr.embedded import EmbeddedError
from ivr.embedded.attached import complete
from ivr.log import configure_logging
from ivr.sender import PATIENT_BOUND_S, REQUEST_ID

logger = logging.getLogger(__name__)

EXTRA_SWEEP_EXPIRES_S = 30.0


def redis_url() -> str:
    """The broker's address."""
    assert settings.redis_url is not None
    return settings.redis_url.get_secret_value()


def _settings() -> Settings:
    try:
        return complete(load_settings())
    except (SettingsError, EmbeddedError) as error:
        sys.exit(str(error))


settings = _settings()
queue.configure(redis_url(), PATIENT_BOUND_S)
app = queue.celery_app


@celeryd_init.connect
def know_tasks(options: dict[str, Any], **_: Any) -> None:
    """Import the modules of the queues that are served, which have their names, and no other: who books needs neither voice nor Twilio."""
    asked = str_to_list(options.get("queues")) or queue.QUEUES
    for name in set(asked) & set(queue.QUEUES):
        app.loader.import_task_module(f"tasks.{name}")


@setup_logging.connect
def start_logging(**_: Any) -> None:
    """Log as the rest does; what Celery says about every single task is left out."""
    configure_logging(settings)
    for chatty in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@task_prerun.connect
def name_request(task: Any, **_: Any) -> None:
    """Write the id of the request that sent the task into every line of its log."""
    if (request_id := task.request.get(REQUEST_ID)) is not None:
        structlog.contextvars.bind_contextvars(request_id=request_id)


@contextmanager
def named(request_id: str | None) -> Iterator[None]:
    """The same for a part of a task, which another request has sent."""
    with structlog.contextvars.bound_contextvars(**{REQUEST_ID: request_id} if request_id else {}):
        yield


def work_off(task: Task, work: Callable[[int], object]) -> None:
    """Do something with each row of a task's pile; one that fails is counted and left to the sweep, and keeps the others from nothing."""
    for piled in queue.piled(task.name, task.request.id):
        with named(piled.request_id):
            try:
                work(piled.row_id)
            except Exception:
                logger.exception("%s has failed for row %d", task.name, piled.row_id)
                count_failure(task)


@task_postrun.connect
def forget_request(**_: Any) -> None:
    """The thread's next task belongs to another request."""
    structlog.contextvars.clear_contextvars()


@worker_init.connect
def start_worker(**_: Any) -> None:
    """Reach the database from a worker whose tasks are threads."""
    models.bind(settings)


@worker_process_init.connect
def start_child(**_: Any) -> None:
    """Have connections and threads of its own in each child of a prefork worker."""
    models.bind(settings)
    queue.configure(redis_url(), PATIENT_BOUND_S)


@task_failure.connect
def count_failure(sender: Any, **_: Any) -> None:
    """Count a task that has failed, for `python -m ivr queues`."""
    try:
        queue.note_failure(redis_url(), sender.name)
    except (RedisError, OSError) as error:
        logger.warning("broker away (%s): a failure is not counted", type(error).__name__)


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Be seen by `/readyz`, as the kind of worker that the queues make it, and ask for what an earlier worker has left."""
    queue.send_sweep(expires_s=EXTRA_SWEEP_EXPIRES_S)
    kinds = set(queue.WORKER_KINDS) & {consumed.name for consumed in sender.task_consumer.queues}
    threading.Thread(target=_show_life, args=(kinds,), name="life", daemon=True).start()


def _show_life(kinds: set[str]) -> None:
    while True:
        try:
            for kind in kinds:
                queue.note_worker(redis_url(), kind)
            if queue.is_beat_missing(redis_url(), time.time()):
                queue.send_sweep(expires_s=EXTRA_SWEEP_EXPIRES_S)
        except (RedisError, OSError) as error:
            logger.warning("broker away (%s): not seen by /readyz", type(error).__name__)
        time.sleep(queue.WORKER_SEEN_S / 3)
