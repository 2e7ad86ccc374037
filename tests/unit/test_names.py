"""Names are compared as they sound, and different people stay different."""

import pytest

from ivr.names import fold, same_person, similarity, untitled


def test_names_are_folded_to_plain_words() -> None:
    assert fold("  Lucía  FERNÁNDEZ-Ruiz ") == "lucia fernandez ruiz"
    assert fold("Sinéad O'Connor, M.D.") == "sinead oconnor m d"
    assert fold("李 小龙") == "李 小龙"
    assert untitled("la Dra. Kim") == ["la", "kim"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Gonzalez", "María Gonzales"),
        ("John Smith", "Jon Smyth"),
        ("Sara Johnson", "Sarah Jonson"),
        ("Catherine Lee", "Katherine Lea"),
        ("Lucía Fernández", "Lucia Fernandes Garcia"),
        ("Juan De La Cruz", "Juan Delacruz"),
        ("Jose Martinez", "José Luis Martínez"),
    ],
)
def test_one_person_spelled_in_two_ways(one: str, other: str) -> None:
    assert same_person(fold(one), fold(other)) and same_person(fold(other), fold(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Gonzalez", "Mario Gonzalez"),
        ("John Smith", "Joan Smith"),
        ("John Smith", "John Smithson"),
        ("Daniel Cohen", "Danielle Kuhn Meyer"),
        ("Maria Gonzalez", "Maria Gomez"),
        ("Maria", "Maria Gonzalez"),
        ("Linh Tran", "Minh Tran"),
        ("Ana Perez", "Ana Lopez"),
    ],
)
def test_two_people_whose_names_are_near(one: str, other: str) -> None:
    assert not same_person(fold(one), fold(other)) and not same_person(fold(other), fold(one))


def test_likeness_grows_from_other_consonants_over_other_vowels_to_the_same_word() -> None:
    assert similarity("kim", "tim") < 0.8 < similarity("kim", "came") < similarity("kim", "kym") < similarity("kim", "kim") == 1
