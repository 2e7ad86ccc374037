"""Bookings whose end the caller could not be told on the line."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

COLUMN = """
    ALTER TABLE booking_request ADD COLUMN confirm_by_sms BOOLEAN NOT NULL DEFAULT false;
    ALTER TABLE booking_request ALTER COLUMN confirm_by_sms DROP DEFAULT;
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Add the column; what was confirmed so far is owed nothing."""
    db.execute_sql(COLUMN)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the column."""
    db.execute_sql("ALTER TABLE booking_request DROP COLUMN confirm_by_sms")
