"""Recorded patients for calls to the whole of Lilly: what they can say, and calling in a few at a time."""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Sequence
from functools import cache

from ivr.config import ROOT
from ivr.demo import Records
from ivr.models import Turn
from ivr.offline.telephone.caller import Caller, Script, call
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.utterances import Utterance, load_utterance
from ivr.offline.telephone.webhooks import Target

AUDIO = ROOT / "tests" / "audio"
LOOK_EVERY_S = 0.05
DEADLINE_S = 12.0


@cache
def said_in(recording: str) -> str:
    """What is said in a recording, named by its number."""
    with (AUDIO / "refs.tsv").open(newline="", encoding="utf-8") as file:
        texts = {row["file"].partition("_")[0]: row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return texts[recording]


def speech(recording: str) -> Utterance:
    """A recording, named by its number."""
    (path,) = AUDIO.glob(f"{recording}_*.wav")
    return load_utterance(path)


def call_in(target: Target, scripts: Sequence[Script], caller: Caller, *, at_once: int) -> list[Call]:
    """Place a call for each script, so many at a time; returns when the last is over."""

    async def all_of_them() -> list[Call]:
        lines = asyncio.Semaphore(at_once)

        async def one(script: Script) -> Call:
            async with lines:
                return await call(target, script, caller)

        return await asyncio.gather(*map(one, scripts))

    return asyncio.run(all_of_them())


async def eventually(condition: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    """Wait until a condition holds; raises `Unheard` if it does not in time."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await condition():
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise Unheard(f"{otherwise} within {DEADLINE_S:g} s") from None


async def turns_of(patient: Patient, records: Records) -> list[Turn]:
    """The turns of a live call that are over."""
    return await asyncio.to_thread(records.turns, patient.call_sid)
