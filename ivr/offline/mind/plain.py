"""A caller's words made plain: lower case, no accents, no punctuation, no fillers; and words that sound alike."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

_STEPS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"['’`´]", ""),
        (r"(\d)\s*([ap])\.?\s?m\b\.?", r"\1 \2m"),
        (r"\b([ap])\.?\s?m\b\.?", r"\1m"),
        # 3-4-1982 and 03.04.82 are dates; 3.30 and 10-15 are times of day.
        (r"\b(\d{1,2})[.\-](\d{1,2})[.\-](\d{4}|\d{2})\b", r"\1/\2/\3"),
        (r"(?<![\d.\-])(\d{1,2})[.\-]([0-5]\d)(?![\d.\-]*\d)", r"\1:\2"),
        (r"(?<=\d),(?=\d{3}\b)", ""),
        (r"(\d)(?:st|nd|rd|er[ao]?|[rdntv]?[ao])\b", r"\1th"),
        (r"(?<!\d)[:/]|[:/](?!\d)", " "),
        (r"[^\w\s:/]|_", " "),
        (r"\b(?:m+ ?h+u?m+|u+h+ ?hu+h+|a+ha+)\b", " yes "),
        (r"\b(?:n?uh uh|unh unh)\b", " no "),
        (r"\b(?:u+m+|u+h+|er+m?|e+h+|h+m+|a+h+)\b", " "),
        (r"\s+", " "),
    )
]

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (("ph", "f"), ("qu|ck|q|c(?![eih])", "k"), ("[zc]", "s"), ("h", ""), ("y|ie|ee|ea", "i"), (r"(.)\1+", r"\1"))
]


def unaccented(text: str) -> str:
    """Lower case without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def plain(text: str) -> str:
    """The words alone; of the punctuation only what holds a time of day or a date together (2:30, 3/4/1982)."""
    words = unaccented(text)
    for pattern, replacement in _STEPS:
        words = pattern.sub(replacement, words)
    return words.strip()


def likeness(one: str, other: str) -> float:
    """From 0 to 1: how alike two plain words are, in letters or in sound."""
    return max(_ratio(one, other), _ratio(_sound(one), _sound(other)))


def closest(word: str, candidates: Iterable[str], least: float) -> str | None:
    """The candidate most like a plain word, if it is at least so alike."""
    best = max(candidates, key=lambda candidate: likeness(word, candidate), default=None)
    return best if best is not None and likeness(word, best) >= least else None


def _sound(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
