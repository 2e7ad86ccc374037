"""What is ready is asked or done with other values each time, and its SQL is made once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import ModelSelect

from ivr.models import AuditEntry, Command, Doctor, Ready, SmsOptOut, Specialty, database, given
from tests.integration.rows import a_doctor

pytestmark = pytest.mark.usefixtures("db")


def test_a_ready_query_finds_with_the_values_of_the_moment_what_it_would_find_unprepared() -> None:
    made: list[str] = []

    def named() -> "ModelSelect[Doctor]":
        made.append("once")
        return Doctor.select(Doctor, Specialty).join(Specialty).where(Doctor.family_name == given("name"), Doctor.active == given("active"))

    query, one, other = Ready(named), a_doctor("One"), a_doctor("Other")

    assert query.first(name="One", active=True) == one
    found = query.first(name="Other", active=True)
    assert found == other
    assert found.specialty.name == Specialty.get_by_id(other.specialty_id).name
    assert query.all(name="One", active=False) == []
    assert query.first(name="'; --", active=True) is None
    assert made == ["once"]


def test_a_connection_prepares_it_once_and_keeps_it_when_a_transaction_is_rolled_back() -> None:
    query, doctor = Ready(lambda: Doctor.select().where(Doctor.id == given("doctor"), Doctor.active)), a_doctor()

    with database.atomic() as transaction:
        assert query.first(doctor=doctor.id) == doctor
        transaction.rollback()
    assert query.all(doctor=0) == []

    statement = "SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE name = %s"
    assert database.execute_sql(statement, (query._prepared.name,)).fetchone() == (1, 2)


def test_a_new_connection_prepares_it_anew() -> None:
    query, doctor = Ready(lambda: Doctor.select().where(Doctor.id == given("doctor"))), a_doctor()

    def found() -> Doctor | None:
        with database.connection_context():
            return query.first(doctor=doctor.id)

    with ThreadPoolExecutor(1) as elsewhere:
        assert [query.first(doctor=doctor.id), elsewhere.submit(found).result()] == [doctor, doctor]


def test_a_value_that_is_not_given_is_an_error_and_not_nothing() -> None:
    query = Ready(lambda: Doctor.select().where(Doctor.id == given("doctor")))

    with pytest.raises(KeyError):
        query.first()


def test_a_new_row_is_written_by_a_statement_that_is_prepared_once_and_changed_as_ever() -> None:
    one, other = a_doctor("One", languages=("en", "es")), a_doctor("Other")
    statement = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%INSERT INTO \"doctor\"%%'"

    assert database.execute_sql(statement).fetchone() == (1,)
    assert Doctor.get_by_id(one.id) == one
    assert Doctor.get_by_id(one.id).languages == ["en", "es"]
    one.family_name = "Two"
    assert one.save() == 1
    assert {doctor.family_name for doctor in Doctor.select()} == {"Two", "Other"}
    assert other.id > one.id


def test_a_row_that_is_written_once_is_none_where_its_key_is_known() -> None:
    values = {"actor": "desk", "action": "created", "subject": "doctor:1", "before": None, "after": {"name": "O'Hara, 100 %"}}
    written = AuditEntry.create_once(**values)

    assert written is not None
    assert AuditEntry.get_by_id(written.id).after == {"name": "O'Hara, 100 %"}
    assert SmsOptOut.create_once(number="+34600000001") is not None
    assert SmsOptOut.create_once(number="+34600000001") is None
    assert SmsOptOut.select().count() == 1


def test_a_row_that_refers_to_one_which_was_saved_after_it_was_made_refers_to_its_id() -> None:
    specialty = Specialty(name="Cardiology")
    doctor = Doctor(given_name="Ann", family_name="Kim", languages=["en"], specialty=specialty)
    specialty.save()

    doctor.save()

    assert Doctor.get_by_id(doctor.id).specialty == specialty


def test_a_command_runs_with_the_values_of_the_moment() -> None:
    doctor = a_doctor("One")
    rename = Command("UPDATE doctor SET family_name = %(name)s WHERE id = %(id)s AND family_name <> %(name)s")

    assert [rename.execute(id=doctor.id, name=name).rowcount for name in ("50 %; '", "50 %; '", "Two")] == [1, 0, 1]
    assert Doctor.get_by_id(doctor.id).family_name == "Two"
    with pytest.raises(KeyError):
        rename.execute(id=doctor.id)
