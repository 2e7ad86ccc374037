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
    emergency: str
    one_moment: str
    fillers: tuple[str, ...]
    second_fillers: tuple[str, ...]
    silence_prompts: tuple[str, ...]
    silence_goodbye: str
    not_heard: str
    apology: str
    unproven: str
    failed_goodbye: str
    long_goodbye: str
    goodbye: str
    transfer: str
    nobody_there: str
    nobody_there_number: str
    nobody_goodbye: str

    def all(self) -> list[str]:
        """Every sentence, for making clips ahead."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [text for value in values for text in ((value,) if isinstance(value, str) else value)]

    @property
    def promptings(self) -> tuple[str, ...]:
        """What only asks the caller to speak: nobody wants these repeated, but what was said before them."""
        return (self.not_heard, self.apology, *self.silence_prompts)


@cache
def lines(language: str, hospital: str, emergency_number: str, front_desk: bool = False) -> Lines:
    """The lines of a language (ISO 639-1) with the hospital's facts filled in.

    With a front desk that can be dialled, a call that cannot go on ends there.
    """
    table = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    instead = table.pop("with_front_desk")
    table |= instead if front_desk else {}
    facts = {"hospital": hospital, "emergency_number": emergency_number}
    filled = {
        name: text.format(**facts) if isinstance(text, str) else tuple(one.format(**facts) for one in text) for name, text in table.items()
    }
    return TypeAdapter(Lines).validate_python(filled)
