"""Write a clause out the way it is to be pronounced: numbers, times, dates and abbreviations in words. Pure."""

import re
from collections.abc import Iterable

from ivr.agent.spoken import en, es
from ivr.agent.spoken.digits import plain_digits
from ivr.agent.spoken.rules import Rule, rewritten

_LANGUAGES = {"en": (en.WORDS, en.NUMBERS), "es": (es.WORDS, es.NUMBERS)}
_HAS_NUMBERS = re.compile(r"[0-9&%#@]|www\.|://|\.(?:com|org|net|edu|gov|health|info|io)\b", re.IGNORECASE)

_PASSES = 4
"""At most. A second pass nearly always finds nothing, but a word set apart from digits may be an abbreviation by now."""


def spoken(text: str, language: str) -> str:
    """The clause for the voice, in its language (ISO 639-1; `es-MX` is read as `es`).

    What needs no writing out stays as it is, as does everything in a language that is not known here. What comes out
    stays the same when it is written out again.
    """
    rules = _LANGUAGES.get(language[:2].lower())
    if rules is None:
        return text
    for _ in range(_PASSES):
        before, text = text, _written_out(text, *rules)
        if text == before:
            break
    return text


def _written_out(text: str, words: Iterable[Rule], numbers: Iterable[Rule]) -> str:
    text = rewritten(plain_digits(text), words)
    return rewritten(text, numbers) if _HAS_NUMBERS.search(text) else text
