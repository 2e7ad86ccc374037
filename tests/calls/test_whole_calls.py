"""Whole calls over the real socket: recorded patients, real ears, a real voice, real workers, side by side."""

import asyncio
from pathlib import Path

import pytest

from ivr.demo import Records, target
from ivr.offline import scenario
from ivr.offline.scenario import Outcome, Scenario
from ivr.offline.telephone.webhooks import Target
from ivr.stack import Stack

APART_S, AT_ONCE = 1.5, 8
"""Ten callers who all speak in the same second are more than two cores can listen to."""

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
BOOKS_TOMORROW = "demo"
BEFORE = ("original", "cancel", "reschedule")
"""In these a hospital is called in which that has not been booked: of tomorrow, or of this patient."""


@pytest.fixture(scope="module")
def outcomes(stack: Stack, records: Records) -> dict[str, Outcome]:
    """Every scenario, the longest first, and the one that the others must not find done at the end."""
    written = {path.stem: scenario.load(path) for path in SCENARIOS}
    names = sorted(written, key=lambda name: (name == BOOKS_TOMORROW, name not in BEFORE, -len(written[name].steps)))
    return asyncio.run(play_all({name: written[name] for name in names}, target(stack), records))


async def play_all(written: dict[str, Scenario], lilly: Target, records: Records) -> dict[str, Outcome]:
    """Play scenarios side by side, each beginning a little after the one before."""
    line, over = asyncio.Semaphore(AT_ONCE), {name: asyncio.Event() for name in written}

    async def one(number: int, name: str) -> Outcome:
        await asyncio.sleep(number * APART_S)
        if name == BOOKS_TOMORROW:
            await asyncio.gather(*(over[earlier].wait() for earlier in BEFORE))
        async with line:
            outcome = await scenario.play(written[name], lilly, records)
        over[name].set()
        return outcome

    outcomes = await asyncio.gather(*(one(number, name) for number, name in enumerate(written)))
    return dict(zip(written, outcomes, strict=True))


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_a_written_call_goes_as_it_is_written(outcomes: dict[str, Outcome], records: Records, name: str) -> None:
    outcome = outcomes[name]
    said = "\n".join(
        f"  caller: {turn.caller_text}\n  lilly: {turn.heard_text or turn.reply_text}" for turn in records.turns(outcome.call.sid)
    )
    assert not outcome.failures, "\n".join([*outcome.failures, said])
