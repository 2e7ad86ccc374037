"""The written calls in `scenarios`, played side by side."""

import asyncio
from collections.abc import Collection
from pathlib import Path

from ivr.demo import Records
from ivr.offline import scenario
from ivr.offline.scenario import Outcome, Scenario
from ivr.offline.telephone.webhooks import Target

SCENARIOS = {path.stem: path for path in sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))}
AFTER = {"demo": ("original", "cancel", "reschedule")}
"""Who books is called after those who must not find it booked: tomorrow's first time, and one more of this patient's appointments."""


def play_written(names: Collection[str], lilly: Target, records: Records, *, at_once: int) -> dict[str, Outcome]:
    """Play scenarios by their names, so many at once; the longest first, but who comes after others last."""
    written = {name: scenario.load(SCENARIOS[name]) for name in names}
    order = sorted(names, key=lambda name: (name in AFTER, -len(written[name].steps)))
    return asyncio.run(_play({name: written[name] for name in order}, lilly, records, at_once))


async def _play(written: dict[str, Scenario], lilly: Target, records: Records, at_once: int) -> dict[str, Outcome]:
    over, lines = {name: asyncio.Event() for name in written}, asyncio.Semaphore(at_once)

    async def one(name: str) -> Outcome:
        for earlier in over.keys() & AFTER.get(name, ()):
            await over[earlier].wait()
        async with lines:
            outcome = await scenario.play(written[name], lilly, records)
        over[name].set()
        return outcome

    outcomes = await asyncio.gather(*map(one, written))
    return dict(zip(written, outcomes, strict=True))


def assert_as_written(outcome: Outcome, records: Records) -> None:
    """Raise `AssertionError` with what was said where anything went otherwise."""
    turns = records.turns(outcome.call.sid)
    said = [f"  caller: {turn.caller_text}\n  lilly: {turn.heard_text or turn.reply_text}" for turn in turns]
    assert not outcome.failures, "\n".join([*outcome.failures, *said])
