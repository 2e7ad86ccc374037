"""Sending to the broker that is bounded: nobody waits for it longer than `SEND_BOUND_S`, whatever state it is in."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog
from celery import Celery
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

REQUEST_ID = "request_id"
"""The header of a task that names the request in which it was sent."""

SEND_BOUND_S = 0.3
"""So long a web process waits: somebody is on the line."""

PATIENT_BOUND_S = 3.0
"""So long a worker does, for whose threads the one that talks to Redis may have much to do."""

AWAY_S = 2.0

WAKE_STANDS_S = 1.0
"""So long nobody else sends the task for a pile; one that was lost is made good by the next, and by the sweep."""

PILE_S = 1.0
"""So long one task works off its pile; then it makes room for others of its queue."""

HAND_STANDS_S = 900
"""So long is kept which row a task has in hand: one of a dead process is handed out again well before."""

_WOKEN = "lilly:woken:"
_TIMEOUTS = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}


class Piled(NamedTuple):
    """A row's id in a task's pile, and the request that has put it there."""

    row_id: int
    request_id: str | None


class Sender:
    """One thread that talks to Redis, so that nobody waits for a broker longer than `bound_s`.

    A publish can block for ever when the broker stalls; here the thread blocks (its sockets time out), and the caller
    goes on after the bound. After a failure nothing is tried for `AWAY_S`.
    """

    def __init__(self, app: Celery, redis_url: str, bound_s: float) -> None:
        # Kombu waits seconds between its own tries to connect; ours are `_twice`.
        options = {"max_retries": 1, "interval_start": 0, "interval_step": 0, **_TIMEOUTS}
        connection = app.connection_for_write(redis_url, transport_options=options)
        self._app = app
        self._producer = app.amqp.Producer(connection, auto_declare=False)
        self._client = impatient(redis_url)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sender")
        self._bound_s = bound_s
        self._away_until_s = 0.0

    def send_task(self, name: str, *row_id: int, **options: float | None) -> bool:
        """Put one task into its queue that carries a row's id, or nothing; the request's id goes with it, for the log."""
        headers = {REQUEST_ID: _request_id()}
        return self._within_bound(lambda: self._publish(name, row_id, options, headers))

    def pile(self, name: str, row_id: int) -> bool:
        """Add a row's id to a task's pile, and put the task into its queue unless that has been done and it has not begun."""
        entry = _entry(row_id)
        return self._within_bound(lambda: self._pile(name, entry))

    def wake(self, name: str) -> bool:
        """Put the task of a pile in which there is something into its queue, unless that has just been done."""
        return self._within_bound(lambda: self._wake(name))

    def tell(self, channel: str, text: str) -> bool:
        """Publish a few words to whoever listens."""
        return self._within_bound(lambda: self._client.publish(channel, text))

    def tell_and_pile(self, channel: str, text: str, name: str, row_ids: Iterable[int]) -> bool:
        """Both in one go."""
        entries = [_entry(row_id) for row_id in row_ids]
        return self._within_bound(lambda: self._pile(name, *entries, told=(channel, text)))

    def _publish(self, name: str, arguments: tuple[int, ...], options: dict[str, float | None], headers: dict[str, str | None]) -> None:
        self._app.send_task(name, arguments, producer=self._producer, ignore_result=True, retry=False, headers=headers, **options)

    def _pile(self, name: str, *entry: str, told: tuple[str, str] | None = None) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            if told:
                pipeline.publish(*told)
            if entry:
                pipeline.rpush(pile_of(name), *entry)
            pipeline.set(_WOKEN + name, "1", nx=True, px=int(WAKE_STANDS_S * 1000))
            woken = pipeline.execute()[-1]
        if woken:
            _twice(lambda: self._publish(name, (), {}, {}))

    def _wake(self, name: str) -> None:
        if self._client.llen(pile_of(name)):
            self._pile(name)

    def taken(self, name: str, task_id: str) -> Iterator[Piled]:
        """Rows of a task's pile, oldest first, one after the other until it is empty; after `PILE_S` another task goes on.

        One whose process dies is handed out again under its id, and finds the row that it had in hand. Raises `RedisError`.
        """
        until_s, hand = time.monotonic() + PILE_S, f"{pile_of(name)}:{task_id}"
        # From now on whoever adds an id wakes another worker.
        rows = self._take(name, hand, forget=_WOKEN + name)
        while rows:
            yield from rows
            if time.monotonic() > until_s:
                self._client.delete(hand)
                self._within_bound(lambda: self._pile(name))
                return
            rows = self._take(name, hand, forget=hand)

    def _take(self, name: str, hand: str, forget: str) -> list[Piled]:
        with self._client.pipeline() as pipeline:
            pipeline.delete(forget)
            pipeline.lmove(pile_of(name), hand)
            pipeline.expire(hand, HAND_STANDS_S)
            pipeline.lrange(hand, 0, -1)
            *_, entries = pipeline.execute()
        return [_piled(entry) for entry in entries]

    def _within_bound(self, work: Callable[[], object]) -> bool:
        if time.monotonic() < self._away_until_s:
            return False
        future = self._thread.submit(_twice, work)
        try:
            future.result(timeout=self._bound_s)
        except (OSError, RedisError, KombuError) as error:
            future.cancel()
            self._leave_alone(error)
            return False
        return True

    def _leave_alone(self, error: Exception) -> None:
        now_s = time.monotonic()
        if now_s >= self._away_until_s:
            logger.warning("broker away (%s): not asked again for %.0f s", type(error).__name__, AWAY_S)
        self._away_until_s = now_s + AWAY_S


def pile_of(name: str) -> str:
    """Where Redis keeps a task's pile."""
    return f"lilly:pile:{name}"


def impatient(redis_url: str) -> Redis:
    """A client that gives up after a quarter of a second, and does not try again."""
    # By default redis-py tries ten times more.
    return Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), decode_responses=True, **_TIMEOUTS)


def _request_id() -> str | None:
    request_id: str | None = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return request_id


def _entry(row_id: int) -> str:
    return f"{row_id} {_request_id() or ''}"


def _piled(entry: str) -> Piled:
    row_id, _, request_id = entry.partition(" ")
    return Piled(int(row_id), request_id or None)


def _twice(work: Callable[[], object]) -> object:
    # A pooled connection that the server has closed meanwhile fails once; every task may be sent twice.
    try:
        return work()
    except (OSError, RedisError, KombuError):
        return work()
