"""Telephone numbers are understood as they are said and written, in English and Spanish."""

import pytest

from ivr.phones import e164, spoken_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("My phone number is five five five, zero one nine nine, eight two three four.", "55501998234"),
        ("triple five oh one nine double eight 23", "5550198823"),
        ("five fifty-five, nineteen, twenty, thirty one", "555192031"),
        ("eight hundred, five five five", "800555"),
        ("cinco cinco cinco, cero uno noventa y nueve, ochenta y dos, treinta", "55501998230"),
        ("dieciséis veintidós", "1622"),
        ("(555) 019-8234", "5550198234"),
        ("plus one 555", "+1555"),
        ("+1 555", "+1555"),
        ("más uno 555", "+1555"),
        ("no idea", ""),
    ],
)
def test_digits_are_heard(said: str, digits: str) -> None:
    assert spoken_digits(said) == digits


@pytest.mark.parametrize("said", ["+15550198234", "555-019-8234", "1 555 019 8234", "five five five zero one nine eight two three four"])
def test_a_possible_number_becomes_e164(said: str) -> None:
    assert e164(said, "US") == "+15550198234"


def test_the_country_decides_how_a_number_is_read() -> None:
    assert e164("612 345 678", "ES") == "+34612345678"
    assert e164("612 345 678", "US") is None
    assert e164("+34 612 345 678", "US") == "+34612345678"


@pytest.mark.parametrize("said", ["", "anonymous", "12", "55501998234", "9" * 40, "sip:lilly@example.com", "+"])
def test_an_impossible_number_is_none(said: str) -> None:
    assert e164(said, "US") is None
