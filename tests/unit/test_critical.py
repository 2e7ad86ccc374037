"""What must not be said wrongly is found in a text, and so is what is one patient's affair."""

import pytest

from ivr.voice.critical import critical_until, mentions, needs_checking, personal

NAMES = ["María González de la Cruz"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("At 2:30.", "en"),
        ("Dr. Samir is free.", "en"),
        ("How about Tuesday?", "en"),
        ("At one.", "en"),
        ("One P M works.", "en"),
        ("See you in May.", "en"),
        ("You're all set, it's cancelled.", "en"),
        ("Thank you, Maria.", "en"),
        ("Gonzalez, is that right?", "en"),
        ("Is that with a Z, as in Zuniga?", "en"),
        ("A la una.", "es"),
        ("Su cita está cancelada.", "es"),
        ("El miércoles por la mañana.", "es"),
        ("Tengo las tres libres.", "es"),
    ],
)
def test_numbers_dates_names_and_confirmations_are_checked(text: str, language: str) -> None:
    assert needs_checking(text, NAMES, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("One moment, please.", "en"),
        ("Of course. Let me look!", "en"),
        ("May I have your name?", "en"),
        ("I am sorry, I'm afraid that I can't.", "en"),
        ("That one works.", "en"),
        ("Good morning.", "en"),
        ("Un momento, por favor.", "es"),
        ("¿Quiere una cita?", "es"),
        ("De acuerdo, veo la agenda.", "es"),
    ],
)
def test_small_talk_is_not_checked(text: str, language: str) -> None:
    assert not needs_checking(text, NAMES, language)


@pytest.mark.parametrize(
    ("text", "critical"),
    [
        ("I've booked you with Doctor Samir, does that suit you?", "I've booked you with Doctor Samir"),
        ("At two in the afternoon, would that work?", "At two in the afternoon"),
        ("In the morning?", ""),
        ("How about ten A M or three P M then?", "How about ten A M or three P M"),
    ],
)
def test_a_text_must_be_exact_up_to_its_last_critical_word(text: str, critical: str) -> None:
    assert text[: critical_until(text)] == critical


def test_a_patient_is_mentioned_by_any_part_of_the_name() -> None:
    assert mentions("Thank you, gonzález.", NAMES)
    assert mentions("Maria, is that right?", NAMES)
    assert not mentions("De acuerdo, déjeme ver la agenda.", NAMES)
    assert not mentions("Mariana is not here.", NAMES)
    assert not mentions("Thank you.", [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you, Maria.", "en"),
        ("March fourth, nineteen eighty-two, is that right?", "en"),
        ("Your number is two zero two, five five five, zero one four three.", "en"),
        ("You were born in nineteen eighty-two?", "en"),
        ("Gracias, Lucía.", "es"),
        ("El doce de julio de mil novecientos noventa.", "es"),
    ],
)
def test_a_name_a_birthday_and_a_telephone_number_are_personal(text: str, language: str) -> None:
    assert personal(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Of course. Let me look.", "en"),
        ("Doctor Samir is free on Monday, November twenty-fourth at ten thirty A M.", "en"),
        ("Would you like to see Doctor Alex Kim or Doctor Patel?", "en"),
        ("I'm afraid I don't see any.", "en"),
        ("La doctora Peña tiene libre el veinticuatro de noviembre a las diez y media.", "es"),
    ],
)
def test_what_many_callers_are_told_is_not_personal(text: str, language: str) -> None:
    assert not personal(text, language)
