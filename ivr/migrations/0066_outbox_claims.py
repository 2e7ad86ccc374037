"""An event that is in flight is told from one that waits for its next attempt."""

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Add the column; what is in flight meanwhile counts as waiting."""
    db.execute_sql("ALTER TABLE outbox_event ADD COLUMN claimed_until TIMESTAMPTZ")


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the column."""
    db.execute_sql("ALTER TABLE outbox_event DROP COLUMN claimed_until")
