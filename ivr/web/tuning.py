"""What makes her quick, as parameters of a call's parts; and the same with some of it switched off, to see what it is worth."""

from collections.abc import Collection
from dataclasses import dataclass

from ivr.clients.llm import ChatLimits
from ivr.config import Trick
from ivr.voice.endpointing import Endpointing
from ivr.voice.unanswered import MOST_GUESSES

PLAIN_SILENCE_MS = 500
"""What a provider's own turn detection waits for by default, whatever was said."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The parameters that decide how soon a caller is answered."""

    endpointing: Endpointing
    most_guesses: int
    whole_replies: bool
    fills: bool
    keeps_clips: bool
    chat: ChatLimits


def tuned(without: Collection[Trick] = ()) -> Tuning:
    """Everything as it is meant to be, but for these tricks."""
    return Tuning(
        endpointing=Endpointing(
            fixed_commit_ms=PLAIN_SILENCE_MS if "early_commit" in without else None,
            fixed_silence_ms=PLAIN_SILENCE_MS if "endpointing" in without else None,
        ),
        most_guesses=0 if "eager" in without else MOST_GUESSES,
        whole_replies="clauses" in without,
        fills="fillers" not in without,
        keeps_clips="clips" not in without,
        chat=ChatLimits(hedge_after_s=None) if "hedging" in without else ChatLimits(),
    )
