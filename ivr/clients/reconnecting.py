"""How long a broken connection is tried again, and at what pace. Pure but for the clock it is given."""

from collections.abc import Callable

PAUSES_S = (0.0, 0.2, 0.4, 0.8, 0.8, 0.8)
"""Before each attempt; the first comes at once, and there are no more than these while no connection proves itself."""


class Trouble:
    """How long one spell without a connection may last, and the pauses between the attempts to end it."""

    def __init__(self, clock: Callable[[], float], limit_s: float) -> None:
        self._clock = clock
        self._limit_s = limit_s
        self._since_s: float | None = clock()
        self._failures = 0

    @property
    def time_left_s(self) -> float:
        """How long the next attempt may take."""
        return self._limit_s if self._since_s is None else max(0.1, self._since_s + self._limit_s - self._clock())

    def connected(self) -> None:
        """There is a connection; the next failure begins a spell of its own."""
        self._since_s = None

    def end(self) -> None:
        """The connection has proved itself; earlier failures count no more."""
        self._failures = 0

    def next_pause_s(self) -> float | None:
        """Count a failure; how long to wait before the next attempt, or None when it is time to give up."""
        if self._since_s is None:
            self._since_s = self._clock()
        self._failures += 1
        if self._failures > len(PAUSES_S):
            return None
        pause_s = PAUSES_S[self._failures - 1]
        return pause_s if self._clock() + pause_s < self._since_s + self._limit_s else None
