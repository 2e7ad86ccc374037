"""Bookings while everything breaks: workers, Valkey, PostgreSQL, n8n; nothing may be booked wrong, and nothing lost.

`python -m bench.faults` prints what was broken how often and what came of it, and writes bench/results/faults.json and .png.
Ten minutes.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench._breaking import Breaker, fast_clock
from bench._callers import Attempt, Crowd, contended_slots, patiently
from bench._receiver import MoodyReceiver
from bench._reckoning import found_wrong
from bench._recovery import recoveries, recovery_table
from bench._results import write
from ivr import embedded, models, queue
from ivr.config import RUN_DIR, load_settings
from ivr.models import BookingRequest, DeliveryState, OutboxEvent, RequestState, database
from ivr.stack import Stack

ATTEMPTS = 10_000
CALLERS = 16
SLOTS, DOCTORS = 48, 4
LASTING_S, WITHIN_S = 3.0, 480.0
SECRET = "the secret of the trial"
SETTLED_LIMIT_S = 90.0
HURRY_EVERY_S = 1.0


@dataclass(frozen=True)
class Trial:
    """What came of breaking things."""

    attempts: list[Attempt]
    breaker: Breaker
    receiver: MoodyReceiver
    took_s: float

    def wrong(self) -> dict[str, int]:
        """How often each thing that must not happen has happened."""
        return found_wrong(self.attempts, self.receiver.log, SECRET)

    def said(self) -> dict[str, int]:
        """How often each answer was given."""
        return dict(Counter(said for one in self.attempts for said in one.said))


@contextmanager
def broken_into(stack: Stack, receiver: MoodyReceiver) -> Iterator[queue.BookingStates]:
    """Bind this process to a stack, as a web process is, and hear its booking states."""
    redis_url = stack.environment["REDIS_URL"]
    models.bind(load_settings(app_env="test", database_url=stack.environment["DATABASE_URL"]), max_connections=3 * CALLERS)
    queue.configure(redis_url)
    states = queue.BookingStates(redis_url)
    states.start()
    try:
        yield states
    finally:
        states.close()
        receiver.close()


def trial_stack(run_dir: Any, receiver: MoodyReceiver, parts: tuple[str, ...], **options: Any) -> Stack:
    """A stack whose events go to this receiver."""
    return Stack(run_dir, ears="known", parts=parts, settings={"N8N_WEBHOOK_URL": receiver.url, "N8N_WEBHOOK_SECRET": SECRET}, **options)


def break_everything(
    stack: Stack, receiver: MoodyReceiver, states: queue.BookingStates, attempts: int, *, within_s: float, lasting_s: float
) -> Trial:
    """Let the callers call while one thing after the other breaks, each at least once; then wait until all is done and told."""
    settings = load_settings(app_env="test", **{name.lower(): stack.environment[name] for name in ("DATABASE_URL", "REDIS_URL")})
    crowd = Crowd(settings, states, contended_slots(SLOTS, DOCTORS), attempts, CALLERS, within_s)
    breaker = Breaker(stack, receiver, lasting_s)
    began_s = time.monotonic()
    calling = threading.Thread(target=crowd.call)
    calling.start()
    with fast_clock(hurry, HURRY_EVERY_S):
        breaker.go_through(breaker.kinds(), lambda: not calling.is_alive(), lasting_s / 3)
        calling.join()
        wait_until_settled()
    return Trial(crowd.made, breaker, receiver, time.monotonic() - began_s)


def hurry() -> None:
    """Let every wait before another attempt be over; that of a claim too, so that some events are delivered twice at once."""
    patiently(_hurry)


def wait_until_settled() -> None:
    """Wait until nothing is under way any more, at most so long that what is would be lost."""
    deadline_s = time.monotonic() + SETTLED_LIMIT_S
    while patiently(_under_way) and time.monotonic() < deadline_s:
        time.sleep(0.1)


def _hurry() -> None:
    waiting = (OutboxEvent.state == DeliveryState.PENDING) & OutboxEvent.last_error.is_null(False)
    now = models.now()
    with database.connection_context():
        OutboxEvent.update(next_attempt_at=now).where(waiting, OutboxEvent.next_attempt_at > now).execute()


def _under_way() -> bool:
    with database.connection_context():
        pending = BookingRequest.select().where(BookingRequest.state == RequestState.PENDING).exists()
        return pending or OutboxEvent.select().where(OutboxEvent.state == DeliveryState.PENDING).exists()


def main() -> None:
    """Break, print, write; ends with 1 if anything went wrong that must not."""
    run_dir = RUN_DIR / "bench"
    embedded.clean(run_dir)
    receiver = MoodyReceiver()
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else ATTEMPTS
    parts = ("web", "worker", "notifier", "beat")
    with (
        trial_stack(run_dir, receiver, parts, progress=lambda text: print(f"→ {text}", flush=True)) as stack,
        broken_into(stack, receiver) as states,
    ):
        print(f"→ {attempts:,} attempts while things break", flush=True)
        trial = break_everything(stack, receiver, states, attempts, within_s=WITHIN_S * attempts / ATTEMPTS, lasting_s=LASTING_S)
        lines, wrong = recoveries(trial.breaker.breaks), trial.wrong()
    print(recovery_table(lines))
    print(f"{len(trial.attempts):,} attempts in {trial.took_s:.0f} s; told: {trial.said()}; {len(receiver.log):,} POSTs received")
    print("\n".join(f"{count:6}  {what}" for what, count in wrong.items()))
    write("faults", {"attempts": len(trial.attempts), "took_s": round(trial.took_s), "told": trial.said(), "breaks": lines, "wrong": wrong})
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
