"""What ears make of an utterance."""

from dataclasses import dataclass

LANGUAGES = ("en", "es")
"""What is expected where no languages are named."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The words, empty if there were none, and their language (ISO 639-1).

    `no_speech_prob` is how likely it is, from 0 to 1, that nobody spoke.
    """

    text: str
    language: str
    no_speech_prob: float
