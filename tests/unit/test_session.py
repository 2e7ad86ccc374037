"""Whole calls on virtual time: who has the floor, what is heard, what is remembered."""

from itertools import pairwise
from typing import Any

import pytest

from ivr.agent.model import ToolCall, ToolNamed
from ivr.errors import ProviderError
from ivr.voice.events import ThinkingFailed
from tests.unit.stage import Stage, partial, says


def answered(stage: Stage) -> Any:
    return lambda: stage.lilly_speaks


def test_she_speaks_first_and_says_who_she_is() -> None:
    stage = Stage(greet=True)
    assert stage.run_until(answered(stage)) <= 150
    stage.run_until(lambda: bool(stage.journal.turns))
    assert "Lilly" in stage.journal.turns[0][1] and "Riverside General Hospital" in stage.journal.turns[0][1]
    assert stage.messages[0]["role"] == "assistant"


def test_a_complete_sentence_is_answered_after_a_short_silence() -> None:
    stage = Stage()
    stage.mind.answers = [("cardiologist", says("Yes! | Dr. Samir is free at 2:30 PM."))]
    stage.caller_says("Do you have a cardiologist tomorrow afternoon?", 1500)
    gap_ms = stage.run_until(answered(stage))
    assert gap_ms <= 600
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("Do you have a cardiologist tomorrow afternoon?", "Yes! Dr. Samir is free at 2:30 PM.", False)]


def test_nothing_is_heard_before_the_turn_is_confirmed_though_the_reply_is_ready() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = stage.mouth.delay_ms = 0
    ended_ms = stage.caller_says("I'd like to see um", 1000)
    stage.run(700)
    assert stage.mind.asked, "the model has begun on the early final"
    assert not stage.heard_frames and not stage.journal.turns
    stage.run_until(answered(stage))
    assert 1400 <= stage.now_ms - ended_ms <= 2000


def test_a_caller_who_goes_on_after_a_pause_is_answered_once() -> None:
    stage = Stage()
    stage.session.speaker.expected = "date"
    stage.caller_says("March fourth", 800)
    stage.run(900)
    assert not stage.lilly_speaks
    stage.caller_says("nineteen eighty two.", 800)
    stage.run_until(answered(stage))
    stage.run_until(lambda: bool(stage.journal.turns))
    assert [turn[0] for turn in stage.journal.turns] == ["March fourth nineteen eighty two."]
    assert [message["content"] for message in stage.messages if message["role"] == "user"] == ["March fourth nineteen eighty two."]


def test_a_guess_is_thrown_away_when_the_transcript_changes() -> None:
    stage = Stage()
    stage.ears.delay_ms = 600
    stage.mind.answers = [("cancel", says("Shall I cancel it?")), ("council", says("Which council?"))]
    stage.caller_says("Please cancel my appointment.", 900)
    partial(stage, "Please council my appointment.")
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("Please cancel my appointment.", "Shall I cancel it?", False)]
    assert len(stage.mind.forgotten) >= 1


def test_a_reply_is_begun_on_a_whole_sentence_before_the_caller_is_known_to_have_finished() -> None:
    stage = Stage()
    ended_ms = stage.caller_says("Do you have a cardiologist?", 900)
    partial(stage, "Do you have a cardiologist?")
    stage.run_until(lambda: bool(stage.mind.asked))
    assert stage.now_ms - ended_ms <= 120 and not stage.ears.commits
    stage.run_until(lambda: bool(stage.journal.turns))
    assert [turn[0] for turn in stage.journal.turns] == ["Do you have a cardiologist?"] and len(stage.mind.asked) == 1


def test_a_partial_without_an_end_is_given_time_for_the_words_that_are_still_to_come() -> None:
    stage = Stage()
    stage.ears.delay_ms = 600
    stage.caller_says("Do you have a cardiologist tomorrow?", 900)
    partial(stage, "Do you have a cardiologist")
    stage.run(140)
    partial(stage, "Do you have a cardiologist tomorrow?")
    stage.run_until(lambda: bool(stage.journal.turns))
    assert [messages[-1]["content"] for messages in stage.mind.asked] == ["Do you have a cardiologist tomorrow?"]


def test_a_reply_to_unfinished_words_is_begun_only_when_the_wait_for_more_is_nearly_over() -> None:
    stage = Stage()
    ended_ms = stage.caller_says("I'd like an appointment with", 900)
    stage.run_until(lambda: bool(stage.mind.asked))
    assert 450 <= stage.now_ms - ended_ms <= 600


def test_a_recogniser_that_never_ends_a_sentence_is_soon_known() -> None:
    stage, gaps = Stage(), []
    for words in ("I need an appointment", "I want a cardiologist", "The second one", "Tomorrow afternoon"):
        stage.caller_says(words, 900)
        gaps.append(stage.run_until(answered(stage)))
        stage.run_until(lambda: stage.session.speaker.reply is None)
    assert gaps[0] >= 1450 and gaps[-1] <= 1000


def test_who_goes_on_before_a_sound_and_pauses_before_a_partial_came_is_answered_once() -> None:
    stage = Stage()
    stage.mind.delay_ms = 2000
    stage.caller_says("Do you have parking?", 900)
    stage.run(600)
    stage.caller_says("Near the hospital?", 700)
    stage.run_until(lambda: bool(stage.journal.turns) and stage.lilly_speaks)
    assert stage.mind.asked[-1][-1]["content"] == "Do you have parking? Near the hospital?"


LONG_REPLY = "We have three doctors for you. | Dr. Kim sees patients on Monday and on Tuesday. | That is all."
WHOLE = LONG_REPLY.replace(" | ", " ")


def talking(stage: Stage) -> None:
    stage.mind.answers.append(("Tell me", says(LONG_REPLY)))
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(answered(stage))
    stage.run(1200)


def test_real_words_over_her_speech_stop_it_and_the_history_keeps_what_was_heard() -> None:
    stage = Stage()
    talking(stage)
    onset_ms = stage.now_ms
    stage.caller_says("No, the other doctor.", 900)
    assert 0 < stage.clears[0] - onset_ms <= 150
    stage.run_until(lambda: len(stage.journal.turns) >= 2)
    caller, heard, interrupted = stage.journal.turns[0]
    assert interrupted and caller == "Tell me about your doctors."
    assert heard and heard != WHOLE
    assert {"role": "assistant", "content": heard} in stage.messages
    assert stage.journal.turns[1][0] == "No, the other doctor."


@pytest.mark.parametrize("hum", ["Mm-hmm.", "Okay.", "Uh-huh."])
def test_a_backchannel_only_pauses_her_and_all_of_the_reply_is_heard(hum: str) -> None:
    stage = Stage()
    talking(stage)
    onset_ms = stage.now_ms
    stage.caller_says(hum, 300)
    stage.run_until(answered(stage))
    assert stage.clears and stage.now_ms - onset_ms <= 1200
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("Tell me about your doctors.", WHOLE, False)]


def test_noise_without_words_only_pauses_her() -> None:
    stage = Stage()
    talking(stage)
    onset_ms = stage.now_ms
    stage.ears.lost_finals = 1
    stage.caller_says("", 200)
    stage.run_until(answered(stage))
    assert stage.now_ms - onset_ms <= 1200
    stage.run_until(lambda: bool(stage.journal.turns))
    assert not stage.journal.turns[0][2]


def test_okay_is_an_answer_while_a_question_is_open() -> None:
    stage = Stage()
    stage.mind.answers = [("cardiologist", says("Dr. Samir is free. | Shall I book it? | It takes only a moment to do."))]
    stage.caller_says("Do you have a cardiologist?", 900)
    stage.run_until(answered(stage))
    stage.run(3000)
    stage.caller_says("Okay.", 400)
    stage.run_until(lambda: len(stage.journal.turns) >= 2)
    assert stage.journal.turns[0][2] and stage.journal.turns[1][0] == "Okay."


def test_words_before_the_first_audio_join_what_was_said() -> None:
    stage = Stage()
    stage.mind.delay_ms = 2000
    stage.caller_says("I need a doctor.", 900)
    stage.run(800)
    stage.caller_says("For my skin.", 900)
    stage.run_until(lambda: bool(stage.journal.turns) and not stage.journal.turns[-1][2])
    users = [message["content"] for message in stage.messages if message["role"] == "user"]
    assert users == ["I need a doctor. For my skin."]


def booking() -> ToolCall:
    return ToolCall("call_1", "book_appointment", '{"slot_id": 1}')


def test_a_filler_covers_the_tool_and_the_result_follows() -> None:
    stage = Stage()
    stage.mind.tool_ms = 900
    stage.mind.answers = [("first one", says("", booking())), ("tool:", says("You're booked."))]
    stage.caller_says("The first one please.", 900)
    gap_ms = stage.run_until(answered(stage))
    assert gap_ms < 700, "something is heard before the tool is done"
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("The first one please.", "You're booked.", False)]
    assert [message["role"] for message in stage.messages] == ["user", "assistant", "tool", "assistant"]


def test_no_tool_runs_for_a_guess() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = 0
    stage.session.speaker.expected = "date"
    stage.mind.answers = [("", says("", booking()))]
    stage.caller_says("March fourth", 900)
    stage.run(1000)
    assert stage.mind.asked and not stage.mind.ran


def test_a_tool_runs_to_its_end_though_she_is_interrupted_and_the_next_turn_knows() -> None:
    stage = Stage()
    stage.mind.tool_ms = 2500
    stage.mind.answers = [("first one", says("", booking())), ("Wait", says("Sure."))]
    stage.caller_says("The first one please.", 900)
    stage.run_until(lambda: bool(stage.mind.ran))
    stage.run(300)
    stage.caller_says("Wait, stop.", 700)
    stage.run_until(lambda: bool(stage.journal.turns) and stage.journal.turns[-1][0] == "Wait, stop.")
    last_question = stage.mind.asked[-1]
    assert [message["role"] for message in last_question] == ["user", "assistant", "tool", "user"]


def test_the_goodbye_is_heard_before_she_hangs_up() -> None:
    stage = Stage()
    stage.mind.answers = [("that's all", says("Goodbye, and thank you for calling.", ToolCall("c", "end_call", "{}")))]
    stage.caller_says("No thank you, that's all.", 900)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "goodbye"
    assert stage.journal.turns[-1][1] == "Goodbye, and thank you for calling."
    assert stage.now_ms >= max(stage.heard_frames)


def test_silence_is_asked_about_twice_and_then_the_call_ends() -> None:
    stage = Stage()
    stage.run(7000)
    assert stage.mouth.said == ["Are you still there?"]
    stage.run_until(lambda: stage.session.ended is not None, within_ms=60_000)
    assert stage.session.ended == "silence" and len(stage.mouth.said) == 3


def test_a_model_that_fails_is_apologised_for_and_then_the_call_ends() -> None:
    stage = Stage()
    stage.mind.answers = [("", [ThinkingFailed(0, ProviderError("model", "no answer"))])]
    stage.caller_says("Hello, is this the hospital?", 900)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert "something went wrong" in stage.journal.turns[0][1]
    stage.caller_says("Hello, is this the hospital?", 900)
    stage.run_until(lambda: stage.session.ended is not None, within_ms=60_000)
    assert stage.session.ended == "failed"


def test_a_guess_that_fails_is_asked_anew_and_nobody_hears_of_it() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = 20
    stage.mind.answers = [("", [ThinkingFailed(0, ProviderError("model", "no answer"))])]
    stage.caller_says("Hello, is this the hospital?", 900)
    stage.run_until(lambda: bool(stage.mind.asked))
    stage.mind.answers = [("hospital", says("Yes, it is."))]
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("Hello, is this the hospital?", "Yes, it is.", False)]
    assert (len(stage.mind.asked), stage.session.speaker.failures) == (2, 0)


def test_a_hang_up_in_the_middle_keeps_what_was_heard() -> None:
    stage = Stage()
    talking(stage)
    stage.hang_up()
    assert stage.session.ended == "hung_up_by_caller"
    assert stage.journal.turns[0][2] and stage.journal.turns[0][1].startswith("We have three")


def test_what_the_voice_cannot_say_is_left_to_twilio_once_the_rest_was_heard() -> None:
    stage = Stage()
    stage.mouth.fails_on = "Monday"
    stage.mind.answers = [("doctors", says("We have two. | Dr. Kim is here on Monday. | And Dr. Chen on Friday."))]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "voice_failed"
    assert stage.session.voicing.unsaid == "Dr. Kim is here on Monday. And Dr. Chen on Friday."
    assert stage.journal.turns[-1] == (
        "Tell me about your doctors.",
        "We have two. Dr. Kim is here on Monday. And Dr. Chen on Friday.",
        False,
    )


def test_what_the_voice_is_still_making_is_heard_before_twilio_says_what_it_cannot() -> None:
    stage = Stage()
    stage.mouth.fails_on, stage.mouth.slow = "Monday", "We have two."
    stage.mind.answers = [("doctors", says("We have two. | Dr. Kim is here on Monday."))]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.voicing.unsaid == "Dr. Kim is here on Monday."
    assert stage.journal.turns[-1][1] == "We have two. Dr. Kim is here on Monday."


def test_the_whole_call_follows_the_caller_s_language() -> None:
    stage = Stage()
    stage.caller_says("Hola, quisiera pedir una cita por favor.", 900)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.languages == ["es"] and stage.ears.language == "es" and stage.session.language == "es"
    stage.run(7000)
    assert stage.mouth.said[-1] == "¿Sigue ahí?"


@pytest.mark.parametrize("slow", ["model", "voice"])
def test_a_silence_that_grows_long_is_filled_whatever_is_slow(slow: str) -> None:
    stage = Stage()
    stage.mouth.quick = "One moment, please."
    (stage.mind if slow == "model" else stage.mouth).delay_ms = 4000
    ended_ms = stage.caller_says("Which doctors do you have?", 900)
    stage.run_until(answered(stage))
    assert stage.now_ms - ended_ms <= 2000
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][1] == "I see."


@pytest.mark.parametrize("text", ["", "Sure, let me see."])
def test_no_silence_lasts_three_seconds_however_long_a_tool_takes(text: str) -> None:
    stage = Stage()
    stage.mind.tool_ms = 12_000
    stage.mind.answers = [("tool:", says("Friday is free.")), ("slots", says(text, ToolCall("c1", "list_slots", "{}")))]
    stage.caller_says("Which slots are free?", 900)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[-1][1].endswith("Friday is free.")
    silences = [after - before for before, after in pairwise([*stage.heard_frames])]
    assert len(stage.mouth.said) >= 4 and max(silences) < 3000


def test_the_filler_follows_the_confirmation_when_a_guess_has_named_a_tool() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = 0
    stage.mind.tool_ms = 3000
    stage.mind.answers = [("Kim", [ToolNamed("list_slots")])]
    ended_ms = stage.caller_says("I want to see Dr. Kim tomorrow morning.", 900)
    stage.run_until(answered(stage))
    assert stage.now_ms - ended_ms <= 700 and not stage.mind.ran


def test_a_soft_last_word_after_a_pause_is_still_waited_for() -> None:
    stage = Stage()
    stage.session.speaker.expected = "open"
    stage.caller_says("How much does a consultation with a neurologist", 900)
    stage.run(220)
    stage.ears.words.append("cost?")
    partial(stage, "cost?")
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][0] == "How much does a consultation with a neurologist cost?"


def test_the_first_audio_is_that_of_the_clause_that_is_heard_first() -> None:
    stage = Stage()
    stage.mouth.slow, stage.mouth.quick = "Let me see now.", "Dr. Kim is in."
    stage.mind.answers = [("doctor", says("Let me see now. | Dr. Kim is in."))]
    stage.caller_says("Is there a doctor?", 1000)
    stage.run_until(lambda: bool(stage.journal.replies))
    timeline = stage.journal.replies[0].timeline
    assert timeline["first_audio"] - timeline["first_clause"] == pytest.approx(10 * stage.mouth.delay_ms, abs=40)
