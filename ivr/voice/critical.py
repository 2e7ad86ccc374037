"""The words of a text that must not be said wrongly, and those that are one patient's affair. Pure."""

import re
from collections.abc import Iterable
from itertools import groupby

from ivr.voice.spoken_words import folded, heard_words, number_words

_DAYS = "monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo"
_MONTHS = (
    "january february april june july august september october november december "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"
)
_TIMES = "pm noon midnight today tomorrow tonight yesterday mediodia medianoche hoy manana ayer"
_DONE = (
    "booked cancelled canceled moved rescheduled confirmed scheduled registered changed "
    "reservada reservado cancelada cancelado cambiada cambiado confirmada confirmado programada programado registrada registrado agendada"
)
_TITLES = frozenset("dr dra drs doctor doctora".split())
_CRITICAL = frozenset(f"{_DAYS} {_MONTHS} {_TIMES} {_DONE} hundred thousand".split()) | _TITLES | {"a m", "p m"}
_OFTEN_NO_NUMBER = frozenset("one first second un una uno primer primero primera segundo segunda cuarto once".split())
_BEFORE_A_TIME = frozenset("at by until before after la las el".split())
_WITH_A_TIME = frozenset("morning afternoon evening night tarde noche madrugada".split())
_NOBODY = frozenset(f"{_DAYS} {_MONTHS} may march pm".split())
_PARTICLES = frozenset("de del la las los el da do dos di van von der den al bin".split())

_WORD = re.compile(r"\b[ap](?:\.\s?| )m\b|\d|[^\W\d_]+", re.IGNORECASE)
_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?…:])[\s\"'“”‘’«(¿¡—–-]*$")
_PERSONAL_NUMBER = re.compile(r"\d{5}|(?:19|20)\d\d$")
"""A telephone number, a year, or a date with its year; a time of day has four digits at most."""


def critical_until(text: str, names: Iterable[str] = (), language: str = "en") -> int:
    """How far a text must be said exactly: to the end of its last number, date, time, name or confirmation; 0 without any.

    `names` are those of people who may stand anywhere in it, also at the start of a sentence.
    """
    until, before = 0, ""
    own, numbers = _parts(names), number_words(language)
    for match in _WORD.finditer(text):
        word = _plain(match[0])
        number = word.isdigit() or (word in numbers and (word not in _OFTEN_NO_NUMBER or before in _BEFORE_A_TIME))
        name = word in own or before in _TITLES or _is_name(match)
        if number or name or word in _CRITICAL or (until and word in _WITH_A_TIME):
            until = match.end()
        before = word
    return until


def needs_checking(text: str, names: Iterable[str] = (), language: str = "en") -> bool:
    """Whether a text has a number, a date, a time, a name or a confirmation in it."""
    return critical_until(text, names, language) > 0


def mentions(text: str, names: Iterable[str]) -> bool:
    """Whether any part of the names stands in a text."""
    return not _parts(names).isdisjoint(_plain(match[0]) for match in _WORD.finditer(text))


def personal(text: str, language: str = "en") -> bool:
    """Whether a text may be one person's affair: it has a name that is no doctor's, a telephone number or a date with its year."""
    if any(_PERSONAL_NUMBER.match(number) for number in _numbers(text, language)):
        return True
    doctor = False
    for match in _WORD.finditer(text):
        word, named = _plain(match[0]), _is_name(match)
        if named and not doctor and word not in _NOBODY and word not in _TITLES:
            return True
        doctor = word in _TITLES or (doctor and named)
    return False


def _numbers(text: str, language: str) -> list[str]:
    """The numbers in a text, in digits; those that follow each other are one."""
    by_group = groupby(heard_words(text, language), key=lambda heard: heard.group)
    return ["".join(heard.word for heard in group) for number, group in by_group if number]


def _plain(word: str) -> str:
    return folded(re.sub(r"\.\s?", " ", word))


def _parts(names: Iterable[str]) -> set[str]:
    return {part for name in names for part in re.findall(r"[^\W\d_]{2,}", folded(name))} - _PARTICLES


def _is_name(match: re.Match[str]) -> bool:
    """Whether a word has a capital letter without beginning a sentence."""
    word = match[0]
    return len(word) > 1 and word[0].isupper() and " " not in word and not _SENTENCE_BEGINS.search(match.string[: match.start()])
