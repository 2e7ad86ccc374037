"""Lilly for whole calls: everything real, in processes of its own, fresh for each run of the tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from ivr import embedded, models
from ivr.config import RUN_DIR, load_settings
from ivr.demo import Records, target
from ivr.offline.telephone.webhooks import Target
from ivr.stack import Stack
from tests.contracts.offline_server import OfflineServer

FRONT_DESK_NUMBER = "(202) 555-0190"
ALONE = "--alone"
BESIDE_OTHERS = 2.5
"""How many times as long a sound may take on a machine that does something else meanwhile."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller say that these tests have the machine to themselves."""
    parser.addoption(ALONE, action="store_true", help="play every fault, and judge sounds by what a caller may expect")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test time for a whole Lilly to start first; leave out what is played only on a machine that does nothing else."""
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(180))
    if not config.getoption(ALONE):
        left_out = [item for item in items if item.get_closest_marker("alone")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def allowance(pytestconfig: pytest.Config) -> float:
    """By how much the limits of what a caller hears are multiplied."""
    return 1.0 if pytestconfig.getoption(ALONE) else BESIDE_OTHERS


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
def running_quick_stack() -> Iterator[Stack]:
    """Another Lilly, whose providers do what a test says, at once: known ears, and no waits."""
    run_dir = RUN_DIR / "faults"
    embedded.clean(run_dir)
    stack = Stack(run_dir, ears="known", settings={"FRONT_DESK_NUMBER": FRONT_DESK_NUMBER, "HOSPITAL_NAME": "Mercy"})
    with ExitStack() as ending:
        with the_same_database_afterwards():
            ending.enter_context(stack)
        yield stack


@pytest.fixture(scope="module")
def quick_stack(running_quick_stack: Stack) -> Iterator[Stack]:
    """The quick Lilly, with this process's models in her database."""
    with the_same_database_afterwards():
        models.bind(load_settings(app_env="test", database_url=running_quick_stack.environment["DATABASE_URL"]))
        yield running_quick_stack


@contextmanager
def the_same_database_afterwards() -> Iterator[None]:
    """Bind the models again to what they were bound to before."""
    before = models.database.obj
    try:
        yield
    finally:
        models.unbind()
        models.database.initialize(before)


@pytest.fixture(scope="module")
def providers(quick_stack: Stack) -> Iterator[OfflineServer]:
    """The quick stack's providers; what was set is forgotten afterwards."""
    providers = OfflineServer(quick_stack.offline_url)
    yield providers
    providers.reset()


@pytest.fixture(scope="session")
def records() -> Records:
    """What she has kept of each call."""
    return Records()
