"""Text in the pieces in which it is best spoken: abbreviations written out, long sentences in clauses. Pure."""

import re
from functools import partial

_ENGLISH = {"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "St.": "Saint", "a.m.": "AM", "p.m.": "PM"}
_SPANISH = {"Dr.": "doctor", "Dra.": "doctora", "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Ud.": "usted"}
_ABBREVIATIONS = {"en": _ENGLISH, "es": _SPANISH}

_CAPITAL = "[A-ZÁÉÍÓÚÑ¿¡]"
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]?\s+")
_CLAUSE_END = re.compile(r"(?<=[,;:—–])\s+")

LONG_CHARS = 40
"""A sentence longer than this is made clause by clause, so that its sound comes early and goes on without a gap."""

SHORTEST_CLAUSE_CHARS = 12


def pieces(text: str, language: str) -> list[str]:
    """The text's sentences, long ones in clauses."""
    sentences = _SENTENCE_END.split(written_out(text, language).strip())
    return [piece for sentence in sentences if re.search(r"\w", sentence) for piece in _clauses(sentence)]


def written_out(text: str, language: str) -> str:
    """The text without abbreviations, whose full stops a voice takes for the ends of sentences, and with `3 PM` for `3:00 PM`."""
    for short, long in _ABBREVIATIONS.get(language, {}).items():
        stop = rf"(?P<stop>(?<=m\.)\s*$|(?<=m\.)(?=\s+{_CAPITAL}))?"
        text = re.sub(rf"(?<!\w){re.escape(short)}{stop}", partial(_in_full, long), text)
    return re.sub(r"\b(1[0-2]|[1-9]):00(?= ?[AP]M\b)", r"\1", text)


def _in_full(word: str, found: re.Match[str]) -> str:
    """The word; with a full stop where the abbreviation's own ends the sentence too, as that of `p.m.` may."""
    return word if found["stop"] is None else f"{word}."


def _clauses(sentence: str) -> list[str]:
    if len(sentence) <= LONG_CHARS:
        return [sentence]
    for cut in _CLAUSE_END.finditer(sentence):
        if cut.start() >= SHORTEST_CLAUSE_CHARS and len(sentence) - cut.end() >= SHORTEST_CLAUSE_CHARS:
            return [sentence[: cut.start()], *_clauses(sentence[cut.end() :])]
    return [sentence]
