"""How late the event loop wakes: the one figure that says whether something blocks every call."""

from time import perf_counter

import gevent

from ivr.web.metrics import LOOP_LAG_SECONDS

EVERY_S = 0.1


def watch_loop() -> None:
    """Measure for the life of the process."""
    while True:
        began_s = perf_counter()
        gevent.sleep(EVERY_S)
        LOOP_LAG_SECONDS.observe(max(0.0, perf_counter() - began_s - EVERY_S))
