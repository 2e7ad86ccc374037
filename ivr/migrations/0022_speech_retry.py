"""Clauses that the voice could not speak, to be made by a worker."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLE = """
    CREATE TABLE speech_retry (
        id SERIAL PRIMARY KEY,
        call_id INTEGER REFERENCES "call" ON DELETE CASCADE,
        text TEXT NOT NULL,
        language TEXT NOT NULL,
        confirms BOOLEAN NOT NULL,
        attempts INTEGER NOT NULL,
        last_error TEXT,
        outcome TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        finished_at TIMESTAMPTZ,
        CONSTRAINT speech_retry_outcome_is_known CHECK (outcome IN ('played', 'lapsed', 'failed')),
        CONSTRAINT speech_retry_finishes_once CHECK ((outcome IS NULL) = (finished_at IS NULL))
    );
    CREATE INDEX speech_retry_call_id ON speech_retry (call_id);
    CREATE INDEX speech_retry_created_at ON speech_retry (created_at);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the table."""
    db.execute_sql(TABLE)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the table, with what is in it."""
    db.execute_sql("DROP TABLE speech_retry")
