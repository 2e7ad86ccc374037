"""The receiver of events as the outbox sees it: what it is handed, what it answers, and what that means for the next attempt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
LONGEST_WAIT_FOR_A_PROBE_S = 4.0
"""So soon an event is due again of which nothing shows that the receiver works: there always is one to ask with."""

JITTER = 0.2

UNAVAILABLE = 503
TOO_MANY = 429
"""The only answer whose Retry-After is obeyed whatever it says: a receiver that is away does not know when it will be back."""

RETRIED_4XX = frozenset({404, 408, 425, TOO_MANY})
"""404 is n8n for some seconds after its start, until its webhooks are registered, and while a workflow is switched off."""


@dataclass(frozen=True)
class Delivery:
    """One attempt to hand an event over; `key` is the same in every attempt, `attempt` counts from 1."""

    key: str
    event_type: str
    attempt: int
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status, or the name of what went wrong instead."""

    status: int | None = None
    failure: str | None = None
    retry_after_s: float | None = None

    @property
    def wished_s(self) -> float:
        """How long the receiver is left alone because it wishes so."""
        named_s = self.retry_after_s or 0.0
        return named_s if self.status == TOO_MANY else min(named_s, LONGEST_WAIT_FOR_A_PROBE_S)

    @property
    def is_of_a_busy_receiver(self) -> bool:
        """Whether the receiver cannot take any more now, whichever event it is asked with."""
        return self.status == TOO_MANY or (self.status == UNAVAILABLE and self.retry_after_s is not None)

    def __str__(self) -> str:
        return self.failure or f"HTTP {self.status}"


Post = Callable[[Delivery], Answer]


def verdict(answer: Answer) -> Literal["delivered", "retry", "dead"]:
    """What an answer means for the event; but for "retry" the receiver works, like the event or not."""
    if answer.status is None or answer.status in RETRIED_4XX:
        return "retry"
    if 200 <= answer.status < 300:
        return "delivered"
    return "dead" if 400 <= answer.status < 500 else "retry"


def retry_in_s(failures: int, wished_s: float | None, jitter: float, longest_s: float = LONGEST_RETRY_S) -> float:
    """Seconds to wait after so many failures; `jitter` between -1 and 1 spreads them."""
    backed_off_s = min(FIRST_RETRY_S * 2.0 ** min(failures - 1, 30), longest_s)
    return max(backed_off_s * (1 + JITTER * jitter), wished_s or 0)
