"""Statements that are made, parsed and planned once: for a short one each of these takes longer than the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from peewee import SQL
from psycopg2.extensions import AsIs

_numbers = count(1)


class _Given:
    def __init__(self, name: str) -> None:
        self.name = name


def given(name: str) -> SQL:
    """Where a value stands in a query that is different each time; no field converts it."""
    return SQL("%s", (_Given(name),))


@dataclass(frozen=True)
class Prepared:
    """A statement whose plan a connection keeps: its SQL with what is fixed in it, and the `names` of what is given each time."""

    name: str
    sql: str
    fixed: list[Any]
    names: list[str]

    @classmethod
    def of(cls, sql: str, parameters: Sequence[Any]) -> "Prepared":
        """From SQL as Peewee writes it, some of whose parameters are `given`."""
        names = list(dict.fromkeys(one.name for one in parameters if isinstance(one, _Given)))
        fixed = [AsIs(f"${names.index(one.name) + 1}") if isinstance(one, _Given) else one for one in parameters]
        return cls(f"ready_{next(_numbers)}", sql, fixed, names)

    @classmethod
    def named(cls, sql: str) -> "Prepared":
        """From SQL with `%(name)s` where a value is given."""
        places = _Places()
        return cls(f"ready_{next(_numbers)}", sql % places, [], list(places))

    @property
    def execution(self) -> str:
        """The SQL by which it is executed."""
        return f"EXECUTE {self.name} ({', '.join(['%s'] * len(self.names))})" if self.names else f"EXECUTE {self.name}"

    def values(self, by_name: Mapping[str, Any]) -> list[Any]:
        """What is given, in the statement's order; raises `KeyError` for what is missing."""
        return [by_name[name] for name in self.names]


class _Places(dict[str, str]):
    """Which of PostgreSQL's `$1`, `$2` … stands for a name; a new one gets the next."""

    def __missing__(self, name: str) -> str:
        self[name] = f"${len(self) + 1}"
        return self[name]
