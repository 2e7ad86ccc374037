"""Whole calls over the real socket: recorded patients, real ears, a real voice, real workers, side by side."""

import pytest

from ivr.demo import Records, target
from ivr.offline.scenario import Outcome
from ivr.stack import Stack
from tests.calls.test_known_calls import KNOWN
from tests.calls.written import SCENARIOS, assert_as_written, play_written

AT_ONCE = 3
"""More callers who speak in the same second than two busy cores can listen to are not understood."""

UNDERSTOOD = [name for name in SCENARIOS if name not in KNOWN]


@pytest.fixture(scope="module")
def outcomes(stack: Stack, records: Records, request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """Those calls in which it matters what is understood that are asked for."""
    asked_for = {item.name for item in request.session.items}
    names = [name for name in UNDERSTOOD if f"{test_a_written_call_goes_as_it_is_written.__name__}[{name}]" in asked_for]
    return play_written(names, target(stack), records, at_once=AT_ONCE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_written_call_goes_as_it_is_written(outcomes: dict[str, Outcome], records: Records, name: str) -> None:
    assert_as_written(outcomes[name], records)
