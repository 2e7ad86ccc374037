"""Rows that tests begin with: doctors, slots, patients."""

from datetime import UTC, date, datetime, timedelta

from ivr import models
from ivr.models import Appointment, Doctor, Patient, Slot, Source, Specialty
from ivr.patients import named

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""A Monday, nine in the morning in New York."""


def a_doctor(family_name: str = "Samir", specialty: str = "cardiology", languages: tuple[str, ...] = ("en",)) -> Doctor:
    """A doctor of a specialty, which is made if it is new."""
    row, _ = Specialty.get_or_create(name=specialty, defaults={"labels": {"en": specialty}})
    return Doctor.create(given_name="Alex", family_name=family_name, specialty=row, languages=list(languages))


def a_slot(doctor: Doctor, hours_ahead: float = 24, minutes: int = 30, *, now: datetime = NOW) -> Slot:
    """A slot so many hours from now."""
    starts_at = now + timedelta(hours=hours_ahead)
    return Slot.create(doctor=doctor, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))


def a_doctor_with_slots(family_name: str = "Samir", slots: int = 4) -> tuple[Doctor, list[Slot]]:
    """A cardiologist with so many slots of 30 minutes in a row, which workers with clocks of their own find to come."""
    doctor, this_hour = a_doctor(family_name), models.now().replace(minute=0, second=0, microsecond=0)
    return doctor, [a_slot(doctor, 48 + index / 2, now=this_hour) for index in range(slots)]


def a_patient(name: str = "Maria Gonzalez", born: date = date(1982, 3, 4), phone: str = "+15550198234") -> Patient:
    """A registered patient."""
    return Patient.create(**named(name), date_of_birth=born, phone=phone)


def some_patients(count: int) -> list[Patient]:
    """Patients who differ in name and number."""
    return [a_patient(f"Patient {index}", phone=f"+1555{index:07}") for index in range(count)]


def an_appointment(patient: Patient, slot: Slot, **values: object) -> Appointment:
    """The slot booked for the patient."""
    key = f"test-{patient.id}-{slot.id}-{datetime.now(UTC).timestamp()}"
    row = {"starts_at": slot.starts_at, "ends_at": slot.ends_at, "source": Source.PHONE, "idempotency_key": key}
    return Appointment.create(patient=patient, slot=slot, **(row | values))
