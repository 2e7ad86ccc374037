"""Callers who hang up, at every stage of a call: nothing of it lives on in Lilly."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ivr.demo import Records, target
from ivr.models import Turn
from ivr.offline.telephone.caller import Caller, Script
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.timeline import Call
from ivr.stack import Stack
from tests.calls import test_telephone as telephone
from tests.calls.living import left_behind, sockets
from tests.calls.patients import call_in, eventually, said_in, speech
from tests.calls.slow_tools import is_waited_for, locked
from tests.contracts.offline_server import OfflineServer

pytestmark = pytest.mark.timeout(180)

CALLER = Caller(patience_s=10, turn_wait_ms=300)
SETTLED_WITHIN_S = 10.0
RELEASED_AFTER_S = 0.3
POOLED = 3
"""Connections more that may be kept open for the next call after as many calls as before."""

CERTAINLY = "Certainly. We have a large garage right behind the main building, and it is open day and night for all of our visitors."
TOLD, CUT_SHORT, ASKED, LOOKED_UP, CALL_BACK, HUM = "37", "15", "107", "08", "121", "101"
WISH = {"reason": "The receptionist is asked for.", "phone": "+12025550143"}
RULES = [
    {"match": said_in(LOOKED_UP)[:-1], "calls": [{"name": "list_slots"}]},
    {"match": said_in(CALL_BACK)[:-1], "calls": [{"name": "transfer_to_human", "arguments": WISH}]},
    {"match": ".", "text": CERTAINLY},
]


class Stages:
    """Callers who get as far as their stage; that they have nothing more to do is that they hang up."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._releases: list[asyncio.Task[None]] = []

    async def before_the_greeting(self, patient: Patient) -> None:
        while not patient.line.turns:
            await asyncio.sleep(0.005)

    async def during_the_greeting(self, patient: Patient) -> None:
        await self._hear(patient, 300)

    async def while_the_caller_speaks(self, patient: Patient) -> None:
        await patient.lilly_begins()
        with suppress(TimeoutError):
            await asyncio.wait_for(patient.say(speech(TOLD)), 1.2)

    async def says(self, recording: str, patient: Patient) -> None:
        """Over the greeting; the recording's end is half a second after its last word."""
        await patient.lilly_begins()
        await patient.say(speech(recording))

    async def while_a_tool_runs(self, patient: Patient) -> None:
        lock = ExitStack()
        await asyncio.to_thread(lock.enter_context, locked(self._stack, "slot"))
        self._releases.append(asyncio.create_task(self._release(lock, patient)))
        await self._waits_for_a_tool(LOOKED_UP, "slot", patient)

    async def while_a_tool_hangs(self, patient: Patient) -> None:
        await self._waits_for_a_tool(CALL_BACK, "callback_request", patient)

    async def while_lilly_speaks(self, patient: Patient) -> None:
        await self.says(TOLD, patient)
        await self._hear(patient, 1500)

    async def while_she_is_held(self, patient: Patient) -> None:
        await self.while_lilly_speaks(patient)
        await patient.say(speech(HUM))

    async def during_the_transfers_line(self, patient: Patient) -> None:
        await patient.lilly_begins()
        await patient.press("0#")
        await self._hear(patient, 300)

    async def _hear(self, patient: Patient, for_ms: float) -> None:
        began_ms = await patient.lilly_begins()
        await patient.until_ms(began_ms + for_ms)

    async def _waits_for_a_tool(self, recording: str, table: str, patient: Patient) -> None:
        await self.says(recording, patient)
        await eventually(lambda: asyncio.to_thread(is_waited_for, self._stack, table), "no tool waited")

    async def _release(self, lock: ExitStack, patient: Patient) -> None:
        await patient.hung_up.wait()
        await asyncio.sleep(RELEASED_AFTER_S)
        await asyncio.to_thread(lock.close)

    @property
    def scripts(self) -> dict[str, Script]:
        return {
            "before the greeting": self.before_the_greeting,
            "during the greeting": self.during_the_greeting,
            "while the caller speaks": self.while_the_caller_speaks,
            "between commit and final": partial(self.says, CUT_SHORT),
            "while the model thinks": partial(self.says, ASKED),
            "while a tool runs": self.while_a_tool_runs,
            "while a tool hangs": self.while_a_tool_hangs,
            "while Lilly speaks": self.while_lilly_speaks,
            "while she is held": self.while_she_is_held,
            "during the transfer's line": self.during_the_transfers_line,
        }


REACHED: dict[str, Callable[[Call, list[Turn], list[str]], object]] = {
    "before the greeting": lambda call, rows, tools: call.of_kind("stream") and not call.of_kind("utterance"),
    "during the greeting": lambda call, rows, tools: call.turns[0].sound_ms is not None and rows[0].interrupted,
    "while the caller speaks": lambda call, rows, tools: call.turns[-1].said and call.turns[-1].ended_ms is None,
    "between commit and final": lambda call, rows, tools: call.turns[-1].ended_ms and len(rows) == 1,
    "while the model thinks": lambda call, rows, tools: (rows[1].caller_text, rows[1].reply_text) == (said_in(ASKED), ""),
    "while a tool runs": lambda call, rows, tools: rows[1].caller_text == said_in(LOOKED_UP) and tools == ["list_slots"],
    "while a tool hangs": lambda call, rows, tools: (rows[1].caller_text, tools) == (said_in(CALL_BACK), ["transfer_to_human"]),
    "while Lilly speaks": lambda call, rows, tools: re.fullmatch("Certainly.* —", rows[1].heard_text),
    "while she is held": lambda call, rows, tools: call.turns[-1].clear_ms is not None and len(rows) == 2,
    "during the transfer's line": lambda call, rows, tools: rows[1].heard_text.endswith(" —") and call.of_kind("dial") == [],
}
"""By what it is seen that a call was hung up where it should be: its events, Lilly's turns, and the tools that came to an end."""


@dataclass(frozen=True)
class Round:
    """The stages once: the calls, what was left of them, and the sockets that stay open for the next."""

    calls: dict[str, Call]
    left: dict[str, Any]
    sockets: int


@pytest.fixture(scope="module")
def rounds(quick_stack: Stack, providers: OfflineServer) -> list[Round]:
    """What the first round leaves open for the next calls is used again in the second."""
    providers.replies(rules=RULES)
    scripts = Stages(quick_stack).scripts
    quick_ones = {stage: script for stage, script in scripts.items() if stage != "while a tool hangs"}
    return [played(quick_stack, providers, stages) for stages in (quick_ones, scripts)]


def played(stack: Stack, providers: OfflineServer, scripts: dict[str, Script]) -> Round:
    for recording, kind in ((CUT_SHORT, "stall"), (HUM, "lost")):
        providers.fault("stt", kind, match=re.escape(said_in(recording)[:-1]))
    providers.fault("llm", "stall", after_ms=0, count=2, match=said_in(ASKED))
    for _ in range(2):
        tear_off(stack)
    with locked(stack, "callback_request"):
        calls = call_in(target(stack), list(scripts.values()), CALLER, at_once=len(scripts))
        assert not settled(lambda: "Thinking._run" in left_behind(stack, providers)), "a tool that hangs is given up"
    left = settled(lambda: left_behind(stack, providers))
    return Round(dict(zip(scripts, calls, strict=True)), left, len(sockets(stack)))


def tear_off(stack: Stack) -> None:
    """A stream whose connection is gone without a word."""
    call_sid = telephone.new_sid()
    token = telephone.ring(stack, call_sid)
    with suppress(ConnectionClosed), telephone.socket(stack) as opened:
        opened.send(telephone.start(call_sid, token))
        assert telephone.first_event(opened) == "media"
        opened.socket.shutdown(socket.SHUT_RDWR)


def settled(look: Callable[[], Any]) -> Any:
    """Look until nothing is seen any more, or time is up; returns what is still seen."""
    deadline_s = time.monotonic() + SETTLED_WITHIN_S
    while (seen := look()) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return seen


def test_nothing_of_a_call_lives_on(rounds: list[Round]) -> None:
    assert [one.left for one in rounds] == [{}, {}]


@pytest.mark.parametrize("stage", REACHED)
def test_the_call_was_hung_up_at_its_stage(rounds: list[Round], records: Records, stage: str) -> None:
    call = rounds[-1].calls[stage]
    rows, tools = records.turns(call.sid), [use.name for use in records.tools(call.sid)]
    said = [(row.caller_text, row.reply_text, row.heard_text) for row in rows]
    assert REACHED[stage](call, rows, tools), "\n".join(map(str, [*call.turns, *said, tools]))


def test_no_socket_stays_open_for_every_call(rounds: list[Round]) -> None:
    first, second = rounds
    assert second.sockets <= first.sockets + POOLED
