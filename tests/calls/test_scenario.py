"""Playing written calls against a scripted peer whose records are kept in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from ivr.offline.faults import Faults
from ivr.offline.scenario import Outcome, ToolUse, run
from ivr.offline.scenario.dialogue import Line
from ivr.offline.telephone.rest import TwilioRest
from ivr.offline.telephone.webhooks import Target
from ivr.voice import media_stream
from ivr.voice.audio import decode_ulaw
from tests.calls.fake_lilly import CONNECT, HANGUP, Conversation, FakeLilly, application, serving, tone
from tests.unit.test_scenario_file import save_recording

SCENARIO = """
name: one question
turn_wait_ms: 150
patience_s: 2
steps:
  - hear: how can I help
  - say: words.wav
  - hear: /goodbye/
expect:
  heard: [Hello, Goodbye]
  tools: [list_doctors]
  database: [{sql: "SELECT '%(call_sid)s'", equals: found}]
  ended_by: lilly
"""


class Lilly(FakeLilly):
    """A peer that greets, answers once, and notes what she says."""

    def __init__(self) -> None:
        documents = {"/voice/incoming": [CONNECT], "/voice/after-stream": [HANGUP]}
        super().__init__(self.converse, documents)
        self.said: list[str] = []

    async def converse(self, conversation: Conversation) -> None:
        await self.say(conversation, "Hello, how can I help?")
        await conversation.until_the_caller_spoke()
        await self.say(conversation, "Goodbye.")
        await conversation.mark("end")
        await conversation.until_a(media_stream.Mark)

    async def say(self, conversation: Conversation, text: str) -> None:
        self.said.append(text)
        await conversation.send(tone(200))

    def spoken(self, call_sid: str) -> Sequence[str]:
        return self.said

    def tools(self, call_sid: str) -> Sequence[ToolUse]:
        return [ToolUse("list_doctors", {})]

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        return [("found",)] if parameters["call_sid"].startswith("CA") else []


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A written call beside its recording and its words."""
    save_recording(tmp_path / "words.wav", np.pad(decode_ulaw(tone(300)), 800))
    (tmp_path / "refs.tsv").write_text("file\tlang\ttext\nwords.wav\ten\tGoodbye then.\n")
    (tmp_path / "call.yaml").write_text(SCENARIO)
    return tmp_path / "call.yaml"


def played(scenario: Path, lilly: Lilly, lines: list[Line] | None = None) -> Outcome:
    with serving(application(lilly)) as address:
        target = Target(address, lilly.public_url, lilly.auth_token)
        return run(scenario, target, lilly, lines.append if lines is not None else None, settle_s=0.3)


def test_a_call_that_goes_as_written_has_no_failures(scenario: Path) -> None:
    outcome = played(scenario, Lilly())

    assert outcome.failures == []
    assert outcome.ok
    assert [turn.said for turn in outcome.call.turns] == ["", "words.wav"]


def test_the_dialogue_is_told_while_it_happens(scenario: Path) -> None:
    scenario.write_text(SCENARIO.replace("turn_wait_ms: 150", "turn_wait_ms: 800"))
    lines: list[Line] = []
    played(scenario, Lilly(), lines)

    assert [(line.who, line.text) for line in lines] == [
        ("lilly", "Hello, how can I help?"),
        ("caller", "Goodbye then."),
        ("line", "over: ended by lilly"),
        ("lilly", "Goodbye."),
    ]
    assert lines[3].gap_ms == pytest.approx(200, abs=150)
    assert "caller  Goodbye then." in str(lines[1])


def test_words_that_do_not_come_end_the_call_and_say_at_which_step(scenario: Path) -> None:
    lilly = Lilly()
    scenario.write_text(SCENARIO.replace("how can I help", "buenos días").replace("patience_s: 2", "patience_s: 0.5"))
    outcome = played(scenario, lilly)

    assert outcome.failures[0].startswith("step 1 (hear buenos días): not heard within 0.5 s; since the last step she said ['Hello")
    assert outcome.call.ended_by == "caller"


def test_a_call_that_ends_before_its_steps_do_is_a_failure(scenario: Path) -> None:
    scenario.write_text(SCENARIO.replace("expect:", "  - say: words.wav\nexpect:"))
    outcome = played(scenario, Lilly())

    assert "step 4 (say words.wav): the call was over before it, ended by lilly" in outcome.failures[0]


def test_the_same_words_must_be_heard_again_after_the_patient_spoke(scenario: Path) -> None:
    scenario.write_text(SCENARIO.replace("hear: /goodbye/", "hear: how can I help"))
    outcome = played(scenario, Lilly())

    assert outcome.failures == ["step 3 (hear how can I help): not heard: how can I help"]


def test_an_interruption_speaks_over_her(scenario: Path) -> None:
    class Talkative(Lilly):
        async def converse(self, conversation: Conversation) -> None:
            self.said.append("Hello, how can I help?")
            await conversation.send(tone(3000))
            await conversation.until_the_caller_spoke(0)
            await conversation.clear()
            await conversation.until_the_caller_spoke()
            await self.say(conversation, "Goodbye.")
            await conversation.mark("end")
            await conversation.until_a(media_stream.Mark)

    scenario.write_text(SCENARIO.replace("say: words.wav", "say: words.wav\n    interrupt: {after_ms: 600}"))
    outcome = played(scenario, Talkative())

    greeting, turn = outcome.call.turns
    assert outcome.failures == []
    assert turn.over
    assert turn.began_ms - (greeting.sound_ms or 0) == pytest.approx(600, abs=150)


@pytest.mark.parametrize(("understood", "ok"), [("hello how can i help", True), ("yellow", False)])
def test_what_must_be_heard_by_ears_is_asked_of_the_ears(scenario: Path, understood: str, ok: bool) -> None:
    asked: list[tuple[str, bytes]] = []

    async def transcribe(request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        asked.append((str(form["language"]), upload.file.read()))
        return web.json_response({"text": understood})

    ears, lilly = web.Application(), Lilly()
    ears.router.add_post("/v1/audio/transcriptions", transcribe)
    TwilioRest(Faults()).add_to(ears)
    scenario.write_text(SCENARIO.replace("hear: how can I help", "hear: Hello, how can I help?\n    by: ears"))
    with serving(application(lilly)) as address, serving(ears) as offline_url:
        outcome = run(scenario, Target(address, lilly.public_url, lilly.auth_token, offline_url=offline_url), lilly, settle_s=0.3)

    language, wav = asked[0]
    assert (language, wav[:4]) == ("en", b"RIFF")
    assert len(wav) - 44 == pytest.approx(200 * 16, abs=20 * 16)
    assert outcome.failures == ([] if ok else ["step 1 (hear Hello, how can I help?): the ears understood: yellow"])
