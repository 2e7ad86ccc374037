"""Who has the floor: whole calls in which the caller pauses, interrupts, hums or types."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ivr.agent.lines import lines
from ivr.demo import Records, target
from ivr.models import Turn as TurnRow
from ivr.offline.telephone.caller import Caller, Script
from ivr.offline.telephone.patient import Patient
from ivr.offline.telephone.timeline import Call, Turn
from ivr.offline.telephone.utterances import Utterance, utterance
from ivr.stack import Stack
from ivr.voice.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, decode_ulaw
from tests.calls.patients import call_in, eventually, said_in, speech, turns_of
from tests.calls.slow_tools import is_waited_for, locked
from tests.calls.sounds import loud_ms, speech_of_reply
from tests.contracts.offline_server import OfflineServer

CLEARED_WITHIN_MS = 250
GOES_ON_WITHIN_MS = 1200
PAUSE_MS = 1000
pytestmark = pytest.mark.timeout(180)

CALLER = Caller(patience_s=15, turn_wait_ms=400)
LINES = lines("en", "Mercy", "911", front_desk=True)

GARAGE = "Yes. We have a large garage right behind the main building, and it is open day and night for all of our visitors."
BUSES = "Of course. I can also tell you about the buses, which stop right in front of the hospital every few minutes."
PLACE = "Sure. We are by the river, next to the old bridge, in the large white building with the green roof and the garden."
NUMBER = "2025550143"
RULES: list[dict[str, Any]] = [
    {"match": "cancel my appointment", "text": "Of course. What is your date of birth?"},
    {"match": "date of birth", "text": "Thank you."},
    {"match": "parking", "text": GARAGE},
    {"match": "^wait, stop", "text": BUSES},
    {"match": "^never mind", "text": "All right."},
    {"match": "located", "text": PLACE},
    {"match": "dermatology", "calls": [{"name": "list_slots"}]},
    {"match": "the other doctor", "text": "He is free, too."},
    {"match": "first one", "text": "Of course. I've booked it for you. Is there anything else?"},
    {"match": "first one", "after": "system", "text": "Shall I book it?"},
    {"match": "spell", "text": "Yes. What is your phone number?"},
    {"match": rf"\[keys\] {NUMBER}", "text": "Thank you, I have it."},
]


def with_pause(spoken: Utterance, at_ms: int, pause_ms: int) -> Utterance:
    """A sentence that stops for a while; the line's noise goes on."""
    samples = decode_ulaw(b"".join(frame.audio for frame in spoken.frames))
    cut = at_ms * SAMPLE_RATE_HZ // 1000 // FRAME_BYTES * FRAME_BYTES
    hiss = np.random.default_rng(1).normal(0, 290, pause_ms * SAMPLE_RATE_HZ // 1000).astype(np.int16)
    return utterance(spoken.name, np.concatenate((samples[:cut], hiss, samples[cut:])))


def cut(spoken: Utterance, until_ms: int) -> Utterance:
    """The beginning of a sentence, at most to its last word."""
    frames = spoken.frames[: min(until_ms // FRAME_MS, spoken.last_loud + 5)]
    return utterance(spoken.name, decode_ulaw(b"".join(frame.audio for frame in frames)))


async def over_her(patient: Patient, recording: str, after_ms: float) -> None:
    """Say something so that its first loud frame comes so long after she has begun to speak."""
    began_ms, spoken = await patient.lilly_begins(), speech(recording)
    await patient.until_ms(began_ms + after_ms - spoken.lead_ms)
    await patient.say(spoken)


# What each caller does


async def pauses_in_a_date(patient: Patient) -> None:
    await ask(patient, "115")
    await patient.lilly_finishes()
    await patient.say(with_pause(speech("111"), 2140, PAUSE_MS))
    await patient.lilly_finishes()


async def interrupts_twice(patient: Patient) -> None:
    await ask(patient, "37")
    await over_her(patient, "106", 1500)
    await over_her(patient, "127", 1500)
    await patient.lilly_finishes()


async def hums(patient: Patient) -> None:
    await ask(patient, "21")
    await over_her(patient, "101", 1500)
    await patient.lilly_finishes()


async def goes_on_before_a_sound(patient: Patient) -> None:
    await patient.lilly_begins()
    await patient.say(cut(speech("107"), 5000))
    await patient.wait_ms(400)
    await patient.say(speech("37"))
    await patient.lilly_begins()


async def types_while_speaking(patient: Patient) -> None:
    await ask(patient, "33")
    await patient.lilly_finishes()
    speaking = asyncio.create_task(patient.say(cut(speech("16"), 1700)))
    await patient.wait_ms(500)
    await patient.press(NUMBER)
    await speaking
    await patient.lilly_finishes()


async def is_told_that_it_is_booked(patient: Patient) -> None:
    await ask(patient, "108")
    await patient.lilly_finishes()


async def ask(patient: Patient, recording: str) -> None:
    """Say something over the greeting; returns half a second after the last word."""
    await patient.lilly_begins()
    await patient.say(speech(recording))


def interrupts_a_tool(stack: Stack, records: Records) -> Script:
    """Speak while a tool runs, which comes to its end after that."""

    async def acts(patient: Patient) -> None:
        lock = ExitStack()
        await asyncio.to_thread(lock.enter_context, locked(stack, "slot"))
        try:
            await ask(patient, "08")
            await eventually(lambda: asyncio.to_thread(is_waited_for, stack, "slot"), "no tool waited")
            await patient.say(speech("126"))
            await eventually(lambda: _is_over(patient, records, said_in("08")), "she was not interrupted")
        finally:
            await asyncio.to_thread(lock.close)
        await patient.lilly_finishes()

    return acts


async def _is_over(patient: Patient, records: Records, caller_text: str) -> bool:
    return any(row.caller_text == caller_text for row in await turns_of(patient, records))


# What came of it


@dataclass(frozen=True)
class Heard:
    """A call, and the turns that Lilly kept of it."""

    call: Call
    rows: list[TurnRow]

    def turn(self, recording: str) -> Turn:
        """The caller's turn in which a recording was said."""
        return next(turn for turn in self.call.turns if turn.said.startswith(f"{recording}_"))

    def row(self, recording: str) -> TurnRow:
        """Lilly's turn that answers a recording."""
        return next(row for row in self.rows if row.caller_text == said_in(recording))


Calls = Callable[[str], Heard]


@pytest.fixture(scope="module")
def heard(quick_stack: Stack, providers: OfflineServer, records: Records) -> Calls:
    """All calls at once, by what the caller does."""
    providers.replies(rules=RULES)
    providers.fault("llm", "stall", after_ms=0, count=2, match="^hold on a second.$")
    alone = (pauses_in_a_date, interrupts_twice, hums, goes_on_before_a_sound, types_while_speaking, is_told_that_it_is_booked)
    scripts: dict[str, Script] = {script.__name__: script for script in alone}
    scripts["interrupts_a_tool"] = interrupts_a_tool(quick_stack, records)
    calls = dict(zip(scripts, call_in(target(quick_stack), list(scripts.values()), CALLER, at_once=len(scripts)), strict=True))
    return lambda name: Heard(calls[name], records.turns(calls[name].sid))


def asked(providers: OfflineServer, said: str) -> list[dict[str, Any]]:
    """The conversation as the model got it last when the caller had said this; the prompt left out."""
    requests = [item["request"]["messages"] for item in providers.get("/control/completions")["items"]]
    return next(messages[1:] for messages in reversed(requests) if messages[-1].get("content") == said)


def test_a_pause_inside_a_date_of_birth_ends_no_turn(heard: Calls) -> None:
    one = heard("pauses_in_a_date")
    assert [row.caller_text for row in one.rows[1:]] == [said_in("115"), said_in("111")]
    assert one.turn("111").cut_in_ms is None and one.row("111").heard_text == "Thank you."


@pytest.mark.parametrize(("recording", "reply", "over"), [("106", GARAGE, "37"), ("127", BUSES, "106")])
def test_an_interruption_silences_her_at_once_each_time(heard: Calls, allowance: float, recording: str, reply: str, over: str) -> None:
    one = heard("interrupts_twice")
    barge_in_ms, broken_off = one.turn(recording).barge_in_ms, one.row(over)
    assert barge_in_ms is not None and barge_in_ms <= CLEARED_WITHIN_MS * allowance
    kept = broken_off.heard_text.removesuffix(" —")
    assert broken_off.interrupted and broken_off.heard_text.endswith(" —") and reply.startswith(kept) and kept


def test_what_is_remembered_is_what_was_heard(heard: Calls, providers: OfflineServer) -> None:
    one = heard("interrupts_twice")
    said = [message["content"] for message in asked(providers, said_in("127")) if message["role"] == "assistant"]
    assert said == [one.rows[0].heard_text, one.row("37").heard_text, one.row("106").heard_text]
    assert (one.row("127").heard_text, one.row("127").interrupted) == ("All right.", False)


def test_a_tool_that_was_talked_over_ends_and_its_result_is_known_to_the_next_answer(
    heard: Calls, providers: OfflineServer, records: Records
) -> None:
    one = heard("interrupts_a_tool")
    assert [use.name for use in records.tools(one.call.sid)] == ["list_slots"]
    *_, question, call, result, interruption = asked(providers, said_in("126"))
    assert (question["content"], interruption["content"]) == (said_in("08"), said_in("126"))
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] and '"ok":true' in result["content"]
    assert one.row("08").interrupted and one.row("126").heard_text == "He is free, too."


def test_a_caller_who_goes_on_before_a_sound_is_answered_once_to_all_of_it(heard: Calls, providers: OfflineServer) -> None:
    one = heard("goes_on_before_a_sound")
    everything = f"{said_in('107')} {said_in('37')}"
    assert one.turn("107").sound_ms is None and one.turn("37").cut_in_ms is None
    assert [(row.caller_text, row.heard_text) for row in one.rows[1:2]] == [(said_in("107"), "")]
    assert (one.rows[2].caller_text, one.rows[2].reply_text) == (everything, GARAGE)
    assert [message["content"] for message in asked(providers, everything) if message["role"] == "user"] == [everything]


def test_a_hum_does_not_take_the_floor_and_all_of_the_reply_is_heard(heard: Calls, providers: OfflineServer, allowance: float) -> None:
    one = heard("hums")
    question, hum = one.turn("21"), one.turn("101")
    assert hum.barge_in_ms is not None and hum.barge_in_ms <= CLEARED_WITHIN_MS * allowance
    assert hum.gap_ms is not None and hum.gap_ms <= GOES_ON_WITHIN_MS * allowance
    assert [(row.caller_text, row.heard_text, row.interrupted) for row in one.rows[1:]] == [(said_in("21"), PLACE, False)]
    assert loud_ms(question.reply + hum.reply) >= 0.95 * loud_ms(speech_of_reply(providers, PLACE))


def test_keys_pressed_in_the_middle_of_a_sentence_belong_to_it(heard: Calls) -> None:
    one = heard("types_while_speaking")
    spoken, _, keys = one.rows[-1].caller_text.partition(" [keys] ")
    assert said_in("16").startswith(spoken) and spoken.startswith("My phone number is") and keys == NUMBER
    assert one.rows[-1].heard_text == "Thank you, I have it." and len(one.rows) == 3


def test_nobody_hears_that_it_is_booked_when_it_is_not(heard: Calls, providers: OfflineServer) -> None:
    row = heard("is_told_that_it_is_booked").row("108")
    assert row.heard_text == row.reply_text == "Of course. Shall I book it?"
    assert not [item for item in providers.get("/control/spoken")["items"] if "booked it for you" in item["text"]]
