"""Nobody hears that something is done before it is, whatever the model says."""

import pytest

from ivr.agent.claims import CORRECTION
from ivr.agent.lines import lines
from ivr.agent.model import ToolCall
from tests.unit.stage import Stage, says

LINES = lines("en", "Riverside General Hospital", "911")
PLEASE = "The first one please."
BOOK = ToolCall("call_1", "book_appointment", '{"slot_id": 1}')
VISIT = {"appointment_id": 1, "doctor": "Dr. Samir", "date": "2026-11-24", "weekday": "Tuesday", "time": "14:30", "status": "booked"}
MADE = {"ok": True, "state": "done", "appointment": VISIT}
PENDING = {"ok": True, "state": "pending"}
TAKEN = {"ok": False, "error": {"code": "slot_taken", "message": "That time has just been taken."}}


def after_asking(stage: Stage, text: str = PLEASE) -> None:
    """The caller says something, and hears the reply out."""
    turns = len(stage.journal.turns)
    stage.caller_says(text, 900)
    stage.run_until(lambda: len(stage.journal.turns) > turns)


def test_what_is_done_is_said_at_once() -> None:
    stage = Stage()
    stage.mind.answers = [("first one", says("Of course.", BOOK)), ("tool:", says("You're booked. | Anything else?"))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, "Of course. You're booked. Anything else?", False)]
    assert len(stage.mind.asked) == 2


@pytest.mark.parametrize("claim", ["I've booked it for you.", "Your appointment is booked.", "Su cita queda reservada."])
def test_a_claim_without_a_result_is_never_spoken_and_the_model_is_asked_again(claim: str) -> None:
    stage = Stage()
    stage.mind.answers = [("first one", says(f"Of course. | {claim} | Anything else?")), ("system:", says("Shall I book it?"))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, "Of course. Shall I book it?", False)]
    assert stage.mouth.said == ["Of course.", "Shall I book it?"]
    assert stage.mind.asked[1] == [
        {"role": "user", "content": PLEASE},
        {"role": "assistant", "content": "Of course."},
        {"role": "system", "content": CORRECTION},
    ]
    assert "withheld" in stage.journal.replies[0].tricks


def test_what_was_never_said_is_not_remembered() -> None:
    stage = Stage()
    stage.mind.answers = [("first one", says("It's booked.")), ("system:", says("Shall I book it?"))]
    after_asking(stage)
    assert [message["content"] for message in stage.messages] == [PLEASE, "Shall I book it?"]


def test_a_model_that_insists_is_replaced_by_a_line_that_is_true() -> None:
    stage = Stage()
    stage.mind.answers = [("", says("It's booked."))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, LINES.unproven, False)]
    assert len(stage.mind.asked) == 2


def test_corrected_the_model_may_still_do_it_and_then_say_so() -> None:
    stage = Stage()
    stage.mind.answers = [("first one", says("It's booked.")), ("system:", says("", BOOK)), ("tool:", says("It's booked."))]
    after_asking(stage)
    assert stage.mind.ran == ["book_appointment"]
    assert stage.journal.turns == [(PLEASE, "It's booked.", False)]


def test_a_claim_before_its_own_tool_call_waits_for_the_result() -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = TAKEN
    stage.mind.answers = [("first one", says("Sure. | I've booked it.", BOOK)), ("tool:", says("I'm sorry, it is gone."))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, "Sure. I'm sorry, it is gone.", False)]
    assert len(stage.mind.asked) == 2, "the tool's result is correction enough"


@pytest.mark.parametrize("result", [PENDING, TAKEN])
def test_a_pending_or_refused_request_is_no_ground_for_a_claim(result: dict[str, object]) -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = result
    honest = "I'm still confirming it, and will text you."
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says("It's booked.")), ("system:", says(honest))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, honest, False)]


def test_nobody_is_bidden_goodbye_after_words_that_were_withheld() -> None:
    stage = Stage()
    goodbye = says("It's booked. | Goodbye!", ToolCall("call_9", "end_call", "{}"))
    stage.mind.answers = [("first one", goodbye), ("system:", says("Shall I book it?"))]
    after_asking(stage)
    stage.run(1000)
    assert stage.journal.turns[0] == (PLEASE, "Shall I book it?", False)
    assert stage.session.ended is None and stage.mind.ran == []


def test_the_next_turn_needs_a_result_of_its_own() -> None:
    stage = Stage()
    stage.mind.answers = [("Monday", says("I've booked that, too.")), ("first one", says("", BOOK)), ("tool:", says("It's booked."))]
    after_asking(stage)
    stage.mind.answers.insert(0, ("system:", says("Which time on Monday?")))
    after_asking(stage, "And Monday, please.")
    assert [heard for _, heard, _ in stage.journal.turns] == ["It's booked.", "Which time on Monday?"]


def test_who_talks_over_the_confirmation_is_told_again_and_nothing_is_booked_twice() -> None:
    stage = Stage()
    stage.mind.tool_ms = 900
    stage.mind.answers = [
        ("Yes", says("Yes, you're booked.")),
        ("first one", says("", BOOK)),
        ("tool:", says("Doctor Samir expects you tomorrow | and you're booked.")),
    ]
    stage.caller_says(PLEASE, 900)
    stage.run_until(lambda: bool(stage.mind.ran))
    stage.caller_says("Yes, yes, I said yes.", 900)
    stage.run_until(lambda: bool(stage.journal.turns) and not stage.journal.turns[-1][2])
    assert stage.journal.turns[-1][1] == "Yes, you're booked."
    assert stage.mind.ran == ["book_appointment"]


def test_a_guess_that_claims_something_is_corrected_once_it_is_certain() -> None:
    stage = Stage()
    stage.ears.delay_ms = stage.mind.delay_ms = 0
    stage.session.speaker.expected = "date"
    stage.mind.answers = [("first one", says("It's booked.")), ("system:", says("Shall I book it?"))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, "Shall I book it?", False)]
    assert "eager" in stage.journal.replies[0].tricks


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("You're booked with Dr. Kim at 2:30 PM.", "You're booked with Dr. Samir at 2:30 PM."),
        ("You're booked with Dr. Samir at 3:30 PM.", "You're booked with Dr. Samir at half past two."),
        ("Su cita queda reservada a las tres.", "Su cita queda reservada a las dos y media."),
        ("You're booked with Dr. Samir on Wednesday.", "You're booked with Dr. Samir on Tuesday."),
        ("You're booked tomorrow at 2:30 PM.", "You're booked the day after tomorrow at 2:30 PM."),
        ("Su cita queda reservada para el 3 de marzo.", "Su cita queda reservada para el 24 de noviembre."),
    ],
)
def test_another_doctor_day_or_time_than_the_one_booked_is_never_spoken(wrong: str, right: str) -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = MADE
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says(wrong)), ("system:", says(right))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, right, False)]
    assert wrong not in stage.mouth.said
    assert stage.mind.ran == ["book_appointment"]


@pytest.mark.parametrize("wrong", ["That's Friday at ten with Dr. Chen.", "Friday at ten.", "You'll see Dr. Chen."])
def test_after_the_claim_the_answer_tells_of_no_other_doctor_day_or_time(wrong: str) -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = MADE
    right = "That's Tuesday at half past two with Dr. Samir."
    told = f"You're booked. | {wrong} | Anything else?"
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says(told)), ("system:", says(right))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, f"You're booked. {right}", False)]
    assert wrong not in stage.mouth.said


def test_a_model_that_insists_on_another_day_leaves_it_at_what_is_true() -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = MADE
    wrong = "That's Friday at ten."
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says(f"You're booked. | {wrong}")), ("system:", says(wrong))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, "You're booked.", False)]


def test_after_the_claim_other_days_and_doctors_may_be_spoken_of() -> None:
    stage = Stage()
    stage.mind.results["book_appointment"] = MADE
    told = "You're booked. | We are closed on Friday. | Shall I look for a time with Dr. Chen, too?"
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says(told))]
    after_asking(stage)
    assert stage.journal.turns == [(PLEASE, told.replace(" | ", " "), False)]


def after_booking() -> Stage:
    """A call in which something has been booked."""
    stage = Stage()
    stage.mind.results["book_appointment"] = MADE
    stage.mind.answers = [("first one", says("", BOOK)), ("tool:", says("You're booked."))]
    after_asking(stage)
    return stage


@pytest.mark.parametrize("claim", ["Done!", "You're all set.", "All done.", "It's booked."])
def test_after_a_booking_the_next_wish_needs_its_own_result(claim: str) -> None:
    stage = after_booking()
    stage.mind.answers = [("Cancel it", says(claim)), ("system:", says("Shall I cancel it?"))]
    after_asking(stage, "Cancel it, please.")
    assert stage.journal.turns[-1][1] == "Shall I cancel it?"
    assert claim not in stage.mouth.said


@pytest.mark.parametrize("result", [PENDING, TAKEN])
def test_after_a_booking_a_move_that_is_not_done_is_not_covered_by_it(result: dict[str, object]) -> None:
    stage = after_booking()
    stage.mind.results["reschedule_appointment"] = result
    move = ToolCall("call_2", "reschedule_appointment", '{"appointment_id": 1, "slot_id": 2}')
    honest = "I can't say yet."
    stage.mind.answers = [("Thursday", says("", move)), ("tool:", says("You're all set.")), ("system:", says(honest))]
    after_asking(stage, "Move it to Thursday.")
    assert stage.journal.turns[-1][1] == honest


def test_after_a_booking_the_goodbye_may_say_that_all_is_set() -> None:
    stage = after_booking()
    stage.mind.answers = [("that's all", says("You're all set. | See you on Tuesday!"))]
    after_asking(stage, "No, that's all, thank you.")
    assert stage.journal.turns[-1][1] == "You're all set. See you on Tuesday!"


def test_what_was_booked_is_told_again_when_asked_but_for_no_other_day() -> None:
    stage = after_booking()
    stage.mind.answers = [
        ("When", says("Your appointment is booked for Tuesday at 2:30 PM.")),
        ("sure", says("Your appointment is booked for Thursday at 2:30 PM.")),
        ("system:", says("It is on Tuesday.")),
    ]
    after_asking(stage, "When is my appointment?")
    after_asking(stage, "Are you sure?")
    assert [heard for _, heard, _ in stage.journal.turns[1:]] == ["Your appointment is booked for Tuesday at 2:30 PM.", "It is on Tuesday."]
