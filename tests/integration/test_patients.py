"""Who is calling: known patients are recognised however they are spelled, new ones are registered once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from ivr import patients
from ivr.errors import InvalidInput
from ivr.models import Patient, database
from ivr.schemas import IdentifyPatient
from tests.integration.rows import NOW, a_patient

BORN = date(1982, 3, 4)
TODAY = NOW.date()


def identify(
    name: str = "Maria Gonzalez", born: date = BORN, phone: str | None = None, caller: str | None = "+15550190000"
) -> patients.Identification:
    return patients.identify(IdentifyPatient(name=name, date_of_birth=born, phone=phone), caller, "US", TODAY)


def refusal(*args: object, **values: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        identify(*args, **values)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("name", ["Maria Gonzalez", "maría gonzález", "Maria Gonzales", "MARIA  GONSALEZ", "Maria Elena Gonzalez"])
def test_the_one_patient_with_that_name_and_date_of_birth_is_found_whatever_the_number(db: None, name: str) -> None:
    maria = a_patient()
    found = identify(name, caller=None)
    assert found.known and found.patient.id == maria.id


def test_another_date_of_birth_or_given_name_is_another_person(db: None) -> None:
    maria = a_patient()
    assert identify(born=date(1982, 3, 5)).patient.id != maria.id
    assert identify("Mario Gonzalez").patient.id != maria.id
    assert identify("Maria Gonzalez").patient.id == maria.id


def test_the_very_name_goes_before_one_that_sounds_like_it(db: None) -> None:
    a_patient("Maria Gonzales")
    exact = a_patient("María González", phone="+15550190002")
    assert identify("Maria Gonzalez").patient.id == exact.id


def test_namesakes_are_told_apart_by_the_given_number_or_else_the_callers(db: None) -> None:
    first, second = a_patient(phone="+15550190001"), a_patient(phone="+15550190002")
    assert identify(caller="+15550190001").patient.id == first.id
    assert identify(caller="+15550190001", phone="555 019 0002").patient.id == second.id
    assert refusal(caller="+15550190009") == "phone_needed"
    assert refusal(caller=None) == "phone_needed"
    assert refusal(phone="555 019 0009") == "phone_needed"


def test_a_new_patient_is_registered_with_the_given_number_or_else_the_callers(db: None) -> None:
    new = identify("Ana  Pérez", phone="five five five, oh one nine, oh oh oh seven")
    assert not new.known and (new.patient.name, new.patient.phone) == ("Ana Pérez", "+15550190007")
    assert identify("Ana Perez").known
    assert identify("John Smith", caller="+15550190008").patient.phone == "+15550190008"
    assert refusal("Jane Doe", caller=None) == "phone_needed"
    assert refusal("Jane Doe", caller="anonymous") == "phone_needed"


def test_half_a_name_registers_nobody_who_is_probably_known(db: None) -> None:
    maria = a_patient()
    assert refusal("Maria") == "name_incomplete"
    assert identify("Maria", caller=maria.phone).patient.id == maria.id
    assert not identify("Madonna").known


@pytest.mark.parametrize("phone", ["five five five, zero one nine nine, eight two three four", "12", "my number", "+1 555"])
def test_an_impossible_number_must_be_asked_for_again(db: None, phone: str) -> None:
    a_patient()
    assert refusal(phone=phone) == "phone_invalid"


@pytest.mark.parametrize("born", [TODAY + timedelta(days=1), date(1890, 1, 1), date.min, date.max])
def test_an_impossible_date_of_birth_must_be_asked_for_again(db: None, born: date) -> None:
    assert refusal(born=born) == "date_of_birth_invalid"


@pytest.mark.parametrize("name", ["?!", "123", "'"])
def test_what_is_no_name_must_be_asked_for_again(db: None, name: str) -> None:
    assert refusal(name) == "name_invalid"


def test_a_newborn_and_a_name_without_latin_letters_are_welcome(db: None) -> None:
    assert not identify("李 小龙", born=date(2026, 11, 23)).known
    assert identify("李 小龙", born=date(2026, 11, 23)).known


def test_ten_calls_that_register_one_person_at_once_make_one_patient(db: None) -> None:
    ready = Barrier(10)

    def call(number: int) -> bool:
        ready.wait(30)
        with database.connection_context():
            return identify("Maria Gonzales" if number % 2 else "María González", caller=f"+1555019000{number}").known

    with ThreadPoolExecutor(10) as threads:
        assert sorted(threads.map(call, range(10))) == [False] + [True] * 9
    assert Patient.select().count() == 1
