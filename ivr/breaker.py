"""A circuit breaker: a receiver that fails again and again is asked only now and then, until it works again."""

import threading


class Breaker:
    """Open after so many failures in a row; then one request every `probe_s` finds out whether the receiver is back."""

    def __init__(self, failures: int = 5, probe_s: float = 2.0) -> None:
        self._failures = failures
        self._probe_s = probe_s
        self._lock = threading.Lock()
        self._failed = 0
        self._next_probe_at_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether requests are turned away."""
        return self._failed >= self._failures

    def admits(self, now_s: float) -> bool:
        """Whether a request may be made now; each is followed by `note` or `withdraw`."""
        with self._lock:
            if not self.is_open:
                return True
            if now_s < self._next_probe_at_s:
                return False
            self._next_probe_at_s = now_s + self._probe_s
            return True

    def withdraw(self) -> None:
        """Give an admission back that was not used; the next one may be now."""
        self._next_probe_at_s = 0.0

    def note(self, works: bool, now_s: float) -> bool:
        """Learn how a request ended, and return whether that has opened or closed the breaker."""
        with self._lock:
            was_open = self.is_open
            self._failed = 0 if works else self._failed + 1
            if self.is_open and not was_open:
                self._next_probe_at_s = now_s + self._probe_s
            return self.is_open != was_open
