"""Users, log-ins, API keys, the audit, answers by idempotency key, and who asked for a booking."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLES = """
    CREATE TABLE user_account (
        id SERIAL PRIMARY KEY,
        email TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        role TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT user_account_role_is_known CHECK (role IN ('admin', 'desk', 'supervisor', 'readonly')),
        CONSTRAINT user_account_email_is_lower_case CHECK (email = lower(email))
    );
    CREATE UNIQUE INDEX user_account_email ON user_account (email);

    CREATE TABLE login_session (
        id SERIAL PRIMARY KEY,
        user_id INTEGER NOT NULL REFERENCES user_account ON DELETE CASCADE,
        refresh_id TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        revoked_at TIMESTAMPTZ
    );
    CREATE INDEX login_session_user_id ON login_session (user_id);

    CREATE TABLE login_attempts (
        id SERIAL PRIMARY KEY,
        email TEXT NOT NULL,
        failures INTEGER NOT NULL,
        last_at TIMESTAMPTZ NOT NULL
    );
    CREATE UNIQUE INDEX login_attempts_email ON login_attempts (email);
    CREATE INDEX login_attempts_last_at ON login_attempts (last_at);

    CREATE TABLE api_key (
        id SERIAL PRIMARY KEY,
        name TEXT NOT NULL,
        prefix TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        scopes TEXT[] NOT NULL,
        created_by TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        expires_at TIMESTAMPTZ,
        revoked_at TIMESTAMPTZ
    );
    CREATE UNIQUE INDEX api_key_prefix ON api_key (prefix);

    CREATE TABLE audit_entry (
        id SERIAL PRIMARY KEY,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before JSONB,
        after JSONB,
        request_id TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT audit_entry_says_something CHECK (before IS NOT NULL OR after IS NOT NULL)
    );
    CREATE INDEX audit_entry_actor ON audit_entry (actor);
    CREATE INDEX audit_entry_subject ON audit_entry (subject);
    CREATE INDEX audit_entry_created_at ON audit_entry (created_at);

    CREATE TABLE idempotent_answer (
        id SERIAL PRIMARY KEY,
        actor TEXT NOT NULL,
        key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        claimed_at TIMESTAMPTZ NOT NULL,
        status SMALLINT,
        headers JSONB NOT NULL,
        body BYTEA,
        CONSTRAINT idempotent_answer_is_whole CHECK ((status IS NULL) = (body IS NULL))
    );
    CREATE UNIQUE INDEX idempotent_answer_actor_key ON idempotent_answer (actor, key);
    CREATE INDEX idempotent_answer_claimed_at ON idempotent_answer (claimed_at);

    ALTER TABLE booking_request ADD COLUMN actor TEXT;
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make the tables."""
    db.execute_sql(TABLES)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove the tables, with what is in them."""
    db.execute_sql("ALTER TABLE booking_request DROP COLUMN actor")
    db.execute_sql("DROP TABLE idempotent_answer, audit_entry, api_key, login_attempts, login_session, user_account")
