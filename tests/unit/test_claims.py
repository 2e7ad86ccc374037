"""What Lilly says to be done is told from what she asks, offers, denies and reads out; in both languages."""

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from ivr.agent.claims import GRAMMARS, claims, unproven
from ivr.agent.claims.grammar import Claim
from ivr.agent.claims.results import answers, facts
from ivr.agent.history import Round
from ivr.agent.lines import Lines, lines
from ivr.agent.model import ToolCall
from ivr.agent.sentences import ClauseCutter
from ivr.config import Settings
from tests.unit.front_desk import NOW, Caller, Dialogue
from tests.unit.test_mind_dialogues import DIALOGUES as IN_ENGLISH
from tests.unit.test_mind_dialogues_in_spanish import DIALOGUES as IN_SPANISH

CLAIMS: list[tuple[str, set[Claim]]] = [
    ("You're booked.", {"is_booked"}),
    ("You are booked with Dr. Samir tomorrow at 2:30 PM.", {"is_booked"}),
    ("I've booked you with Dr. Samir on Monday at 2:30 PM.", {"booked"}),
    ("I have booked it for you.", {"booked"}),
    ("I just booked that for you.", {"booked"}),
    ("I went ahead and booked the first one.", {"booked"}),
    ("Your appointment is booked for Friday, anything else?", {"is_booked"}),
    ("Your appointment with Dr. Kim has been scheduled.", {"is_booked"}),
    ("Great, your appointment is confirmed.", {"is_booked"}),
    ("It's confirmed for Friday at three.", {"is_booked"}),
    ("That's booked.", {"is_booked"}),
    ("Okay, it's all booked!", {"is_booked"}),
    ("is booked.", {"is_booked"}),
    ("I have you booked for Friday.", {"is_booked"}),
    ("I've got you booked in at nine.", {"is_booked"}),
    ("You have an appointment booked on Friday.", {"is_booked"}),
    ("Booked!", {"booked"}),
    ("Okay, booked for Friday at 3.", {"booked"}),
    ("Consider it booked.", {"is_booked"}),
    ("I can confirm that it's booked.", {"is_booked"}),
    ("I'm happy to say it's booked.", {"is_booked"}),
    ("Don't worry, it's booked.", {"is_booked"}),
    ("No problem, I've booked it.", {"booked"}),
    ("Friday at three is booked for you.", {"is_booked"}),
    ("I've put you down for Friday at three.", {"booked"}),
    ("You're down for nine o'clock.", {"booked"}),
    ("I've made the appointment for you.", {"booked"}),
    ("I have reserved 2:30 p.m. for you.", {"booked"}),
    ("Luis is booked for Friday.", {"is_booked"}),
    ("I've checked and your appointment is booked.", {"is_booked"}),
    ("Your appointment is moved to Thursday.", {"moved"}),
    ("Your appointment has moved to Thursday.", {"moved"}),
    ("I've moved it to Thursday at 3:30 PM.", {"moved"}),
    ("We have rescheduled your visit.", {"moved"}),
    ("Your visit has now been rescheduled.", {"moved"}),
    ("I changed the time for you.", {"moved"}),
    ("Your appointment is now on Thursday.", {"moved"}),
    ("Your new appointment is on Thursday.", {"is_booked"}),
    ("I've cancelled your appointment.", {"cancelled"}),
    ("I canceled it.", {"cancelled"}),
    ("Your appointment with Dr. Chen on Friday is cancelled.", {"cancelled"}),
    ("It has been cancelled.", {"cancelled"}),
    ("Cancelled it is.", {"cancelled"}),
    ("Done, it's canceled.", {"done", "cancelled"}),
    ("I've removed your appointment.", {"cancelled"}),
    ("You're all set.", {"done"}),
    ("All done!", {"done"}),
    ("Your appointment is all set for Friday.", {"done"}),
    ("I took care of that cancellation.", {"done"}),
    ("The cancellation is complete.", {"cancelled"}),
    ("I was able to book that for you.", {"booked"}),
    ("I was able to move it.", {"moved"}),
    ("I was able to cancel it.", {"cancelled"}),
    ("That's taken care of.", {"done"}),
    ("Su cita queda reservada con la doctora Kim.", {"is_booked"}),
    ("Su cita está reservada para el viernes.", {"is_booked"}),
    ("Le he reservado la cita.", {"booked"}),
    ("Ya le he reservado el viernes a las tres.", {"booked"}),
    ("Acabo de reservarle la cita.", {"booked"}),
    ("Su cita ha sido agendada.", {"is_booked"}),
    ("Su cita ha quedado confirmada.", {"is_booked"}),
    ("Tiene una cita reservada el viernes.", {"is_booked"}),
    ("Reservada para el viernes.", {"booked"}),
    ("Su cita queda para el viernes a las tres.", {"is_booked"}),
    ("No se preocupe, su cita está reservada.", {"is_booked"}),
    ("Su cita está reservada, ¿algo más?", {"is_booked"}),
    ("He cambiado su cita al jueves.", {"moved"}),
    ("Hemos movido su cita.", {"moved"}),
    ("Su cita ha sido cambiada al jueves.", {"moved"}),
    ("He pasado su cita al viernes.", {"moved"}),
    ("Su cita queda cambiada.", {"moved"}),
    ("He cancelado su cita.", {"cancelled"}),
    ("Su cita con el doctor Chen está cancelada.", {"cancelled"}),
    ("Queda anulada.", {"cancelled"}),
    ("Acabo de cancelarla.", {"cancelled"}),
    ("Se canceló su cita.", {"cancelled"}),
    ("Queda usted citada el jueves a las nueve.", {"is_booked"}),
    ("Perfecto, ya le agendé su cita.", {"booked"}),
    ("Todo listo.", {"done"}),
    ("Ya está hecho.", {"done"}),
]

HARMLESS = [
    "Shall I book it?",
    "Would you like me to book it?",
    "Would you like it booked for Friday,",
    "Would you like it cancelled or moved?",
    "Should I cancel it?",
    "Is it already booked?",
    "Have you booked with us before?",
    "Do you have an appointment booked with Dr. Kim?",
    "Once it is booked, I'll send you a text message.",
    "I'll text you when it's booked.",
    "As soon as it's confirmed, you will get a text message.",
    "I can't say it's booked yet.",
    "It isn't booked yet.",
    "Nothing has been booked.",
    "Your appointment has not been cancelled.",
    "I haven't moved it.",
    "I couldn't get it booked.",
    "It will be booked in a moment.",
    "Your request will be confirmed by text message.",
    "It can be moved to Thursday.",
    "The visit can be moved without any trouble at all.",
    "They moved it to the garden annex.",
    "I'll get that booked for you.",
    "Let me get you booked in.",
    "I'd be happy to have it moved.",
    "I'm booking it now.",
    "I'm still confirming it, and I will send you a text message.",
    "Let me check that it's booked.",
    "I'd like to make sure you're booked with the right doctor.",
    "That time has just been booked by someone else.",
    "I wasn't able to book it.",
    "I don't see any appointments booked under your name.",
    "Appointments can be cancelled up to a day before.",
    "Which appointment would you like moved?",
    "If you want it cancelled, just tell me.",
    "If it is booked and confirmed, you'll hear from us.",
    "You'd like it moved to Thursday.",
    "You said it was booked.",
    "Dr. Kim is fully booked this week.",
    "Dr. Kim is booked on Friday.",
    "Friday is booked up.",
    "She's booked until Thursday.",
    "That time is already booked.",
    "All of those slots are booked.",
    "We moved to Elm Street last year.",
    "Have you changed your mind?",
    "I've changed your phone number.",
    "I've confirmed your date of birth.",
    "Your name is confirmed.",
    "Booked appointments can be moved by phone.",
    "Your booked appointment is on Friday.",
    "I made a mistake.",
    "I've put you down on the wait-list.",
    "That's done at the front desk.",
    "Your appointment with Dr. Kim is on Tuesday at 9:00 AM.",
    "Dr. Samir is available tomorrow at 2:30 PM.",
    "May I have your name and date of birth?",
    "Of course.",
    "¿Quiere que la reserve?",
    "¿Está reservada su cita?",
    "¿Desea que su cita sea cancelada,",
    "Cuando esté reservada, le enviaré un mensaje.",
    "Una vez reservada, recibirá un mensaje.",
    "En cuanto esté confirmada se lo digo.",
    "Todavía no está reservada.",
    "No he cancelado su cita.",
    "Su cita será cancelada.",
    "Puede ser cambiada al jueves.",
    "Voy a reservarla ahora.",
    "La estoy reservando.",
    "Si quiere, la cancelo.",
    "Lo siento, no se pudo reservar.",
    "No veo ninguna cita reservada a su nombre.",
    "Esa hora ya está reservada.",
    "La doctora Kim está ocupada el viernes.",
    "El viernes está todo reservado.",
    "¿Ha cambiado de opinión?",
    "Sigo confirmándolo y le enviaré un mensaje.",
    "Su cita con la doctora Kim es el martes a las nueve.",
    "La semana pasada estuvo cerrado.",
    "Hay cita con la doctora Kim el lunes a las nueve.",
]


@pytest.mark.parametrize(("clause", "claimed"), CLAIMS)
def test_a_claim_is_noticed(clause: str, claimed: set[Claim]) -> None:
    assert claims(clause) == claimed


@pytest.mark.parametrize("clause", HARMLESS)
def test_what_only_mentions_it_is_none(clause: str) -> None:
    assert claims(clause) == set()


def test_every_language_that_can_be_configured_is_known() -> None:
    assert set(Settings().hospital_languages) <= set(GRAMMARS)


@pytest.mark.parametrize("language", GRAMMARS)
def test_what_she_says_without_the_model_claims_nothing(language: str) -> None:
    fixed = lines(language, "Mercy", "911", front_desk=True)
    assert len(fields(Lines)) > 10
    assert [text for text in fixed.all() if claims(text)] == []


def after(tool: str, **result: Any) -> list[Round]:
    """A round in which one tool has answered."""
    return [Round("", [ToolCall("c1", tool, "{}")], {"c1": result})]


BOOKED = {"ok": True, "state": "done", "appointment": {"appointment_id": 1, "status": "booked"}}
LISTED = {"ok": True, "appointments": [{"appointment_id": 1, "status": "booked"}]}


@pytest.mark.parametrize(
    ("clause", "rounds", "caught"),
    [
        ("I've booked it.", [], True),
        ("I've booked it.", after("book_appointment", **BOOKED), False),
        ("You're all set.", after("book_appointment", **BOOKED), False),
        ("I've booked it.", after("book_appointment", ok=True, state="pending"), True),
        ("I've booked it.", after("book_appointment", ok=False, error={"code": "slot_taken"}), True),
        ("I've booked it.", after("list_slots", ok=True, slots=[]), True),
        ("I've booked it.", after("cancel_appointment", **BOOKED), True),
        ("I've booked it.", [Round("", [ToolCall("c1", "book_appointment", "{}")])], True),
        ("You have an appointment booked on Friday.", after("list_my_appointments", **LISTED), False),
        ("Your appointment is booked for Friday.", after("list_my_appointments", **LISTED), False),
        ("I've booked it.", after("list_my_appointments", **LISTED), True),
        ("You have an appointment booked on Friday.", after("list_my_appointments", ok=True, appointments=[]), True),
        ("You're already booked at that time.", after("book_appointment", ok=False, error={"code": "patient_busy"}), False),
        ("It's moved to Thursday.", after("reschedule_appointment", **BOOKED), False),
        ("You're booked for Thursday.", after("reschedule_appointment", **BOOKED), False),
        ("It's moved to Thursday.", after("book_appointment", **BOOKED), True),
        ("It's cancelled.", after("reschedule_appointment", **BOOKED), True),
        ("It's cancelled.", after("cancel_appointment", **BOOKED), False),
        ("It's been cancelled already.", after("cancel_appointment", ok=False, error={"code": "already_cancelled"}), False),
        ("Queda reservada.", [], True),
        ("Queda reservada.", after("book_appointment", **BOOKED), False),
        ("He cancelado su cita.", after("book_appointment", **BOOKED), True),
        ("All done, you're on the wait-list.", after("join_waitlist", ok=True, state="waiting"), False),
    ],
)
def test_a_claim_needs_its_result_in_this_turn(clause: str, rounds: list[Round], caught: bool) -> None:
    assert unproven(clause, rounds) is caught


VISIT = {"appointment_id": 1, "doctor": "Dr. Samir", "date": "2026-11-24", "weekday": "Tuesday", "time": "09:00", "status": "booked"}
MADE = {"ok": True, "state": "done", "appointment": VISIT}
PENDING = {"ok": True, "state": "pending"}
REFUSED = {"ok": False, "error": {"code": "appointment_past"}}
BEFORE = after("book_appointment", **MADE)
WAITING = after("join_waitlist", ok=True, state="waiting")


@pytest.mark.parametrize(
    "caller",
    [
        "No, that's all, thank you.",
        "Thank you so much, bye!",
        "Okay, perfect, goodbye.",
        "Great, thanks, have a nice day.",
        "Perfecto, muchas gracias, hasta luego.",
        "No.",
        "No, gracias, eso es todo.",
        "Muchas gracias, adiós.",
        None,
    ],
)
def test_all_set_may_be_said_at_the_goodbye_after_what_was_done_before(caller: str | None) -> None:
    for clause in ("You're all set.", "You're all set for Tuesday at nine.", "See you on Tuesday!", "Todo listo.", "Your visit is booked."):
        assert not unproven(clause, [], BEFORE, caller)
    assert unproven("You're all set for Wednesday.", [], BEFORE, caller)
    assert unproven("You're all set.", [], after("list_slots", ok=True), caller)
    assert unproven("You're all set.", [], after("book_appointment", **PENDING), caller)


@pytest.mark.parametrize(
    "caller",
    [
        "Cancel it.",
        "Can you move it to Thursday?",
        "Yes, please.",
        "Okay, thank you.",
        "Today.",
        "In the evening, thank you.",
        "Hoy, gracias.",
        "The first one, thanks.",
        "Cancele la cita, gracias.",
        "Sí, por favor.",
    ],
)
@pytest.mark.parametrize("clause", ["Done!", "You're all set.", "It's booked.", "I've booked it.", "¡Listo!"])
def test_an_earlier_success_is_no_ground_where_the_caller_asks_for_something(caller: str, clause: str) -> None:
    assert unproven(clause, [], BEFORE, caller)


@pytest.mark.parametrize("now", [PENDING, REFUSED])
@pytest.mark.parametrize("clause", ["You're all set.", "All done.", "You're booked with Dr. Samir on Tuesday at nine."])
def test_an_earlier_success_is_no_ground_where_something_was_tried_in_vain(now: dict[str, Any], clause: str) -> None:
    rounds = after("cancel_appointment", **now)
    assert unproven(clause, rounds, [*BEFORE, *rounds], "Thank you.")


def test_what_was_tried_last_decides_and_nothing_is_left_open() -> None:
    taken, made, open_still = (after("book_appointment", **result) for result in (REFUSED, MADE, PENDING))
    made[0].calls[0] = ToolCall("c1", "book_appointment", '{"slot_id": 2}')
    assert not unproven("All done.", [*taken, *made])
    assert unproven("All done.", [*made, *taken])
    assert unproven("All done.", [*open_still, *made])
    assert unproven("That's taken care of.", [*WAITING, *open_still])


def test_a_place_on_the_wait_list_is_no_visit() -> None:
    assert not unproven("All done, you're on the wait-list for Tuesday.", WAITING)
    assert not unproven("That's taken care of.", WAITING)
    for clause in ("Your appointment is all set.", "You're all set for Tuesday.", "Su cita está lista."):
        assert unproven(clause, WAITING)


@pytest.mark.parametrize("caller", ["When is my appointment?", "¿Cuándo es mi cita?", "Is it booked?", "What did you just say?"])
def test_what_was_booked_in_this_call_may_be_told_again(caller: str) -> None:
    for clause in ("Your appointment is booked for Tuesday at nine.", "Su cita está reservada para el martes a las nueve."):
        assert not unproven(clause, [], BEFORE, caller)
        assert not unproven(clause, [], after("list_my_appointments", ok=True, appointments=[VISIT]), caller)
    for clause in (
        "Your appointment is booked.",
        "You're booked for Tuesday at ten.",
        "Su cita está reservada para el jueves a las nueve.",
    ):
        assert unproven(clause, [], BEFORE, caller)


def test_what_has_been_undone_or_is_somebody_elses_is_not_told_again() -> None:
    told = "Your appointment is booked for Tuesday at nine."
    moved = after("reschedule_appointment", **MADE | {"appointment": VISIT | {"appointment_id": 2, "time": "10:00"}})
    moved[0].calls[0] = ToolCall("c1", "reschedule_appointment", '{"appointment_id": 1, "slot_id": 7}')
    assert unproven(told, [], [*BEFORE, *after("cancel_appointment", **MADE)], "When is it?")
    assert unproven(told, [], [*BEFORE, *moved], "When is it?")
    assert not unproven("Your appointment is booked for Tuesday at ten.", [], [*BEFORE, *moved], "When is it?")
    assert unproven(told, [], [*BEFORE, *after("identify_patient", ok=True)], "And my son?")


def rounds_of_last_turn(caller: Caller) -> Iterator[tuple[str, list[Round]]]:
    """Each answer of the model to the last utterance, with the rounds that came before it."""
    spoken = max(index for index, message in enumerate(caller.messages) if message["role"] == "user")
    rounds: list[Round] = []
    for message in caller.messages[spoken + 1 :]:
        if message["role"] == "assistant":
            yield message["content"] or "", list(rounds)
            made = message.get("tool_calls", [])
            rounds.append(Round("", [ToolCall(call["id"], call["function"]["name"], "") for call in made]))
        else:
            rounds[-1].results[message["tool_call_id"]] = json.loads(message["content"])


@pytest.mark.parametrize("dialogue", [*IN_ENGLISH, *IN_SPANISH], ids=lambda dialogue: dialogue.name)
def test_an_honest_receptionist_is_never_caught(dialogue: Dialogue) -> None:
    caller = Caller(dialogue.desk(), dialogue.language)
    for step in dialogue.steps:
        caller.says(step.caller)
        for text, rounds in rounds_of_last_turn(caller):
            cutter = ClauseCutter()
            clauses = [*cutter.feed(text), *cutter.flush()]
            assert [one for n, one in enumerate(clauses) if unproven(one, rounds, today=NOW.date(), said=clauses[:n])] == []


def test_somebody_who_lies_is_always_caught() -> None:
    """The honest receptionist's own words, without the results that bear them out."""
    told = 0
    for dialogue in [*IN_ENGLISH, *IN_SPANISH]:
        caller = Caller(dialogue.desk(), dialogue.language)
        for step in dialogue.steps:
            caller.says(step.caller)
            for text, rounds in rounds_of_last_turn(caller):
                if any(fact.claims & {"booked", "moved", "cancelled"} for fact in facts(answers(rounds))):
                    told += 1
                    assert unproven(text, []), text
    assert told >= 10
