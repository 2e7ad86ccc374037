"""Whole calls over the real socket: recorded patients, real ears, a real voice, real workers, all at once."""

from pathlib import Path

import pytest

from ivr.demo import Records, target
from ivr.offline import scenario
from ivr.offline.scenario import Outcome
from ivr.stack import Stack

APART_S = 2.0
"""Ten callers who all begin to speak in the same second are more than two cores can listen to."""

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="module")
def outcomes(stack: Stack, records: Records) -> dict[str, Outcome]:
    """Every scenario, played at the same time."""
    written = [scenario.load(path) for path in SCENARIOS]
    return dict(zip((path.stem for path in SCENARIOS), scenario.run_all(written, target(stack), records, APART_S), strict=True))


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_a_written_call_goes_as_it_is_written(outcomes: dict[str, Outcome], records: Records, name: str) -> None:
    outcome = outcomes[name]
    said = "\n".join(
        f"  caller: {turn.caller_text}\n  lilly: {turn.heard_text or turn.reply_text}" for turn in records.turns(outcome.call.sid)
    )
    assert not outcome.failures, "\n".join([*outcome.failures, said])
