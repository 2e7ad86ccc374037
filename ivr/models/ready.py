"""Queries that are made, parsed and planned once: for a join each of these takes longer than the answer."""

from collections.abc import Callable
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar

from peewee import SQL, ModelSelect
from psycopg2.extensions import AsIs

from ivr.models.connection import Prepared, Row

R = TypeVar("R", bound=Row)

_numbers = count(1)


class _Given:
    def __init__(self, name: str) -> None:
        self.name = name


def given(name: str) -> SQL:
    """Where a value stands in the query that is different each time; no field converts it."""
    return SQL("%s", (_Given(name),))


class Ready(Generic[R]):
    """A query that is always asked with the same words; `make` is called once, when it is first asked.

    PostgreSQL keeps its plan for as long as the connection lasts, whose first use of it is dearer.
    """

    def __init__(self, make: "Callable[[], ModelSelect[R]]") -> None:
        self._make = make

    def all(self, **values: Any) -> list[R]:
        """Every row, with what is `given`."""
        asked: Any = self._query.clone()
        asked.prepared = self._prepared, [values[name] for name in self._prepared.names]
        return list(asked)

    def first(self, **values: Any) -> R | None:
        """The first row, or None."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _query(self) -> "ModelSelect[R]":
        return self._make()

    @cached_property
    def _prepared(self) -> Prepared:
        sql, parameters = self._query.sql()
        names = list(dict.fromkeys(one.name for one in parameters if isinstance(one, _Given)))
        fixed = [AsIs(f"${names.index(one.name) + 1}") if isinstance(one, _Given) else one for one in parameters]
        return Prepared(f"ready_{next(_numbers)}", sql, fixed, names)
