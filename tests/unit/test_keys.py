"""Which digits belong together, and how soon they are an answer."""

import pytest

from ivr.voice.keys import CHOICE_MS, OPERATOR_MS, PAUSE_MS, Keypad, calls_operator, offers_choice, pause_ms

BIRTH = "And your date of birth, please?"
PHONE = "What is your phone number, please?"
CHOICE = "Dr. Samir is available tomorrow at 2:30 and 3:00 PM. Would you like me to book it?"
PLAIN = "How can I help you?"


@pytest.mark.parametrize(
    ("digits", "asked", "expected_ms"),
    [
        ("03041982", BIRTH, 0),
        ("0304", BIRTH, PAUSE_MS),
        ("0", BIRTH, PAUSE_MS),
        ("2025550143", PHONE, 0),
        ("202555014", PHONE, PAUSE_MS),
        ("1202555014", PHONE, PAUSE_MS),
        ("12025550143", PHONE, 0),
        ("0034612345678", PHONE, PAUSE_MS),
        ("0", PHONE, PAUSE_MS),
        ("1", CHOICE, CHOICE_MS),
        ("2", CHOICE, CHOICE_MS),
        ("12", CHOICE, PAUSE_MS),
        ("1", PLAIN, PAUSE_MS),
        ("0", PLAIN, OPERATOR_MS),
        ("0", CHOICE, OPERATOR_MS),
        ("0", "", OPERATOR_MS),
        ("03", PLAIN, PAUSE_MS),
    ],
)
def test_more_digits_are_waited_for_by_what_was_asked(digits: str, asked: str, expected_ms: int) -> None:
    assert pause_ms(digits, asked, "en") == expected_ms


@pytest.mark.parametrize(
    ("digits", "asked", "expected_ms"),
    [
        ("04031982", "¿Y su fecha de nacimiento, por favor?", 0),
        ("2025550143", "¿Cuál es su número de teléfono, por favor?", 0),
        ("1", "Hay cita con el Dr. Kim mañana a las 14:30 y a las 15:00. ¿Quiere que la reserve?", CHOICE_MS),
    ],
)
def test_it_is_the_same_in_spanish(digits: str, asked: str, expected_ms: int) -> None:
    assert pause_ms(digits, asked, "es") == expected_ms


@pytest.mark.parametrize(("digits", "calls"), [("0", True), ("000", True), ("", False), ("03", False), ("10", False)])
def test_only_zeros_call_the_front_desk(digits: str, calls: bool) -> None:
    assert calls_operator(digits) is calls


@pytest.mark.parametrize(
    ("said", "offers"),
    [
        ("Dr. Kim is available at 9 AM and 10:30 AM.", True),
        ("Which one, 2:30 or 3:00?", True),
        ("Dr. Kim is available tomorrow at 2:30 PM.", False),
        ("How can I help you?", False),
    ],
)
def test_two_times_are_a_choice(said: str, offers: bool) -> None:
    assert offers_choice(said) is offers


def test_the_pause_counts_from_the_last_digit() -> None:
    keypad = Keypad()
    keypad.press("0", 1000)
    assert keypad.due_ms(PLAIN, "en") == 1000 + OPERATOR_MS
    keypad.press("3", 2000)
    assert keypad.due_ms(PLAIN, "en") == 2000 + PAUSE_MS
    assert keypad.take() == "03" and not keypad.digits


def test_a_hash_ends_what_was_typed_and_nothing_else() -> None:
    keypad = Keypad()
    keypad.press("#", 1000)
    keypad.press("4", 2000)
    assert keypad.due_ms(PHONE, "en") > 2000
    keypad.press("#", 2400)
    assert keypad.due_ms(PHONE, "en") == 2000
    assert keypad.take() == "4"
    keypad.press("5", 3000)
    assert keypad.due_ms(PHONE, "en") > 3000


def test_keys_beside_the_digits_are_no_part_of_an_answer_and_digits_without_end_are_one() -> None:
    keypad = Keypad()
    for key in "ABCD":
        keypad.press(key, 1000)
    assert not keypad.digits
    for _ in range(40):
        keypad.press("7", 1000)
    assert keypad.due_ms(PLAIN, "en") == 1000
