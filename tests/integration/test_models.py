"""What must never be is refused by the database itself, whoever asks, and however many at once."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg2
import pytest
from peewee import IntegrityError
from psycopg2.errors import CheckViolation, ExclusionViolation, ForeignKeyViolation, UniqueViolation

from ivr import models
from ivr.models import Appointment, AppointmentStatus, BookingRequest, Call, Hold, Schedule, Slot, database
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

AT_ONCE = 50
GUARDS = {
    "appointment_books_a_slot_once",
    "appointment_idempotency_key",
    "appointment_never_overlaps_for_a_patient",
    "booking_request_idempotency_key",
    "slot_never_overlaps_for_a_doctor",
    "hold_slot_id",
    "patient_normalised_name_date_of_birth_phone",
}


def refusal(act: Callable[[], object]) -> Exception:
    """The driver's error when the database refuses."""
    with pytest.raises(IntegrityError) as caught, database.atomic():
        act()
    return caught.value.orig  # type: ignore[attr-defined]


def test_every_guard_is_in_the_catalogue_as_a_unique_or_exclusion_index(db: None) -> None:
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE (indisunique OR indisexclusion) AND indisvalid"
    assert {name for (name,) in database.execute_sql(query).fetchall()} >= GUARDS


def test_fifty_connections_that_book_one_slot_at_once_make_one_appointment(db: None, migrated: str) -> None:
    slot = a_slot(a_doctor())
    patients = [a_patient(f"Patient {n}").id for n in range(AT_ONCE)]
    ready = Barrier(AT_ONCE)

    def book(patient_id: int) -> str:
        connection = psycopg2.connect(migrated)
        try:
            ready.wait(30)
            connection.cursor().execute(
                "INSERT INTO appointment (patient_id, slot_id, starts_at, ends_at, status, source, idempotency_key, created_at, updated_at)"
                " SELECT %s, id, starts_at, ends_at, 'booked', 'phone', %s, now(), now() FROM slot",
                (patient_id, str(patient_id)),
            )
            connection.commit()
            return "booked"
        except UniqueViolation as error:
            return str(error.diag.constraint_name)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        outcomes = list(threads.map(book, patients))
    assert sorted(outcomes) == sorted(["booked"] + ["appointment_books_a_slot_once"] * (AT_ONCE - 1))
    assert Appointment.select().where(Appointment.slot == slot).count() == 1


def test_a_cancelled_appointment_frees_its_slot(db: None) -> None:
    slot = a_slot(a_doctor())
    an_appointment(a_patient(), slot, status=AppointmentStatus.CANCELLED)
    an_appointment(a_patient("John Smith"), slot)
    assert Appointment.select().count() == 2


def test_slots_of_one_doctor_may_touch_but_not_overlap(db: None) -> None:
    doctor = a_doctor()
    a_slot(doctor, 24)
    a_slot(doctor, 24.5)
    a_slot(a_doctor("Kim"), 24.25)
    error = refusal(lambda: a_slot(doctor, 24.25))
    assert isinstance(error, ExclusionViolation) and error.diag.constraint_name == "slot_never_overlaps_for_a_doctor"


def test_booked_appointments_of_one_patient_do_not_overlap_at_different_doctors(db: None) -> None:
    maria = a_patient()
    an_appointment(maria, a_slot(a_doctor("Samir"), 24))
    elsewhere = a_slot(a_doctor("Kim"), 24.25)
    error = refusal(lambda: an_appointment(maria, elsewhere))
    assert isinstance(error, ExclusionViolation) and error.diag.constraint_name == "appointment_never_overlaps_for_a_patient"
    an_appointment(maria, elsewhere, status=AppointmentStatus.CANCELLED)
    an_appointment(a_patient("John Smith"), elsewhere)


def test_an_appointment_has_the_times_of_its_slot(db: None) -> None:
    slot = a_slot(a_doctor())
    error = refusal(lambda: an_appointment(a_patient(), slot, ends_at=slot.ends_at + timedelta(minutes=1)))
    assert isinstance(error, ForeignKeyViolation) and error.diag.constraint_name == "appointment_has_the_times_of_its_slot"
    an_appointment(a_patient("John Smith"), slot)
    moved = Slot.update(starts_at=slot.starts_at - timedelta(minutes=5)).where(Slot.id == slot.id)
    assert isinstance(refusal(moved.execute), ForeignKeyViolation)


def test_an_idempotency_key_is_used_once(db: None) -> None:
    doctor, maria = a_doctor(), a_patient()
    an_appointment(maria, a_slot(doctor, 24), idempotency_key="once")
    assert isinstance(refusal(lambda: an_appointment(maria, a_slot(doctor, 30), idempotency_key="once")), UniqueViolation)
    wish = {"operation": "book", "patient": maria, "slot": a_slot(doctor, 40), "source": "phone", "idempotency_key": "once"}
    BookingRequest.create(**wish)
    assert isinstance(refusal(lambda: BookingRequest.create(**wish)), UniqueViolation)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "dance"},
        {"state": "maybe"},
        {"source": "pigeon"},
        {"operation": "move"},
        {"operation": "cancel"},
        {"slot": None},
        {"finished_at": NOW},
        {"state": "done", "finished_at": NOW},
        {"state": "refused", "finished_at": NOW},
    ],
    ids=str,
)
def test_a_booking_request_that_makes_no_sense_is_refused(db: None, wrong: dict[str, object]) -> None:
    wish = {"operation": "book", "patient": a_patient(), "slot": a_slot(a_doctor()), "source": "phone", "idempotency_key": "key"}
    assert isinstance(refusal(lambda: BookingRequest.create(**(wish | wrong))), CheckViolation)


def test_hours_slots_and_statuses_that_make_no_sense_are_refused(db: None) -> None:
    doctor, maria = a_doctor(), a_patient()
    slot = a_slot(doctor)
    for act in (
        lambda: a_slot(doctor, 30, minutes=0),
        lambda: Schedule.create(doctor=doctor, weekday=0, starts="12:00", ends="09:00"),
        lambda: Schedule.create(doctor=doctor, weekday=7, starts="09:00", ends="12:00"),
        lambda: an_appointment(maria, slot, status="lost"),
        lambda: an_appointment(maria, slot, source="pigeon"),
        lambda: Call.create(sid="CA1", status="humming"),
        lambda: Call.create(sid="CA1", stream_sid="MZ1", ended_at=NOW),
        lambda: a_patient(phone="555 0198234"),
    ):
        assert isinstance(refusal(act), CheckViolation)


def test_one_slot_has_one_hold(db: None) -> None:
    slot = a_slot(a_doctor())
    Hold.create(slot=slot, holder="one", expires_at=NOW)
    assert isinstance(refusal(lambda: Hold.create(slot=slot, holder="two", expires_at=NOW)), UniqueViolation)


def test_instants_go_in_with_any_zone_and_come_out_in_utc(db: None) -> None:
    slot = a_slot(a_doctor())
    read = Slot.get_by_id(slot.id)
    assert read.starts_at == slot.starts_at and read.starts_at.utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="zone"):
        Slot.create(doctor=slot.doctor, starts_at=datetime(2026, 1, 1), ends_at=NOW)


def test_the_clock_can_be_frozen(db: None) -> None:
    with models.frozen(NOW):
        assert models.now() == NOW
        assert Call.create(sid="CA1").started_at == NOW
    assert datetime.now(UTC) - models.now() < timedelta(seconds=5)


def test_a_connection_that_the_server_closed_is_not_handed_out_again(migrated: str) -> None:
    with database.connection_context():
        (own,) = database.execute_sql("SELECT pg_backend_pid()").fetchone()
    other = psycopg2.connect(migrated)
    other.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
    other.close()
    with database.connection_context():
        assert database.execute_sql("SELECT pg_backend_pid()").fetchone() != (own,)


GREENLETS = """
from gevent import joinall, monkey, sleep, spawn; monkey.patch_all()
from psycogreen.gevent import patch_psycopg; patch_psycopg()
from ivr import models
from ivr.config import Settings

pool = models.bind(Settings(), max_connections=2)
done = []

def wait_for_the_lock():
    with pool.connection_context(), pool.atomic():
        pool.execute_sql("SELECT pg_advisory_xact_lock(1)")
        done.append(True)

with pool.connection_context():
    pool.execute_sql("SELECT pg_advisory_lock(1)")
    waiting = [spawn(wait_for_the_lock) for _ in range(3)]
    while not pool.execute_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()[0]:
        sleep(0.01)
    assert not done
    pool.execute_sql("SELECT pg_advisory_unlock(1)")
joinall(waiting, raise_error=True)
assert len(done) == 3
"""


def test_while_one_greenlet_waits_for_the_database_or_the_pool_the_others_go_on(migrated: str) -> None:
    environment = {**os.environ, "DATABASE_URL": migrated}
    done = subprocess.run([sys.executable, "-c", GREENLETS], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr


FORKED = """
import os
from ivr import models
from ivr.config import Settings

def session():
    with models.database.connection_context():
        return models.database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]

models.bind(Settings())
own = session()
child = os.fork()
if child == 0:
    models.bind(Settings())
    os._exit(0 if session() != own else 1)
assert os.waitpid(child, 0)[1] == 0
assert session() == own
"""


def test_a_forked_child_opens_its_own_connection_and_leaves_its_parents_alone(migrated: str) -> None:
    environment = {**os.environ, "DATABASE_URL": migrated}
    done = subprocess.run([sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
