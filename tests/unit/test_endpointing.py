"""How long a silence ends an utterance."""

import pytest

from ivr.agent.expected_answer import ExpectedAnswer
from ivr.voice.endpointing import (
    LONGEST_MS,
    NAME_MS,
    OPEN_MS,
    PATIENT_MS,
    QUICK_MS,
    SENTENCE_MS,
    UNPUNCTUATED_MS,
    Endpointing,
    silence_needed_ms,
)


@pytest.mark.parametrize(
    ("text", "expected", "final", "needed_ms"),
    [
        ("Yes, please.", "yes_no", True, QUICK_MS),
        ("No.", "open", True, QUICK_MS),
        ("Do you have a cardiologist tomorrow afternoon?", "open", True, SENTENCE_MS),
        ("Do you have a cardiologist", "open", False, OPEN_MS),
        ("I'd like to see, um", "open", True, PATIENT_MS),
        ("I'd like an appointment with", "open", True, PATIENT_MS),
        ("I would like,", "open", True, PATIENT_MS),
        ("March fourth.", "date", True, PATIENT_MS),
        ("March 4, 1982.", "date", True, QUICK_MS),
        ("My name is Maria Gonzalez, date of birth March 4, 1982.", "date", True, QUICK_MS),
        ("March fourth nineteen eighty two.", "date", True, QUICK_MS),
        ("3/4/1982", "date", True, QUICK_MS),
        ("March 4, 1982.", "date", False, PATIENT_MS),
        ("555 0199", "number", True, PATIENT_MS),
        ("202 555 0143", "number", True, QUICK_MS),
        ("five five five zero one nine nine eight two three.", "number", True, QUICK_MS),
        ("five five five zero one nine nine eight two three", "number", True, UNPUNCTUATED_MS),
        ("March fourth nineteen eighty", "date", True, UNPUNCTUATED_MS),
        ("My phone number is 555.", "open", True, PATIENT_MS),
        ("My phone number is 202 555 0143.", "open", True, QUICK_MS),
        ("What is the phone number of the clinic?", "open", True, SENTENCE_MS),
        ("Sure, my date of birth, March fourth.", "yes_no", True, PATIENT_MS),
        ("Maria Gonzalez.", "name", True, NAME_MS),
        ("Maria", "name", True, PATIENT_MS),
        ("", "open", True, OPEN_MS),
        ("The morning works better for me.", "open", True, SENTENCE_MS),
        ("The morning works better for me", "open", False, PATIENT_MS),
        ("Two thirty, if I have the", "open", True, PATIENT_MS),
        ("I need an appointment", "open", True, PATIENT_MS),
        ("First name John, last name", "name", True, PATIENT_MS),
    ],
)
def test_english(text: str, expected: ExpectedAnswer, final: bool, needed_ms: int) -> None:
    assert silence_needed_ms(text, expected, "en", final=final) == needed_ms


@pytest.mark.parametrize(
    ("text", "expected", "needed_ms"),
    [
        ("Sí, por favor.", "yes_no", QUICK_MS),
        ("Nací el cuatro de marzo", "date", PATIENT_MS),
        ("El 4 de marzo de 1982.", "date", QUICK_MS),
        ("Quisiera una cita con el", "open", PATIENT_MS),
    ],
)
def test_spanish(text: str, expected: ExpectedAnswer, needed_ms: int) -> None:
    assert silence_needed_ms(text, expected, "es", final=True) == needed_ms


def test_a_recogniser_that_never_writes_a_full_stop_costs_no_patience() -> None:
    assert silence_needed_ms("I need an appointment", "open", "en", final=True, punctuates=False) == UNPUNCTUATED_MS


def test_a_fixed_silence_is_the_same_after_whatever_was_said() -> None:
    fixed = Endpointing(fixed_commit_ms=500, fixed_silence_ms=500)
    for text in ("Yes, please.", "I'd like to see, um"):
        assert fixed.commit_after_ms(text, "yes_no", "en") == 500
        assert fixed.silence_needed_ms(text, "date", "en", final=True, punctuates=True) == 500


def test_no_wait_is_longer_than_the_longest() -> None:
    assert max(QUICK_MS, SENTENCE_MS, OPEN_MS, NAME_MS, PATIENT_MS) <= LONGEST_MS
