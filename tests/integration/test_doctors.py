"""Doctors and specialties are found by what callers, and speech recognition, call them."""

from collections.abc import Iterator

import pytest

from ivr import doctors
from ivr.models import database
from ivr.schemas import ListDoctors
from ivr.seed import seed
from tests.integration.conftest import emptied
from tests.integration.test_scheduling import TZ


@pytest.fixture(scope="module")
def hospital(migrated: str) -> Iterator[None]:
    """The seeded hospital, which these tests only read."""
    with database.connection_context():
        emptied()
        seed(TZ)
        yield


def names(**query: str) -> list[str]:
    return [doctor.name for doctor in doctors.find_doctors(ListDoctors(**query))]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Dr. Samir", "Samir"),
        ("Sameer", "Samir"),
        ("same ear", "Samir"),
        ("doctor Semir", "Samir"),
        ("Omar Samir", "Samir"),
        ("Dr. Came", "Kim"),
        ("Kym", "Kim"),
        ("la doctora Kim", "Kim"),
        ("Grace Kim", "Kim"),
        ("Pattel", "Patel"),
        ("DR PATEL", "Patel"),
        ("Chin", "Chen"),
        ("Dr. Cheng", "Chen"),
        ("Rodrigues", "Rodriguez"),
        ("el doctor Rodríguez", "Rodriguez"),
        ("Carlos", "Rodriguez"),
        ("Lindbergh", "Lindberg"),
        ("Du Bois", "Dubois"),
        ("Beyonki", None),
        ("Smith", None),
        ("Tim", None),
        ("Jones", None),
        ("Garcia", None),
        ("doctor", None),
        ("?", None),
    ],
)
def test_a_doctor_is_found_by_a_name_as_it_is_heard(hospital: None, heard: str, meant: str | None) -> None:
    assert names(name=heard) == ([f"Dr. {meant}"] if meant else [])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("cardiology", "cardiology"),
        ("Cardiologists", "cardiology"),
        ("a heart doctor", "cardiology"),
        ("cardiólogo", "cardiology"),
        ("cardiologo", "cardiology"),
        ("problemas del corazón", "cardiology"),
        ("skin", "dermatology"),
        ("dermatólogo", "dermatology"),
        ("someone for a rash", "dermatology"),
        ("child doctor", "pediatrics"),
        ("kids' doctor", "pediatrics"),
        ("a doctor for my kids", "pediatrics"),
        ("pediatrician", "pediatrics"),
        ("pediatra", "pediatrics"),
        ("médico de niños", "pediatrics"),
        ("bones", "orthopedics"),
        ("orthopaedic surgeon", "orthopedics"),
        ("mi rodilla", "orthopedics"),
        ("women's doctor", "gynecology"),
        ("OB-GYN", "gynecology"),
        ("ginecóloga", "gynecology"),
        ("eye doctor", "ophthalmology"),
        ("opthalmologist", "ophthalmology"),
        ("los ojos", "ophthalmology"),
        ("ear, nose and throat", "otolaryngology"),
        ("ENT", "otolaryngology"),
        ("otorrino", "otolaryngology"),
        ("nerves", "neurology"),
        ("head doctor", "neurology"),
        ("neurologist", "neurology"),
        ("stomach", "gastroenterology"),
        ("heartburn", "gastroenterology"),
        ("family doctor", "family medicine"),
        ("GP", "family medicine"),
        ("médico de cabecera", "family medicine"),
        ("urologist", None),
        ("nephrologist", None),
        ("radiologist", None),
        ("rheumatologist", None),
        ("podiatrist", None),
        ("psychiatrist", None),
        ("dentist", None),
        ("a doctor", None),
        ("", None),
        ("?!", None),
    ],
)
def test_a_specialty_is_found_by_everyday_words(hospital: None, words: str, meant: str | None) -> None:
    found = doctors.resolve_specialty(words)
    assert (found.name if found else None) == meant


def test_doctors_are_listed_by_specialty_and_language_together(hospital: None) -> None:
    assert names(specialty="heart doctor") == ["Dr. Okafor", "Dr. Samir"]
    assert names(specialty="heart doctor", language="es") == ["Dr. Samir"]
    assert names(specialty="neurology", name="Chen") == ["Dr. Chen"]
    assert names(specialty="alchemy") == []
    assert names(language="xx") == []
