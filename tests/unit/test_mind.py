"""The rule-based mind where things go wrong: failing tools, speech that was cut off, words that make no sense, missing tools."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.agent.prompt import Situation, system_prompt
from ivr.offline.mind import reply
from ivr.offline.mind.conversation import read
from ivr.offline.mind.phrases import LINES, QUESTIONS, asked_in
from tests.unit import front_desk
from tests.unit.front_desk import NOW, SCHEMAS, Caller, FrontDesk, moments, prompt, usual_slots

CARDIOLOGIST = "Do you have a cardiologist tomorrow afternoon?"
MARIA = "My name is Maria Gonzalez, date of birth March 4, 1982."
PENDING = {"ok": True, "state": "pending"}


def failure(code: str, retryable: bool = False) -> dict[str, Any]:
    """A tool's failure."""
    return {"ok": False, "error": {"code": code, "message": "It did not work.", "retryable": retryable}}


def desk_refusing(**refusals: dict[str, Any]) -> FrontDesk:
    """A front desk whose tools answer so once before they work."""
    return FrontDesk(free=usual_slots(), refusals={name: [refusal] for name, refusal in refusals.items()})


def caller_with_choice(desk: FrontDesk | None = None) -> Caller:
    """A caller who has chosen three o'clock tomorrow and is asked who they are."""
    caller = Caller(desk)
    caller.says(CARDIOLOGIST)
    caller.says("three o'clock please")
    return caller


@pytest.mark.parametrize(
    ("clocks", "told"),
    [
        (["14:30"], "Dr. Samir is available at 2:30 PM."),
        (["11:30", "12:30"], "Dr. Samir is available at 11:30 AM and 12:30 PM."),
        (["09:00", "10:30", "11:00"], "Dr. Samir is available at 9:00 and 10:30 AM."),
    ],
)
def test_times_are_told_as_people_tell_them(clocks: list[str], told: str) -> None:
    caller = Caller(FrontDesk(free=[(1, at) for at in moments(1, *clocks)]))
    assert told in caller.says("Do you have a cardiologist tomorrow?").text


def test_a_yes_to_a_single_time_takes_it() -> None:
    caller = Caller(FrontDesk(free=[(1, at) for at in moments(1, "14:30")]))
    caller.says(CARDIOLOGIST)
    assert "full name" in caller.says("Yes, go ahead and confirm it.").text


def test_it_reads_the_real_prompt() -> None:
    situation = Situation("Lakeside", "2 Lake Road", "112", NOW, "es", ("en", "es"), True, "Maria Gonzalez")
    facts = read([{"role": "system", "content": system_prompt(situation)}]).facts
    assert (facts.hospital, facts.address, facts.emergency_number) == ("Lakeside", "2 Lake Road", "112")
    assert (facts.now, facts.language, facts.languages, facts.patient) == (NOW, "es", ("en", "es"), "Maria Gonzalez")


def test_a_slot_taken_meanwhile_is_regretted_and_others_are_offered() -> None:
    caller = caller_with_choice(desk_refusing(book_appointment=failure("slot_taken")))
    turn = caller.says(MARIA)
    assert turn.text == (
        "I'm sorry, that time has just been taken. Dr. Samir is available tomorrow at 2:30 PM and 3:30 PM. Would you like me to book it?"
    )
    assert caller.says("the first one").text.startswith("You're booked with Dr. Samir tomorrow at 2:30 PM.")


def test_a_pending_booking_is_never_called_booked() -> None:
    turn = caller_with_choice(desk_refusing(book_appointment=PENDING)).says(MARIA)
    assert "being processed" in turn.text
    assert "booked" not in turn.text.lower()


def test_the_telephone_number_is_asked_for_when_needed_and_again_when_impossible() -> None:
    desk = FrontDesk(free=usual_slots(), refusals={"identify_patient": [failure("phone_needed"), failure("phone_invalid")]})
    caller = caller_with_choice(desk)
    assert caller.says(MARIA).text == "Thank you. What is your phone number, please?"
    again = caller.says("My phone number is five five five, zero one nine nine, eight two three four.")
    assert again.text == "I'm sorry, that number doesn't seem right. Could you tell me your phone number again, please?"
    assert again.calls[0].arguments["phone"] == "55501998234"
    assert caller.says("five five five, zero one nine, nine eight two three").calls[0].arguments["phone"] == "5550199823"


def test_an_impossible_date_of_birth_is_asked_for_again() -> None:
    caller = caller_with_choice(desk_refusing(identify_patient=failure("date_of_birth_invalid")))
    assert "month, day and year" in caller.says(MARIA).text
    assert caller.says("March 5, 1983").calls[0].arguments["date_of_birth"] == "1983-03-05"


def test_a_patient_who_is_busy_then_is_asked_for_another_time() -> None:
    caller = caller_with_choice(desk_refusing(book_appointment=failure("patient_busy")))
    assert caller.says(MARIA).text == "I'm sorry, you already have an appointment at that time. What day or time would suit you?"
    assert caller.says("two thirty").calls[0].arguments["slot_id"] == 1


def test_a_failed_call_is_not_repeated_before_the_caller_agrees() -> None:
    caller = Caller(desk_refusing(list_slots=failure("internal", retryable=True)))
    turn = caller.says(CARDIOLOGIST)
    assert turn.names == ["list_slots"]
    assert turn.text == "I'm sorry, something went wrong on my side. Shall I try again?"
    assert "Dr. Samir is available" in caller.says("Yes please.").text


def test_a_tool_that_never_works_does_not_make_a_loop() -> None:
    desk = FrontDesk(free=usual_slots(), refusals={"book_appointment": [failure("not_identified")] * 9})
    turn = caller_with_choice(desk).says(MARIA)
    assert turn.names == ["identify_patient", "book_appointment"]
    assert "something went wrong" in turn.text


def test_an_unknown_doctor_or_specialty_is_said_to_be_unknown() -> None:
    caller = Caller()
    assert (
        caller.says("I want to see Dr. House").text == "I'm sorry, I can't find Dr. House here. Which doctor or specialty would you like?"
    )
    assert "we don't have that specialty" in caller.says("a psychiatrist").text
    assert "Dr. Kim is available" in caller.says("a dermatologist then").text


def test_somebody_without_appointments_is_told_so_by_name() -> None:
    caller = Caller()
    caller.says("Please cancel my appointment.")
    assert caller.says(MARIA).text.startswith("I don't see any coming appointments for Maria Gonzalez.")


def test_an_offer_that_was_cut_off_is_repeated_whole_and_can_still_be_taken() -> None:
    caller = Caller()
    whole = caller.says(CARDIOLOGIST).text
    caller.hears_only("Yes! Dr. Samir is available at")
    assert caller.says("Can you repeat that please?").text == whole
    caller.hears_only("Yes! Dr. Samir")
    assert "full name" in caller.says("two thirty").text


def test_saying_yes_over_the_confirmation_books_nothing_twice() -> None:
    caller = caller_with_choice()
    confirmation = caller.says(MARIA).text
    caller.hears_only("You're booked with")
    turn = caller.says("yes yes")
    assert (turn.text, turn.calls) == (confirmation, [])


def test_a_confirmation_that_was_not_heard_at_all_is_said_first() -> None:
    caller = caller_with_choice()
    confirmation = caller.says(MARIA).text
    del caller.messages[-1]
    assert caller.says("Hello?").text == confirmation


def test_an_offer_that_was_not_heard_at_all_is_made_again() -> None:
    caller = Caller()
    caller.says(CARDIOLOGIST)
    del caller.messages[-1]
    turn = caller.says("Hello?")
    assert "Dr. Samir is available at 2:30 and 3:00 PM" in turn.text
    assert turn.calls == []


def test_a_time_can_still_be_corrected_while_the_name_is_being_asked_for() -> None:
    caller = caller_with_choice()
    caller.says("Sorry, I meant two thirty.")
    assert caller.says(MARIA).calls[-1].arguments["slot_id"] == 1


def test_the_appointment_may_be_for_somebody_else() -> None:
    caller = caller_with_choice()
    caller.says("It's for my husband, Peter Miller.")
    assert caller.says("July 7th, 1950").calls[0].arguments["name"] == "Peter Miller"


def test_keys_choose_among_what_is_offered() -> None:
    caller = Caller()
    caller.says(CARDIOLOGIST)
    caller.says("[keys] 2")
    assert caller.says(MARIA).calls[-1].arguments["slot_id"] == 2


def test_what_was_just_booked_can_be_moved_and_cancelled_at_once() -> None:
    caller = caller_with_choice()
    caller.says(MARIA)
    assert caller.says("Can you move it to Thursday at nine?").names == ["list_slots", "reschedule_appointment"]
    assert caller.says("Cancel it").text.endswith("Should I cancel it?")
    assert caller.says("yes").names == ["cancel_appointment"]


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("words", ["to Thursday at three thirty?", "Thursday at 3.30", "on Thursday at 3:30."])
def test_the_appointment_that_was_named_is_moved_whatever_day_it_is(monkeypatch: pytest.MonkeyPatch, day: int, words: str) -> None:
    monkeypatch.setattr(front_desk, "NOW", front_desk.NOW + timedelta(days=day))
    soon = [at for ahead in range(2, 10) for at in moments(ahead, "10:00")]
    kims, chens = (next(at for at in soon if at.weekday() in days) for days in ((0, 1, 2), (4,)))
    booked = {1: (3, kims), 2: (5, chens), 3: (1, moments(1, "14:30")[0])}
    caller = Caller(FrontDesk(free=[(3, moments(1, "15:30")[0]), *usual_slots()], booked=booked))
    caller.says(f"Can you move my appointment with Dr. Kim {words}")
    assert caller.says("My name is Maria Gonzalez, date of birth March fourth 1982.").names[-1] == "reschedule_appointment"
    doctor, at = caller.desk.booked[1]
    assert (doctor, f"{at:%A %H:%M}") == (3, "Thursday 15:30")


def test_a_move_without_a_day_is_offered_and_not_taken_at_once() -> None:
    caller = Caller(FrontDesk(free=usual_slots(), booked={1: (3, moments(2, "09:00")[0])}))
    caller.says("Can you move my appointment to three thirty?")
    turn = caller.says(MARIA)
    assert turn.text.endswith("Dr. Kim is available on Tuesday, November 24, at 3:30 PM. Would you like me to move it there?")
    assert caller.says("Yes please.").names == ["reschedule_appointment"]


def test_an_identified_caller_is_not_asked_again() -> None:
    caller = Caller(FrontDesk(free=usual_slots(), patient="Maria Gonzalez"))
    caller.says(CARDIOLOGIST)
    assert caller.says("the first one").names == ["book_appointment"]


def test_another_name_is_looked_up_again() -> None:
    caller = caller_with_choice()
    caller.says(MARIA)
    caller.says("My name is John Smith, born May 5, 1990, what appointments do I have?")
    assert [message["content"] for message in caller.messages if message["role"] == "tool"][-2].count("John Smith") == 1


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What are your opening hours on Saturday?", "hours"),
        ("Where is the hospital located?", "location"),
        ("Do you have parking at the hospital?", "parking"),
        ("Do you accept Blue Cross insurance?", "insurance"),
    ],
)
def test_what_the_hospital_tells_of_itself_is_said_word_for_word(question: str, topic: str) -> None:
    asked = Caller(FrontDesk(known={topic: "The very words of the hospital."})).says(question)
    assert [call.arguments for call in asked.calls] == [{"topic": topic, "query": question}]
    assert asked.text == "The very words of the hospital. What can I do for you?"


def test_a_human_comes_from_a_tool() -> None:
    turn = Caller(FrontDesk()).says("Can I talk to the receptionist please?")
    assert (turn.text, turn.names) == ("", ["transfer_to_human"])


NOBODY = {"state": "will_be_called_back", "message": "They will call back."}


def test_where_nobody_can_be_reached_it_says_that_they_call_back() -> None:
    turn = Caller(FrontDesk(more_tools={"transfer_to_human": lambda _: NOBODY})).says("Can I speak to a real person?")
    assert turn.text.startswith("I'm sorry, nobody at the front desk can answer right now. They will call you back.")
    assert turn.names == ["transfer_to_human"]


def test_a_number_to_be_called_back_on_is_asked_for_and_passed_on() -> None:
    needed = {"ok": False, "error": {"code": "phone_needed", "message": "Ask for a number.", "retryable": False}}
    caller = Caller(FrontDesk(refusals={"transfer_to_human": [needed]}, more_tools={"transfer_to_human": lambda _: NOBODY}))
    assert caller.says("Can I speak to a real person?").text.endswith("What is your phone number, please?")
    turn = caller.says("[keys] 2025550143")
    assert turn.calls[0].arguments == {"reason": "Can I speak to a real person?", "phone": "2025550143"}
    assert "They will call you back." in turn.text


def test_without_such_tools_it_says_honestly_that_it_cannot() -> None:
    caller = Caller(FrontDesk(missing=("transfer_to_human",)))
    assert caller.says("Can I speak to a real person?").text.startswith("I'm sorry, I can't connect you right now.")
    assert caller.says("How much does a consultation with a neurologist cost?").text.startswith("I'm sorry, I can't tell you that.")
    assert caller.says("Are my blood test results ready?").text.startswith("I'm sorry, I don't have that information.")


def test_goodbye_is_said_before_the_call_is_ended_and_nothing_after() -> None:
    caller = Caller()
    turn = caller.says("Thanks, goodbye.")
    assert (turn.text, turn.names) == ("Thank you for calling. Goodbye!", ["end_call"])
    assert reply([prompt(), *caller.messages], caller.desk.tools()).text == ""


def test_nonsense_gets_a_different_answer_each_time() -> None:
    caller = Caller()
    answers = [caller.says(words).text for words in ("", "the the", "Amen, hum.")]
    assert len(set(answers)) == 3


def test_nothing_is_called_that_is_not_among_the_tools() -> None:
    for words in (CARDIOLOGIST, "Thanks, goodbye.", "Can I speak to a real person?"):
        answer = reply([prompt(), {"role": "user", "content": words}], [])
        assert answer.text and not answer.calls


def test_without_a_word_from_anyone_it_greets() -> None:
    assert reply([prompt()], []).text == "Hello, this is Lilly at Riverside Hospital. How can I help you?"


def test_the_language_follows_clear_words_and_is_not_changed_by_a_name() -> None:
    caller = Caller(language="es")
    assert caller.says("María González").text.startswith("Perdone")
    assert caller.says("Do you have a cardiologist tomorrow afternoon?").text.startswith("Yes!")
    assert caller.says("Do you speak Spanish?").text.startswith("Sí, hablo español")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_question_is_recognised_when_it_was_asked(language: str) -> None:
    for key, wordings in QUESTIONS[language].items():
        for wording in wordings:
            said = wording.format(times="2:30 or 3:00")
            assert asked_in(f"Of course. {said}") == key


def test_both_languages_say_the_same_things() -> None:
    assert LINES["en"].keys() == LINES["es"].keys()
    assert QUESTIONS["en"].keys() == QUESTIONS["es"].keys()


UTTERANCES = [
    CARDIOLOGIST, MARIA, "Yes please.", "No.", "The first one please.", "The second one please.", "Cancel it.",
    "Two thirty works for me.", "I need to cancel my appointment on Friday.",
    "Can you move my appointment with Dr. Kim to Thursday at 3.30?", "anything earlier?", "later",
    "Which doctors do you have in dermatology?", "No, the other doctor.", "What appointments do I have?", "Never mind.", "",
    "[keys] 2", "I want to reschedule my appointment please.", "I'd like to reschedule to any day after four p m.",
    "It's John Smith.", "May 5, 1990", "Is Doctor Rodriguez available on the twenty third of June?", "555 019 9823",
    "Do you speak Spanish?", "No, that's not what I said.", "Could you repeat that please?", "a psychiatrist",
    "Quiero cambiar mi cita.", "La primera, por favor.", "¿Qué médicos tienen en dermatología?",
    "Necesito cancelar mi cita del viernes.", "Sí, confírmela.", "Can I speak to a real person?", "Thanks.", "another day",
    "Thursday morning",
]  # fmt: skip


@given(st.lists(st.sampled_from(UTTERANCES), min_size=1, max_size=10), st.sampled_from(["en", "es"]), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_whatever_is_said_in_whatever_order_no_turn_goes_wrong(words: list[str], language: str, refusals: int) -> None:
    broken = [failure("slot_taken"), failure("internal"), PENDING][:refusals]
    desk = FrontDesk(free=usual_slots(), booked={1: (3, moments(2, "09:00")[0]), 2: (5, moments(5, "10:00")[0])})
    desk.refusals = {"book_appointment": list(broken), "list_slots": list(broken[1:2]), "cancel_appointment": list(broken[2:])}
    caller = Caller(desk, language)
    for said in words:
        before = len(desk.booked)
        turn = caller.says(said)
        assert turn.text or turn.names == ["transfer_to_human"], "what is said with a transfer is not the model's to say"
        assert all(set(call.arguments) <= set(SCHEMAS[call.name]["function"]["parameters"]["properties"]) for call in turn.calls)
        if "You're booked" in turn.text and "book_appointment" in turn.names:
            assert len(desk.booked) == before + 1


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered(words: str) -> None:
    messages: list[dict[str, Any]] = [prompt(), {"role": "user", "content": words}]
    before = copy.deepcopy(messages)
    answer = reply(messages, FrontDesk().tools())
    assert answer.text or answer.calls
    assert messages == before
    assert reply(messages, FrontDesk().tools()) == answer
