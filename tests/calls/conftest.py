"""One Lilly for all whole calls: everything real, in processes of its own, fresh for each run of the tests."""

from collections.abc import Iterator

import pytest

from ivr import embedded
from ivr.config import RUN_DIR
from ivr.demo import Records, target
from ivr.offline.telephone.webhooks import Target
from ivr.stack import Stack

FRONT_DESK_NUMBER = "(202) 555-0190"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Web process, workers, stand-in with real ears and voice, and a freshly seeded hospital."""
    run_dir = RUN_DIR / "calls"
    embedded.clean(run_dir)
    with Stack(run_dir, settings={"FRONT_DESK_NUMBER": FRONT_DESK_NUMBER}) as stack:
        yield stack


@pytest.fixture
def lilly(stack: Stack) -> Target:
    """How the telephone company reaches her."""
    return target(stack)


@pytest.fixture(scope="session")
def records() -> Records:
    """What she has kept of each call."""
    return Records()
