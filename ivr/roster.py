"""Doctors as the desk keeps them: listed, added, changed, archived; one who is expected by patients stays."""

from collections.abc import Container
from datetime import datetime

from peewee import ModelSelect

from ivr import doctors, models, records
from ivr.errors import Conflict, NotFound
from ivr.models import Appointment, AppointmentStatus, Doctor, Slot, Specialty, database
from ivr.paging import Page, page
from ivr.schemas.clinic import DoctorChange, DoctorQuery, NewDoctor, SpecialtyQuery


def specialties(query: SpecialtyQuery) -> Page[Specialty]:
    """All specialties."""
    return page(Specialty.select(), query, {"name": Specialty.name, "id": Specialty.id})


def listed(query: DoctorQuery) -> Page[Doctor]:
    """Doctors by specialty (everyday words too), name as heard, and language; nothing known is an empty list."""
    found = _with_specialty().where(Doctor.active == query.active)
    if query.specialty:
        specialty = doctors.resolve_specialty(query.specialty)
        found = found.where(Doctor.specialty == (specialty and specialty.id))
    if query.language:
        found = found.where(Doctor.languages.contains(query.language))
    if query.name:
        found = found.where(Doctor.id.in_([doctor.id for doctor in doctors.best_matches(query.name, found)]))
    return page(found, query, {"name": Doctor.family_name, "id": Doctor.id})


def get(doctor_id: int) -> Doctor:
    """One doctor with the specialty, archived or not; raises `NotFound`."""
    doctor: Doctor | None = _with_specialty().where(Doctor.id == doctor_id).first()
    if doctor is None:
        raise NotFound("There is no such doctor.")
    return doctor


def add(wanted: NewDoctor, by: str) -> Doctor:
    """A new doctor; raises `Conflict` with already_exists, `InvalidInput` for an unknown specialty."""
    return get(records.create(Doctor, wanted.model_dump(), by).id)


def change(doctor_id: int, wanted: DoctorChange, unchanged: Container[str], by: str, now: datetime | None = None) -> Doctor:
    """Change a doctor; raises as `records.amend`, and `Conflict` with has_appointments when an archived one is expected."""
    with database.atomic():
        doctor = records.amend(Doctor, doctor_id, wanted.given(), unchanged, by)
        if not doctor.active and _is_expected(doctor, now or models.now()):
            raise Conflict("Patients have appointments with this doctor: move or cancel them first.", code="has_appointments")
    return get(doctor_id)


def archive(doctor_id: int, unchanged: Container[str], by: str, now: datetime | None = None) -> None:
    """Offer a doctor no more; everything that refers to them stays. Raises as `change`."""
    change(doctor_id, DoctorChange(active=False), unchanged, by, now)


def _with_specialty() -> "ModelSelect[Doctor]":
    return Doctor.select(Doctor, Specialty).join(Specialty)


def _is_expected(doctor: Doctor, now: datetime) -> bool:
    booked = Appointment.select().join(Slot).where(Slot.doctor == doctor, Appointment.status == AppointmentStatus.BOOKED)
    return bool(booked.where(Appointment.starts_at > now).exists())
