"""What the hospital tells everybody who asks."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLE = """
    CREATE TABLE knowledge_entry (
        id SERIAL PRIMARY KEY,
        topic TEXT NOT NULL,
        language TEXT NOT NULL,
        words JSONB NOT NULL,
        text TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL
    );
    CREATE UNIQUE INDEX knowledge_entry_topic_language ON knowledge_entry (topic, language);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the table."""
    db.execute_sql(TABLE)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the table, with what is in it."""
    db.execute_sql("DROP TABLE knowledge_entry")
