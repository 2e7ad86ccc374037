"""Rows that people edit: made, changed and removed with a line in the audit, and never over somebody else's change."""

import hashlib
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
import psycopg2
import structlog
from peewee import IntegrityError
from psycopg2.errorcodes import CHECK_VIOLATION, FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION

from ivr.errors import Conflict, InvalidInput, LillyError, NotFound, Stale
from ivr.models import AuditEntry, Row, database
from ivr.paging import Page, matching, narrowed, page
from ivr.schemas.audit import AuditQuery

R = TypeVar("R", bound=Row)

SECRETS = frozenset(("password_hash", "secret_hash", "refresh_id", "payload"))
"""Columns that the audit never shows: an event may tell of its patient."""

ANY_VERSION: Container[str] = type("AnyVersion", (), {"__contains__": lambda *_: True})()
"""What somebody says who changes a row whatever it is now."""


def get(model: type[R], row_id: int) -> R:
    """One row; raises `NotFound`."""
    row: R | None = model.get_or_none(model.id == row_id)
    if row is None:
        raise NotFound(f"There is no such {_words(model)}.")
    return row


def create(model: type[R], values: Mapping[str, Any], by: str) -> R:
    """A new row as the database has it; raises `Conflict` with already_exists, `InvalidInput` for what it refers to."""
    with database.atomic():
        with _refusals(model):
            row_id = model.insert(**values).execute()
        row = get(model, row_id)
        audit(by, "created", row, None)
    return row


def amend(model: type[R], row_id: int, values: Mapping[str, Any], unchanged: Container[str], by: str) -> R:
    """Change some columns of a row whose version is among those `unchanged`; raises `NotFound`, `Stale`, and as `create`."""
    with changing(model, row_id, unchanged, by) as row:
        for name, value in values.items():
            setattr(row, name, value)
    return get(model, row_id)


@contextmanager
def changing(model: type[R], row_id: int, unchanged: Container[str], by: str) -> Iterator[R]:
    """A row that is locked, then saved and audited when the block has changed it."""
    with database.atomic():
        row = _lock(model, row_id, unchanged)
        before = snapshot(row)
        yield row
        with _refusals(model):
            row.save()
        row = get(model, row_id)
        if snapshot(row) != before:
            audit(by, "changed", row, before)


def remove(model: type[Row], row_id: int, unchanged: Container[str], by: str) -> None:
    """Delete a row that nothing refers to; raises `NotFound`, `Stale`, and `Conflict` with in_use."""
    with database.atomic():
        row = _lock(model, row_id, unchanged)
        with _refusals(model):
            model.delete().where(model.id == row_id).execute()
        audit(by, "removed", row, snapshot(row))


def version_of(row: Row) -> str:
    """A short hash of what a row holds; it changes with every change, whoever makes it."""
    return hashlib.sha256(orjson.dumps(row.__data__, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)).hexdigest()[:20]


def snapshot(row: Row) -> dict[str, Any]:
    """What a row holds as plain data, without its secrets."""
    kept: dict[str, Any] = orjson.loads(orjson.dumps({name: value for name, value in row.__data__.items() if name not in SECRETS}))
    return kept


def audit(by: str, action: str, row: Row, before: dict[str, Any] | None) -> None:
    """Note a change in the transaction that makes it: `created`, `changed`, `removed` or a word of the domain's own."""
    AuditEntry.create(
        actor=by,
        action=action,
        subject=subject(type(row), row.id),
        before=before,
        after=None if action == "removed" else snapshot(row),
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )


def subject(model: type[Row], row_id: int) -> str:
    """A row as the audit names it: doctor:7."""
    return f"{_table(model)}:{row_id}"


def audited(query: AuditQuery) -> Page[AuditEntry]:
    """Changes by who made them, and of what."""
    entries = narrowed(AuditEntry.select(), matching(query, actor=AuditEntry.actor, subject=AuditEntry.subject))
    return page(entries, query, {"id": AuditEntry.id})


def _lock(model: type[R], row_id: int, unchanged: Container[str]) -> R:
    row: R | None = model.select().where(model.id == row_id).for_update().first()
    if row is None:
        raise NotFound(f"There is no such {_words(model)}.")
    if version_of(row) not in unchanged:
        raise Stale
    return row


@contextmanager
def _refusals(model: type[Row]) -> Iterator[None]:
    try:
        with database.atomic():
            yield
    except IntegrityError as error:
        cause = getattr(error, "orig", None)
        if not isinstance(cause, psycopg2.Error):
            raise
        raise _meaning(model, cause) from error


def _meaning(model: type[Row], cause: psycopg2.Error) -> LillyError:
    name = _words(model)
    if cause.pgcode == UNIQUE_VIOLATION:
        return Conflict(f"There is such a {name} already.", code="already_exists")
    if cause.pgcode == FOREIGN_KEY_VIOLATION and cause.diag.table_name == model._meta.table_name:
        column = str(cause.diag.constraint_name).removeprefix(f"{cause.diag.table_name}_").removesuffix("_fkey")
        return InvalidInput("What this refers to does not exist.", code="reference_unknown", field=column)
    if cause.pgcode == FOREIGN_KEY_VIOLATION:
        return Conflict(f"The {name} is still referred to.", code="in_use")
    if cause.pgcode == CHECK_VIOLATION:
        rule = str(cause.diag.constraint_name).removeprefix(f"{_table(model)}_").replace("_", " ")
        return InvalidInput(f"A rule is not kept: {rule}.", code="rule_broken")
    return Conflict(f"The database refuses this {name}.")


def _table(model: type[Row]) -> str:
    return "user" if model.__name__ == "User" else str(model._meta.table_name)


def _words(model: type[Row]) -> str:
    return _table(model).replace("_", " ")
