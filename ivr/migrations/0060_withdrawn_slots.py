"""A slot that is outside of its doctor's hours says so itself, whoever holds it."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

COLUMN = """
    ALTER TABLE slot ADD COLUMN withdrawn BOOLEAN NOT NULL DEFAULT false;
    ALTER TABLE slot ALTER COLUMN withdrawn DROP DEFAULT;
    UPDATE slot SET withdrawn = true WHERE id IN (SELECT slot_id FROM hold WHERE holder = 'hours');
    DELETE FROM hold WHERE holder = 'hours';
"""
HOLDS = """
    INSERT INTO hold (slot_id, holder, expires_at, created_at)
    SELECT id, 'hours', '9999-01-01T00:00:00Z', now() FROM slot WHERE withdrawn
    ON CONFLICT (slot_id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, created_at = excluded.created_at;
    ALTER TABLE slot DROP COLUMN withdrawn;
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Add the column; what the hours held is withdrawn."""
    db.execute_sql(COLUMN)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Let the hours hold what is withdrawn."""
    db.execute_sql(HOLDS)
