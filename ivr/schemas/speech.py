"""Text to be spoken."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ivr.schemas.types import Arguments


def _sayable(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("must have a letter or a digit")
    return text


class Speech(Arguments):
    """What is to be said, in which voice and as which kind of audio; all at 8 kHz."""

    text: Annotated[str, AfterValidator(_sayable), Field(min_length=1, max_length=1000, examples=["Your appointment is tomorrow at nine."])]
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = Field(default=None, description="The telephone's, if left out")
    language: Literal["en", "es"] = "en"
    format: Literal["wav", "mp3", "mulaw"] = "wav"
