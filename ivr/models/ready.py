"""Queries and commands that are ready: their SQL is made once, and PostgreSQL's plan kept by each connection."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from peewee import ModelSelect

from ivr.models.connection import Row, database
from ivr.models.prepared import Prepared

R = TypeVar("R", bound=Row)


class Ready(Generic[R]):
    """A query that is always asked with the same words; `make` is called once, when it is first asked.

    PostgreSQL keeps its plan for as long as the connection lasts, whose first use of it is dearer.
    """

    def __init__(self, make: "Callable[[], ModelSelect[R]]") -> None:
        self._make = make

    def all(self, **values: Any) -> list[R]:
        """Every row, with what is `given`."""
        asked: Any = self._query.clone()
        asked.prepared = self._prepared, self._prepared.values(values)
        return list(asked)

    def first(self, **values: Any) -> R | None:
        """The first row, or None."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _query(self) -> "ModelSelect[R]":
        return self._make()

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(*self._query.sql())


class Command:
    """SQL with `%(name)s` where a value is given each time. PostgreSQL infers their types, but in a SELECT list: cast them there."""

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def execute(self, **values: Any) -> Any:
        """Run it with what is given; returns the cursor."""
        return database.execute_prepared(self._prepared, self._prepared.values(values))

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.named(self._sql)
