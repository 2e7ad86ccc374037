"""What lives in this process, for Prometheus: greenlets by what they run, and database connections that are in use.

What a call leaves behind would be seen here.
"""

import re
from threading import Thread

import gevent

from ivr.models import connections_in_use
from ivr.web.metrics import DATABASE_CONNECTIONS_IN_USE, GREENLETS

EVERY_S = 0.1

_NUMBERED = re.compile(r"Thread-\d+(?: \((.+)\))?|(.+?)[-_]\d+")
"""Names that Python gives to threads: by their function, or by the pool that they belong to."""


def watch_living() -> None:
    """Count for the life of the process."""
    gevent.Greenlet.add_spawn_callback(_begins)
    while True:
        DATABASE_CONNECTIONS_IN_USE.set(connections_in_use())
        gevent.sleep(EVERY_S)


def _begins(greenlet: gevent.Greenlet) -> None:
    living = GREENLETS.labels(_what_runs(greenlet))
    living.inc()
    greenlet.rawlink(lambda _: living.dec())


def _what_runs(greenlet: gevent.Greenlet) -> str:
    """The function's name, or that of the thread which it stands for."""
    run = greenlet._run
    thread = getattr(run, "__self__", None)
    if not isinstance(thread, Thread):
        return str(getattr(run, "__qualname__", type(run).__name__))
    numbered = _NUMBERED.fullmatch(thread.name)
    return (numbered[1] or numbered[2] or "thread") if numbered else thread.name
