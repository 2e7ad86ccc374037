"""Bring the database's tables to the state that this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import DatabaseProxy
from playhouse.migrations import Runner

DIRECTORY = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 5_318_008_010
"""An arbitrary number that no other program in this database uses."""


def migrate(database: DatabaseProxy, target: str | None = None) -> list[str]:
    """Apply what is pending, up to and with `target`, and return the names of what was applied.

    Several processes may do so at once: they take turns, and all but the first find nothing to do.
    """
    with _alone(database) as runner:
        return list(runner.up(target))


def revert(database: DatabaseProxy, target: str | None = None) -> list[str]:
    """Undo the last migration, or all back through `target`, and return the names of what was undone."""
    with _alone(database) as runner:
        return list(runner.down(target))


def pending(database: DatabaseProxy) -> list[str]:
    """Names of the migrations that this version has and the database has not."""
    with database.connection_context():
        return [migration.name for migration in Runner(database, str(DIRECTORY)).status() if not migration.applied]


@contextmanager
def _alone(database: DatabaseProxy) -> Iterator[Runner]:
    with database.connection_context():
        # Waiting for another release, and a change of a large table, may take longer than any request.
        database.execute_sql("SET statement_timeout = 0; SET lock_timeout = 0")
        database.execute_sql("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        try:
            yield Runner(database, str(DIRECTORY))
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (ADVISORY_LOCK,))
            database.execute_sql("RESET statement_timeout; RESET lock_timeout")
