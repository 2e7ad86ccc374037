"""The words that turn-taking knows: unfinished ends, short answers, backchannels. Pure, read once."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words, in lower case."""

    unfinished: frozenset[str]
    may_end: frozenset[str]
    short_answers: frozenset[str]
    backchannels: frozenset[str]
    courtesies: frozenset[str]
    numbers: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]


_TABLES = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
_WORDS = {language: Words(**{name: frozenset(words.split()) for name, words in table.items()}) for language, table in _TABLES.items()}


def words_of(language: str) -> Words:
    """The words of a language (ISO 639-1), English if it is not known."""
    return _WORDS.get(language, _WORDS["en"])


def split(text: str) -> list[str]:
    """The words of a text in lower case, hyphens and apostrophes kept."""
    return re.findall(r"[\w'-]+", text.lower().replace("’", "'"))
