"""When audio was spoken, told from its timestamps: a process that stutters must not take its own pause for the caller's. Pure."""

LEAK = 0.005
"""How fast a delay that has become longer for good is believed: 5 ms a second."""

STOPPED_MS = 100
"""When nothing has come for so long, the line is silent rather than late."""


class LineClock:
    """Maps the line's timestamps to this process's clock, by the shortest delay seen lately."""

    def __init__(self) -> None:
        self._offset_ms: float | None = None
        self._timestamp_ms = -1.0
        self._heard_until_ms = 0.0
        self._came_ms = 0.0

    def hear(self, timestamp_ms: float, duration_ms: float, now_ms: float) -> float:
        """When audio that came now was spoken; timestamps that do not advance are no evidence, and now it is then."""
        began_ms = now_ms
        if timestamp_ms > self._timestamp_ms:
            passed_ms = timestamp_ms - self._timestamp_ms
            shortest_ms = now_ms - timestamp_ms
            if self._offset_ms is not None:
                shortest_ms = min(shortest_ms, self._offset_ms + passed_ms * LEAK)
            self._offset_ms, self._timestamp_ms = shortest_ms, timestamp_ms
            began_ms = timestamp_ms + shortest_ms
        self._came_ms = now_ms
        self._heard_until_ms = began_ms + duration_ms
        return began_ms

    def heard_until_ms(self, now_ms: float) -> float:
        """Up to when the caller has been heard."""
        return max(self._heard_until_ms, now_ms if now_ms - self._came_ms > STOPPED_MS else 0.0)
