"""Following the caller's language."""

import pytest

from ivr.agent.language import CallerLanguage


def heard(*utterances: str, language: str = "en") -> str:
    caller = CallerLanguage(("en", "es"), language)
    for words in utterances:
        caller.hear(words)
    return caller.language


@pytest.mark.parametrize(
    "words",
    [
        "¿Tienen un cardiólogo mañana por la tarde?",
        "Hola, quisiera pedir una cita.",
        "Necesito cancelar mi cita del viernes.",
        "Do you speak Spanish?",
    ],
)
def test_one_clear_utterance_or_a_request_is_enough(words: str) -> None:
    assert heard(words) == "es"


@pytest.mark.parametrize("words", ["Maria Gonzalez.", "Lucía Fernández", "No.", "Doctor Rodriguez", "Hospital.", "555 0199", ""])
def test_a_name_or_a_cognate_changes_nothing(words: str) -> None:
    assert heard(words, words) == "en"
    assert heard("Quisiera pedir una cita con el doctor.", words, words) == "es"


def test_two_short_utterances_change_it_and_one_does_not() -> None:
    assert heard("Gracias.") == "en"
    assert heard("Hola.", "Gracias.") == "es"


def test_it_goes_back_when_the_caller_does() -> None:
    assert heard("Quisiera una cita por favor.", "I'd like to speak with the doctor please.") == "en"
    assert heard("Quisiera una cita por favor.", "Can we speak in English?") == "en"


def test_a_hospital_of_one_language_stays_with_it() -> None:
    caller = CallerLanguage(("en",), "en")
    assert caller.hear("Quisiera pedir una cita por favor.") == "en" and caller.is_certain
