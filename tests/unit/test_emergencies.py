"""An emergency is noticed without a model, in every language, and what is denied or long past is none."""

import pytest

from ivr.agent.emergencies import is_emergency
from ivr.agent.lines import lines
from tests.unit.stage import Stage

BOTH = ("en", "es")
TOLD = lines("en", "Riverside General Hospital", "911").emergency


@pytest.mark.parametrize(
    "said",
    [
        "I have chest pain and I can't breathe well.",
        "I think I'm having a heart attack.",
        "My father collapsed and he's not breathing.",
        "I took too many pills and I feel very sleepy.",
        "I want to hurt myself.",
        "My chest hurts and my left arm is numb",
        "there's a tightness in my chest",
        "she's having trouble breathing",
        "My wife is having a stroke!",
        "He won't wake up.",
        "No, he's not breathing!",
        "My son is choking.",
        "I am bleeding a lot",
        "The bleeding, it's so much, we can't stop the bleeding.",
        "I don't want to live. I want to kill myself.",
        "Her face is drooping and she has slurred speech.",
        "My throat is closing.",
        "This is an emergency.",
        "I need an ambulance right now",
        "I can't feel my legs.",
        "My wife is having contractions and her water broke.",
        "I fell down the stairs and I can't get up.",
        "Me duele mucho el pecho.",
        "Tengo un dolor fuerte en el pecho.",
        "Creo que me está dando un infarto",
        "Mi padre no respira.",
        "No puedo respirar bien.",
        "Mi hija se ha desmayado y no despierta.",
        "He tomado demasiadas pastillas.",
        "quiero quitarme la vida",
        "Es una emergencia.",
        "Creo que estoy teniendo un derrame.",
        "Me ahogo, por favor.",
        "Mi mujer ha roto aguas.",
        "Está sangrando mucho, por favor.",
    ],
)
def test_somebody_in_danger_is_noticed(said: str) -> None:
    assert is_emergency(said, BOTH)


@pytest.mark.parametrize(
    "said",
    [
        "I'd like to see a cardiologist about my blood pressure.",
        "I had a heart attack last year and need a check-up.",
        "I need a follow-up after my heart attack.",
        "It's not an emergency, I just need an appointment.",
        "No chest pain, just a cough.",
        "When is the emergency room open?",
        "Can I change my emergency contact?",
        "There is a history of stroke in my family.",
        "My knee hurts.",
        "I had a seizure as a child.",
        "I want to live closer to the hospital.",
        "Is this the hospital?",
        "I can't hear you.",
        "No es una emergencia.",
        "Tuve un infarto hace dos años y quiero una revisión.",
        "Quisiera una cita con el cardiólogo.",
        "¿Dónde está urgencias?",
        "No tengo dolor de pecho, solo tos.",
    ],
)
def test_what_is_denied_long_past_or_something_else_is_none(said: str) -> None:
    assert not is_emergency(said, BOTH)


def test_only_languages_that_she_speaks_are_looked_at() -> None:
    assert not is_emergency("Creo que es un infarto", ("en",))
    assert not is_emergency("I have chest pain", ("xx",))


def test_the_number_is_told_at_once_and_the_model_is_not_asked() -> None:
    stage = Stage()
    stage.caller_says("I have chest pain and I can't breathe.", 2000)
    assert stage.run_until(lambda: bool(stage.heard_frames)) < 600
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.mind.asked == []
    assert stage.journal.turns == [("I have chest pain and I can't breathe.", TOLD, False)]
    assert [message["role"] for message in stage.messages] == ["user", "assistant"]


def test_who_stays_on_the_line_is_helped_by_the_model_and_told_again_when_it_comes_back() -> None:
    stage = Stage()
    for words in ("I have chest pain.", "The chest pain began last week, I need an appointment.", "Now I can't breathe!"):
        stage.caller_says(words, 1500)
        stage.run(11_000)
    assert [heard for _, heard, _ in stage.journal.turns if heard in (TOLD, "I see.")] == [TOLD, "I see.", TOLD]


def test_an_emergency_over_her_words_stops_her() -> None:
    stage = Stage(greet=True)
    stage.run(1500)
    stage.caller_says("Help, my father collapsed and he's not breathing!", 1500)
    stage.run_until(lambda: len(stage.journal.turns) == 2)
    assert [interrupted for _, _, interrupted in stage.journal.turns] == [True, False]
    assert stage.journal.turns[1][1] == TOLD and stage.mind.asked == []


def test_it_is_told_in_the_caller_s_language() -> None:
    stage = Stage(language="es")
    stage.caller_says("Me duele mucho el pecho y no puedo respirar.", 2000)
    stage.run_until(lambda: bool(stage.journal.turns))
    assert stage.journal.turns[0][1].startswith("Si es una emergencia, cuelgue y marque el 911 ahora mismo.")
