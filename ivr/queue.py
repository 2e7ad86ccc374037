"""The way to the workers: the tasks by their names, and hearing how a booking ended. Sending is bounded: `ivr.sender`."""

import logging
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from celery.signals import before_task_publish
from redis.exceptions import RedisError

from ivr import backlog
from ivr.backlog import Backlog, backlogs
from ivr.broker import BrokerAMQP
from ivr.sender import SEND_BOUND_S, Piled, Sender, impatient, pile_of

logger = logging.getLogger(__name__)

CARRY_OUT = "tasks.bookings.carry_out"
CARRY_OUT_PILE = "tasks.bookings.carry_out_pile"
DELIVER = "tasks.notifications.deliver"
DELIVER_DUE = "tasks.notifications.deliver_due"
DELIVER_PILE = "tasks.notifications.deliver_pile"
SPEAK = "tasks.audio.speak"
SEND_SMS = "tasks.notifications.send_sms"
SEND_SMS_PILE = "tasks.notifications.send_sms_pile"
PILES = (CARRY_OUT_PILE, DELIVER_PILE, SEND_SMS_PILE)
SWEEP = "tasks.upkeep.sweep"
REMIND = "tasks.upkeep.remind"
MAKE_SLOTS = "tasks.upkeep.make_slots"
TIDY = "tasks.upkeep.tidy"
WARM = "tasks.upkeep.warm"

WORKER_KINDS = ("bookings", "notifications")
"""The queues that name the two kinds of worker."""
WORKER_SEEN_S = 15
SWEEP_MISSED_S = 8.0
BEAT_REMEMBERED_S = 24 * 3600
STATES_CHANNEL = "lilly:booking-states"
SPEECH_CHANNEL = "lilly:speech-states"

_SWEPT = "lilly:swept"
_QUIET_S = 5.0
_RECONNECT_S = 0.5

celery_app = Celery("lilly", amqp=BrokerAMQP, config_source="celeryconfig")


QUEUES = tuple(one.name for one in celery_app.conf.task_queues)


@before_task_publish.connect
def _date(headers: dict[str, Any], **_: Any) -> None:
    """Write into every message when it was sent: nothing else tells how long it has waited."""
    headers["sent_at_s"] = time.time()


_sender: Sender | None = None


def configure(redis_url: str, bound_s: float = SEND_BOUND_S) -> None:
    """Say where the broker is, once a process; a forked child says it again, since threads do not survive a fork."""
    global _sender
    celery_app.conf.update(broker_url=redis_url, result_backend=redis_url, redbeat_redis_url=redis_url)
    _sender = Sender(celery_app, redis_url, bound_s)


def send_booking(request_id: int, *, expires_s: float | None = None) -> bool:
    """Ask a worker to carry a booking request out; False, within `SEND_BOUND_S`, when the broker is away or stalled."""
    return _send(CARRY_OUT, CARRY_OUT_PILE, request_id, expires_s=expires_s)


def send_outbox(event_id: int, *, delay_s: float | None = None, expires_s: float | None = None) -> bool:
    """Ask a worker to deliver an event, now or after `delay_s`; bounded as `send_booking`."""
    return _send(DELIVER, DELIVER_PILE, event_id, delay_s=delay_s, expires_s=expires_s)


def send_outbox_due(*, expires_s: float | None = None) -> bool:
    """Ask a worker to deliver what is due, one event after the other; bounded as `send_booking`."""
    return _sender is not None and _sender.send_task(DELIVER_DUE, expires=expires_s)


def _send(task: str, pile: str, row_id: int, *, delay_s: float | None = None, expires_s: float | None = None) -> bool:
    """Pile up what is to be done now, so that a burst costs few tasks; what is put off or expires is a task of its own."""
    if _sender is None:
        return False
    if delay_s is None and expires_s is None:
        return _sender.pile(pile, row_id)
    return _sender.send_task(task, row_id, countdown=delay_s, expires=expires_s)


def wake_piles() -> None:
    """Have the piles worked off whose tasks were lost."""
    if _sender is not None:
        for pile in PILES:
            _sender.wake(pile)


def piled(task: str, task_id: str) -> Iterator[Piled]:
    """The rows of its pile that a task is to work off; raises `RedisError`."""
    return _sender.taken(task, task_id) if _sender is not None else iter(())


def send_speech(retry_id: int, *, delay_s: float | None = None) -> bool:
    """Ask a worker to make speech, now or after `delay_s`; bounded as `send_booking`."""
    return _sender is not None and _sender.send_task(SPEAK, retry_id, countdown=delay_s)


def tell_speech_state(retry_id: int, state: str) -> bool:
    """Tell the process that waits for this speech how it stands; bounded as `send_booking`."""
    return _sender is not None and _sender.tell(SPEECH_CHANNEL, f"{retry_id} {state}")


def send_sms(message_id: int, *, expires_s: float | None = None) -> bool:
    """Ask a worker to send a text message; bounded as `send_booking`."""
    return _send(SEND_SMS, SEND_SMS_PILE, message_id, expires_s=expires_s)


def send_sweep(*, expires_s: float | None = None) -> bool:
    """Ask for a sweep outside its turn; bounded as `send_booking`."""
    return _sender is not None and _sender.send_task(SWEEP, expires=expires_s)


def tell_booking_state(request_id: int, state: str, event_ids: Collection[int] = ()) -> bool:
    """Tell every process that waits for this request how it stands, and send its events; bounded as `send_booking`."""
    if _sender is None:
        return False
    told = STATES_CHANNEL, f"{request_id} {state}"
    return _sender.tell_and_pile(*told, DELIVER_PILE, event_ids) if event_ids else _sender.tell(*told)


class Expected:
    """One row whose end somebody waits for."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._state: str | None = None

    def wait(self, timeout_s: float) -> str | None:
        """The state that was told since the last wait, or None when there was none in time."""
        if not self._told.wait(timeout_s):
            return None
        self._told.clear()
        return self._state

    def tell(self, state: str) -> None:
        """Wake whoever waits."""
        self._state = state
        self._told.set()


class BookingStates:
    """The one subscription of a process to the states of booking requests; it reconnects by itself."""

    channel = STATES_CHANNEL

    def __init__(self, redis_url: str) -> None:
        self._client = impatient(redis_url)
        self._lock = threading.Lock()
        self._expected: dict[int, set[Expected]] = {}
        self._listening = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def listening(self) -> bool:
        """Whether a state told now would be heard; otherwise look into the database."""
        return self._listening.is_set()

    def start(self) -> None:
        """Subscribe in the background, unless that has been done; `expect` does so too."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name=self.channel, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop listening; takes up to a second to end."""
        self._closed.set()

    @contextmanager
    def expect(self, request_id: int) -> Iterator[Expected]:
        """Register before sending, so that no answer is missed."""
        self.start()
        expected = Expected()
        with self._lock:
            self._expected.setdefault(request_id, set()).add(expected)
        try:
            yield expected
        finally:
            with self._lock:
                self._expected[request_id].discard(expected)
                if not self._expected[request_id]:
                    del self._expected[request_id]

    def _live(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except (OSError, RedisError) as error:
                logger.warning("%s: subscription lost (%s)", self.channel, type(error).__name__)
            finally:
                self._listening.clear()
            self._closed.wait(_RECONNECT_S)

    def _listen(self) -> None:
        with self._client.pubsub() as subscription:
            subscription.subscribe(self.channel)
            heard_at_s = time.monotonic()
            while not self._closed.is_set():
                message = subscription.get_message(timeout=1.0)
                if message is not None:
                    heard_at_s = time.monotonic()
                    self._hear(message)
                elif time.monotonic() - heard_at_s > 2 * _QUIET_S:
                    raise ConnectionError("no answer to a ping")
                elif time.monotonic() - heard_at_s > _QUIET_S:
                    subscription.ping()

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._listening.set()
        elif message["type"] == "message":
            request_id, _, state = message["data"].partition(" ")
            if not request_id.isdecimal():
                return
            with self._lock:
                waiting = tuple(self._expected.get(int(request_id), ()))
            for expected in waiting:
                expected.tell(state)


class SpeechStates(BookingStates):
    """The same for speech that workers make."""

    channel = SPEECH_CHANNEL


def note_worker(redis_url: str, kind: str) -> None:
    """Say that a worker of this kind lives; said again every few seconds, since it is believed for `WORKER_SEEN_S`."""
    with impatient(redis_url) as client:
        client.set(f"lilly:worker:{kind}", "1", ex=WORKER_SEEN_S)


def note_beat(redis_url: str, now_s: float) -> None:
    """Say that a sweep was made which beat has asked for, in Unix seconds."""
    with impatient(redis_url) as client:
        client.set(_SWEPT, now_s, ex=BEAT_REMEMBERED_S)


def is_beat_missing(redis_url: str, now_s: float) -> bool:
    """Whether the sweeps that beat asks for have stopped: it is away, or waits for the lock of the one before."""
    with impatient(redis_url) as client:
        swept_at_s = client.get(_SWEPT)
    return swept_at_s is not None and now_s - float(swept_at_s) > SWEEP_MISSED_S


def workers_seen(redis_url: str) -> dict[str, bool]:
    """Whether the broker answers, and whether a worker of each kind has been seen lately."""
    keys = [f"lilly:worker:{kind}" for kind in WORKER_KINDS]
    try:
        with impatient(redis_url) as client:
            seen = client.mget(keys)
    except (RedisError, OSError):
        return {"redis": False} | dict.fromkeys(WORKER_KINDS, False)
    return {"redis": True} | {kind: value is not None for kind, value in zip(WORKER_KINDS, seen, strict=True)}


def stand(redis_url: str) -> list[Backlog]:
    """How every queue stands; raises `RedisError`."""
    with impatient(redis_url) as client:
        return backlogs(client, QUEUES, datetime.now(UTC))


def count_piled(redis_url: str, task: str) -> int:
    """How many rows are in a task's pile, for which one task stands in its queue; raises `RedisError`."""
    with impatient(redis_url) as client:
        return int(client.llen(pile_of(task)))


def note_failure(redis_url: str, task: str) -> None:
    """Count a failed task for its queue; raises `RedisError`."""
    with impatient(redis_url) as client:
        backlog.note_failure(client, task.split(".")[1], datetime.now(UTC))
