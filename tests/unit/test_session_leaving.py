"""Taking leave on virtual time: the goodbye, and the words with which a caller is put through."""

import pytest

from ivr.agent.model import ToolCall
from ivr.voice.events import Draining
from tests.unit.stage import Stage, says
from tests.unit.test_session_keys import PUT_THROUGH, TRANSFER_LINE, answered, typed, utterances


def asks_for_person(stage: Stage, text: str = "") -> None:
    stage.mind.results["transfer_to_human"] = PUT_THROUGH
    stage.mind.answers = [("real person", says(text, ToolCall("c", "transfer_to_human", '{"reason": "a bill"}')))]
    stage.caller_says("Can I speak to a real person?", 900)


def test_a_transfer_that_the_model_asks_for_is_said_and_heard_out() -> None:
    stage = Stage()
    asks_for_person(stage)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer"
    assert stage.mouth.said == [TRANSFER_LINE], "no filler, and the model is not asked again"
    assert len(stage.mind.asked) == 1
    assert stage.now_ms >= max(stage.heard_frames)


@pytest.mark.parametrize("courtesy", ["Okay, thank you very much.", "Great, thanks. Bye."])
def test_thanks_do_not_keep_the_caller_from_being_put_through(courtesy: str) -> None:
    stage = Stage()
    asks_for_person(stage)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(400)
    stage.caller_says(courtesy, 900)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer" and len(stage.mind.asked) == 1


def test_a_caller_who_thinks_better_of_it_stays() -> None:
    stage = Stage()
    asks_for_person(stage)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(400)
    stage.caller_says("No wait, I have another question.", 900)
    answered(stage, 2)
    stage.run(3000)
    assert stage.session.ended is None
    assert stage.journal.turns[-1][:2] == ("No wait, I have another question.", "I see.")


def test_thanks_over_the_goodbye_do_not_begin_the_conversation_anew() -> None:
    stage = Stage()
    stage.mind.answers = [("that's all", says("Goodbye, and thank you for calling.", ToolCall("c", "end_call", "{}")))]
    stage.caller_says("No thank you, that's all.", 900)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(300)
    stage.caller_says("Thank you, bye bye.", 700)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "goodbye" and len(stage.mind.asked) == 1
    assert stage.journal.turns[-1][1] == "Goodbye, and thank you for calling."


@pytest.mark.parametrize("calls", [ToolCall("c", "end_call", "{}"), ToolCall("c", "transfer_to_human", '{"reason": "x"}')])
def test_a_leave_that_the_voice_cannot_say_is_left_to_twilio_and_still_one(calls: ToolCall) -> None:
    stage = Stage()
    stage.mind.results["transfer_to_human"] = PUT_THROUGH
    stage.mouth.fails_on = "o"
    stage.mind.answers = [("that's all", says("", calls))]
    stage.caller_says("No thank you, that's all.", 900)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == ("goodbye" if calls.name == "end_call" else "transfer")
    assert stage.session.voicing.unsaid


def test_a_stream_that_breaks_off_after_the_decision_does_not_take_it_back() -> None:
    stage = Stage()
    asks_for_person(stage)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.session.handle(Draining(), stage.now_ms)
    assert stage.session.ended == "transfer"


@pytest.mark.parametrize("tool", ["end_call", "transfer_to_human"])
def test_a_leave_that_never_sounds_keeps_nobody_on_the_line(tool: str) -> None:
    stage = Stage()
    stage.mouth.delay_ms = 60_000
    stage.mind.results["transfer_to_human"] = PUT_THROUGH
    stage.mind.answers = [("that's all", says("", ToolCall("c", tool, '{"reason": "x"}')))]
    stage.caller_says("No thank you, that's all.", 900)
    took_ms = stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended in ("goodbye", "transfer") and took_ms <= 13_500


def test_keys_over_the_goodbye_go_on_with_the_call() -> None:
    stage = Stage()
    stage.mind.answers = [("that's all", says("Goodbye, and thank you for calling.", ToolCall("c", "end_call", "{}")))]
    stage.caller_says("No thank you, that's all.", 900)
    stage.run_until(lambda: stage.lilly_speaks)
    typed(stage, "5#")
    answered(stage, 2)
    stage.run(3000)
    assert stage.session.ended is None and utterances(stage)[-1] == "[keys] 5"
