"""Who has called somebody back."""

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Add the column; of what was done before nobody knows who did it."""
    db.execute_sql("ALTER TABLE callback_request ADD COLUMN done_by TEXT")


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the column."""
    db.execute_sql("ALTER TABLE callback_request DROP COLUMN done_by")
