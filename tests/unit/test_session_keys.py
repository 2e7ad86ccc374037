"""Keys on virtual time: what is heard, what is asked of the model, and how 0 leads to a person."""

from typing import Any

import pytest

from ivr.agent.model import ToolCall
from ivr.errors import ProviderError
from ivr.voice.events import ThinkingFailed
from tests.unit.stage import Stage, says

OFFER = "Dr. Samir is available tomorrow at 2:30 PM and 3:00 PM. | Would you like me to book it?"
TRANSFER_LINE = "One moment, I'll put you through to the front desk."
PUT_THROUGH = {"ok": True, "state": "transferring"}


def talking(stage: Stage, reply: str = OFFER, heard_ms: float = 1200) -> None:
    stage.mind.answers.append(("cardiologist", says(reply)))
    stage.caller_says("Do you have a cardiologist tomorrow?", 900)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(heard_ms)


def asked_for(stage: Stage, question: str) -> None:
    """Let Lilly ask something and be heard out."""
    stage.mind.answers.append(("cardiologist", says(question)))
    stage.caller_says("Do you have a cardiologist tomorrow?", 900)
    stage.run_until(lambda: bool(stage.journal.turns))


def typed(stage: Stage, keys: str, every_ms: float = 200) -> float:
    """Let the caller type, and return when the last key was pressed."""
    for key in keys:
        stage.run(every_ms)
        stage.press(key)
    return stage.now_ms


def utterances(stage: Stage) -> list[str]:
    return [turn[0] for turn in stage.journal.turns if turn[0]]


def answered(stage: Stage, count: int) -> None:
    stage.run_until(lambda: len(stage.journal.turns) >= count)


def test_a_date_of_birth_is_answered_with_its_last_digit() -> None:
    stage = Stage()
    asked_for(stage, "May I have your full name and date of birth, please?")
    last_ms = typed(stage, "03041982")
    stage.run_until(lambda: stage.lilly_speaks)
    assert stage.now_ms - last_ms <= 300
    answered(stage, 2)
    assert utterances(stage)[-1] == "[keys] 03041982"


def test_a_slow_typist_is_waited_for() -> None:
    stage = Stage()
    asked_for(stage, "And your date of birth, please?")
    typed(stage, "03041982", every_ms=1700)
    answered(stage, 2)
    assert utterances(stage)[1:] == ["[keys] 03041982"]


def test_digits_that_nobody_asked_for_end_with_a_pause_or_a_hash() -> None:
    stage = Stage()
    last_ms = typed(stage, "4711")
    stage.run_until(lambda: bool(stage.mind.asked))
    assert 1900 <= stage.now_ms - last_ms <= 2200
    answered(stage, 1)
    last_ms = typed(stage, "4711#")
    stage.run_until(lambda: len(stage.mind.asked) == 2)
    assert stage.now_ms - last_ms <= 100


@pytest.mark.parametrize("key", ["1", "2"])
def test_a_choice_is_quick_and_stops_her_at_once(key: str) -> None:
    stage = Stage()
    talking(stage)
    stage.press(key)
    pressed_ms = stage.now_ms
    stage.run(20)
    assert not stage.lilly_speaks and stage.clears
    stage.run_until(lambda: len(stage.mind.asked) == 2)
    assert 500 <= stage.now_ms - pressed_ms <= 750
    answered(stage, 2)
    _, heard, interrupted = stage.journal.turns[0]
    assert interrupted and heard and heard != OFFER.replace(" | ", " ")
    assert utterances(stage) == ["Do you have a cardiologist tomorrow?", f"[keys] {key}"]


def test_what_was_said_and_what_was_typed_are_one_utterance() -> None:
    stage = Stage()
    asked_for(stage, "May I have your full name and date of birth, please?")
    stage.begins_to_say("It's Maria Gonzalez.", 900)
    stage.run(400)
    stage.press("0304")
    stage.run(600)
    typed(stage, "1982")
    answered(stage, 2)
    assert utterances(stage)[1:] == ["It's Maria Gonzalez. [keys] 03041982"]


def test_keys_before_the_words_are_known_wait_for_them() -> None:
    stage = Stage()
    asked_for(stage, "And your date of birth, please?")
    stage.ears.delay_ms = 700
    stage.caller_says("It's", 500)
    stage.press("03041982")
    answered(stage, 2)
    assert utterances(stage)[1:] == ["It's [keys] 03041982"]


def test_a_television_in_the_background_does_not_keep_keys_from_being_answered() -> None:
    stage = Stage()
    asked_for(stage, "And your date of birth, please?")
    stage.begins_to_say("", 12_000)
    last_ms = typed(stage, "03041982")
    stage.run_until(lambda: len(stage.mind.asked) == 2)
    assert stage.now_ms - last_ms <= 4100


def test_keys_before_the_first_word_of_a_reply_join_what_was_said() -> None:
    stage = Stage()
    stage.mind.delay_ms = 2500
    stage.caller_says("I need a doctor.", 900)
    stage.run(700)
    typed(stage, "12#")
    stage.run_until(lambda: bool(stage.journal.turns) and not stage.journal.turns[-1][2])
    assert [message["content"] for message in stage.messages if message["role"] == "user"] == ["I need a doctor. [keys] 12"]


def test_a_star_begins_the_running_reply_anew_and_the_rest_of_it_follows() -> None:
    stage = Stage()
    talking(stage, heard_ms=3000)
    heard_before = sum(at <= stage.now_ms for at in stage.heard_frames)
    stage.press("*")
    stage.run(60)
    assert stage.clears and stage.lilly_speaks
    answered(stage, 1)
    assert stage.journal.turns == [("Do you have a cardiologist tomorrow?", OFFER.replace(" | ", " "), False)]
    whole_frames = sum(len(clause.replace("|", "").strip()) * 60 // 20 for clause in OFFER.split(" | "))
    assert len(stage.heard_frames) >= heard_before + whole_frames
    assert len(stage.mind.asked) == 1, "the model is not asked"
    assert "repeated" in stage.journal.replies[0].tricks


def test_a_star_in_the_silence_says_the_last_thing_again_and_not_a_prompt() -> None:
    stage = Stage()
    asked_for(stage, "And your date of birth, please?")
    stage.run_until(lambda: stage.mouth.said[-1] == "Are you still there?")
    answered(stage, 2)
    stage.press("*")
    answered(stage, 3)
    assert stage.journal.turns[-1] == ("[keys] *", "And your date of birth, please?", False)
    last_ms = typed(stage, "03041982")
    stage.run_until(lambda: len(stage.mind.asked) == 2)
    assert stage.now_ms - last_ms <= 100, "what was asked is still known"


def test_a_star_after_wrong_digits_forgets_them() -> None:
    stage = Stage(greet=True)
    answered(stage, 1)
    typed(stage, "47*")
    answered(stage, 2)
    assert stage.journal.turns[1][:2] == ("[keys] *", stage.journal.turns[0][1])
    stage.run(4000)
    assert not stage.mind.asked


def test_a_star_before_anything_was_said_is_harmless() -> None:
    stage = Stage()
    stage.press("*")
    stage.press("#")
    stage.run(1000)
    assert not stage.mouth.said and not stage.journal.turns


def pressed_zero(stage: Stage, result: dict[str, Any] | None = None) -> None:
    stage.mind.results["transfer_to_human"] = result or PUT_THROUGH
    stage.press("0")


@pytest.mark.parametrize("speaking", [True, False])
def test_zero_leads_to_the_front_desk_without_asking_the_model(speaking: bool) -> None:
    stage = Stage()
    if speaking:
        talking(stage)
    before = len(stage.mind.asked)
    pressed_ms = stage.now_ms
    pressed_zero(stage)
    stage.run_until(lambda: stage.mouth.said[-1:] == [TRANSFER_LINE])
    assert stage.now_ms - pressed_ms <= 1400
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer"
    assert len(stage.mind.asked) == before and stage.mind.ran == ["transfer_to_human"]
    assert stage.journal.turns[-1] == ("[keys] 0", TRANSFER_LINE, False)
    assert stage.now_ms >= max(stage.heard_frames)
    assert stage.messages[-1] == {"role": "assistant", "content": TRANSFER_LINE}


def test_zero_works_though_the_model_does_not() -> None:
    stage = Stage()
    stage.mind.answers = [("", [ThinkingFailed(0, ProviderError("model", "no answer"))])]
    pressed_zero(stage)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer"


def test_zero_twice_is_one_transfer() -> None:
    stage = Stage()
    pressed_zero(stage)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.press("0")
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer" and stage.mind.ran == ["transfer_to_human"]


def test_zero_says_what_was_wanted() -> None:
    stage = Stage()
    stage.mind.delay_ms = 3000
    stage.caller_says("I have a question about my bill.", 900)
    stage.run(700)
    pressed_zero(stage)
    stage.run_until(lambda: stage.session.ended is not None)
    calls = [message for message in stage.messages if message.get("tool_calls")]
    assert "question about my bill" in calls[0]["tool_calls"][0]["function"]["arguments"]


def test_a_zero_in_a_number_is_a_digit() -> None:
    stage = Stage()
    asked_for(stage, "And your date of birth, please?")
    stage.press("0")
    stage.run(1700)
    typed(stage, "3041982")
    answered(stage, 2)
    assert utterances(stage)[-1] == "[keys] 03041982" and not stage.mind.ran


def test_while_a_tool_runs_zero_waits_for_its_result() -> None:
    stage = Stage()
    stage.mind.tool_ms = 2500
    stage.mind.answers = [("first one", says("", ToolCall("call_1", "book_appointment", '{"slot_id": 1}')))]
    stage.caller_says("The first one please.", 900)
    stage.run_until(lambda: bool(stage.mind.ran))
    stage.mind.tool_ms = 50
    pressed_zero(stage)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "transfer"
    assert [message["role"] for message in stage.messages] == ["user", "assistant", "tool", "user", "assistant", "tool", "assistant"]


def test_where_nobody_can_be_dialled_the_model_tells_what_follows() -> None:
    stage = Stage()
    stage.mind.answers = [("tool:", says("They will call you back."))]
    pressed_zero(stage, {"ok": True, "state": "will_be_called_back"})
    answered(stage, 1)
    assert stage.journal.turns == [("[keys] 0", "They will call you back.", False)]
    stage.run(1000)
    assert stage.session.ended is None and TRANSFER_LINE not in stage.mouth.said


def test_lilly_begins_a_new_stream_with_what_was_ordered() -> None:
    stage = Stage(opening="nobody_there_number")
    answered(stage, 1)
    assert stage.journal.turns[0][1].endswith("What is your phone number, please?")
    last_ms = typed(stage, "2025550143")
    stage.run_until(lambda: bool(stage.mind.asked))
    assert stage.now_ms - last_ms <= 100
