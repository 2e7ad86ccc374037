"""Telephone numbers as people say and write them, turned into E.164: pure, English and Spanish."""

import re

import phonenumbers

from ivr.names import fold


def _numbered(words: str, first: int, step: int = 1) -> dict[str, str]:
    """Count through words; several with one meaning are joined by slashes."""
    return {word: str(first + step * place) for place, group in enumerate(words.split()) for word in group.split("/")}


UNITS = _numbered("zero/oh/o/cero one/uno/una/un two/dos three/tres four/cuatro five/cinco six/seis seven/siete eight/ocho nine/nueve", 0)
TEENS = (
    _numbered("ten/diez eleven/once twelve/doce thirteen/trece fourteen/catorce fifteen/quince sixteen/dieciseis", 10)
    | _numbered("seventeen/diecisiete eighteen/dieciocho nineteen/diecinueve", 17)
    | _numbered("veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve", 21)
)
TENS = _numbered(
    "twenty/veinte thirty/treinta forty/cuarenta fifty/cincuenta sixty/sesenta seventy/setenta eighty/ochenta ninety/noventa", 20, 10
)
REPEATS = {"double": 2, "doble": 2, "triple": 3, "treble": 3}


def spoken_digits(text: str) -> str:
    """The digits of a number that was said or written; a leading plus is kept, other words are passed over.

    >>> spoken_digits("five five five, oh one, ninety-nine")
    '5550199'
    """
    plus = "+" if re.match(r"\s*(\+|plus\b|mas\b|más\b)", text, re.IGNORECASE) else ""
    words = [word for word in fold(text).split() if word not in ("y", "and")]
    return plus + "".join(_digits_of(words, place) for place in range(len(words)))


def _digits_of(words: list[str], place: int) -> str:
    word = words[place]
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    if word.isdecimal() and word.isascii():
        return word * REPEATS.get(before, 1) if len(word) == 1 else word
    if word in UNITS:
        return UNITS[word] * REPEATS.get(before, 1)
    if word in TENS:
        return TENS[word][0] if UNITS.get(after, "0") != "0" else TENS[word]
    if word in ("hundred", "cientos"):
        return "00"
    return TEENS.get(word, "")


def e164(text: str, country: str) -> str | None:
    """The number as +15550199823, or None if it is not possible in `country` (ISO 3166).

    Possible is what `phonenumbers.is_possible_number` says: the length is right. Numbers such as +1 555… that are never
    assigned pass.
    """
    try:
        number = phonenumbers.parse(spoken_digits(text), country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
