"""How a call comes to its end: the caller is asked before it is given up, and last words are heard out. Pure, time as an argument."""

from math import inf
from typing import Literal

SILENCE_PROMPT_MS = 6000
GOODBYE_MS = 12_000
"""Last words that are not heard by then are given up, whatever the marks say."""

LINE_DELAY_MS = 400
"""What is sent is heard a little later: so long a call is kept after the last word."""

LONGEST_CALL_MS = 20 * 60_000
MOST_TURNS = 80

Ending = Literal["hung_up_by_caller", "goodbye", "transfer", "silence", "failed", "too_long", "voice_failed", "socket_closed", "drained"]


class Silence:
    """Nobody speaks; `prompts` counts how often the caller was asked whether they are there since they were last understood."""

    def __init__(self) -> None:
        self.prompts = 0
        self._from_ms = 0.0

    def broken(self, now_ms: float) -> None:
        """Somebody speaks."""
        self._from_ms = now_ms

    @property
    def due_ms(self) -> float:
        """When something is to be said."""
        return self._from_ms + SILENCE_PROMPT_MS


class Limits:
    """How long a call may be, and how many turns it may have."""

    def __init__(self) -> None:
        self.turns = 0
        self.ends_ms = inf

    def begin(self, now_ms: float) -> None:
        """The line is open."""
        self.ends_ms = now_ms + LONGEST_CALL_MS

    def reached(self, now_ms: float) -> bool:
        """Whether the call has been long enough."""
        return now_ms > self.ends_ms or self.turns > MOST_TURNS


class LastWords:
    """Something that is said before the call ends: `ending` tells how it will end, None while it just goes on."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self._by_ms = inf

    def begin(self, ending: Ending, now_ms: float) -> None:
        """The call ends once they are heard."""
        self.ending, self._by_ms = ending, now_ms + GOODBYE_MS

    def call_off(self) -> None:
        """The call goes on after all."""
        self.ending, self._by_ms = None, inf

    def over_ms(self, played_ms: float) -> float:
        """When the call ends; all that was sent so far is played by `played_ms`, infinity while more is to come."""
        return min(self._by_ms, played_ms + LINE_DELAY_MS)
