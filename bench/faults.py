"""Bookings while everything breaks: workers, Valkey, PostgreSQL, n8n; nothing may be booked wrong, and nothing lost.

`python -m bench.faults` prints what was broken how often and what came of it, and writes bench/results/faults.json and .png.
Ten minutes.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests

from bench._breaking import Breaker, fast_clock
from bench._callers import Attempt, Crowd, contended_slots, patiently
from bench._pictures import draw_recoveries
from bench._receiver import MoodyReceiver
from bench._reckoning import found_wrong
from bench._recovery import recoveries, recovery_table
from bench._results import picture, write
from bench._whole_calls import whole_calls
from ivr import embedded, models, queue, sms
from ivr.config import RUN_DIR, load_settings
from ivr.demo import target
from ivr.models import BookingRequest, DeliveryState, OutboxEvent, SmsMessage, SmsState, database
from ivr.stack import Stack

ATTEMPTS = 10_000
CALLERS = 16
SLOTS, DOCTORS = 48, 4
LASTING_S, WITHIN_S = 3.0, 480.0
SECRET = "the secret of the trial"
SETTLED_LIMIT_S = 90.0
WHOLE_CALLS = 20
HURRY_EVERY_S = 1.0
OUTAGE_S = 20.0
"""So long n8n is away at first, and so long nothing else is broken afterwards."""


@dataclass(frozen=True)
class Trial:
    """What came of breaking things."""

    attempts: list[Attempt]
    breaker: Breaker
    receiver: MoodyReceiver
    took_s: float
    whole_calls: dict[str, int]

    def wrong(self) -> dict[str, int]:
        """How often each thing that must not happen has happened."""
        texts = requests.get(f"{self.breaker.stack.offline_url}/control/twilio", timeout=30).json()["messages"]
        wrong = found_wrong(self.attempts, self.receiver.log, texts, SECRET)
        return wrong | {"processes that ended by themselves": len(self.breaker.ended_by_themselves)}

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
    """Let the callers call while one thing after the other breaks, each at least once; then wait until all is done and told.

    With a web process, whole calls are placed too, and n8n is away for a while before anything else breaks.
    """
    settings = load_settings(app_env="test", **{name.lower(): stack.environment[name] for name in ("DATABASE_URL", "REDIS_URL")})
    crowd = Crowd(settings, states, contended_slots(SLOTS, DOCTORS), attempts, CALLERS, within_s)
    breaker = Breaker(stack, receiver, lasting_s)
    began_s = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        calling = threads.submit(crowd.call)
        whole = None
        if "web" in stack.parts:
            whole = threads.submit(whole_calls, target(stack), WHOLE_CALLS, within_s * 0.9)
            breaker.outage(OUTAGE_S)
        with fast_clock(hurry, HURRY_EVERY_S):
            breaker.go_through(breaker.kinds(), calling.done, lasting_s / 3)
            calling.result()
            called = whole.result() if whole else {}
            wait_until_settled()
    return Trial(crowd.made, breaker, receiver, time.monotonic() - began_s, called)


def hurry() -> None:
    """Let every wait before another attempt be over; that of a claim too, so that some events are delivered twice at once."""
    patiently(_hurry)


def wait_until_settled() -> None:
    """Wait until nothing is under way any more, at most so long that what is would be lost."""
    deadline_s = time.monotonic() + SETTLED_LIMIT_S
    while patiently(_under_way) and time.monotonic() < deadline_s:
        time.sleep(0.1)


def _hurry() -> None:
    now = models.now()
    with database.connection_context():
        waiting = (OutboxEvent.state == DeliveryState.PENDING) & OutboxEvent.last_error.is_null(False)
        OutboxEvent.update(next_attempt_at=now).where(waiting, OutboxEvent.next_attempt_at > now).execute()
        # Not that of a message's claim: Twilio does not tell one attempt from another.
        failed = (SmsMessage.state == SmsState.PENDING) & SmsMessage.why.is_null(False)
        soon = now + timedelta(seconds=sms.SHOWN_AFTER_S)
        SmsMessage.update(next_attempt_at=soon).where(failed, SmsMessage.next_attempt_at > now + timedelta(seconds=sms.CLAIM_S)).execute()


def _under_way() -> bool:
    with database.connection_context():
        return any(model.select().where(model.state == "pending").exists() for model in (BookingRequest, OutboxEvent, SmsMessage))


def main() -> None:
    """Break, print, write; ends with 1 if anything went wrong that must not."""
    # What breaks is on purpose, and is counted.
    logging.getLogger("ivr").setLevel(logging.CRITICAL)
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
    print(f"{WHOLE_CALLS} whole calls: {trial.whole_calls}")
    print(f"{len(trial.attempts):,} attempts in {trial.took_s:.0f} s; told: {trial.said()}; {len(receiver.log):,} POSTs received")
    print("\n".join(f"{count:6}  {what}" for what, count in wrong.items()))
    counts = {"attempts": len(trial.attempts), "told": trial.said(), "whole_calls": trial.whole_calls, "posts": len(receiver.log)}
    write("faults", {"took_s": round(trial.took_s), **counts, "breaks": lines, "wrong": wrong})
    draw_recoveries(lines, picture("faults"))
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
