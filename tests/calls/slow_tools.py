"""Tools that take as long as a test wants: they wait for a lock in the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from ivr.stack import Stack

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"


@contextmanager
def locked(stack: Stack, table: str) -> Iterator[None]:
    """Hold a table's lock, so that every tool that reads it waits."""
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        connection.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        connection.close()


def is_waited_for(stack: Stack, table: str) -> bool:
    """Whether a tool waits for the table."""
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        cursor = connection.cursor()
        cursor.execute(WAITING, (table,))
        return bool(cursor.fetchone() != (0,))
    finally:
        connection.close()
