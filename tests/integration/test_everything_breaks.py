"""Bookings while everything breaks once: a short trial of what `bench/faults.py` does at length."""

from collections.abc import Iterator

import pytest

from bench._receiver import MoodyReceiver
from bench.faults import Trial, break_everything, broken_into, trial_stack
from ivr import embedded, models
from ivr.config import RUN_DIR

pytestmark = pytest.mark.timeout(150)

ATTEMPTS = 500
WITHIN_S, LASTING_S = 8.0, 0.3


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    """Servers and workers of their own, broken, with this process's models in that database until the end."""
    before = models.database.obj
    run_dir = RUN_DIR / "breaking"
    embedded.clean(run_dir)
    receiver = MoodyReceiver()
    try:
        models.database.initialize(None)
        with trial_stack(run_dir, receiver, ("worker", "notifier", "beat")) as stack, broken_into(stack, receiver) as states:
            yield break_everything(stack, receiver, states, ATTEMPTS, within_s=WITHIN_S, lasting_s=LASTING_S)
    finally:
        models.unbind()
        models.database.initialize(before)


def test_nothing_is_booked_wrong_and_nothing_is_lost(trial: Trial) -> None:
    assert len(trial.attempts) == ATTEMPTS
    assert {what: count for what, count in trial.wrong().items() if count} == {}


def test_everything_was_broken_and_much_was_booked(trial: Trial) -> None:
    assert {one.what for one in trial.breaker.breaks} >= trial.breaker.kinds().keys()
    assert trial.said()["done"] > ATTEMPTS / 10
