"""The one database, the one clock, and the base of every table."""

import os
import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Self
from zoneinfo import ZoneInfo

import psycopg2.extensions
from peewee import AutoField, DatabaseProxy, DateTimeField, InterfaceError, Model, OperationalError
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from ivr.config import Settings, SettingsError
from ivr.models.prepared import Prepared, given

SESSION_OPTIONS = "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"

PARTED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""By which libpq notices a server that is cut off without a word (seconds, and milliseconds); one on a Unix socket cannot be."""

AWAY = (OperationalError, InterfaceError, MaxConnectionsExceeded)
"""What is raised while the database cannot be reached, or breaks off."""

database = DatabaseProxy()

_frozen_at: datetime | None = None
_zone = ZoneInfo("UTC")


def now() -> datetime:
    """The present instant in UTC; every module asks here."""
    return _frozen_at or datetime.now(UTC)


def today(zone: ZoneInfo) -> date:
    """The present day there."""
    return now().astimezone(zone).date()


def zone() -> ZoneInfo:
    """The time zone of the hospital whose database this is; whoever has the settings passes theirs on."""
    return _zone


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Make `now()` answer `at` in this process until the block ends."""
    global _frozen_at
    before, _frozen_at = _frozen_at, at.astimezone(UTC)
    try:
        yield _frozen_at
    finally:
        _frozen_at = before


class Connection(psycopg2.extensions.connection):
    """A connection that knows which statements it has prepared; a transaction that is rolled back leaves them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.prepared: set[str] = set()


class Pool(PooledPostgresqlDatabase):
    """Pooled connections, of which those that the server has closed meanwhile are not handed out."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.process_id = os.getpid()

    @property
    def in_use(self) -> int:
        """How many connections are lent out."""
        return len(self._in_use)

    def execute(self, query: Any, **options: Any) -> Any:
        """Run a query; of one that is ready (`ivr.models.ready`) the SQL is known."""
        prepared = getattr(query, "prepared", None)
        return self.execute_prepared(*prepared) if prepared else super().execute(query, **options)

    def execute_prepared(self, statement: Prepared, values: Sequence[Any]) -> Any:
        """Run a statement with what is given each time; it is prepared at the connection's first use of it."""
        connection = self.connection()
        if statement.name not in connection.prepared:
            self.execute_sql(f"PREPARE {statement.name} AS {statement.sql}", statement.fixed)
            connection.prepared.add(statement.name)
        return self.execute_sql(statement.execution, values)

    def _is_closed(self, conn: Any) -> bool:
        # Peewee's own look is a statement more for whoever takes a connection; its transactions end when one is given back.
        return bool(conn.closed) or _has_hung_up(conn)


def _has_hung_up(connection: Any) -> bool:
    # An idle connection has nothing to say: readable means end of file, or the server's last words.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def bind(settings: Settings, *, max_connections: int = 20, timeout_s: float = 5) -> Pool:
    """Point every model at the settings' database; connections are opened when they are first needed.

    Waiting longer than `timeout_s` for a free connection raises `MaxConnectionsExceeded`. Connections must be PostgreSQL's own, or a
    pooler's by session: statements are prepared on them.
    """
    global _zone
    if settings.database_url is None:
        raise SettingsError("The settings are wrong:\n  DATABASE_URL: is needed here")
    pool = Pool(
        settings.database_url.get_secret_value(),
        max_connections=max_connections,
        timeout=timeout_s,
        connect_timeout=5,
        **PARTED,
        application_name="lilly",
        options=SESSION_OPTIONS,
        connection_factory=Connection,
    )
    unbind()
    database.initialize(pool)
    _zone = settings.timezone
    return pool


def unbind() -> None:
    """Close every connection of this process; a forked child only forgets those of its parent."""
    pool = database.obj
    if pool is None:
        return
    if pool.process_id == os.getpid():
        pool.close_all()
    else:
        # The connections are the parent's too: closing them here would end its sessions.
        pool.dispose()
    database.initialize(None)


def connections_in_use() -> int:
    """How many of this process's connections are lent out now."""
    return database.obj.in_use if database.obj else 0


class InstantField(DateTimeField):
    """A `timestamptz`: aware datetimes in, UTC datetimes out."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: Any) -> Any:
        """Refuse a datetime without a zone, which would silently be taken for UTC."""
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(f"{self.name} needs a datetime with a zone")
        return super().db_value(value)


class Row(Model):
    """Base of every model."""

    id = AutoField()

    class Meta:
        database = database
        legacy_table_names = False

    def save(self, force_insert: bool = False, only: Any = None) -> int:
        """As Peewee's, but that the statement by which a new row is written is made, parsed and planned once."""
        is_whole = only is None and self._meta.defaults.keys() <= {self._meta.fields[name] for name in self.__data__}
        if is_whole and (force_insert or self.id is None):
            return self._insert()
        return int(super().save(force_insert=force_insert, only=only))

    @classmethod
    def create_once(cls, **values: Any) -> "Self | None":
        """A new row, or None if the database has it already."""
        row = cls(**values)
        return row if row._insert(unless_known=True) else None

    def _insert(self, *, unless_known: bool = False) -> int:
        self._populate_unsaved_relations(self.__data__)  # type: ignore[attr-defined]
        names = tuple(name for name, value in self.__data__.items() if name != "id" or value is not None)
        fields = self._meta.fields
        statement = _insertion(type(self), names, unless_known)
        values = statement.values({name: fields[name].db_value(self.__data__[name]) for name in names})
        written = database.execute_prepared(statement, values).fetchone()
        if written is None:
            return 0
        (self.id,) = written
        self._dirty.clear()  # type: ignore[attr-defined]
        return 1


@cache
def _insertion(model: type[Row], names: tuple[str, ...], unless_known: bool) -> Prepared:
    insertion = model.insert({model._meta.fields[name]: given(name) for name in names})
    return Prepared.of(*(insertion.on_conflict_ignore() if unless_known else insertion).sql())


def one_of(column: str, values: type[StrEnum]) -> str:
    """The SQL condition that a text column holds one of an enumeration's values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
