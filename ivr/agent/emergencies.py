"""Whether a caller speaks of an emergency. Pure, and no model's to decide: whoever dies of a wrong answer cannot call again."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ivr.names import fold


@dataclass(frozen=True, slots=True)
class _Signs:
    """One language's patterns; what is harmless stands right before a sign, or right after it."""

    emergency: re.Pattern[str]
    harmless: re.Pattern[str]
    harmless_after: re.Pattern[str]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{pattern})" for pattern in patterns))


_TABLES = tomllib.loads((Path(__file__).parent / "emergencies.toml").read_text(encoding="utf-8"))
_SIGNS = {language: _Signs(**{name: _any_of(patterns) for name, patterns in table.items()}) for language, table in _TABLES.items()}


def is_emergency(said: str, languages: tuple[str, ...]) -> bool:
    """Whether the words are those of somebody in danger now, in any of the languages (ISO 639-1).

    Ruled out is only what is denied or long past: a sentence too much costs little.
    """
    words = fold(said)
    return any(_tell_of_one(words, _SIGNS[language]) for language in languages if language in _SIGNS)


def _tell_of_one(words: str, signs: _Signs) -> bool:
    for found in signs.emergency.finditer(words):
        before, after = words[: found.start()].rstrip(), words[found.end() :]
        if not signs.harmless.search(before) and not signs.harmless_after.search(after):
            return True
    return False
