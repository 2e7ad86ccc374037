"""The finer rules of taking turns, on virtual time: guesses, fillers, what comes late, and where a call has to end."""

from itertools import pairwise

import pytest

from ivr.agent.agent import ClauseReady, RoundDone
from ivr.agent.history import Round
from ivr.agent.lines import lines
from ivr.agent.model import ToolCall
from ivr.voice.audio import FRAME_BYTES, decode_ulaw, encode_ulaw
from ivr.voice.closing import GOODBYE_MS, LONGEST_CALL_MS, MOST_TURNS
from ivr.voice.events import SpeechAudio, SpeechDone, Thought, ToolDone
from ivr.voice.media_stream import Media
from ivr.voice.speech import PartialTranscript
from tests.unit.stage import Stage, loud_speech, says

LINES = lines("en", "Riverside General Hospital", "911")
FILLERS = {*LINES.fillers, *LINES.second_fillers}
SLOTS = ToolCall("c1", "list_slots", "{}")


def waits_for_a_tool(text: str = "", tool_ms: float = 6000) -> Stage:
    """A caller whose question needs a tool that takes its time; `text` is said before it."""
    stage = Stage()
    stage.mind.tool_ms = tool_ms
    stage.mind.answers = [("tool:", says("Friday is free.")), ("slots", says(text, SLOTS))]
    stage.caller_says("Which slots are free?", 900)
    stage.run_until(lambda: bool(stage.mind.ran))
    return stage


def kept(stage: Stage, turns: int) -> None:
    """Let so many turns come to their end."""
    stage.run_until(lambda: len(stage.journal.turns) >= turns and stage.session.speaker.reply is None)


# Guesses


def test_a_guess_is_thought_and_its_first_clause_made_but_nothing_of_it_is_kept_or_sent() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = stage.mouth.delay_ms = 20
    stage.mind.answers = [("see um", says("Of course. | Whom would you like to see?", SLOTS))]
    stage.caller_says("I'd like to see um", 900)
    stage.run(1200)
    assert stage.mouth.said[:1] == ["Of course."]
    assert (stage.sent, stage.messages, stage.journal.turns, stage.mind.ran) == ([], [], [], [])
    stage.run_until(lambda: bool(stage.mind.ran))
    assert [message["role"] for message in stage.messages] == ["user", "assistant", "tool"][: len(stage.messages)]


def test_a_transcript_that_changes_again_and_again_is_guessed_at_three_times_at_most() -> None:
    stage = Stage()
    stage.ears.delay_ms = 1100
    stage.caller_says("Can I see Dr. Kim on Friday?", 900)
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Saturday"):
        stage.session.handle(PartialTranscript(0, f"Can I see Dr. Kim on {day}?"), stage.now_ms)
        stage.run(160)
    assert len(stage.mind.asked) == 3 and stage.mind.forgotten == [1, 2, 3]
    stage.run_until(lambda: bool(stage.journal.turns))
    assert [caller for caller, _, _ in stage.journal.turns] == ["Can I see Dr. Kim on Friday?"]


def test_soft_noise_after_real_words_keeps_nobody_waiting_for_more_than_two_seconds() -> None:
    stage = Stage()
    soft = encode_ulaw(decode_ulaw(loud_speech()[: 8 * 20_000]) // 60)
    ended_ms = stage.caller_says("I'd like to see um", 900)
    while not stage.heard_frames and stage.now_ms < ended_ms + 5000:
        at = int(stage.now_ms - ended_ms) * 8
        stage.session.handle(Media("MZ0", soft[at : at + FRAME_BYTES], "inbound", 1, int(stage.now_ms)), stage.now_ms)
        stage.run(20)
    assert stage.now_ms - ended_ms <= 2100


# Fillers


def test_nothing_fills_a_silence_that_her_own_words_have_filled() -> None:
    stage = waits_for_a_tool("Let me look that up for you.", tool_ms=800)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.mouth.said == ["Let me look that up for you.", "Friday is free."]


def test_a_tool_that_takes_long_is_covered_again_and_in_other_words() -> None:
    stage = waits_for_a_tool(tool_ms=12_000)
    stage.run_until(lambda: bool(stage.journal.turns))
    *fillers, answer = stage.mouth.said
    assert answer == "Friday is free." and len(fillers) >= 3 and set(fillers) <= FILLERS
    assert fillers[0] in LINES.fillers and fillers[1] in LINES.second_fillers
    assert all(before != after for before, after in pairwise(fillers))


def test_one_turn_s_filler_is_not_the_next_one_s() -> None:
    stage = waits_for_a_tool(tool_ms=500)
    kept(stage, 1)
    stage.caller_says("Which slots are free?", 900)
    stage.run_until(lambda: len(stage.journal.turns) == 2)
    first, _, second, _ = stage.mouth.said
    assert {first, second} <= FILLERS and first != second


def test_nothing_fills_the_silence_while_the_caller_speaks() -> None:
    stage = waits_for_a_tool(tool_ms=9000)
    stage.run_until(lambda: bool(stage.heard_frames) and not stage.lilly_speaks)
    stage.ears.lost_finals = 1
    stage.begins_to_say("", 3500)
    stage.run(200)
    sent = len([at for at, kind in stage.sent if kind == "media"])
    stage.run(3300)
    assert len([at for at, kind in stage.sent if kind == "media"]) == sent


# Barge-in


def test_what_is_made_while_she_is_held_is_heard_once_she_goes_on() -> None:
    stage = Stage()
    stage.mind.answers = [("doctors", [ClauseReady("We have two doctors for you, and both are free.")])]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(800)
    stage.begins_to_say("Mm-hmm.", 300)
    stage.run(200)
    reply = stage.session.speaker.reply
    assert reply is not None and stage.clears
    for event in (ClauseReady("Which one?"), RoundDone(Round("We have two doctors for you, and both are free. Which one?"))):
        stage.later(0, Thought(reply.id, event))
    stage.run(60)
    assert stage.mouth.said[-1] == "Which one?" and stage.mind.forgotten == []
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][1:] == ("We have two doctors for you, and both are free. Which one?", False)


def test_the_line_is_cleared_though_all_of_the_reply_has_been_sent() -> None:
    stage = Stage()
    stage.mind.answers = [("doctors", says("We have two doctors."))]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: any(kind == "mark" for _, kind in stage.sent))
    onset_ms = stage.now_ms
    stage.caller_says("No, wait.", 600)
    assert stage.clears and stage.clears[0] - onset_ms <= 150
    stage.run_until(lambda: len(stage.journal.turns) == 2)
    assert stage.journal.turns[0][2] and stage.journal.turns[1][0] == "No, wait."


def test_what_comes_late_of_an_old_turn_touches_nothing_of_the_new_one() -> None:
    stage = Stage()
    stage.mind.answers = [("doctors", says("We have three doctors for you, and all are free.")), ("Wait", says("Yes? | I am listening."))]
    stage.caller_says("Tell me about your doctors.", 900)
    stage.run_until(lambda: stage.lilly_speaks)
    stage.run(600)
    old = stage.session.speaker.reply
    assert old is not None
    stage.caller_says("Wait, stop.", 700)
    stage.run_until(lambda: stage.session.speaker.reply not in (None, old) and stage.lilly_speaks)
    (clause,) = old.clauses
    said = list(stage.mouth.said)
    for late in (
        Thought(old.id, ClauseReady("They are here every day.")),
        Thought(old.id, RoundDone(Round("", [ToolCall("c9", "end_call", "{}")]))),
        SpeechAudio(clause.id, loud_speech()[:8000]),
        SpeechDone(clause.id, cached=False),
        ToolDone("c9", {"ok": True, "state": "done"}),
    ):
        stage.session.handle(late, stage.now_ms)
    stage.run_until(lambda: len(stage.journal.turns) == 2)
    assert stage.mouth.said == said and stage.mind.ran == [] and stage.session.ended is None
    assert stage.journal.turns[1] == ("Wait, stop.", "Yes? I am listening.", False)
    assert 20 * len([at for at in stage.heard_frames if at > stage.clears[0]]) == pytest.approx(60 * len("Yes?I am listening."), abs=40)


# Noise, caps, goodbyes


def test_words_on_a_click_are_a_recogniser_s_invention() -> None:
    stage = Stage()
    stage.caller_says("Thank you for watching.", 60)
    stage.run(5000)
    assert (stage.journal.turns, stage.heard_frames, stage.messages) == ([], [], [])


@pytest.mark.parametrize("cap", ["turns", "length"])
def test_a_call_without_end_is_led_to_a_person(cap: str) -> None:
    stage = Stage()
    if cap == "turns":
        for turn in range(MOST_TURNS + 1):
            kept(stage, turn)
            stage.caller_says("Right.", 300)
    else:
        stage.now_ms += LONGEST_CALL_MS
        stage.session.advance(stage.now_ms)
    stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "too_long" and stage.journal.turns[-1][1] == LINES.long_goodbye


def test_a_goodbye_is_over_though_no_mark_ever_comes_back() -> None:
    stage = Stage()
    stage.mind.answers = [("that's all", says("Goodbye, and thank you for calling.", ToolCall("c", "end_call", "{}")))]
    stage.returns_marks = False
    stage.caller_says("No thank you, that's all.", 900)
    waited_ms = stage.run_until(lambda: stage.session.ended is not None)
    assert stage.session.ended == "goodbye" and stage.now_ms >= max(stage.heard_frames) and waited_ms < GOODBYE_MS
