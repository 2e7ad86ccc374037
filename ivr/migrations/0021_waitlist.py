"""Patients who want to be told when something earlier opens."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLE = """
    CREATE TABLE waitlist_entry (
        id SERIAL PRIMARY KEY,
        patient_id INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
        specialty_id INTEGER NOT NULL REFERENCES specialty ON DELETE RESTRICT,
        doctor_id INTEGER REFERENCES doctor ON DELETE RESTRICT,
        before TIMESTAMPTZ,
        appointment_id INTEGER REFERENCES appointment ON DELETE SET NULL,
        call_id INTEGER REFERENCES "call" ON DELETE SET NULL,
        state TEXT NOT NULL,
        slot_id INTEGER REFERENCES slot ON DELETE SET NULL,
        offered_until TIMESTAMPTZ,
        offers SMALLINT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT waitlist_entry_state_is_known CHECK (state IN ('waiting', 'offered', 'taken', 'closed')),
        CONSTRAINT waitlist_entry_offered_has_an_end CHECK ((state = 'offered') = (offered_until IS NOT NULL))
    );
    CREATE INDEX waitlist_entry_patient_id ON waitlist_entry (patient_id);
    CREATE INDEX waitlist_entry_specialty_id ON waitlist_entry (specialty_id);
    CREATE INDEX waitlist_entry_doctor_id ON waitlist_entry (doctor_id);
    CREATE INDEX waitlist_entry_appointment_id ON waitlist_entry (appointment_id);
    CREATE INDEX waitlist_entry_call_id ON waitlist_entry (call_id);
    CREATE INDEX waitlist_entry_slot_id ON waitlist_entry (slot_id);
    CREATE UNIQUE INDEX waitlist_entry_offers_a_slot_once ON waitlist_entry (slot_id) WHERE state = 'offered';
    CREATE INDEX waitlist_entry_in_line ON waitlist_entry (created_at) WHERE state = 'waiting';
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the table."""
    db.execute_sql(TABLE)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the table, with what is in it."""
    db.execute_sql("DROP TABLE waitlist_entry")
