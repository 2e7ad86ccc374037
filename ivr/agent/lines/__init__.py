"""What Lilly says without asking the model, in each of her languages."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Lines:
    """The fixed sentences of one language."""

    greeting: str
    fillers: tuple[str, ...]
    second_fillers: tuple[str, ...]
    silence_prompts: tuple[str, ...]
    silence_goodbye: str
    not_heard: str
    apology: str
    failed_goodbye: str
    long_goodbye: str
    goodbye: str

    def all(self) -> list[str]:
        """Every sentence, for making clips ahead."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [text for value in values for text in ((value,) if isinstance(value, str) else value)]


@cache
def lines(language: str, hospital: str, emergency_number: str) -> Lines:
    """The lines of a language (ISO 639-1) with the hospital's facts filled in."""
    table = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    facts = {"hospital": hospital, "emergency_number": emergency_number}
    filled = {
        name: text.format(**facts) if isinstance(text, str) else tuple(one.format(**facts) for one in text) for name, text in table.items()
    }
    return TypeAdapter(Lines).validate_python(filled)
