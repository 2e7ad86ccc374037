"""Queries whose SQL is made once: peewee takes longer to make that of a join than the database to answer it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from peewee import SQL, ModelSelect

from ivr.models.connection import Row

R = TypeVar("R", bound=Row)


class _Given:
    def __init__(self, name: str) -> None:
        self.name = name


def given(name: str) -> SQL:
    """Where a value stands in the query that is different each time; no field converts it."""
    return SQL("%s", (_Given(name),))


class Ready(Generic[R]):
    """A query that is always asked with the same words; `make` is called once, when it is first asked."""

    def __init__(self, make: "Callable[[], ModelSelect[R]]") -> None:
        self._make = make

    def all(self, **values: Any) -> list[R]:
        """Every row, with what is `given`."""
        sql, parameters = self._sql
        asked: Any = self._query.clone()
        asked.ready = sql, [values[one.name] if isinstance(one, _Given) else one for one in parameters]
        return list(asked)

    def first(self, **values: Any) -> R | None:
        """The first row, or None."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _query(self) -> "ModelSelect[R]":
        return self._make()

    @cached_property
    def _sql(self) -> tuple[str, list[Any]]:
        sql, parameters = self._query.sql()
        return sql, list(parameters)
