"""A clause that the voice cannot speak: a clip, another try by a worker, and at last Twilio's own voice, never three silent seconds."""

from itertools import pairwise

from ivr.agent.lines import lines
from tests.unit.stage import Stage, says

WAIT = lines("en", "Riverside General Hospital", "911").one_moment
REPLY = "We have two. Dr. Kim is here on Monday. And Dr. Chen on Friday."


def asked(*, retry_ms: float | None, fails_on: str = "Monday", fails_after_ms: float = 100) -> Stage:
    """A caller who has asked something whose answer's second clause cannot be spoken."""
    stage = Stage()
    stage.mouth.fails_on, stage.mouth.retry_ms = fails_on, retry_ms
    stage.mouth.delay_ms = fails_after_ms
    stage.mouth.quick = WAIT
    stage.mind.answers = [("doctors", says(REPLY.replace(". ", ". | ").replace("Dr. | ", "Dr. ")))]
    stage.caller_says("Tell me about your doctors.", 900)
    return stage


def longest_silence_ms(stage: Stage) -> float:
    """From one heard frame to the next, and to now."""
    return max(later - sooner for sooner, later in pairwise([*stage.heard_frames, stage.now_ms]))


def test_what_a_worker_makes_in_time_is_heard_in_its_place() -> None:
    stage = asked(retry_ms=2500)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns == [("Tell me about your doctors.", REPLY, False)]
    assert stage.mouth.retried == ["Dr. Kim is here on Monday."]
    assert stage.mouth.said.count(WAIT) == 1
    assert stage.session.ended is None
    assert longest_silence_ms(stage) < 3000


def test_a_clip_covers_the_wait_only_if_there_is_one() -> None:
    stage = asked(retry_ms=300)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][1] == REPLY
    assert WAIT not in stage.mouth.said, "the worker was ready before the clause was due"


def test_what_comes_too_late_is_said_by_twilio_before_three_seconds_of_silence() -> None:
    stage = asked(retry_ms=8000)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "voice_failed"
    assert stage.session.voicing.unsaid == "Dr. Kim is here on Monday. And Dr. Chen on Friday."
    assert WAIT in stage.mouth.said
    assert 1900 <= stage.now_ms - stage.heard_frames[-1] < 2500


def test_what_is_given_up_is_said_as_soon_as_the_clip_was_heard() -> None:
    stage = asked(retry_ms=None)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "voice_failed"
    assert stage.now_ms - stage.heard_frames[-1] < 200


def test_a_voice_that_fails_late_and_has_no_clip_is_left_to_twilio_at_once() -> None:
    stage = asked(retry_ms=8000, fails_on="", fails_after_ms=2400)
    stage.mouth.fails_on, stage.mouth.quick = " ", ""
    waited_ms = stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.voicing.unsaid == REPLY
    assert stage.heard_frames == [] and 2400 < waited_ms < 3000


def test_a_turn_that_is_over_waits_for_nothing() -> None:
    stage = asked(retry_ms=2000)
    stage.run_until(lambda: WAIT in stage.mouth.said)
    stage.mind.answers.insert(0, ("Never mind", says("All right.")))
    stage.caller_says("Never mind that, thank you.", 900)
    stage.run_until(lambda: len(stage.journal.turns) == 2)
    stage.run(4000)
    assert stage.journal.turns[1] == ("Never mind that, thank you.", "All right.", False)
    assert stage.session.ended is None and stage.session.voicing.unsaid is None


def test_what_broke_off_in_the_middle_is_heard_again_from_its_beginning() -> None:
    stage = Stage()
    stage.mouth.breaks_off, stage.mouth.retry_ms = "Monday", 1500
    stage.mind.answers = [("doctors", says("Dr. Kim is here on Monday."))]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][1] == "Dr. Kim is here on Monday."
    heard_ms = 20 * len([at for at in stage.heard_frames if at > 1900])
    assert heard_ms > 60 * len("Dr. Kim is here on Monday." + WAIT)
