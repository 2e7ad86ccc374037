"""Slots and patients in numbers, at times that a worker with a clock of its own finds to come."""

from datetime import timedelta

from ivr import models
from ivr.models import Doctor, Patient, Slot
from tests.integration.rows import a_doctor, a_patient

FIRST_DAY = timedelta(days=2)


def add_doctor(family_name: str = "Samir", slots: int = 4) -> tuple[Doctor, list[Slot]]:
    """A cardiologist with so many slots of 30 minutes in a row, from a full hour two days ahead."""
    doctor = a_doctor(family_name)
    return doctor, [add_slot(doctor, index) for index in range(slots)]


def add_slot(doctor: Doctor, index: int, first_day: timedelta = FIRST_DAY) -> Slot:
    """The doctor's slot number `index`, from 0."""
    this_hour = models.now().replace(minute=0, second=0, microsecond=0)
    start = this_hour + first_day + timedelta(minutes=30 * index)
    return Slot.create(doctor=doctor, starts_at=start, ends_at=start + timedelta(minutes=30))


def add_patients(count: int) -> list[Patient]:
    """Patients who differ in name and number."""
    return [a_patient(f"Patient {index}", phone=f"+1555{index:07}") for index in range(count)]
