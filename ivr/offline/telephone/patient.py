"""The person on the phone: speaks, types, listens for her turn, hangs up. What a script of a call is written with."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from ivr.offline.telephone.line import Line
from ivr.offline.telephone.utterances import Utterance, load_utterance
from ivr.voice.audio import FRAME_MS

KEY_MS = 120
"""From one pressed key to the next."""
POLL_S = FRAME_MS / 1000


class Unheard(Exception):
    """What the patient waited for did not come."""


class Patient:
    """Drives one call.

    `turn_wait_ms` is how long Lilly must have been quiet before the patient takes the turn; `patience_s` how long she
    waits for anything before `Unheard` is raised.
    """

    def __init__(self, line: Line, call_sid: str, turn_wait_ms: float, patience_s: float) -> None:
        self.call_sid = call_sid
        self.line = line
        self.turn_wait_ms = turn_wait_ms
        self.patience_s = patience_s
        self.hung_up = asyncio.Event()
        self.over = asyncio.Event()

    @property
    def now_ms(self) -> float:
        """Milliseconds since the call was placed."""
        return self.line.now_ms

    async def say(self, speech: Utterance | Path) -> None:
        """Speak at once; returns when the last frame has left."""
        await self.line.say(load_utterance(speech) if isinstance(speech, Path) else speech)

    async def press(self, keys: str) -> None:
        """Press keys one after the other, at once."""
        for key in keys[:-1]:
            await self.line.press(key)
            await asyncio.sleep(KEY_MS / 1000)
        await self.line.press(keys[-1])
        self.line.pressed(keys)

    async def wait_ms(self, duration_ms: float) -> None:
        """Stay silent."""
        await asyncio.sleep(duration_ms / 1000)

    async def until_ms(self, at_ms: float) -> None:
        """Stay silent until a moment of the call."""
        await asyncio.sleep(max(0.0, (at_ms - self.now_ms) / 1000))

    async def lilly_begins(self) -> float:
        """Wait until Lilly is heard in this turn; returns when that was."""
        await self._wait_for(self._heard, "Lilly said nothing")
        return self.line.turns[-1].sound_ms or 0.0

    async def lilly_finishes(self) -> None:
        """Wait until Lilly has spoken and been quiet for `turn_wait_ms`. A `<Say>` counts as speech."""
        await self._wait_for(self._my_turn, "Lilly did not come to an end" if self._heard() else "Lilly said nothing")

    def hang_up(self) -> None:
        """End the call."""
        self.hung_up.set()

    async def lilly_hangs_up(self) -> None:
        """Stay on the line until Lilly ends the call."""
        try:
            async with asyncio.timeout(self.patience_s):
                await self.over.wait()
        except TimeoutError:
            raise Unheard(f"Lilly did not hang up within {self.patience_s:g} s") from None

    def _heard(self) -> bool:
        turn = self.line.turns[-1] if self.line.turns else None
        return turn is not None and turn.sound_ms is not None

    def _my_turn(self) -> bool:
        return self._heard() and self.line.quiet_ms >= self.turn_wait_ms

    async def _wait_for(self, condition: Callable[[], bool], otherwise: str) -> None:
        deadline_ms = self.now_ms + self.patience_s * 1000
        while not condition():
            if self.now_ms > deadline_ms:
                raise Unheard(f"{otherwise} within {self.patience_s:g} s")
            await asyncio.sleep(POLL_S)
