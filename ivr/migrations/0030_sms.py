"""Text messages to patients, reminders, and the numbers that want none."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLES = """
    CREATE TABLE sms_message (
        id SERIAL PRIMARY KEY,
        kind TEXT NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
        appointment_id INTEGER REFERENCES appointment ON DELETE SET NULL,
        to_number TEXT NOT NULL,
        language TEXT,
        facts JSONB NOT NULL,
        body TEXT,
        idempotency_key TEXT NOT NULL,
        state TEXT NOT NULL,
        why TEXT,
        sid TEXT,
        attempts INTEGER NOT NULL,
        next_attempt_at TIMESTAMPTZ NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        sent_at TIMESTAMPTZ,
        CONSTRAINT sms_message_kind_is_known CHECK (kind IN ('booked', 'moved', 'cancelled', 'reminder', 'waitlist_offer')),
        CONSTRAINT sms_message_state_is_known CHECK (state IN ('pending', 'sent', 'failed', 'skipped', 'delivered', 'undelivered')),
        CONSTRAINT sms_message_sent_has_a_sid CHECK ((state IN ('sent', 'delivered', 'undelivered')) = (sid IS NOT NULL))
    );
    CREATE INDEX sms_message_patient_id ON sms_message (patient_id);
    CREATE INDEX sms_message_appointment_id ON sms_message (appointment_id);
    CREATE UNIQUE INDEX sms_message_idempotency_key ON sms_message (idempotency_key);
    CREATE UNIQUE INDEX sms_message_sid ON sms_message (sid);
    CREATE INDEX sms_message_created_at ON sms_message (created_at);
    CREATE INDEX sms_message_due ON sms_message (next_attempt_at) WHERE state = 'pending';
    CREATE INDEX sms_message_pending_to ON sms_message (to_number, id) WHERE state = 'pending';

    CREATE TABLE reminder (
        id SERIAL PRIMARY KEY,
        appointment_id INTEGER NOT NULL REFERENCES appointment ON DELETE CASCADE,
        lead TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        answer TEXT,
        answered_at TIMESTAMPTZ,
        CONSTRAINT reminder_lead_is_known CHECK (lead IN ('24h', '2h')),
        CONSTRAINT reminder_answered_has_a_time CHECK ((answer IS NULL) = (answered_at IS NULL))
    );
    CREATE UNIQUE INDEX reminder_appointment_id_lead ON reminder (appointment_id, lead);

    CREATE TABLE sms_opt_out (
        id SERIAL PRIMARY KEY,
        number TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL
    );
    CREATE UNIQUE INDEX sms_opt_out_number ON sms_opt_out (number);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the tables."""
    db.execute_sql(TABLES)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the tables, with what is in them."""
    db.execute_sql("DROP TABLE sms_message, reminder, sms_opt_out")
