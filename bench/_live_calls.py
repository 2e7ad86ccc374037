"""Live calls at once, and what they do to the web process that they are on."""

import threading
from dataclasses import dataclass

from bench._figures import Spread
from bench._machine import Usage, children, usage
from bench._metrics import Histogram, fetch
from bench._patients import CUT_OFF_MS, Placed, dealt, place
from bench._replies import replies
from ivr.demo import target
from ivr.stack import Stack

SENTENCES_A_CALL = 5
LAG = "lilly_event_loop_lag_seconds"
LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Load:
    """What some calls at once did to the web process; `lag` is the event loop's."""

    placed: list[Placed]
    lag: Histogram
    cpu_s: float
    before: Usage
    most_mb: float

    @property
    def lag_spread(self) -> Spread:
        """The event loop's lag; its 99th percentile stands for the 95th."""
        return Spread(int(self.lag.total), *(self.lag.quantile_ms(share) for share in (0.5, 0.99)))

    @property
    def call_minutes(self) -> float:
        """How long the calls were, together."""
        return sum(len(one.call.patient) for one in self.placed) / 8000 / 60


def under_load(stack: Stack, calls: int, sentences: int = SENTENCES_A_CALL, cut_off_ms: float | None = CUT_OFF_MS) -> Load:
    """Place calls at once, and watch the web process meanwhile."""
    master = stack.processes["web"].pid
    workers = children(master)
    before, lag_before = usage([master, *workers]), fetch(stack.url, LAG)
    over, most_mb = threading.Event(), [before.resident_mb]

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            most_mb.append(usage([master, *workers]).resident_mb)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        said = [reply.recording for reply in replies("mixed", 0)][: calls * sentences]
        placed = place(target(stack), dealt(said, calls), cut_off_ms=cut_off_ms)
    finally:
        over.set()
        watcher.join()
    cpu_s = usage([master, *workers]).cpu_s - before.cpu_s
    return Load(placed, fetch(stack.url, LAG).since(lag_before), cpu_s, before, max(most_mb))
