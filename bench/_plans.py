"""How the database finds the rows of a query: its plan, and whether a large table is read from end to end."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peewee import QueryEvent

from ivr.models import database

LARGE = 5_000
"""From so many rows on a table must not be read from end to end."""


@dataclass(frozen=True)
class Asked:
    """A query as it was sent."""

    sql: str
    parameters: tuple[Any, ...]

    def explained(self) -> "Plan":
        """The plan with which it runs now, once it has run."""
        (whole,) = _one(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {self.sql}", self.parameters)
        lines = database.execute_sql(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {self.sql}", self.parameters).fetchall()
        return Plan(whole[0], "\n".join(line for (line,) in lines))

    def row_at(self, share: float) -> int | None:
        """The id of the row after this share of all rows that it would find without its limit."""
        unlimited, parameters = self.sql.rpartition(" LIMIT ")[0], self.parameters[:-1]
        (count,) = _one(f"SELECT count(*) FROM ({unlimited}) AS found", parameters)
        row = _one(f"{unlimited} OFFSET %s LIMIT 1", (*parameters, int(count * share)))
        return row[0] if row else None


@dataclass(frozen=True)
class Plan:
    """What EXPLAIN tells."""

    whole: dict[str, Any] = field(repr=False)
    text: str

    @property
    def took_ms(self) -> float:
        """Planning and running."""
        return float(self.whole["Planning Time"] + self.whole["Execution Time"])

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """All steps."""
        return list(_nodes(self.whole["Plan"]))

    @property
    def indexes(self) -> list[str]:
        """The indexes that are used."""
        return sorted({node["Index Name"] for node in self.nodes if "Index Name" in node})

    @property
    def read_whole(self) -> list[str]:
        """The large tables that are read from end to end."""
        return sorted({node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan" and _rows_of(node) >= LARGE})

    @property
    def pages(self) -> int:
        """How many pages of 8 kB were looked at."""
        return int(self.whole["Plan"]["Shared Hit Blocks"] + self.whole["Plan"]["Shared Read Blocks"])

    def __str__(self) -> str:
        return textwrap.indent(self.text, "    ")


@contextmanager
def listening() -> Iterator[list[Asked]]:
    """What this process asks the database while the context lasts."""
    heard: list[Asked] = []

    def hear(event: QueryEvent) -> None:
        heard.append(Asked(event.sql, tuple(event.params or ())))

    database.obj.query_hooks.append(hear)
    try:
        yield heard
    finally:
        database.obj.query_hooks.remove(hear)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _rows_of(node: dict[str, Any]) -> int:
    (rows,) = _one("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", (f'"{node["Relation Name"]}"',))
    return int(rows)


def _one(sql: str, parameters: tuple[Any, ...]) -> Any:
    return database.execute_sql(sql, parameters).fetchone()
