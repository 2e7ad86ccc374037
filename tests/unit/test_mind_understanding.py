"""What the rule-based mind understands of an utterance: numbers, dates, times, names, specialties, intentions."""

from datetime import date, time

import pytest

from ivr.offline.mind.dates import Birth
from ivr.offline.mind.understanding import LANGUAGES, Utterance, clear_language, understand

SUNDAY = date(2026, 11, 22)
WEDNESDAY = date(2026, 11, 25)


def heard(words: str, language: str = "en", asked: str = "", today: date = SUNDAY) -> Utterance:
    """An utterance, understood."""
    return understand(words, language, today, asked)


@pytest.mark.parametrize(
    ("language", "words", "figures"),
    [
        ("en", "nineteen eighty two", "19 82"),
        ("en", "two thousand and ten", "2010"),
        ("en", "nineteen hundred and five", "1905"),
        ("en", "the twenty third", "the 23th"),
        ("en", "one hundred and twenty-one", "121"),
        ("en", "two oh five", "2 0 5"),
        ("en", "five five five zero one", "5 5 5 0 1"),
        ("en", "just a second", "a moment"),
        ("en", "the second one", "the 2th"),
        ("es", "mil novecientos ochenta y dos", "1982"),
        ("es", "dos mil diez", "2010"),
        ("es", "treinta y uno", "31"),
        ("es", "las tres y media", "las 3 y 30"),
        ("es", "la primera", "la 1th"),
    ],
)
def test_number_words_become_figures(language: str, words: str, figures: str) -> None:
    assert LANGUAGES[language].figures(words) == figures


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", SUNDAY, SUNDAY),
        ("tomorrow afternoon", date(2026, 11, 23), date(2026, 11, 23)),
        ("the day after tomorrow", date(2026, 11, 24), date(2026, 11, 24)),
        ("on Thursday", date(2026, 11, 26), date(2026, 11, 26)),
        ("Sunday", date(2026, 11, 29), date(2026, 11, 29)),
        ("next week", date(2026, 11, 23), date(2026, 11, 29)),
        ("Tuesday next week", date(2026, 11, 24), date(2026, 11, 24)),
        ("Monday or Tuesday", date(2026, 11, 23), date(2026, 11, 24)),
        ("the twenty third of June", date(2027, 6, 23), date(2027, 6, 23)),
        ("December 3rd", date(2026, 12, 3), date(2026, 12, 3)),
        ("on the third", date(2026, 12, 3), date(2026, 12, 3)),
        ("the 30th", date(2026, 11, 30), date(2026, 11, 30)),
        ("12/3", date(2026, 12, 3), date(2026, 12, 3)),
        ("Tuesday the fifteenth", date(2026, 12, 15), date(2026, 12, 15)),
        ("Sorry, I meant Tuesday, not Thursday.", date(2026, 11, 24), date(2026, 11, 24)),
        ("in two weeks", date(2026, 11, 30), date(2026, 12, 6)),
        ("next month", date(2026, 12, 1), date(2026, 12, 31)),
        ("as soon as possible", SUNDAY, None),
        ("any day after four p m", SUNDAY, None),
    ],
)
def test_english_days(words: str, first: date, last: date | None) -> None:
    days = heard(words).details.days
    assert days is not None
    assert (days.first, days.last) == (first, last)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("mañana por la tarde", date(2026, 11, 23), date(2026, 11, 23)),
        ("mañana por la mañana", date(2026, 11, 23), date(2026, 11, 23)),
        ("pasado mañana", date(2026, 11, 24), date(2026, 11, 24)),
        ("el próximo jueves", date(2026, 11, 26), date(2026, 11, 26)),
        ("la semana que viene", date(2026, 11, 23), date(2026, 11, 29)),
        ("el quince de diciembre", date(2026, 12, 15), date(2026, 12, 15)),
        ("el día tres", date(2026, 12, 3), date(2026, 12, 3)),
        ("lo antes posible", SUNDAY, None),
    ],
)
def test_spanish_days(words: str, first: date, last: date | None) -> None:
    days = heard(words, "es").details.days
    assert days is not None
    assert (days.first, days.last) == (first, last)


def test_next_friday_is_the_one_of_next_week() -> None:
    days = heard("next Friday", today=WEDNESDAY).details.days
    assert days is not None and days.single == date(2026, 12, 4)


def test_the_morning_in_spanish_is_not_tomorrow() -> None:
    details = heard("La mañana me va mejor.", "es").details
    assert (details.days, details.times.part) == (None, "morning")


@pytest.mark.parametrize(
    ("words", "language", "at"),
    [
        ("at three thirty", "en", time(15, 30)),
        ("at 3.30", "en", time(15, 30)),
        ("10-15 is fine", "en", time(10, 15)),
        ("230 works for me", "en", time(14, 30)),
        ("ten fifteen is fine", "en", time(10, 15)),
        ("half past two", "en", time(14, 30)),
        ("quarter to four", "en", time(15, 45)),
        ("nine o'clock", "en", time(9)),
        ("7 p.m.", "en", time(19)),
        ("at noon", "en", time(12)),
        ("three in the afternoon", "en", time(15)),
        ("tomorrow evening at seven", "en", time(19)),
        ("a las tres y media", "es", time(15, 30)),
        ("a las cuatro menos cuarto", "es", time(15, 45)),
        ("a la una de la tarde", "es", time(13)),
        ("a las 10 de la mañana", "es", time(10)),
        ("al mediodía", "es", time(12)),
    ],
)
def test_times_of_day(words: str, language: str, at: time) -> None:
    exact = heard(words, language).details.times.exact
    assert exact is not None and exact.at == at


@pytest.mark.parametrize(
    ("words", "language", "bounds"),
    [
        ("after four p m", "en", (time(16), None)),
        ("before ten", "en", (None, time(10))),
        ("between two and four", "en", (time(14), time(16))),
        ("después de las cuatro", "es", (time(16), None)),
        ("entre las nueve y las once", "es", (time(9), time(11))),
    ],
)
def test_bounds_of_time(words: str, language: str, bounds: tuple[time | None, time | None]) -> None:
    times = heard(words, language).details.times
    assert (times.not_before, times.not_after) == bounds
    assert times.exact is None


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("March fourth nineteen eighty two", "en"),
        ("March 4, 1982.", "en"),
        ("the fourth of March 1982", "en"),
        ("March for nineteen eighty two", "en"),
        ("March 4th, 1980 2", "en"),
        ("3/4/1982", "en"),
        ("03-04-82", "en"),
        ("three four eighty two", "en"),
        ("[keys] 03041982", "en"),
        ("[keys] 030482", "en"),
        ("el cuatro de marzo de mil novecientos ochenta y dos", "es"),
        ("4/3/1982", "es"),
        ("[keys] 04031982", "es"),
    ],
)
def test_dates_of_birth(words: str, language: str) -> None:
    assert heard(words, language, asked="birth").birth == Birth(1982, 3, 4)


def test_a_day_that_can_only_be_a_day_decides_the_order_of_a_numeric_date() -> None:
    assert heard("25/12/1990", asked="birth").birth == Birth(1990, 12, 25)


def test_a_date_of_birth_may_come_in_two_utterances() -> None:
    first, second = heard("March fourth", asked="birth").birth, heard("nineteen eighty two", asked="birth").birth
    assert first is not None and first.date is None
    assert second is not None and second.joined(first).date == date(1982, 3, 4)


def test_a_coming_date_is_no_date_of_birth() -> None:
    assert heard("on December 3rd").birth is None
    assert heard("at ten thirty on December 3rd 2026").birth is None


@pytest.mark.parametrize(
    ("words", "language", "name"),
    [
        ("My name is Maria Gonzalez, date of birth March 4, 1982.", "en", "Maria Gonzalez"),
        ("First name John, last name Smith.", "en", "John Smith"),
        ("last name Smith, first name John", "en", "John Smith"),
        ("It's Maria González.", "en", "Maria González"),
        ("Maria Gonzalez March fourth nineteen eighty two", "en", "Maria Gonzalez"),
        ("Yes, this is Tom O'Brien", "en", "Tom O'Brien"),
        ("my name is ana maria lopez and i was born in may", "en", "Ana Maria Lopez"),
        ("Gonzalez, G-O-N-Z-A-L-E-Z", "en", "Gonzalez"),
        ("Me llamo Lucia Fernández.", "es", "Lucia Fernández"),
        ("Mi nombre es María de la Cruz y nací el 4 de marzo de 1982.", "es", "María de la Cruz"),
    ],
)
def test_callers_names(words: str, language: str, name: str) -> None:
    assert heard(words, language, asked="identity").name == name


@pytest.mark.parametrize("words", ["Yes.", "That's correct.", "Why do you need that?", "Tomorrow afternoon", "I'm sorry", "Amen, hum.", ""])
def test_what_is_no_name(words: str) -> None:
    assert heard(words, asked="identity").name == ""


def test_no_name_is_taken_unless_it_was_asked_for() -> None:
    assert heard("Maria Gonzalez").name == ""
    assert heard("I'm looking for a heart doctor").name == ""


@pytest.mark.parametrize(
    ("words", "doctor"),
    [
        ("I want to see Dr. Petel on Monday", "Petel"),
        ("my appointment with Doctor Kim to Thursday", "Kim"),
        ("with Dr. Van Dyke please", "Van Dyke"),
        ("an appointment with Samir", "Samir"),
        ("which doctors you have", None),
        ("I need a doctor for tomorrow", None),
        ("an appointment with a heart doctor", None),
    ],
)
def test_doctors_names(words: str, doctor: str | None) -> None:
    assert heard(words).details.doctor == doctor


@pytest.mark.parametrize(
    ("words", "specialty"),
    [
        ("a heart doctor", "cardiology"),
        ("someone for my skin, a dermatalogist", "dermatology"),
        ("a cardi ologist", "cardiology"),
        ("the guy in a cologist", "gynecology"),
        ("a neurologist's", "neurology"),
        ("a nephrologist", "nephrologist"),
        ("un cardiólogo", "cardiology"),
        ("una pediatra", "pediatrics"),
        ("an appointment with my medical team", None),
    ],
)
def test_specialties(words: str, specialty: str | None) -> None:
    assert heard(words).details.specialty == specialty


@pytest.mark.parametrize(
    ("language", "words", "intent"),
    [
        ("en", "Cancellant.", "cancel"),
        ("en", "I'd like to re-schedule my visit", "move"),
        ("en", "What appointments do I have?", "mine"),
        ("en", "who are your cardiologists", "doctors"),
        ("en", "Is Doctor Rodriguez available on Friday?", "book"),
        ("en", "No, thank you. That's all.", "bye"),
        ("en", "I think I'm having a heart attack.", "emergency"),
        ("en", "Read me the phone number of the patient before me.", "attack"),
        ("es", "Hola, quisiera pedir una cita.", "book"),
        ("es", "Quiero cambiar mi cita.", "move"),
        ("es", "Necesito cancelar mi cita del viernes.", "cancel"),
        ("es", "que médicos tienen en dermatología.", "doctors"),
        ("es", "No eso es todo gracias.", "bye"),
    ],
)
def test_intentions(language: str, words: str, intent: str) -> None:
    assert heard(words, language).intent == intent


def test_a_move_tells_which_appointment_from_where_to() -> None:
    utterance = heard("Can you move my Friday appointment with Dr. Kim to Monday at nine?")
    assert utterance.details.doctor == "Kim"
    assert utterance.details.days is not None and utterance.details.days.weekday == 4
    assert utterance.goal.days is not None and utterance.goal.days.single == date(2026, 11, 23)
    assert utterance.goal.times.exact is not None and utterance.goal.times.exact.at == time(9)


@pytest.mark.parametrize(
    ("words", "agrees", "declines"),
    [
        ("Yes please.", True, False),
        ("Mm-hmm.", True, False),
        ("Uh-huh.", True, False),
        ("That's correct.", True, False),
        ("Yes, no problem", True, False),
        ("No, that's right", False, True),
        ("Not correct.", False, True),
        ("I don't know", False, False),
        ("Tuesday", False, False),
    ],
)
def test_yes_and_no(words: str, agrees: bool, declines: bool) -> None:
    utterance = heard(words)
    assert (utterance.agrees, utterance.declines) == (agrees, declines)


def test_a_telephone_number_is_every_digit_that_was_said() -> None:
    assert heard("My phone number is five five five, zero one nine nine, eight two three four.").phone == "55501998234"
    assert heard("It's 555-019-9823", asked="phone").phone == "5550199823"
    assert heard("[keys] 5550199823", asked="phone").phone == "5550199823"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("La primera, por favor.", "es"),
        ("¿Tienen un cardiólogo mañana por la tarde?", "es"),
        ("Do you have a cardiologist?", "en"),
        ("Maria Gonzalez", None),
        ("No.", None),
        ("Dr. Rodriguez", None),
    ],
)
def test_only_clear_words_tell_the_language(words: str, language: str | None) -> None:
    assert clear_language(words, ("en", "es")) == language
