"""Patients: found, registered, changed, merged; what is kept of one is shown, or erased."""

from datetime import date
from typing import Any

from ivr import models, privacy, registry
from ivr.access import Scope
from ivr.models import Patient
from ivr.paging import Page
from ivr.schemas.patients import Merge, NewPatient, PatientChange, PatientExport, PatientList, PatientQuery, PatientRecord
from ivr.web.api.resource import Resource, unchanged
from ivr.web.auth import principal
from ivr.web.services import services

routes = Resource("patients", "Patients", "Who may have appointments, each person once.")

PERSON = ("phone_invalid", "date_of_birth_invalid", "name_invalid")
GONE = {404: ["patient_merged"]}


@routes.get("/patients", Scope.PATIENTS_READ, PatientList, errors={422: ["phone_invalid"]})
def list_patients(query: PatientQuery) -> Page[Patient]:
    """Patients by name (however it is spelled), date of birth and telephone number."""
    return registry.listed(query, services().settings.hospital_country)


@routes.post(
    "/patients",
    Scope.PATIENTS_WRITE,
    PatientRecord,
    errors={409: ["patient_exists"], 422: [*PERSON, "phone_needed", "name_incomplete"]},
)
def create_patient(body: NewPatient) -> Patient:
    """Register a patient; for somebody who is known the answer is 409 with their `id`."""
    return registry.add(body, *_place(), principal().actor)


@routes.get("/patients/<int:patient_id>", Scope.PATIENTS_READ, PatientRecord, errors=GONE)
def show_patient(patient_id: int) -> Patient:
    """One patient; for somebody who was merged the answer is 404 with the `id` into which."""
    return registry.get(patient_id)


@routes.patch(
    "/patients/<int:patient_id>",
    Scope.PATIENTS_WRITE,
    PatientRecord,
    guarded=True,
    errors={**GONE, 409: ["already_exists", "patient_erased"], 422: PERSON},
)
def change_patient(patient_id: int, body: PatientChange) -> Patient:
    """Change a patient."""
    return registry.change(patient_id, body, unchanged(), *_place(), principal().actor)


@routes.post(
    "/patients/<int:patient_id>/merge",
    Scope.PATIENTS_ADMIN,
    PatientRecord,
    status=200,
    errors={**GONE, 409: ["appointments_overlap", "patient_on_call", "patient_erased"], 422: ["same_patient"]},
)
def merge_patients(patient_id: int, body: Merge) -> Patient:
    """Give this patient everything of another one, who is the same person and then is gone."""
    return registry.merge(patient_id, body.other_id, principal().actor)


@routes.get("/patients/<int:patient_id>/export", Scope.PATIENTS_EXPORT, PatientExport, errors=GONE)
def export_patient(patient_id: int) -> dict[str, Any]:
    """Everything that is kept of one patient, for whoever asks what that is."""
    return privacy.export(patient_id)


@routes.post(
    "/patients/<int:patient_id>/erase",
    Scope.PATIENTS_ADMIN,
    PatientRecord,
    status=200,
    errors={**GONE, 409: ["has_appointments", "patient_on_call", "patient_erased"]},
)
def erase_patient(patient_id: int) -> Patient:
    """Blank a patient's own data and the words of their calls everywhere; coming appointments must be cancelled first."""
    return privacy.erase(patient_id, principal().actor)


def _place() -> tuple[str, date]:
    """The hospital's country and day."""
    settings = services().settings
    return settings.hospital_country, models.today(settings.timezone)
