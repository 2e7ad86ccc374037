"""Patients are found by how their names sound, merged into one another, and erased."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

from ivr.names import sounds

TABLES = """
    ALTER TABLE patient ADD COLUMN sounds TEXT[] NOT NULL DEFAULT '{}', ADD COLUMN erased_at TIMESTAMPTZ;
    ALTER TABLE patient ALTER COLUMN sounds DROP DEFAULT;
    CREATE INDEX patient_sounds ON patient USING GIN (sounds);
    CREATE INDEX patient_phone ON patient (phone);

    CREATE TABLE merged_patient (
        id SERIAL PRIMARY KEY,
        former_id INTEGER NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX merged_patient_former_id ON merged_patient (former_id);
    CREATE INDEX merged_patient_patient_id ON merged_patient (patient_id);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the columns and the table; those who are registered get the sounds of their names."""
    db.execute_sql(TABLES)
    for patient_id, name in db.execute_sql("SELECT id, name FROM patient").fetchall():
        db.execute_sql("UPDATE patient SET sounds = %s WHERE id = %s", (sounds(name), patient_id))


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove them; who was erased or merged stays so."""
    db.execute_sql("DROP TABLE merged_patient; DROP INDEX patient_phone; ALTER TABLE patient DROP COLUMN sounds, DROP COLUMN erased_at")
