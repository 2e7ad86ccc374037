"""Whether two names are the same although speech recognition spelled them differently: pure, English and Spanish.

A word is compared by its letters (folded), by how it sounds (`sound`), and by the consonants of that (`skeleton`): Gonzalez
and Gonzales sound alike, Kim and Came have one skeleton.
"""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

TITLES = frozenset(
    {"dr", "dra", "doctor", "doctora", "doc", "professor", "profesor", "mr", "mrs", "ms", "miss", "senor", "senora", "sr", "sra"}
)

APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"

SOUNDS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("sch|ch|sh", "x"),
        ("ph", "f"),
        ("[cq]k|qu|q|c(?![eiy])", "k"),
        ("c", "s"),
        ("gu(?=[ei])", "g"),
        ("tz|z", "s"),
        ("v", "b"),
        ("h", ""),
        ("ee|ea|ie|y", "i"),
        ("oo|ou|w", "u"),
        ("(?<=.)e$", ""),
        (r"(.)\1+", r"\1"),
    )
]
"""Letters that are written differently for one sound, applied in this order."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case without accents and punctuation, single spaces between the words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char) and char not in APOSTROPHES)
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def untitled(text: str) -> list[str]:
    """The folded words of a name, without Dr., doctora and the like."""
    return [word for word in fold(text).split() if word not in TITLES]


@lru_cache(maxsize=4096)
def sound(word: str) -> str:
    """How a folded word sounds, roughly."""
    for pattern, replacement in SOUNDS:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=4096)
def skeleton(word: str) -> str:
    """The consonants of how a folded word sounds; a leading vowel counts as one letter."""
    heard = sound(word)
    consonants = re.sub("[aeiou]", "", heard)
    return f"a{consonants}" if heard[:1] in set("aeiou") else consonants


def sounds(name: str) -> list[str]:
    """The consonants of every word of a name."""
    return sorted({skeleton(word) for word in untitled(name)})


def similarity(one: str, other: str) -> float:
    """From 0 to 1 for two folded words; from 0.6 if they have one skeleton."""
    if one == other:
        return 1.0
    heard = _ratio(sound(one), sound(other))
    if skeleton(one) == skeleton(other):
        return 0.6 + 0.39 * heard
    return 0.95 * _ratio(one, other)


def same_person(one: str, other: str) -> bool:
    """Whether two folded full names may be one person's.

    Middle names and second family names may be left out. Given names must sound the same but for a letter in eight, since
    Maria and Mario may be twins; family names may differ more, as long as their consonants agree.
    """
    shorter, longer = sorted((one.split(), other.split()), key=len)
    if len(shorter) < 2 or not _alike(shorter[0], longer[0], 0.88):
        return shorter == longer
    if _alike("".join(shorter[1:]), "".join(longer[1:]), 0.75):
        return True
    rest = iter(longer[1:])
    return all(any(_alike(word, candidate, 0.75) for candidate in rest) for word in shorter[1:])


def _alike(one: str, other: str, least: float) -> bool:
    heard, other_heard = sound(one), sound(other)
    return heard == other_heard or (skeleton(one) == skeleton(other) and _ratio(heard, other_heard) >= least)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
