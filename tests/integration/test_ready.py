"""A query that is ready is asked with other values each time, and its SQL is made once."""

import pytest
from peewee import ModelSelect

from ivr.models import Doctor, Ready, Specialty, given
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


def test_a_value_that_is_not_given_is_an_error_and_not_nothing() -> None:
    query = Ready(lambda: Doctor.select().where(Doctor.id == given("doctor")))

    with pytest.raises(KeyError):
        query.first()
