"""A hospital after a year of work: 100,000 appointments, and everything that comes with them, written by the database itself."""

import random
from typing import Any

from ivr.models import database
from ivr.names import fold, sounds

APPOINTMENTS = 100_000
DOCTORS = 40
CALLS = 6_000
BACK_DAYS, AHEAD_DAYS = 280, 60
SPECIALTIES = "cardiology dermatology neurology oncology pediatrics psychiatry radiology urology".split()
GIVEN_NAMES = (
    "Maria James Ana Robert Elena John Sofia Michael Carmen David Lucia William Rosa Daniel Julia Thomas Teresa Mark Laura Paul Irene"
    " Steven Clara Andrew Marta Kenneth Alicia George Beatriz Kevin Olga Brian Silvia Edward Nuria Ronald Pilar Anthony Ines Jason"
).split()
FAMILY_NAMES = (
    "Gonzalez Smith Rodriguez Johnson Martinez Brown Hernandez Jones Lopez Garcia Perez Miller Sanchez Davis Ramirez Wilson Torres"
    " Anderson Flores Taylor Rivera Moore Gomez Jackson Diaz Martin Reyes Lee Morales Thompson Cruz White Ortiz Harris Gutierrez Clark"
    " Chavez Lewis Ramos Walker Ruiz Hall Alvarez Allen Mendoza Young Vasquez King Castillo Wright Jimenez Scott Moreno Green Romero"
    " Baker Herrera Adams Medina Nelson"
).split()
NAMESAKES = 13
"""Patients of each name, born on different days."""

STATEMENTS = (
    "INSERT INTO specialty (name, labels, words) SELECT unnest(%(specialties)s), '{}', '[]' ON CONFLICT DO NOTHING",
    """
    INSERT INTO doctor (given_name, family_name, specialty_id, languages, active)
    SELECT 'Large' || number, (%(family)s)[number], (SELECT id FROM specialty WHERE name = (%(specialties)s)[1 + number %% 8]),
        ARRAY['en', 'es'], true
    FROM generate_series(1, %(doctors)s) number
    """,
    """
    INSERT INTO slot (doctor_id, starts_at, ends_at, withdrawn)
    SELECT doctor.id, starts, starts + interval '30 minutes', false
    FROM doctor, generate_series(-%(back)s, %(ahead)s) day, generate_series(0, 15) part,
        LATERAL (SELECT ((current_date + day)::timestamp + interval '9 hours' + part * interval '30 minutes')
            AT TIME ZONE 'America/New_York' AS starts) at
    WHERE doctor.given_name LIKE 'Large%%' AND extract(isodow FROM current_date + day) < 6
    ORDER BY starts, doctor.id
    """,
    """
    INSERT INTO appointment (patient_id, slot_id, starts_at, ends_at, status, source, reason, idempotency_key, created_at, updated_at)
    SELECT (%(first_patient)s + number %% %(patients)s), id, starts_at, ends_at,
        CASE WHEN number %% 9 = 0 THEN 'cancelled' WHEN number %% 31 = 0 THEN 'rescheduled' WHEN starts_at > now() THEN 'booked'
            WHEN number %% 17 = 0 THEN 'no_show' ELSE 'completed' END,
        (ARRAY['phone', 'desk', 'n8n', 'web'])[1 + number %% 4], 'a reason of some words', 'large-' || id,
        least(starts_at, now()) - (1 + number %% 28) * interval '1 day', least(starts_at, now()) - interval '1 hour'
    FROM (SELECT slot.*, row_number() OVER (ORDER BY starts_at, slot.id) AS number
        FROM (SELECT slot.* FROM slot JOIN doctor ON doctor.id = doctor_id WHERE given_name LIKE 'Large%%'
            ORDER BY hashint4(slot.id) LIMIT %(appointments)s) slot) slot
    """,
    """
    INSERT INTO call (sid, from_number, to_number, status, language, patient_id, history, started_at, ended_at, ended_reason)
    SELECT 'CA' || md5('large' || number), patient.phone, '+12025550100', 'completed', 'en', patient.id,
        '[{"role": "user", "content": "I want to see a doctor"}]', at, at + interval '3 minutes',
        (ARRAY['goodbye', 'caller_hung_up', 'transferred'])[1 + number %% 3]
    FROM generate_series(1, %(calls)s) number JOIN patient ON patient.id = %(first_patient)s + number * 5 %% %(patients)s,
        LATERAL (SELECT now() - number * interval '40 minutes' AS at) began
    """,
    """
    INSERT INTO turn (call_id, ordinal, caller_text, reply_text, heard_text, language, interrupted, timeline, started_at)
    SELECT call.id, ordinal, 'What I said', 'What Lilly said to that', 'What Lilly said', 'en', false,
        '{"last_loud": 0, "commit": 180.5, "final": 420.1, "first_sent": 812.5}', started_at + ordinal * interval '15 seconds'
    FROM call, generate_series(0, 8) ordinal WHERE sid LIKE 'CA%%' AND to_number = '+12025550100'
    """,
    """
    INSERT INTO tool_call (call_id, turn_id, name, arguments, result, error, duration_ms, created_at)
    SELECT call_id, id, (ARRAY['identify_patient', 'list_slots', 'book_appointment', 'list_doctors'])[1 + ordinal %% 4],
        '{"specialty": "cardiology"}', CASE WHEN id %% 50 > 0 THEN '{"ok": true}' END::text::json,
        CASE WHEN id %% 50 = 0 THEN '{"code": "slot_taken"}' END::text::json, 12, started_at
    FROM turn WHERE ordinal BETWEEN 1 AND 5
    """,
    """
    INSERT INTO booking_request (operation, state, patient_id, slot_id, result_id, source, reason, idempotency_key, created_at, finished_at,
        attempts, confirm_by_sms)
    SELECT 'book', 'done', patient_id, slot_id, id, source, reason, 'request-' || id, created_at, created_at, 1, false
    FROM appointment WHERE idempotency_key LIKE 'large-%%'
    """,
    """
    INSERT INTO outbox_event (event_type, subject, sequence, appointment_id, payload, idempotency_key, state, attempts, next_attempt_at,
        created_at, delivered_at, refusals)
    SELECT 'appointment.booked', 'appointment:' || id, 1, id,
        json_build_object('type', 'appointment.booked', 'data', json_build_object('appointment_id', id, 'patient_id', patient_id)),
        'event-' || id, CASE WHEN id %% 500 = 0 THEN 'dead' ELSE 'delivered' END, 1, created_at, created_at,
        CASE WHEN id %% 500 > 0 THEN created_at END, 0
    FROM appointment WHERE idempotency_key LIKE 'large-%%' ORDER BY created_at
    """,
    """
    INSERT INTO audit_entry (actor, action, subject, after, created_at)
    SELECT CASE WHEN id %% 4 = 0 THEN 'user:1' ELSE 'api_key:1' END, 'booked', 'appointment:' || id,
        json_build_object('id', id, 'patient_id', patient_id, 'status', 'booked', 'reason', reason), created_at
    FROM appointment WHERE idempotency_key LIKE 'large-%%' ORDER BY created_at
    """,
    """
    INSERT INTO sms_message (kind, patient_id, appointment_id, to_number, language, facts, body, idempotency_key, state, sid, attempts,
        next_attempt_at, created_at, sent_at)
    SELECT 'reminder', patient_id, appointment.id, patient.phone, 'en', '{}', 'A reminder of some words.', 'sms-' || appointment.id,
        'delivered', 'SM' || md5('sms' || appointment.id), 1, starts_at, starts_at - interval '1 day', starts_at - interval '1 day'
    FROM appointment JOIN patient ON patient.id = patient_id
    WHERE idempotency_key LIKE 'large-%%' AND appointment.id %% 3 = 0 AND starts_at < now()
    """,
    """
    INSERT INTO reminder (appointment_id, lead, created_at, answer, answered_at)
    SELECT id, '24h', starts_at - interval '1 day', CASE WHEN id %% 2 = 0 THEN 'confirmed' END,
        CASE WHEN id %% 2 = 0 THEN starts_at - interval '20 hours' END
    FROM appointment WHERE idempotency_key LIKE 'large-%%' AND id %% 3 = 0 AND starts_at < now()
    """,
    """
    INSERT INTO callback_request (call_id, patient_id, phone, reason, language, state, created_at, done_at, done_by)
    SELECT id, patient_id, from_number, 'a question about a bill', 'en', CASE WHEN id %% 20 = 0 THEN 'open' ELSE 'done' END, started_at,
        CASE WHEN id %% 20 > 0 THEN ended_at END, CASE WHEN id %% 20 > 0 THEN 'user:1' END
    FROM call WHERE to_number = '+12025550100'
    """,
    "VACUUM ANALYZE",
)


def fill() -> None:
    """Write everything into the migrated database that the models are bound to."""
    with database.connection_context():
        database.execute_sql("SET statement_timeout = 0")
        try:
            values = _values()
            for statement in STATEMENTS:
                database.execute_sql(statement, None if statement.startswith("VACUUM") else values)
        finally:
            database.execute_sql("RESET statement_timeout")


def _values() -> dict[str, Any]:
    count = _add_patients()
    first = database.execute_sql("SELECT min(id) FROM patient WHERE phone LIKE '+1646%%'").fetchone()[0]
    return {
        "specialties": SPECIALTIES,
        "family": FAMILY_NAMES,
        "doctors": DOCTORS,
        "back": BACK_DAYS,
        "ahead": AHEAD_DAYS,
        "first_patient": first,
        "patients": count,
        "appointments": APPOINTMENTS,
        "calls": CALLS,
    }


def _add_patients() -> int:
    """Patients with consecutive ids, in no order of their names."""
    people = [(given, family, number) for given in GIVEN_NAMES for family in FAMILY_NAMES for number in range(NAMESAKES)]
    random.Random(7).shuffle(people)
    rows = [
        (f"{given} {family}", fold(f"{given} {family}"), f"{1930 + 6 * number}-{1 + index % 12:02}-{1 + index % 28:02}", f"+1646{index:07}")
        for index, (given, family, number) in enumerate(people)
    ]
    names, folded, born, phones = map(list, zip(*rows, strict=True))
    heard = [" ".join(sounds(name)) for name in names]
    database.execute_sql(
        """
        INSERT INTO patient (name, normalised_name, date_of_birth, phone, language, created_at, sounds)
        SELECT name, folded, born::date, phone, 'en', now(), string_to_array(heard, ' ')
        FROM unnest(%s, %s, %s, %s, %s) AS row (name, folded, born, phone, heard)
        """,
        (names, folded, born, phones, heard),
    )
    return len(rows)
