"""Whether words spoken over Lilly are an interruption or only "mm-hm". Pure."""

import re
from typing import Literal

from ivr.voice.words import split, words_of

Interruption = Literal["real", "backchannel", "unclear"]

LONGEST_BACKCHANNEL_WORDS = 3

_HUM = re.compile(r"m+|(?:h?m+-?)+|mhm+|uh-?huh|u[hm]+|a+h+|o+h+|e[hm]+")


def interruption(text: str, language: str, *, question_open: bool, settled: bool, leaving: bool = False) -> Interruption:
    """Judge what was said over her speech.

    While a question is open, "okay" and "yes" are answers, and so real. While she is taking leave, "thank you, goodbye" does
    not keep her. Until the words are settled a backchannel may still become more ("yeah, but …"), and what sounds like one
    ("righ") may become it: both are unclear.
    """
    said, known = split(text), words_of(language)
    if not said:
        return "unclear"
    hums = all(_HUM.fullmatch(word) for word in said)
    harmless = known.backchannels | known.courtesies if leaving else known.backchannels
    listening = all(_is_one_of(harmless, word, exactly=settled) or _HUM.fullmatch(word) for word in said)
    if not listening or (len(said) > LONGEST_BACKCHANNEL_WORDS and not leaving):
        return "real"
    if not settled:
        return "unclear"
    return "real" if question_open and not hums else "backchannel"


def _is_one_of(known: frozenset[str], word: str, *, exactly: bool) -> bool:
    """Whether a word is known, or, unless `exactly`, differs by a last letter that is missing or too many."""
    return word in known or (not exactly and any(one[:-1] == word or word[:-1] == one for one in known if len(word) > 1))
