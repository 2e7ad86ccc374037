"""Who is calling: known patients are recognised however they are spelled, new ones are registered once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from threading import Barrier

import psycopg2
import pytest

from ivr import bookings, patients, registry
from ivr.errors import InvalidInput
from ivr.models import BookingRequest, Patient, Source, database
from ivr.schemas import BookAppointment, IdentifyPatient
from tests.integration.broker import somebody_waits_for_a_lock, wait_until
from tests.integration.rows import NOW, a_doctor_with_slots, a_patient

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


def test_who_merges_patients_waits_for_what_is_booked_in_between_and_goes_on_once_it_has_ended(db: None, migrated: str) -> None:
    kept, other, (_, (slot, *_)) = a_patient(), a_patient("Ben Okafor"), a_doctor_with_slots()

    def merged() -> Patient:
        with database.connection_context():
            return registry.merge(kept.id, other.id, "desk")

    with closing(psycopg2.connect(migrated)) as somebody, closing(psycopg2.connect(migrated)) as worker, ThreadPoolExecutor(1) as desk:
        somebody.cursor().execute("SELECT FROM patient WHERE id = %s FOR NO KEY UPDATE", (other.id,))
        merging = desk.submit(merged)
        wait_until(somebody_waits_for_a_lock, 5, "the desk has seen no request, and waits for the patient")
        request = bookings.request_booking(other, BookAppointment(slot_id=slot.id), source=Source.DESK, idempotency_key="key")
        worker.cursor().execute("SELECT FROM booking_request WHERE id = %s FOR UPDATE", (request.id,))
        somebody.commit()
        wait_until(lambda: not merging.done() and somebody_waits_for_a_lock(), 5, "the desk waits for the request")
        ended = "UPDATE booking_request SET state = 'refused', error_code = 'slot_taken', finished_at = now() WHERE id = %s"
        worker.cursor().execute(ended, (request.id,))
        worker.commit()

        assert merging.result(10) == kept

    assert BookingRequest.get_by_id(request.id).patient_id == kept.id
