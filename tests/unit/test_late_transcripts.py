"""Final transcripts that come late, with other words or none, or never: the caller is answered in time, once, to all they said."""

import pytest

from tests.unit.stage import Stage, partial, says

ASKED = "Do you have a cardiologist?"
ANSWER = "Yes! | Dr. Samir is free."
SAID = ANSWER.replace(" | ", " ")


def waiting_for_a_final(final: str, after_ms: float | None) -> tuple[Stage, float]:
    """A caller whose words are known by a partial; what the final says and when it comes, never without. Returns their last sound."""
    stage = Stage()
    stage.mind.answers = [("tomorrow", says("Tomorrow he is full.")), ("cardiologist", says(ANSWER))]
    stage.ears.lost_finals, stage.ears.delay_ms = int(after_ms is None), after_ms or 0
    ended_ms = stage.caller_says(final, 900)
    partial(stage, ASKED)
    return stage, ended_ms


def heard_turns(stage: Stage) -> list[tuple[str | None, str]]:
    """What was said and heard, turn by turn, once nothing more comes."""
    stage.run(6500)
    return [(caller, heard) for caller, heard, _ in stage.journal.turns if heard]


def test_a_reply_that_is_ready_when_its_final_never_comes_is_heard_when_the_partial_has_to_do() -> None:
    stage, ended_ms = waiting_for_a_final("", None)
    stage.run_until(lambda: bool(stage.heard_frames))
    assert 1380 <= stage.now_ms - ended_ms <= 1440
    assert heard_turns(stage) == [(ASKED, SAID)] and stage.mouth.said == ["Yes!", "Dr. Samir is free."]
    assert len(stage.mind.asked) == 1 and "eager" in stage.journal.replies[0].tricks


def test_a_reply_that_is_ready_is_heard_with_its_final_and_no_later() -> None:
    stage, ended_ms = waiting_for_a_final(ASKED, 900)
    stage.run_until(lambda: bool(stage.heard_frames))
    committed_ms = stage.session.speaker.reply.timeline["commit"] - ended_ms if stage.session.speaker.reply else 0
    assert abs(stage.now_ms - ended_ms - committed_ms - 900) <= 40


@pytest.mark.parametrize("after_ms", [900, 1100])
def test_more_words_before_she_sounds_are_answered_at_once_and_alone(after_ms: float) -> None:
    stage, _ = waiting_for_a_final("Do you have a cardiologist tomorrow?", after_ms)
    assert heard_turns(stage) == [("Do you have a cardiologist tomorrow?", "Tomorrow he is full.")]


@pytest.mark.parametrize("after_ms", [1300, 1600, 2500])
def test_more_words_after_she_began_to_sound_stop_her_and_are_answered(after_ms: float) -> None:
    stage, _ = waiting_for_a_final("Do you have a cardiologist tomorrow?", after_ms)
    *_, last = heard_turns(stage)
    assert last == ("Do you have a cardiologist tomorrow?", "Tomorrow he is full.")
    assert [message["content"] for message in stage.messages if message["role"] == "user"][-1] == last[0]


@pytest.mark.parametrize("after_ms", [1300, 1600, 2500])
def test_a_late_final_without_words_changes_nothing(after_ms: float) -> None:
    stage, _ = waiting_for_a_final("", after_ms)
    assert heard_turns(stage) == [(ASKED, SAID)] and stage.clears == []


def test_a_final_without_words_in_good_time_takes_back_what_the_partial_said() -> None:
    stage, _ = waiting_for_a_final("", 150)
    ((caller, heard),) = heard_turns(stage)
    assert caller is None and "didn't catch" in heard


def test_a_final_that_never_comes_does_not_hang_the_turn() -> None:
    stage = Stage()
    stage.ears.lost_finals = 1
    ended_ms = stage.caller_says("Yes please.", 700)
    partial(stage, "Yes please.")
    stage.run_until(lambda: stage.lilly_speaks)
    assert stage.now_ms - ended_ms <= 2000


def test_speech_without_any_transcript_is_asked_for_again() -> None:
    stage = Stage()
    stage.ears.lost_finals = 1
    stage.caller_says("", 900)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert "didn't catch" in stage.journal.turns[0][1]


def test_a_late_final_with_more_words_than_the_partial_it_was_waited_for_is_answered_as_it_is() -> None:
    stage = Stage()
    stage.mind.answers = [("Thursday", says("Thursday at three thirty is free.")), ("Kim", says("Which day would you like?"))]
    stage.ears.delay_ms = 1900
    ended_ms = stage.caller_says("Can you move my appointment with Dr. Kim to Thursday?", 1500)
    partial(stage, "Can you move my appointment with Dr. Kim?")
    stage.run_until(lambda: any("Thursday" in reply for _, reply, _ in stage.journal.turns), 8000)
    assert stage.now_ms - ended_ms <= 6000
    said = [message["content"] for message in stage.messages if message["role"] == "user"]
    assert said[-1] == "Can you move my appointment with Dr. Kim to Thursday?"


@pytest.mark.parametrize("spoken_ms", [400, 900])
def test_words_that_come_when_the_turn_was_given_up_are_answered(spoken_ms: int) -> None:
    stage = Stage()
    stage.mind.answers = [("cardiologist", says("Dr. Samir is a cardiologist."))]
    stage.ears.delay_ms = 2400
    stage.caller_says("A cardiologist, please.", spoken_ms)
    stage.run_until(lambda: any(reply == "Dr. Samir is a cardiologist." for _, reply, _ in stage.journal.turns), 8000)
    assert stage.journal.turns[-1][0] == "A cardiologist, please."


def test_words_that_come_after_the_turn_was_taken_are_not_lost() -> None:
    stage = Stage()
    stage.mind.delay_ms = 3000
    stage.caller_says("Can you move my appointment?", 900)
    stage.run(200)
    stage.ears.delay_ms = 2300
    stage.caller_says("To Thursday at three thirty.", 900)
    stage.run_until(lambda: bool(stage.journal.turns) and not stage.journal.turns[-1][2])
    assert stage.journal.turns[-1][0] == "Can you move my appointment? To Thursday at three thirty."
