"""The desk's lists are found by indexes in every order and under every filter, however large the hospital grows."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

INDEXES = """
    CREATE INDEX appointment_created_at ON appointment (created_at);
    CREATE INDEX call_status_started_at ON call (status, started_at);
    CREATE INDEX call_ended_reason_started_at ON call (ended_reason, started_at);
    CREATE INDEX callback_request_created_at ON callback_request (created_at);
    CREATE INDEX sms_message_state_created_at ON sms_message (state, created_at);
    CREATE INDEX sms_message_kind_created_at ON sms_message (kind, created_at);
    CREATE INDEX tool_call_failed ON tool_call (created_at) WHERE error IS NOT NULL;
    CREATE INDEX outbox_event_event_type_id ON outbox_event (event_type, id);
    CREATE INDEX outbox_event_not_delivered ON outbox_event (state, id) WHERE state IN ('dead', 'unsent');
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the indexes."""
    db.execute_sql(INDEXES)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove them."""
    names = [line.split()[2] for line in INDEXES.strip().splitlines()]
    db.execute_sql(f"DROP INDEX {', '.join(names)}")
