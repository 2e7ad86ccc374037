"""Callers whom the front desk is to call back."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLE = """
    CREATE TABLE callback_request (
        id SERIAL PRIMARY KEY,
        call_id INTEGER REFERENCES "call" ON DELETE SET NULL,
        patient_id INTEGER REFERENCES patient ON DELETE SET NULL,
        phone TEXT,
        reason TEXT NOT NULL,
        language TEXT,
        state TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        done_at TIMESTAMPTZ,
        CONSTRAINT callback_request_state_is_known CHECK (state IN ('open', 'done')),
        CONSTRAINT callback_request_phone_is_e164 CHECK (phone ~ '^[+][0-9]{3,15}$'),
        CONSTRAINT callback_request_done_has_a_time CHECK ((state = 'done') = (done_at IS NOT NULL))
    );
    CREATE INDEX callback_request_call_id ON callback_request (call_id);
    CREATE INDEX callback_request_patient_id ON callback_request (patient_id);
    CREATE INDEX callback_request_state_created_at ON callback_request (state, created_at);
    CREATE UNIQUE INDEX callback_request_open_once ON callback_request (call_id) WHERE state = 'open';
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the table."""
    db.execute_sql(TABLE)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the table, with what is in it."""
    db.execute_sql("DROP TABLE callback_request")
