"""How long the web process waits for a PostgreSQL that neither answers nor goes away, such as one that is stopped or cut off.

A connection whose answer is not waited for any longer is closed by psycopg2, so that the pool does not hand it out again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import psycopg2.extensions
from gevent import Timeout
from peewee import OperationalError
from psycogreen.gevent import gevent_wait_callback

CONNECTED_S = 5.0
"""What libpq calls connect_timeout, and does not heed where it is not libpq that waits."""

ANSWERED_S = 35.0
"""Longer than any statement may run; the server itself ends those."""


def install() -> None:
    """Bound every wait of this process, which is patched."""
    psycopg2.extensions.set_wait_callback(_wait)


@contextmanager
def within(limit_s: float) -> Iterator[None]:
    """End what takes longer as if the database were away: with `OperationalError`, also where it is another that waits for it.

    Only greenlets are bounded.
    """
    timer = Timeout.start_new(max(0.0, limit_s))
    try:
        yield
    except Timeout as expired:
        if expired is not timer:
            raise
        raise OperationalError(f"the database does not answer within {limit_s:.1f} s") from None
    finally:
        timer.close()


def _wait(connection: psycopg2.extensions.connection) -> None:
    connecting = connection.status == psycopg2.extensions.STATUS_SETUP
    try:
        gevent_wait_callback(connection, timeout=CONNECTED_S if connecting else ANSWERED_S)
    except TimeoutError:
        raise psycopg2.OperationalError("the database does not answer") from None
