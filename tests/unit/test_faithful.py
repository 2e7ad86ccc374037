"""What a voice says is held against what it was asked to say."""

import pytest

from ivr.voice.faithful import agreement, same_words
from ivr.voice.spoken_words import heard_words

BOOKED = "I've booked you with Doctor Samir on Monday at two thirty P M."


def words(text: str, language: str = "en") -> str:
    return " ".join(heard.word for heard in heard_words(text, language))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two thirty p.m.", "2:30 PM"),
        ("two thirty P M", "2:30 p. m."),
        ("two o'clock", "2:00"),
        ("eleven oh five a. m.", "11:05 am"),
        ("March fourth, nineteen eighty-two", "March 4th, 1982"),
        ("two thousand twenty-six", "2026"),
        ("two hundred and five", "205"),
        ("five five five, oh one nine eight", "555-0198"),
        ("nineteen hundred", "1900"),
        ("one hundred and twenty-three thousand", "123,000"),
        ("at two and three", "at 2 and 3"),
        ("Dr. Samir", "doctor Samir"),
        ("I'm sorry, I can't.", "i am sorry i cannot"),
    ],
)
def test_what_sounds_alike_in_english_reads_alike(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mil novecientos ochenta y dos", "1982"),
        ("dos mil veintiséis", "2026"),
        ("a las dos y media", "a las 2:30"),
        ("a las tres y cuarto", "a las 3:15"),
        ("el treinta y uno de marzo", "el 31 de marzo"),
        ("a la una", "a la 1"),
        ("la Dra. Peña", "la doctora pena"),
    ],
)
def test_what_sounds_alike_in_spanish_reads_alike(one: str, other: str) -> None:
    assert words(one, "es") == words(other, "es")


@pytest.mark.parametrize(
    ("one", "other"),
    [("two thirty", "two fifteen"), ("fourth", "fifth"), ("I can", "I can't"), ("1982", "nineteen eighty"), ("two a.m.", "two p.m.")],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert words(one) != words(other)


@pytest.mark.parametrize(
    ("said", "confirmed"),
    [
        ("", ""),
        ("I", ""),
        ("I have boo", "I've"),
        ("I have booked you with", "I've booked you"),
        ("I have booked you with Doctor Samir on Monday at two", "I've booked you with Doctor Samir on Monday at"),
        ("I have booked you with Dr. Samir on Monday at 2:30 PM", "I've booked you with Doctor Samir on Monday at"),
        ("I have booked you with Dr. Samir on Monday at two thirty P", "I've booked you with Doctor Samir on Monday at"),
    ],
)
def test_a_growing_transcript_confirms_whole_words_and_numbers(said: str, confirmed: str) -> None:
    result = agreement(BOOKED, said)
    assert BOOKED[: result.characters] == confirmed
    assert not result.diverged and not result.complete


@pytest.mark.parametrize("end", ["2:30 PM.", "2:30 p.m.", "two thirty P M."])
def test_the_full_stop_tells_that_the_last_word_is_whole(end: str) -> None:
    result = agreement(BOOKED, f"I have booked you with Dr. Samir on Monday at {end}")
    assert result.complete and not result.diverged


def test_a_final_transcript_that_agrees_confirms_everything() -> None:
    result = agreement(BOOKED, "I have booked you with Doctor Samir on Monday at 2:30 PM.", final=True)
    assert (result.characters, result.diverged, result.complete) == (len(BOOKED), False, True)


def test_another_day_is_noticed_and_nothing_after_it_is_confirmed() -> None:
    result = agreement(BOOKED, "I've booked you with Dr. Samir on Tuesday at two")
    assert BOOKED[: result.characters] == "I've booked you with Doctor Samir on"
    assert (result.diverged, result.instead) == (True, "tuesday at 2")


def test_a_number_is_not_confirmed_by_its_beginning() -> None:
    result = agreement("Born in nineteen eighty-two.", "Born in nineteen eighty", final=True)
    assert "Born in nineteen eighty-two."[: result.characters] == "Born in"
    assert result.diverged


def test_a_number_that_may_still_grow_is_not_a_divergence() -> None:
    assert not agreement("Room two hundred and five, please.", "Room two hundred and").diverged
    assert not agreement("Born in nineteen eighty-two.", "Born in nineteen eighty-").diverged


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("It costs two point five million dollars.", "It costs $2.5 m"),
        ("For example Monday.", "e.g. M"),
        ("At two thirty P M.", "At 2:30 p. "),
    ],
)
def test_what_is_read_otherwise_once_more_has_come_is_not_a_divergence(text: str, begun: str) -> None:
    assert not agreement(text, begun).diverged


def test_words_added_after_the_end_are_a_divergence() -> None:
    result = agreement("At two thirty.", "At two thirty. Anything else?", final=True)
    assert result.complete and result.diverged


def test_a_transcript_that_stops_early_is_a_divergence_only_once_it_is_final() -> None:
    assert not agreement("Dr. Samir is free.", "Dr. Samir ").diverged
    assert agreement("Dr. Samir is free.", "Dr. Samir", final=True).diverged


def test_only_the_same_words_make_a_clip() -> None:
    assert same_words("Of course. Let me look!", "of course, let me look")
    assert same_words("Muchas gracias, señor.", "muchas gracias senor", "es")
    assert same_words("At two thirty in the afternoon.", "At 14:30.")
    assert not same_words("I'm sorry.", "I am sorry.")
    assert not same_words("Of course.", "Of course, sure.")
