"""Whole calls over the real socket: recorded patients, real ears, a real voice, real workers, side by side."""

from pathlib import Path

import pytest

from ivr.demo import Records, target
from ivr.offline import scenario
from ivr.offline.scenario import Outcome
from ivr.stack import Stack

APART_S, AT_ONCE = 1.5, 8
"""Ten callers who all speak in the same second are more than two cores can listen to."""

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="module")
def outcomes(stack: Stack, records: Records) -> dict[str, Outcome]:
    """Every scenario: first those that hold tomorrow's first times, then the longest; who books one of these times comes last."""
    written = {path.stem: scenario.load(path) for path in SCENARIOS}
    names = sorted(written, key=lambda name: (name != "original", name != "hang_up", name == "demo", -len(written[name].steps)))
    played = scenario.run_all([written[name] for name in names], target(stack), records, APART_S, AT_ONCE)
    return dict(zip(names, played, strict=True))


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_a_written_call_goes_as_it_is_written(outcomes: dict[str, Outcome], records: Records, name: str) -> None:
    outcome = outcomes[name]
    said = "\n".join(
        f"  caller: {turn.caller_text}\n  lilly: {turn.heard_text or turn.reply_text}" for turn in records.turns(outcome.call.sid)
    )
    assert not outcome.failures, "\n".join([*outcome.failures, said])
