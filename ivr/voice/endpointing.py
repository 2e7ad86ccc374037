"""Endpointing: how long a silence ends the caller's utterance, knowing what was asked. Pure."""

import re
from dataclasses import dataclass

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
PATIENT_MS = 1500
"""A final transcript without an end of its sentence is an unfinished one: recognisers put a full stop or a question mark there."""

UNPUNCTUATED_MS = 900
"""The same for a recogniser that never does; and for what was asked for, where its words could be all of it."""

SOFT_MS = 500
"""From this much silence on, soft sounds count as speech too: who is waited for patiently may be going on in a low voice."""

LATE_TRANSCRIPT_MS = 1400
"""After this much silence a partial stands for a final that has not come."""

LONGEST_MS = 2000
"""No turn waits longer after real words, whatever is still to come."""

LEAST_SENTENCE_WORDS = 2
TELEPHONE_DIGITS = 10

_NUMERIC_DATE = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CAPITALISED = re.compile(r"\b[^\W\d_a-zà-ÿ]\w+")
_ANNOUNCED: dict[str, dict[ExpectedAnswer, re.Pattern[str]]] = {
    "en": {
        "date": re.compile(r"\b(?:date of birth|birthday(?:'s| is)|born (?:on|in))\b", re.IGNORECASE),
        "number": re.compile(r"\bnumber(?:'s| is)\b", re.IGNORECASE),
    },
    "es": {
        "date": re.compile(r"\b(?:fecha de nacimiento|nací (?:el|en))\b", re.IGNORECASE),
        "number": re.compile(r"\b(?:número|teléfono|móvil|celular) es\b", re.IGNORECASE),
    },
}
"""With these words a caller begins to give something, asked for or not."""

_SENTENCE_ENDS = (".", "?", "!")
_TRAILS_OFF = (",", "-", "–", "—", "…", "...")


@dataclass(frozen=True, slots=True)
class Endpointing:
    """How silences are judged; where a fixed silence (ms) is given, alike after whatever was said."""

    fixed_commit_ms: int | None = None
    fixed_silence_ms: int | None = None

    def commit_after_ms(self, text: str, expected: ExpectedAnswer, language: str) -> int:
        """How much silence commits the audio of an utterance whose partial words are `text`."""
        return self.fixed_commit_ms or commit_after_ms(text, expected, language)

    def silence_needed_ms(self, text: str, expected: ExpectedAnswer, language: str, *, final: bool, punctuates: bool) -> int:
        """How much silence ends an utterance whose words so far are `text`."""
        return self.fixed_silence_ms or silence_needed_ms(text, expected, language, final=final, punctuates=punctuates)


def commit_after_ms(text: str, expected: ExpectedAnswer, language: str) -> int:
    """How much silence commits the audio of an utterance whose partial words are `text`."""
    said, known = split(text), words_of(language)
    expected = _given(text, expected, language)
    if said and all(word in known.short_answers for word in said):
        return EARLY_COMMIT_MS
    if expected in ("date", "number", "name"):
        complete = bool(said) and _asked_silence_ms(text, said, known, expected) == QUICK_MS
        return COMMIT_MS if complete else PATIENT_COMMIT_MS
    return EARLY_COMMIT_MS if expected == "yes_no" and not said else COMMIT_MS


def silence_needed_ms(text: str, expected: ExpectedAnswer, language: str, *, final: bool, punctuates: bool = True) -> int:
    """How much silence after the last loud frame ends an utterance whose words so far are `text`.

    `final` says whether the words are a final transcript: only then is its punctuation evidence, if the recogniser
    `punctuates` at all.
    """
    said, known = split(text), words_of(language)
    expected = _given(text, expected, language)
    if not said:
        return OPEN_MS
    ends = final and _ends_sentence(text, said)
    if _is_unfinished(text.rstrip(), said, known, ends=ends):
        return PATIENT_MS
    if expected in ("date", "number", "name"):
        return _asked_silence_ms(text, said, known, expected) if final else PATIENT_MS
    if all(word in known.short_answers for word in said):
        return QUICK_MS
    if final and not is_punctuated(text):
        return PATIENT_MS if punctuates else UNPUNCTUATED_MS
    return SENTENCE_MS if ends else OPEN_MS


def _given(text: str, expected: ExpectedAnswer, language: str) -> ExpectedAnswer:
    """What the caller is giving: what was asked for, or what they announce."""
    if expected in ("date", "number", "name") or text.rstrip().endswith("?"):
        return expected
    announced = _ANNOUNCED.get(language, _ANNOUNCED["en"])
    return next((kind for kind, words in announced.items() if words.search(text)), expected)


def is_punctuated(text: str) -> bool:
    """Whether a transcript ends as a sentence does."""
    return text.rstrip().endswith(_SENTENCE_ENDS)


def _ends_sentence(text: str, said: list[str]) -> bool:
    return is_punctuated(text) and len(said) >= LEAST_SENTENCE_WORDS


def _is_unfinished(text: str, said: list[str], known: Words, *, ends: bool) -> bool:
    if text.endswith(_TRAILS_OFF) or (said[-1] in known.may_end and not ends):
        return True
    return said[-1] in known.unfinished and not text.endswith("?")


def _asked_silence_ms(text: str, said: list[str], known: Words, expected: ExpectedAnswer) -> int:
    """Quick once a date has its year or a telephone number its digits; a full name may still be spelled."""
    if expected == "name":
        return NAME_MS if len(_CAPITALISED.findall(text)) >= 2 else PATIENT_MS
    complete = _has_date(text, said, known) if expected == "date" else _digits(said, known) >= TELEPHONE_DIGITS
    if complete and not is_punctuated(text) and not any(map(str.isdigit, text)):
        # In words "nineteen eighty" may go on; a recogniser writes numerals where it knows that they are whole.
        return UNPUNCTUATED_MS
    return QUICK_MS if complete else PATIENT_MS


def _has_date(text: str, said: list[str], known: Words) -> bool:
    month = any(word in known.months for word in said)
    year = _YEAR.search(text) or any(word in known.years for word in said[:-1])
    return bool(_NUMERIC_DATE.search(text) or (month and year))


def _digits(said: list[str], known: Words) -> int:
    return sum(sum(map(str.isdigit, word)) or word in known.numbers for word in said)
