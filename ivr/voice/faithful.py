"""Whether a voice said what it was asked to say: speech is checked where a wrong word would do harm. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ivr.voice.spoken_words import Heard, folded, heard_words, number_words

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo"
_MONTHS = (
    "january february april june july august september october november december "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"
)
_TIMES = "am pm noon midnight today tomorrow tonight yesterday mediodia medianoche hoy manana ayer"
_DONE = (
    "booked cancelled canceled moved rescheduled confirmed scheduled registered changed "
    "reservada reservado cancelada cancelado cambiada cambiado confirmada confirmado programada programado registrada registrado agendada"
)
_TITLES = "dr dra doctor doctora"
_CHECKED = frozenset(f"{_WEEKDAYS} {_MONTHS} {_TIMES} {_DONE} {_TITLES} hundred thousand".split())
_VERBS_TOO = frozenset({"may", "march"})
_OFTEN_NO_NUMBER = frozenset("one first second un una uno primer primero primera segundo segunda cuarto once".split())
_BEFORE_A_TIME = frozenset("at by until before after la las el".split())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far what was said confirms a text.

    `characters` of the text are confirmed, always up to the end of a word; `diverged` tells that what follows was said
    otherwise, or that something was said after the end.
    """

    characters: int
    diverged: bool
    complete: bool


def needs_checking(text: str, names: Iterable[str] = (), language: str = "en") -> bool:
    """Whether a text has a number, a date, a time, a name or a confirmation in it."""
    words = re.findall(r"\d|[^\W\d_]+", text)
    plain = [folded(word) for word in words]
    numbers = number_words(language)
    own = {part for name in names for part in re.findall(r"[^\W\d_]{2,}", folded(name))}
    for index, word in enumerate(plain):
        if word.isdigit() or word in _CHECKED or word in own:
            return True
        if word in numbers and (word not in _OFTEN_NO_NUMBER or (index and plain[index - 1] in _BEFORE_A_TIME)):
            return True
        if word in _VERBS_TOO and index and words[index][0].isupper():
            return True
    return False


def agreement(text: str, said: str, language: str = "en", *, final: bool = False) -> Agreement:
    """Hold a transcript against the text that was to be said; contractions and the spelling of numbers do not matter.

    Until it is `final`, the transcript's last word or number may still grow, and is left out.
    """
    wanted = heard_words(text, language)
    heard = heard_words(said, language)
    if not final:
        heard = _settled(heard)
    same = _common(wanted, heard)
    complete = same == len(wanted)
    characters = len(text) if complete else wanted[same - 1].end if same else 0
    return Agreement(characters, diverged=same < len(heard) or (final and not complete), complete=complete)


def same_words(text: str, said: str, language: str = "en") -> bool:
    """Whether a transcript is the text word for word, apart from case, punctuation, accents and digits."""
    wanted, heard = (heard_words(words, language, expand=False) for words in (text, said))
    return [each.word for each in wanted] == [each.word for each in heard]


def _settled(heard: list[Heard]) -> list[Heard]:
    """Without the last token, and without a number that it may belong to."""
    if not heard:
        return heard
    last = heard[-1]
    kept = [each for each in heard if (each.group != last.group if last.group else each.end != last.end)]
    if kept and kept[-1].group and last.word in ("and", "y"):
        kept = [each for each in kept if each.group != kept[-1].group]
    return kept


def _common(wanted: list[Heard], heard: list[Heard]) -> int:
    same = 0
    for want, have in zip(wanted, heard, strict=False):
        if want.word != have.word:
            break
        same += 1
    return same
