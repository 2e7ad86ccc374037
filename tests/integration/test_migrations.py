"""The migrations and the models agree, and several releases at once do no harm."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playhouse.schema_diff import diff_models

from ivr import models
from ivr.migrate import migrate, pending, revert
from ivr.models import Pool
from tests.integration.conftest import an_empty_database

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND a.attnum > 0
    ORDER BY 1, a.attnum
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = %s::regnamespace ORDER BY 1, 2
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2"


@pytest.fixture
def empty_url(database_url: str) -> Iterator[str]:
    """A database of its own beside the session's, without any table."""
    with an_empty_database(database_url, f"migrations_{os.getpid()}") as url:
        yield url


def _pool(url: str) -> Pool:
    return Pool(url, max_connections=5, timeout=10)


def _schema(database: Any, schema: str) -> list[tuple[Any, ...]]:
    """Everything that the catalogue says about a schema's tables, with the schema's own name left out."""
    database.execute_sql(f"SET search_path = {schema}, public")
    rows = [row for query in (COLUMNS, CONSTRAINTS, INDEXES) for row in database.execute_sql(query, (schema,)).fetchall()]
    return [
        tuple(value.replace(f"{schema}.", "") if isinstance(value, str) else value for value in row)
        for row in rows
        if not str(row[0]).startswith("schema_migration")
    ]


def test_three_releases_at_once_apply_each_migration_once(empty_url: str) -> None:
    pools = [_pool(empty_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        applied = list(threads.map(migrate, pools))
    assert sorted(map(len, applied)) == [0, 0, len(max(applied, key=len))]
    assert max(applied, key=len)[0] == "0001_initial"
    assert pending(pools[0]) == []
    for pool in pools:
        pool.close_all()


def test_everything_can_be_reverted_and_applied_again(empty_url: str) -> None:
    pool = _pool(empty_url)
    names = migrate(pool)
    assert revert(pool, names[0]) == names[::-1]
    with pool.connection_context():
        assert pool.get_tables() == ["schema_migration"]
    assert pending(pool) == names
    assert migrate(pool) == names
    pool.close_all()


def test_the_migrated_schema_is_exactly_that_of_the_models(empty_url: str) -> None:
    pool = _pool(empty_url)
    migrate(pool)
    with pool.connection_context(), pool.bind_ctx(models.ALL_MODELS):
        migrated = _schema(pool, "public")
        pool.execute_sql("CREATE SCHEMA modelled; SET search_path = modelled, public")
        pool.create_tables(models.ALL_MODELS, safe=False)
        assert _schema(pool, "modelled") == migrated
    pool.close_all()


def test_peewee_sees_no_difference_either(db: None) -> None:
    differences = diff_models(models.database, models.ALL_MODELS)
    # The indexes under the exclusion constraints belong to these, and are no indexes of the models.
    stray = [index.name for index in differences.drop_indexes if "never_overlaps" not in index.name]
    assert not any((differences.create_tables, differences.add_columns, differences.drop_columns, differences.add_indexes, stray))
