"""The first schema: the clinic, its patients, their calls and appointments, and the outbox."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

TABLES = """
    CREATE TABLE specialty (
        id SERIAL PRIMARY KEY,
        name TEXT NOT NULL,
        labels JSONB NOT NULL,
        words JSONB NOT NULL
    );
    CREATE UNIQUE INDEX specialty_name ON specialty (name);

    CREATE TABLE doctor (
        id SERIAL PRIMARY KEY,
        given_name TEXT NOT NULL,
        family_name TEXT NOT NULL,
        specialty_id INTEGER NOT NULL REFERENCES specialty ON DELETE RESTRICT,
        languages TEXT[] NOT NULL,
        active BOOLEAN NOT NULL
    );
    CREATE INDEX doctor_specialty_id ON doctor (specialty_id);
    CREATE UNIQUE INDEX doctor_given_name_family_name_specialty_id ON doctor (given_name, family_name, specialty_id);

    CREATE TABLE schedule (
        id SERIAL PRIMARY KEY,
        doctor_id INTEGER NOT NULL REFERENCES doctor ON DELETE CASCADE,
        weekday SMALLINT NOT NULL,
        starts TIME NOT NULL,
        ends TIME NOT NULL,
        slot_minutes SMALLINT NOT NULL,
        CONSTRAINT schedule_starts_before_it_ends CHECK (starts < ends),
        CONSTRAINT schedule_weekday_exists CHECK (weekday BETWEEN 0 AND 6),
        CONSTRAINT schedule_slot_length_makes_sense CHECK (slot_minutes BETWEEN 5 AND 240)
    );
    CREATE UNIQUE INDEX schedule_doctor_id_weekday_starts ON schedule (doctor_id, weekday, starts);

    CREATE TABLE break (
        id SERIAL PRIMARY KEY,
        doctor_id INTEGER NOT NULL REFERENCES doctor ON DELETE CASCADE,
        weekday SMALLINT NOT NULL,
        starts TIME NOT NULL,
        ends TIME NOT NULL,
        CONSTRAINT break_starts_before_it_ends CHECK (starts < ends),
        CONSTRAINT break_weekday_exists CHECK (weekday BETWEEN 0 AND 6)
    );
    CREATE UNIQUE INDEX break_doctor_id_weekday_starts ON break (doctor_id, weekday, starts);

    CREATE TABLE time_off (
        id SERIAL PRIMARY KEY,
        doctor_id INTEGER REFERENCES doctor ON DELETE CASCADE,
        starts_at TIMESTAMPTZ NOT NULL,
        ends_at TIMESTAMPTZ NOT NULL,
        reason TEXT,
        CONSTRAINT time_off_starts_before_it_ends CHECK (starts_at < ends_at)
    );
    CREATE INDEX time_off_doctor_id ON time_off (doctor_id);

    CREATE TABLE extra_session (
        id SERIAL PRIMARY KEY,
        doctor_id INTEGER NOT NULL REFERENCES doctor ON DELETE CASCADE,
        day DATE NOT NULL,
        starts TIME NOT NULL,
        ends TIME NOT NULL,
        slot_minutes SMALLINT NOT NULL,
        CONSTRAINT extra_session_starts_before_it_ends CHECK (starts < ends),
        CONSTRAINT extra_session_slot_length_makes_sense CHECK (slot_minutes BETWEEN 5 AND 240)
    );
    CREATE UNIQUE INDEX extra_session_doctor_id_day_starts ON extra_session (doctor_id, day, starts);

    CREATE TABLE slot (
        id SERIAL PRIMARY KEY,
        doctor_id INTEGER NOT NULL REFERENCES doctor ON DELETE RESTRICT,
        starts_at TIMESTAMPTZ NOT NULL,
        ends_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT slot_starts_before_it_ends CHECK (starts_at < ends_at),
        CONSTRAINT slot_never_overlaps_for_a_doctor
            EXCLUDE USING gist (doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    );
    CREATE INDEX slot_starts_at ON slot (starts_at);
    CREATE UNIQUE INDEX slot_doctor_id_starts_at ON slot (doctor_id, starts_at);
    CREATE UNIQUE INDEX slot_id_starts_at_ends_at ON slot (id, starts_at, ends_at);

    CREATE TABLE hold (
        id SERIAL PRIMARY KEY,
        slot_id INTEGER NOT NULL REFERENCES slot ON DELETE CASCADE,
        holder TEXT NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        created_at TIMESTAMPTZ NOT NULL
    );
    CREATE UNIQUE INDEX hold_slot_id ON hold (slot_id);

    CREATE TABLE patient (
        id SERIAL PRIMARY KEY,
        name TEXT NOT NULL,
        normalised_name TEXT NOT NULL,
        date_of_birth DATE NOT NULL,
        phone TEXT NOT NULL,
        language TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT patient_phone_is_e164 CHECK (phone ~ '^[+][0-9]{3,15}$')
    );
    CREATE INDEX patient_date_of_birth ON patient (date_of_birth);
    CREATE UNIQUE INDEX patient_normalised_name_date_of_birth_phone ON patient (normalised_name, date_of_birth, phone);

    CREATE TABLE "call" (
        id SERIAL PRIMARY KEY,
        sid TEXT NOT NULL,
        stream_sid TEXT,
        owner TEXT,
        from_number TEXT,
        to_number TEXT,
        status TEXT NOT NULL,
        language TEXT,
        patient_id INTEGER REFERENCES patient ON DELETE SET NULL,
        history JSONB NOT NULL,
        started_at TIMESTAMPTZ NOT NULL,
        ended_at TIMESTAMPTZ,
        ended_reason TEXT,
        unsaid TEXT,
        CONSTRAINT call_status_is_known CHECK (
            status IN ('queued', 'ringing', 'in-progress', 'completed', 'busy', 'failed', 'no-answer', 'canceled')
        ),
        CONSTRAINT call_that_ended_has_no_stream CHECK (ended_at IS NULL OR stream_sid IS NULL)
    );
    CREATE UNIQUE INDEX call_sid ON "call" (sid);
    CREATE UNIQUE INDEX call_stream_sid ON "call" (stream_sid);
    CREATE INDEX call_patient_id ON "call" (patient_id);
    CREATE INDEX call_started_at ON "call" (started_at);

    CREATE TABLE stream_token (
        id SERIAL PRIMARY KEY,
        call_id INTEGER NOT NULL REFERENCES "call" ON DELETE CASCADE,
        token_hash TEXT NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        spent_at TIMESTAMPTZ
    );
    CREATE INDEX stream_token_call_id ON stream_token (call_id);
    CREATE UNIQUE INDEX stream_token_token_hash ON stream_token (token_hash);

    CREATE TABLE turn (
        id SERIAL PRIMARY KEY,
        call_id INTEGER NOT NULL REFERENCES "call" ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        caller_text TEXT NOT NULL,
        reply_text TEXT NOT NULL,
        heard_text TEXT NOT NULL,
        language TEXT,
        interrupted BOOLEAN NOT NULL,
        timeline JSONB NOT NULL,
        started_at TIMESTAMPTZ NOT NULL
    );
    CREATE UNIQUE INDEX turn_call_id_ordinal ON turn (call_id, ordinal);

    CREATE TABLE tool_call (
        id SERIAL PRIMARY KEY,
        call_id INTEGER NOT NULL REFERENCES "call" ON DELETE CASCADE,
        turn_id INTEGER REFERENCES turn ON DELETE CASCADE,
        name TEXT NOT NULL,
        arguments JSONB NOT NULL,
        result JSONB,
        error JSONB,
        duration_ms INTEGER NOT NULL,
        created_at TIMESTAMPTZ NOT NULL
    );
    CREATE INDEX tool_call_call_id ON tool_call (call_id);
    CREATE INDEX tool_call_turn_id ON tool_call (turn_id);
    CREATE INDEX tool_call_name ON tool_call (name);
    CREATE INDEX tool_call_created_at ON tool_call (created_at);

    CREATE TABLE appointment (
        id SERIAL PRIMARY KEY,
        patient_id INTEGER NOT NULL REFERENCES patient ON DELETE RESTRICT,
        slot_id INTEGER NOT NULL REFERENCES slot ON DELETE RESTRICT,
        starts_at TIMESTAMPTZ NOT NULL,
        ends_at TIMESTAMPTZ NOT NULL,
        status TEXT NOT NULL,
        source TEXT NOT NULL,
        reason TEXT,
        idempotency_key TEXT NOT NULL,
        replaces_id INTEGER REFERENCES appointment ON DELETE SET NULL,
        call_id INTEGER REFERENCES "call" ON DELETE SET NULL,
        created_at TIMESTAMPTZ NOT NULL,
        updated_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT appointment_status_is_known CHECK (status IN ('booked', 'cancelled', 'rescheduled', 'completed', 'no_show')),
        CONSTRAINT appointment_source_is_known CHECK (source IN ('phone', 'web', 'desk', 'n8n', 'seed')),
        CONSTRAINT appointment_has_the_times_of_its_slot
            FOREIGN KEY (slot_id, starts_at, ends_at) REFERENCES slot (id, starts_at, ends_at),
        CONSTRAINT appointment_never_overlaps_for_a_patient
            EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'booked')
    );
    CREATE INDEX appointment_patient_id ON appointment (patient_id);
    CREATE INDEX appointment_slot_id ON appointment (slot_id);
    CREATE INDEX appointment_starts_at ON appointment (starts_at);
    CREATE UNIQUE INDEX appointment_idempotency_key ON appointment (idempotency_key);
    CREATE INDEX appointment_replaces_id ON appointment (replaces_id);
    CREATE INDEX appointment_call_id ON appointment (call_id);
    CREATE UNIQUE INDEX appointment_books_a_slot_once ON appointment (slot_id) WHERE status = 'booked';

    CREATE TABLE booking_request (
        id SERIAL PRIMARY KEY,
        operation TEXT NOT NULL,
        state TEXT NOT NULL,
        patient_id INTEGER NOT NULL REFERENCES patient ON DELETE RESTRICT,
        slot_id INTEGER REFERENCES slot ON DELETE RESTRICT,
        appointment_id INTEGER REFERENCES appointment ON DELETE RESTRICT,
        result_id INTEGER REFERENCES appointment ON DELETE RESTRICT,
        call_id INTEGER REFERENCES "call" ON DELETE SET NULL,
        source TEXT NOT NULL,
        reason TEXT,
        idempotency_key TEXT NOT NULL,
        error_code TEXT,
        error_message TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        finished_at TIMESTAMPTZ,
        attempts SMALLINT NOT NULL,
        CONSTRAINT booking_request_operation_is_known CHECK (operation IN ('book', 'move', 'cancel')),
        CONSTRAINT booking_request_state_is_known CHECK (state IN ('pending', 'done', 'refused')),
        CONSTRAINT booking_request_source_is_known CHECK (source IN ('phone', 'web', 'desk', 'n8n', 'seed')),
        CONSTRAINT booking_request_has_its_slot CHECK ((operation = 'cancel') = (slot_id IS NULL)),
        CONSTRAINT booking_request_has_its_appointment CHECK ((operation = 'book') = (appointment_id IS NULL)),
        CONSTRAINT booking_request_finishes_once CHECK ((state = 'pending') = (finished_at IS NULL)),
        CONSTRAINT booking_request_done_has_a_result CHECK ((state = 'done') = (result_id IS NOT NULL)),
        CONSTRAINT booking_request_refused_has_a_code CHECK ((state = 'refused') = (error_code IS NOT NULL))
    );
    CREATE INDEX booking_request_patient_id ON booking_request (patient_id);
    CREATE INDEX booking_request_slot_id ON booking_request (slot_id);
    CREATE INDEX booking_request_appointment_id ON booking_request (appointment_id);
    CREATE INDEX booking_request_result_id ON booking_request (result_id);
    CREATE INDEX booking_request_call_id ON booking_request (call_id);
    CREATE UNIQUE INDEX booking_request_idempotency_key ON booking_request (idempotency_key);
    CREATE INDEX booking_request_unfinished ON booking_request (created_at) WHERE state = 'pending';

    CREATE TABLE outbox_event (
        id SERIAL PRIMARY KEY,
        event_type TEXT NOT NULL,
        subject TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        appointment_id INTEGER REFERENCES appointment ON DELETE SET NULL,
        call_id INTEGER REFERENCES "call" ON DELETE SET NULL,
        payload JSONB NOT NULL,
        idempotency_key TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_attempt_at TIMESTAMPTZ NOT NULL,
        last_error TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        delivered_at TIMESTAMPTZ,
        CONSTRAINT outbox_event_state_is_known CHECK (state IN ('pending', 'delivered', 'dead', 'unsent')),
        CONSTRAINT outbox_event_delivered_has_a_time CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
    );
    CREATE INDEX outbox_event_appointment_id ON outbox_event (appointment_id);
    CREATE INDEX outbox_event_call_id ON outbox_event (call_id);
    CREATE UNIQUE INDEX outbox_event_idempotency_key ON outbox_event (idempotency_key);
    CREATE UNIQUE INDEX outbox_event_subject_sequence ON outbox_event (subject, sequence);
    CREATE INDEX outbox_event_due ON outbox_event (next_attempt_at) WHERE state = 'pending';
"""

NAMES = """
    outbox_event, booking_request, appointment, tool_call, turn, stream_token, "call", patient,
    hold, slot, extra_session, time_off, break, schedule, doctor, specialty
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    """Make every table; equality inside a gist index comes from btree_gist."""
    db.execute_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
    db.execute_sql(TABLES)


def down(migrator: SchemaMigrator, db: Database) -> None:
    """Remove every table, with what is in it; the extension may serve others and stays."""
    db.execute_sql(f"DROP TABLE {NAMES}")
