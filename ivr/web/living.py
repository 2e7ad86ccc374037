"""What lives in this process, for Prometheus: greenlets by what they run, and database connections that are in use.

What a call leaves behind would be seen here; and what dies of an exception, whose text and arguments may be a patient's, is told
by the log alone.
"""

import logging
import re
import threading
from threading import Thread
from types import TracebackType

import gevent

from ivr.models import connections_in_use
from ivr.web.metrics import DATABASE_CONNECTIONS_IN_USE, GREENLETS

logger = logging.getLogger(__name__)

EVERY_S = 0.1

_NUMBERED = re.compile(r"Thread-\d+(?: \((.+)\))?|(.+?)[-_]\d+")
"""Names that Python gives to threads: by their function, or by the pool that they belong to."""


def log_deaths() -> None:
    """Have greenlets and threads that die of an exception told by the log, in place of gevent's and Python's own print-outs."""
    gevent.get_hub().print_exception = _died
    threading.excepthook = lambda ended: _died(None, ended.exc_type, ended.exc_value, ended.exc_traceback)


def _died(_: object, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    logger.error("what ran beside the calls has died", exc_info=(kind, error or kind(), trace))


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
