"""Names in what a caller said: their own, and a doctor's."""

import re
from dataclasses import dataclass
from functools import cached_property

from ivr.offline.mind.language import Language
from ivr.offline.mind.plain import unaccented

_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_PARTICLES = frozenset("de la las los del da dos van von der den di bin al el mac y".split())
_NEVER_NAMES = frozenset("i im id ill ive".split())
_MOST_WORDS = 5


@dataclass(frozen=True)
class _Words:
    """The words of an utterance as written and as plain, with the way from a place in the plain text to a word."""

    written: tuple[str, ...]
    language: Language

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Each word without accents, apostrophes and case."""
        return tuple(re.sub(r"['’.]", "", unaccented(word)) for word in self.written)

    @cached_property
    def text(self) -> str:
        """The plain words with spaces."""
        return " ".join(self.plain)

    @cached_property
    def shows_capitals(self) -> bool:
        """Whether names are written with capitals here."""
        return any(word[0].isupper() and plain not in _NEVER_NAMES for word, plain in list(zip(self.written, self.plain, strict=True))[1:])

    def after(self, pattern: re.Pattern[str]) -> int | None:
        """The index of the word that follows the pattern's first place."""
        found = pattern.search(self.text)
        return len(self.text[: found.end()].split()) if found else None

    def is_number(self, index: int) -> bool:
        """Whether a word is in figures or a number word."""
        word, numbers = self.plain[index], self.language.numbers
        return word[0].isdigit() or word in numbers.units or word in numbers.tens or word in numbers.ordinals

    def name_from(self, start: int | None, most: int = _MOST_WORDS) -> tuple[str, int]:
        """The name that begins at a word, empty if none does, and the index after it."""
        if start is None:
            return "", 0
        end = start
        while end < len(self.plain) and end - start < most and self._may_be_name(end, end == start):
            end += 1
        if end < len(self.plain) and end > start and self.is_number(end) and self.plain[end - 1] in self.language.months:
            end -= 1
        while end > start and self.plain[end - 1] in _PARTICLES:
            end -= 1
        return " ".join(map(_capitalised, self.written[start:end])), end

    def _may_be_name(self, index: int, is_first: bool) -> bool:
        word, plain = self.written[index], self.plain[index]
        if plain in _PARTICLES:
            return not is_first or word[0].isupper()
        if plain in self.language.not_names or self.is_number(index):
            return False
        return word[0].isupper() or not self.shows_capitals


def introduced_name(raw: str, language: Language) -> str:
    """The name that a caller gives with an introduction: "my name is …", "me llamo …", "first name …, last name …"."""
    words = _words(raw, language)
    given, family = (words.name_from(words.after(lead), 2)[0] for lead in (language.given_lead, language.family_lead))
    if given and family:
        return f"{given} {family}"
    for lead in language.name_leads:
        name, _ = words.name_from(words.after(lead))
        # "I'm Maria" and "soy María" need a family name to be told from "I'm sorry" and "soy diabético".
        if " " in name or (name and re.search("nam|nom|llam", lead.pattern)):
            return name
    return ""


def bare_name(raw: str, language: Language) -> str:
    """An answer that is nothing but a name, perhaps with a lead such as "it's" and a date after it; empty for anything else."""
    words = _words(raw, language)
    for lead in (language.family_lead, language.given_lead):
        if name := words.name_from(words.after(lead))[0]:
            return name
    name, end = words.name_from(words.after(language.answer_leads) or 0)
    taken = words.written[end - len(name.split()) : end]
    if not raw.islower() and any(word.islower() and unaccented(word) not in _PARTICLES for word in taken):
        return ""
    known = language.not_names | _PARTICLES | language.months.keys()
    strange = [index for index in range(end, len(words.plain)) if not words.is_number(index) and words.plain[index] not in known]
    return "" if strange else name


def doctor_name(raw: str, language: Language) -> str:
    """The name after a doctor's title, or a capitalised one after "with", as heard; empty if only "a doctor" is spoken of."""
    words = _words(raw, language)
    cased = not raw.islower()
    for lead in re.finditer(rf"\b{language.doctor_titles}\b|\b(?:with|con)\b", words.text):
        start = len(words.text[: lead.end()].split())
        taken: list[str] = []
        for word, plain in zip(words.written[start : start + 2], words.plain[start : start + 2], strict=True):
            if plain in language.not_doctors or (not word[0].isupper() and (cased or lead.group() in ("with", "con"))):
                break
            taken.append(_capitalised(re.sub(r"['’]s$", "", word)))
        if taken and not words.is_number(start):
            return " ".join(taken)
    return ""


def joined_name(earlier: str, added: str) -> str:
    """A first name and the family name that was told later; a full name replaces what was heard before."""
    if not earlier or " " in added:
        return added
    return earlier if " " in earlier or added == earlier else f"{earlier} {added}"


def _words(raw: str, language: Language) -> _Words:
    return _Words(tuple(_unspelled(_WORD.findall(raw))), language)


def _unspelled(words: list[str]) -> list[str]:
    """Three or more single letters in a row are a word spelled out, dropped after that word itself."""
    out: list[str] = []
    letters: list[str] = []
    for word in [*words, ""]:
        pieces = word.split("-")
        if word and all(len(piece) == 1 and piece.isalpha() for piece in pieces):
            letters += pieces
            continue
        out += _spelled(letters, out[-1] if out else "")
        letters = []
        out += [word] if word else []
    return out


def _spelled(letters: list[str], before: str) -> list[str]:
    if len(letters) < 3:
        return letters
    word = "".join(letters).capitalize()
    return [] if unaccented(word) == unaccented(before) else [word]


def _capitalised(word: str) -> str:
    return word if not word.islower() or unaccented(word) in _PARTICLES else word.capitalize()
