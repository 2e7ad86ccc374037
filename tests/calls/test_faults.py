"""Providers that misbehave in every way, each in a call of its own, judged by what the caller hears."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import pytest

from ivr.agent.lines import lines
from ivr.agent.spoken import spoken
from ivr.demo import Records, target
from ivr.models import Turn as TurnRow
from ivr.offline.telephone.caller import Caller, Script
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.program import Telephony
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.utterances import loud_spans_ms
from ivr.stack import Stack
from tests.calls.patients import call_in, eventually, said_in, speech, turns_of
from tests.calls.sounds import likeness, speech_of
from tests.contracts.offline_server import OfflineServer

pytestmark = pytest.mark.timeout(180)

MOST_SILENCE_MS = 3000
AT_ONCE = 9
PAUSE_MS = 400
"""Silence after which the patient looks whether Lilly is through."""

FOR_GOOD = 50
CALLER = Caller(patience_s=12, turn_wait_ms=PAUSE_MS, telephony=Telephony(dials=("answered",), talk_ms=50))
LINES = lines("en", "Mercy", "911", front_desk=True)
GOES_ON = "05"
ALL_RIGHT = "All right, then."

Outcome = Literal["answered", "asked again", "either", "said by Twilio", "put through"]
"""What may come of a turn; `either` is an answer, perhaps to less than was said, or the request to say it again."""


@dataclass(frozen=True)
class Case:
    """A fault and the turn that it strikes: what the caller says, and what becomes of it.

    `doctor` is named in the answer; where the voice is struck, in no other case's. Those played `often` are all kinds of faults,
    each at least once, at all of the providers; the others are more of the same.
    """

    name: str
    fault: dict[str, Any]
    recording: str
    becomes: Outcome
    doctor: str
    often: bool

    @property
    def said(self) -> str:
        return said_in(self.recording)

    @property
    def reply(self) -> str:
        return f"Sure. Doctor {self.doctor}, at 4:15."

    @property
    def matched(self) -> dict[str, Any]:
        """The fault, for this case's words alone."""
        said = re.findall(r"[\w'-]+", self.said)
        # A pause may cut the sentence: whichever piece comes first is struck.
        ears = " ".join(said[:2]) if self.fault.get("at") == "audio" else f"{' '.join(said[:2])}|{' '.join(said[-2:])}"
        words = {"tts": f"Doctor {self.doctor}", "llm": f"^{re.escape(self.said)}$", "stt": ears}
        return self.fault | {"match": words[self.fault["target"]]}


def case(target: str, kind: str, recording: str, becomes: Outcome, doctor: str = "Adams", *, often: bool = False, **more: Any) -> Case:
    note = "".join(f", {name} {value}" for name, value in more.items())
    return Case(f"{target}: {kind}{note}", {"target": target, "kind": kind, **more}, recording, becomes, doctor, often)


CASES = [
    case("stt", "drop", "116", "either", at="audio", often=True),
    case("stt", "stall", "33", "either", at="audio"),
    case("stt", "status_429", "09", "either", often=True),
    case("stt", "status_500", "13", "either"),
    case("stt", "stall", "15", "either", often=True),
    case("stt", "drop", "17", "either"),
    case("stt", "drop", "25", "either", after_ms=100),
    case("stt", "garbage", "19", "either", often=True),
    case("stt", "empty", "21", "either"),
    case("stt", "lost", "23", "either", often=True),
    case("llm", "status_500", "124", "put through", count=FOR_GOOD, often=True),
    case("llm", "stall", "121", "put through", after_ms=0, count=FOR_GOOD),
    case("llm", "stall", "108", "asked again", after_ms=0, count=2, often=True),
    case("llm", "stall", "109", "asked again"),
    case("llm", "stall", "107", "answered", after_ms=0),
    case("llm", "status_429", "37", "answered"),
    case("llm", "status_500", "07", "answered"),
    case("llm", "drop", "110", "answered", after_ms=0),
    case("llm", "drop", "115", "either", often=True),
    case("llm", "garbage", "127", "either", often=True),
    case("llm", "empty", "123", "asked again", often=True),
    case("tts", "reword_digits", "14", "answered", "Zane", count=FOR_GOOD),
    case("tts", "status_500", "06", "said by Twilio", "Hayes", count=FOR_GOOD, often=True),
    case("tts", "stall", "35", "said by Twilio", "Ingram", after_ms=0, count=FOR_GOOD),
    case("tts", "stall", "12", "answered", "Reed", often=True),
    case("tts", "drop", "112", "answered", "Turner", often=True),
    case("tts", "garbage", "28", "answered", "Ullman"),
    case("tts", "status_429", "126", "answered", "Owens", often=True),
    case("tts", "status_500", "106", "answered", "Parker"),
    case("tts", "stall", "128", "answered", "Quinn", after_ms=0),
    case("tts", "drop", "08", "answered", "Sawyer", after_ms=0),
    case("tts", "empty", "41", "answered", "Vance", often=True),
    case("tts", "reword", "42", "answered", "Walker", often=True),
    case("tts", "reword_digits", "11", "answered", "Yates", often=True),
]


@dataclass(frozen=True)
class Played:
    """A case, its call, and the turns that Lilly kept."""

    case: Case
    call: Call
    rows: list[TurnRow] = field(repr=False)

    def __str__(self) -> str:
        said = [f"{row.caller_text!r} → {row.reply_text!r} (heard: {row.heard_text!r}) {row.timeline}" for row in self.rows]
        heard = [f"{turn.said}: after {turn.gap_ms} ms, {loud_spans_ms(turn.reply)}" for turn in self.call.turns]
        return "\n".join([self.case.name, *said, *heard, *map(str, self.call.events)])


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, quick_stack: Stack, providers: OfflineServer, records: Records) -> dict[str, Played]:
    """Every case that a selected test is about, a few at a time; each fault strikes only the words of its own call."""
    asked_for = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    cases = [one for one in CASES if one.name in asked_for]
    providers.replies(rules=[*map(rule, cases), {"match": f"^{re.escape(said_in(GOES_ON))}$", "text": ALL_RIGHT}])
    for reply in {one.reply for one in cases}:
        rehearse(providers, reply)
    for one in cases:
        providers.fault(**one.matched)
    calls = call_in(target(quick_stack), [script(one, records) for one in cases], CALLER, at_once=AT_ONCE)
    return {one.name: Played(one, call, records.turns(call.sid)) for one, call in zip(cases, calls, strict=True)}


def rule(case: Case) -> dict[str, str]:
    """The model's answer; where less than all may be heard, already to the first two words."""
    heard = " ".join(case.said.split()[:2]) if case.becomes == "either" else f"{re.escape(case.said)}$"
    return {"match": f"^{heard}", "text": case.reply}


def rehearse(providers: OfflineServer, reply: str) -> None:
    """Let the stand-in make a reply's speech ahead: a busy machine might take longer over it than Lilly waits."""
    clause = spoken(reply.removeprefix("Sure. "), "en")
    speech = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": clause, "response_format": "pcm"}
    providers.post("/v1/audio/speech", json=speech).raise_for_status()


def script(case: Case, records: Records) -> Script:
    """Say something, hear what comes of it, and say something more; until Lilly sounds again, or ends the call."""

    async def acts(patient: Patient) -> None:
        # Who is heard well need not hear the greeting out; but after an interruption a `clear` hides the sound before it.
        waits = case.fault["target"] == "stt" or case.becomes == "said by Twilio"
        await (patient.lilly_finishes() if waits else patient.lilly_begins())
        await patient.say(speech(case.recording))
        await she_is_through(patient, records)
        await patient.say(speech(case.recording if case.becomes == "put through" else GOES_ON))
        await (patient.lilly_hangs_up() if case.becomes == "put through" else patient.lilly_begins())

    async def acts_as_far_as_it_goes(patient: Patient) -> None:
        # What is missing is seen by the case's own test.
        with suppress(Unheard):
            await acts(patient)

    return acts_as_far_as_it_goes


async def she_is_through(patient: Patient, records: Records) -> None:
    """Wait for the end of what is said to the first turn, fillers, pauses and `<Say>` included."""

    async def answered() -> bool:
        return any(row.ordinal for row in await turns_of(patient, records))

    await eventually(answered, "Lilly did not come to an end")
    await patient.wait_ms(PAUSE_MS)
    await patient.lilly_finishes()


@pytest.mark.parametrize("name", [pytest.param(one.name, marks=[] if one.often else pytest.mark.alone) for one in CASES])
def test_the_caller_hears_something_sensible_in_time_and_the_call_goes_on(
    played: dict[str, Played], most_silence_ms: float, name: str
) -> None:
    one = played[name]
    assert len(one.call.turns) == 3 and len(one.rows) >= 3, str(one)
    assert_in_time(one, most_silence_ms)
    assert CAME_TO[one.case.becomes](one), str(one)


@pytest.fixture(scope="module")
def most_silence_ms(allowance: float) -> float:
    """How long she may be silent."""
    return MOST_SILENCE_MS * allowance


def assert_in_time(one: Played, most_silence_ms: float) -> None:
    """Never longer without a sound of hers, from the patient's last loud frame on."""
    for turn in one.call.turns[1:]:
        assert turn.gap_ms is not None and 0 < turn.gap_ms <= most_silence_ms, str(one)
        silences = [after[0] - before[1] for before, after in pairwise(loud_spans_ms(turn.reply))]
        assert max(silences, default=0) <= most_silence_ms, str(one)


def answered(one: Played, *, in_full: bool = True) -> bool:
    _, row, following = one.rows
    understood = row.caller_text == one.case.said if in_full else one.case.said.startswith(row.caller_text)
    whole = (row.reply_text, row.heard_text) == (one.case.reply, one.case.reply)
    return understood and whole and following.reply_text == ALL_RIGHT and one.call.of_kind("say") == []


def asked_again(one: Played) -> bool:
    _, row, following = one.rows
    return row.heard_text.removeprefix("Sure. ") in (LINES.apology, LINES.not_heard) and following.reply_text == ALL_RIGHT


def said_by_twilio(one: Played) -> bool:
    _, row, following = one.rows
    said = " ".join(event.detail for event in one.call.of_kind("say"))
    return row.heard_text.endswith(one.case.reply.removeprefix("Sure. ")) and said in one.case.reply and following.reply_text == ALL_RIGHT


def put_through(one: Played) -> bool:
    heard = [row.heard_text for row in one.rows]
    return LINES.apology in heard and LINES.failed_goodbye in heard and len(one.call.of_kind("dial")) == 1


CAME_TO: dict[Outcome, Callable[[Played], bool]] = {
    "answered": answered,
    "asked again": asked_again,
    "either": lambda one: asked_again(one) or answered(one, in_full=False),
    "said by Twilio": said_by_twilio,
    "put through": put_through,
}


def test_every_fault_struck(played: dict[str, Played], providers: OfflineServer) -> None:
    left = [fault for fault in providers.get("/control/faults")["items"] if fault["count"] < FOR_GOOD / 2]
    assert left == []


@pytest.mark.parametrize("name", ["tts: reword_digits", pytest.param(f"tts: reword_digits, count {FOR_GOOD}", marks=pytest.mark.alone)])
def test_false_words_never_reach_the_caller(played: dict[str, Played], providers: OfflineServer, name: str) -> None:
    one = played[name]
    made = next(item for item in providers.get("/control/spoken")["items"] if one.case.doctor in item["text"] != item["said"])
    providers.reset()
    assert likeness(one.call.lilly, speech_of(providers, made["text"])) > 0.9
    assert likeness(one.call.lilly, speech_of(providers, made["said"])) < 0.7


@pytest.fixture(scope="module")
def away(played: dict[str, Played], quick_stack: Stack, providers: OfflineServer) -> list[Call]:
    """Two calls in which a connection is lost and none can be made any more: to the recogniser, and to the voice."""
    providers.reset()
    said = {target: speech(recording) for target, recording in (("stt", "25"), ("tts", "37"))}
    providers.replies(rules=[{"match": "parking", "text": "Certainly. Doctor Wallace has three places."}])

    both_greeted = asyncio.Barrier(2)

    def loses(target: str, match: str) -> Script:
        async def acts(patient: Patient) -> None:
            # Each call makes its own first connections; those that fail are the other call's as well.
            await patient.lilly_finishes()
            await both_greeted.wait()
            await asyncio.to_thread(providers.fault, target, "status_500", at="connect", count=FOR_GOOD)
            await asyncio.to_thread(providers.fault, target, "drop", match=match, after_ms=0)
            await patient.say(said[target])
            await (patient.lilly_hangs_up() if target == "stt" else patient.lilly_finishes())

        return acts

    return call_in(target(quick_stack), [loses("stt", "Wednesday"), loses("tts", "Wallace")], CALLER, at_once=2)


def test_without_a_recogniser_the_caller_is_put_through(away: list[Call], records: Records, most_silence_ms: float) -> None:
    one = Played(CASES[0], away[0], records.turns(away[0].sid))
    assert_in_time(one, most_silence_ms)
    assert one.rows[-1].heard_text == LINES.failed_goodbye and len(one.call.of_kind("dial")) == 1, str(one)


def test_without_its_own_connection_the_other_voice_speaks(away: list[Call], records: Records, most_silence_ms: float) -> None:
    one = Played(CASES[0], away[1], records.turns(away[1].sid))
    assert_in_time(one, most_silence_ms)
    assert one.rows[-1].heard_text == "Certainly. Doctor Wallace has three places.", str(one)
