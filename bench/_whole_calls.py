"""Whole calls in which an appointment is booked, moved or cancelled, placed one after the other while things break."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench._callers import patiently
from ivr.config import ROOT
from ivr.demo import Records
from ivr.models import Turn
from ivr.offline.scenario import load, play
from ivr.offline.scenario.verdict import ToolUse
from ivr.offline.telephone.webhooks import Target

SCENARIOS = ("demo", "reschedule", "cancel", "spanish_booking")


def whole_calls(target: Target, count: int, within_s: float) -> dict[str, int]:
    """Place so many calls spread over this time, and return how they went: as written, otherwise, or broken off.

    What the patients say is fixed, so that a call in which something breaks seldom goes as written; what counts is what was said to them.
    """
    return asyncio.run(_all(target, count, within_s))


class PatientRecords(Records):
    """Lilly's records for somebody who waits while the database is away."""

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        """The rows of a query."""
        return patiently(lambda: Records.rows(self, sql, parameters))

    def tools(self, call_sid: str) -> Sequence[ToolUse]:
        """The functions that the model called, in order."""
        return patiently(lambda: Records.tools(self, call_sid))

    def turns(self, call_sid: str) -> list[Turn]:
        """The turns of a call, in order."""
        return patiently(lambda: Records.turns(self, call_sid))


async def _all(target: Target, count: int, within_s: float) -> dict[str, int]:
    return dict(Counter(await asyncio.gather(*(_one(target, number, number * within_s / count) for number in range(count)))))


async def _one(target: Target, number: int, begins_after_s: float) -> str:
    await asyncio.sleep(begins_after_s)
    scenario = load(ROOT / "tests" / "calls" / "scenarios" / f"{SCENARIOS[number % len(SCENARIOS)]}.yaml")
    patient = replace(scenario, caller=replace(scenario.caller, from_number=f"+1202555{9000 + number}"))
    try:
        outcome = await play(patient, target, PatientRecords())
    except Exception as error:
        # The web process answers 503 while the database is away, a socket is cut: for the caller, the line is dead.
        return f"broken off ({type(error).__name__})"
    return "as written" if outcome.ok else "otherwise"
