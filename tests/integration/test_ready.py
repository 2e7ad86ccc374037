"""A query that is ready is asked with other values each time, and its SQL is made once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import ModelSelect

from ivr.models import Doctor, Ready, Specialty, database, given
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
