"""Whether what is heard over Lilly's words is an interruption, only "mm-hm", or noise. Pure, time as an argument."""

import re
from typing import Literal

from ivr.voice.words import split, words_of

Interruption = Literal["real", "backchannel", "unclear"]

LONGEST_BACKCHANNEL_WORDS = 3

NOISE_RESUME_MS = 600
"""Silence without a word after which what stopped her is taken for noise."""

LONGEST_HOLD_MS = 4000

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


class Hold:
    """She has fallen silent for somebody, and it is not known yet for what; `begun` tells whether that is so now."""

    def __init__(self) -> None:
        self._since_ms: float | None = None

    @property
    def begun(self) -> bool:
        """Whether she waits."""
        return self._since_ms is not None

    def begin(self, now_ms: float) -> None:
        """She falls silent."""
        self._since_ms = now_ms

    def end(self) -> None:
        """She goes on, or has given up."""
        self._since_ms = None

    def noise_by_ms(self, last_loud_ms: float, *, speaking: bool) -> float:
        """When it was noise, if there is no word by then: soon after the last sound, and at last whoever goes on `speaking`."""
        longest_ms = (self._since_ms or 0.0) + LONGEST_HOLD_MS
        return longest_ms if speaking else min(longest_ms, last_loud_ms + NOISE_RESUME_MS)


def _is_one_of(known: frozenset[str], word: str, *, exactly: bool) -> bool:
    """Whether a word is known, or, unless `exactly`, differs by a last letter that is missing or too many."""
    return word in known or (not exactly and any(one[:-1] == word or word[:-1] == one for one in known if len(word) > 1))
