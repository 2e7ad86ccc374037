"""Lists in pages: sorted by one column and the id, each page beginning where the last one ended."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

import orjson
from peewee import AutoField, DateField, Field, IntegerField, ModelSelect, Tuple
from pydantic import BaseModel, TypeAdapter, ValidationError

from ivr.errors import InvalidInput
from ivr.models import Row
from ivr.models.connection import InstantField
from ivr.schemas.lists import DaysQuery
from ivr.schemas.types import Day, Id, Instant
from ivr.timetable import ONE_DAY, day_starts_at

R = TypeVar("R", bound=Row)


class Wanted(Protocol):
    """A page that is asked for; `sort` is a key of the list's sorts, after a - for descending."""

    limit: int
    cursor: str | None
    sort: Any


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows, and the cursor of those after them."""

    items: list[R]
    next_cursor: str | None


Sorts = Mapping[str, Field]
"""What a list may be sorted by; none of the columns is ever null."""

Filter = tuple[Any, Callable[[Any], Any]]
"""A value that may have been asked for, and the condition that it makes; None asks for nothing."""

_ID: TypeAdapter[int] = TypeAdapter(Id)
_KINDS: tuple[tuple[type[Field], TypeAdapter[Any]], ...] = (
    (AutoField, _ID),
    (IntegerField, TypeAdapter(int)),
    (InstantField, TypeAdapter(Instant)),
    (DateField, TypeAdapter(Day)),
    (Field, TypeAdapter(str)),
)


def page(query: "ModelSelect[R]", wanted: Wanted, sorts: Sorts) -> Page[R]:
    """The page of a query that is wanted; raises `InvalidInput` with cursor_invalid."""
    field, descending = sorts[wanted.sort.removeprefix("-")], wanted.sort.startswith("-")
    own_id = field.model.id
    order, after = Tuple(field, own_id), _after(wanted, field)
    if after is not None:
        query = query.where(order < after if descending else order > after)
    columns = (field,) if field is own_id else (field, own_id)
    rows = list(query.order_by(*(column.desc() if descending else column for column in columns)).limit(wanted.limit + 1))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return Page(rows, cursor_after(wanted.sort, rows[-1], field) if more else None)


def narrowed(query: "ModelSelect[R]", filters: Iterable[Filter]) -> "ModelSelect[R]":
    """The query under the conditions whose values are given."""
    for value, condition in filters:
        if value is not None:
            query = query.where(condition(value))
    return query


def matching(asked: BaseModel, **columns: Field) -> list[Filter]:
    """What is asked for by the names of fields, as filters of the columns that are to be just that."""
    return [(getattr(asked, name), column.__eq__) for name, column in columns.items()]


def days_of(column: Field, asked: DaysQuery, tz: ZoneInfo) -> tuple[Filter, Filter]:
    """The days that are asked for, as filters of a column of instants."""
    return (
        (asked.day or asked.date_from, lambda day: column >= day_starts_at(day, tz)),
        (asked.day or asked.date_to, lambda day: column < day_starts_at(day + ONE_DAY, tz)),
    )


def cursor_after(sort: str, last: Row, field: Field) -> str:
    """The cursor of what comes after a row of a list that is sorted by this field."""
    value = getattr(last, field.name)
    value = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(orjson.dumps([sort, value, last.id])).decode().rstrip("=")


def _after(wanted: Wanted, field: Field) -> Any:
    if wanted.cursor is None:
        return None
    adapter = next(adapter for kind, adapter in _KINDS if isinstance(field, kind))
    try:
        sort, value, row_id = orjson.loads(base64.urlsafe_b64decode(wanted.cursor + "=" * (-len(wanted.cursor) % 4)))
        after = Tuple(adapter.validate_python(value), _ID.validate_python(row_id))
    except (ValueError, TypeError, ValidationError):
        sort = None
        after = None
    if sort != wanted.sort or "\0" in f"{value}":
        raise InvalidInput("The cursor is not one of this list in this order.", code="cursor_invalid", field="cursor")
    return after
