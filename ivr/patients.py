"""Who is calling: patients are found, or registered, by name, date of birth and telephone number."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ivr import phones
from ivr.errors import InvalidInput
from ivr.models import Patient, database
from ivr.names import fold, same_person, sounds
from ivr.schemas import IdentifyPatient

OLDEST = timedelta(days=130 * 365.25)
REGISTRATION_LOCK = 7_411
"""First half of an advisory lock's key; the second is a date of birth."""


@dataclass(frozen=True)
class Identification:
    """The patient, and whether they were known before."""

    patient: Patient
    known: bool


def identify(args: IdentifyPatient, caller_number: str | None, country: str, today: date) -> Identification:
    """Find the patient with this name and date of birth, or register them.

    The name may be spelled as speech recognition heard it. A telephone number, the one given or else the caller's, decides
    between several patients and is kept for a new one; `today` is the hospital's day. Raises `InvalidInput` with phone_needed,
    phone_invalid, date_of_birth_invalid, name_invalid or name_incomplete.
    """
    name = checked_name(args.name)
    check_date_of_birth(args.date_of_birth, today)
    numbers = [number for number in (checked_phone(args.phone, country), phones.e164(caller_number or "", country)) if number]
    with database.atomic():
        # Two calls that register one person at once take turns; otherwise each would find nobody.
        database.execute_sql("SELECT pg_advisory_xact_lock(%s, %s)", (REGISTRATION_LOCK, args.date_of_birth.toordinal()))
        known = _find(fold(name), args.date_of_birth, numbers)
        return Identification(known or _register(name, args.date_of_birth, numbers), known is not None)


def checked_name(name: str) -> str:
    """A name as it is kept; raises `InvalidInput`."""
    if not any(char.isalpha() for char in fold(name)):
        raise InvalidInput("That is not a name: ask for the first and last name again.", code="name_invalid", field="name")
    return " ".join(name.split())


def check_date_of_birth(date_of_birth: date, today: date) -> None:
    """Raise `InvalidInput` unless somebody who is alive may be born then."""
    if not today - OLDEST <= date_of_birth <= today:
        raise InvalidInput("That cannot be a date of birth: ask for it again.", code="date_of_birth_invalid", field="date_of_birth")


def checked_phone(phone: str | None, country: str) -> str | None:
    """A number in E.164, or None without one; raises `InvalidInput`."""
    if not phone or not phone.strip():
        return None
    number = phones.e164(phone, country)
    if number is None:
        raise InvalidInput("That cannot be a telephone number: ask for it again, digit by digit.", code="phone_invalid", field="phone")
    return number


def _find(folded_name: str, date_of_birth: date, numbers: list[str]) -> Patient | None:
    born_then = list(Patient.select().where(Patient.date_of_birth == date_of_birth).order_by(Patient.id))
    namesakes = [patient for patient in born_then if patient.normalised_name == folded_name]
    namesakes = namesakes or [patient for patient in born_then if same_person(patient.normalised_name, folded_name)]
    if len(namesakes) == 1:
        return namesakes[0]
    if namesakes:
        return _by_number(namesakes, numbers, "Several patients match: ask for the telephone number on file.", "phone_needed")
    # Half a name is no ground to register somebody who is probably known by the whole of it.
    halves = [patient for patient in born_then if folded_name in patient.normalised_name.split()]
    return _by_number(halves, numbers, "Ask for both the first and the last name.", "name_incomplete") if halves else None


def _by_number(patients: list[Patient], numbers: list[str], message: str, code: str) -> Patient:
    for number in numbers:
        for patient in patients:
            if patient.phone == number:
                return patient
    raise InvalidInput(message, code=code, field=code.partition("_")[0])


def _register(name: str, date_of_birth: date, numbers: list[str]) -> Patient:
    if not numbers:
        raise InvalidInput("A new patient: ask for a telephone number.", code="phone_needed", field="phone")
    return Patient.create(**named(name), date_of_birth=date_of_birth, phone=numbers[0])


def named(name: str) -> dict[str, Any]:
    """The columns that hold a name."""
    return {"name": name, "normalised_name": fold(name), "sounds": sounds(name)}
