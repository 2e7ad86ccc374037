"""Events are given up by what is in their rows: when they failed last, and how often while the receiver took others."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

COLUMNS = """
    ALTER TABLE outbox_event ADD COLUMN failed_at TIMESTAMPTZ;
    ALTER TABLE outbox_event ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE outbox_event ALTER COLUMN refusals DROP DEFAULT;
    CREATE INDEX outbox_event_delivered_at ON outbox_event (delivered_at) WHERE state = 'delivered';
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns; whatever failed so far begins anew."""
    db.execute_sql(COLUMNS)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the columns."""
    db.execute_sql("ALTER TABLE outbox_event DROP COLUMN failed_at, DROP COLUMN refusals; DROP INDEX outbox_event_delivered_at")
