"""Cut a reply into clauses while it is still being written. Pure."""

import re
from collections.abc import Callable

_ABBREVIATIONS = frozenset("dr dra mr mrs ms sr sra st no vs prof apt ext ave blvd jr".split())
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s)")
_TEXT_END = re.compile(r"[.!?…][\"'”’)]*$")
_CLAUSE_END = re.compile(r"(?<!\d)[,;:](?=\s)|\s[–—](?=\s)")

FIRST_CLAUSE_WORDS = 5
"""A first clause may end at a comma from this many words on; a lone "Sure," waits for nothing shorter than a sentence."""

LONG_CLAUSE_WORDS = 14
"""From this many words on a later clause may end at a comma too."""


class ClauseCutter:
    """Takes the model's text piece by piece and gives back clauses that can be spoken on their own.

    The first clause of a reply is cut as early as it can stand alone, since nothing is heard before it; later ones
    at the end of a sentence, or at a comma when the sentence is long. With `whole` nothing is cut. A first sentence that is
    `known`, having been said before, does not wait for the next word to show that it has ended.
    """

    def __init__(self, *, whole: bool = False, known: Callable[[str], bool] | None = None) -> None:
        self._text = ""
        self._whole = whole
        self._known = known
        self._cut_any = False

    def feed(self, piece: str) -> list[str]:
        """Take a piece of text; return the clauses that are complete now."""
        self._text += piece
        clauses: list[str] = []
        while not self._whole and (end := self._end()) is not None:
            clause, self._text = self._text[:end].strip(), self._text[end:].lstrip()
            if clause:
                clauses.append(clause)
                self._cut_any = True
        if self._is_known_opening():
            clauses += self.flush()
            self._cut_any = True
        return clauses

    def flush(self) -> list[str]:
        """Return what is left at the end of the reply."""
        rest, self._text = self._text.strip(), ""
        return [rest] if rest else []

    def _is_known_opening(self) -> bool:
        if self._cut_any or self._whole or self._known is None:
            return False
        return _TEXT_END.search(self._text) is not None and self._known(self._text.strip())

    def _end(self) -> int | None:
        sentence = next((m.end() for m in _SENTENCE_END.finditer(self._text) if self._ends_sentence(m)), None)
        shortest = LONG_CLAUSE_WORDS if self._cut_any else FIRST_CLAUSE_WORDS
        for match in _CLAUSE_END.finditer(self._text):
            if sentence is not None and match.end() > sentence:
                break
            if len(self._text[: match.end()].split()) >= shortest:
                return match.end()
        return sentence

    def _ends_sentence(self, match: re.Match[str]) -> bool:
        if not match.group().startswith("."):
            return True
        before = self._text[: match.start()]
        word = re.split(r"[\s(\"“¿¡]", before)[-1].lower()
        after = self._text[match.end() :].lstrip()[:1]
        if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
            return False
        # "p.m." ends a sentence only before a capital; until the next letter is there it is not known.
        return "." not in word or after.isupper() or after in ("¿", "¡")
