"""Endpointing: how long a silence ends the caller's utterance, knowing what was asked. Pure."""

import re

from ivr.agent.expected_answer import ExpectedAnswer
from ivr.voice.words import Words, split, words_of

EARLY_COMMIT_MS = 120
COMMIT_MS = 200
"""Silence after the last loud frame at which the audio so far is committed for transcription.

A commit in the middle of a sentence costs words, one that comes late costs time: early where a short answer is expected,
or is what was said so far.
"""

PATIENT_COMMIT_MS = 400
"""The same while a date, a number or a name is being given: its groups are heard better in one piece, and there is time."""

QUICK_MS = 280
SENTENCE_MS = 350
OPEN_MS = 500
NAME_MS = 800
UNPUNCTUATED_MS = 900
"""For a final transcript that is no whole sentence: recognisers end those with a full stop or a question mark."""

PATIENT_MS = 1500

LATE_TRANSCRIPT_MS = 1400
"""After this much silence a partial stands for a final that has not come."""

LONGEST_MS = 2000
"""No turn waits longer after real words, whatever is still to come."""

LEAST_SENTENCE_WORDS = 2
TELEPHONE_DIGITS = 10

_NUMERIC_DATE = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CAPITALISED = re.compile(r"\b[^\W\d_a-zà-ÿ]\w+")
_SENTENCE_ENDS = (".", "?", "!")
_TRAILS_OFF = (",", "-", "–", "—", "…", "...")


def commit_after_ms(text: str, expected: ExpectedAnswer, language: str) -> int:
    """How much silence commits the audio of an utterance whose partial words are `text`."""
    said, known = split(text), words_of(language)
    if said and all(word in known.short_answers for word in said):
        return EARLY_COMMIT_MS
    if expected in ("date", "number", "name"):
        complete = bool(said) and _asked_silence_ms(text, said, known, expected) == QUICK_MS
        return COMMIT_MS if complete else PATIENT_COMMIT_MS
    return EARLY_COMMIT_MS if expected == "yes_no" and not said else COMMIT_MS


def silence_needed_ms(text: str, expected: ExpectedAnswer, language: str, *, final: bool) -> int:
    """How much silence after the last loud frame ends an utterance whose words so far are `text`.

    `final` says whether the words are a final transcript: only then is its punctuation evidence.
    """
    said, known = split(text), words_of(language)
    if not said:
        return OPEN_MS
    ends = final and _ends_sentence(text, said)
    if _is_unfinished(text.rstrip(), said, known, ends=ends):
        return PATIENT_MS
    if expected in ("date", "number", "name"):
        return _asked_silence_ms(text, said, known, expected) if final else PATIENT_MS
    if all(word in known.short_answers for word in said):
        return QUICK_MS
    if final and not text.rstrip().endswith(_SENTENCE_ENDS):
        return UNPUNCTUATED_MS
    return SENTENCE_MS if ends else OPEN_MS


def _ends_sentence(text: str, said: list[str]) -> bool:
    return text.rstrip().endswith(_SENTENCE_ENDS) and len(said) >= LEAST_SENTENCE_WORDS


def _is_unfinished(text: str, said: list[str], known: Words, *, ends: bool) -> bool:
    if text.endswith(_TRAILS_OFF) or (said[-1] in known.titles and not ends):
        return True
    return said[-1] in known.unfinished and not text.endswith("?")


def _asked_silence_ms(text: str, said: list[str], known: Words, expected: ExpectedAnswer) -> int:
    """Quick once a date has its year or a telephone number its digits; a full name may still be spelled."""
    if expected == "name":
        return NAME_MS if len(_CAPITALISED.findall(text)) >= 2 else PATIENT_MS
    complete = _has_date(text, said, known) if expected == "date" else _digits(said, known) >= TELEPHONE_DIGITS
    return QUICK_MS if complete else PATIENT_MS


def _has_date(text: str, said: list[str], known: Words) -> bool:
    month = any(word in known.months for word in said)
    year = _YEAR.search(text) or any(word in known.years for word in said[:-1])
    return bool(_NUMERIC_DATE.search(text) or (month and year))


def _digits(said: list[str], known: Words) -> int:
    return sum(sum(map(str.isdigit, word)) or word in known.numbers for word in said)
