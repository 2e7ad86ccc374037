"""Patients as the desk keeps them: listed, registered, changed, and made one when somebody was registered twice."""

from collections.abc import Container
from datetime import date

from peewee import SQL, IntegrityError, fn
from psycopg2.errorcodes import EXCLUSION_VIOLATION

from ivr import patients, records, sms
from ivr.errors import Conflict, InvalidInput, NotFound
from ivr.models import (
    Appointment,
    BookingRequest,
    Call,
    CallbackRequest,
    MergedPatient,
    OutboxEvent,
    Patient,
    RequestState,
    SmsMessage,
    WaitlistEntry,
    database,
)
from ivr.names import sounds
from ivr.paging import Page, page
from ivr.schemas import IdentifyPatient
from ivr.schemas.patients import NewPatient, PatientChange, PatientQuery

BELONGINGS = (Appointment, BookingRequest, Call, CallbackRequest, WaitlistEntry, SmsMessage)
"""What refers to its patient, each by `patient`."""


def listed(query: PatientQuery, country: str) -> Page[Patient]:
    """Patients by words of the name as they sound, date of birth and number; raises `InvalidInput` with phone_invalid."""
    found = Patient.select().where(Patient.erased_at.is_null())
    if query.name is not None:
        words = sounds(query.name)
        found = found.where(Patient.sounds.contains(*words) if words else SQL("false"))
    if query.date_of_birth is not None:
        found = found.where(Patient.date_of_birth == query.date_of_birth)
    if query.phone is not None:
        found = found.where(Patient.phone == patients.checked_phone(query.phone, country))
    return page(found, query, {"name": Patient.normalised_name, "id": Patient.id})


def get(patient_id: int) -> Patient:
    """One patient, erased or not; raises `NotFound`, with patient_merged and where they have gone if they were merged."""
    patient: Patient | None = Patient.get_or_none(Patient.id == patient_id)
    if patient is not None:
        return patient
    merged = MergedPatient.get_or_none(MergedPatient.former_id == patient_id)
    if merged is None:
        raise NotFound("There is no such patient.")
    raise NotFound(f"This patient was merged into patient {merged.patient_id}.", code="patient_merged", row_id=merged.patient_id)


def add(wanted: NewPatient, country: str, today: date, by: str) -> Patient:
    """Register a patient; raises `Conflict` with patient_exists and their id, and as `patients.identify`."""
    person = IdentifyPatient(name=wanted.name, date_of_birth=wanted.date_of_birth, phone=wanted.phone)
    with database.atomic():
        found = patients.identify(person, None, country, today)
        if found.known:
            raise Conflict(f"This person is patient {found.patient.id}.", code="patient_exists", row_id=found.patient.id)
        found.patient.language = wanted.language
        found.patient.save(only=["language"])
        records.audit(by, "created", found.patient, None)
    return get(found.patient.id)


def change(patient_id: int, wanted: PatientChange, unchanged: Container[str], country: str, today: date, by: str) -> Patient:
    """Change a patient, whose messages that wait go to the new number.

    Raises as `records.amend` and `patients.identify`, and `Conflict` with patient_erased.
    """
    get(patient_id)
    values = wanted.given()
    if "name" in values:
        values |= patients.named(patients.checked_name(wanted.name))
    if "date_of_birth" in values:
        patients.check_date_of_birth(wanted.date_of_birth, today)
    if "phone" in values:
        values["phone"] = patients.checked_phone(wanted.phone, country)
    with records.changing(Patient, patient_id, unchanged, by) as patient:
        if patient.erased_at is not None:
            raise _erased()
        for name, value in values.items():
            setattr(patient, name, value)
        if "phone" in values:
            sms.readdress(patient)
    return get(patient_id)


def merge(patient_id: int, other_id: int, by: str) -> Patient:
    """Give one patient everything of another, who then is gone.

    Raises `NotFound`, `InvalidInput` with same_patient, and `Conflict` with patient_erased, patient_on_call, or appointments_overlap
    when both are booked at one time.
    """
    if patient_id == other_id:
        raise InvalidInput("This is the same patient.", code="same_patient", field="other_id")
    with database.atomic():
        kept, other = lock(patient_id, other_id)
        refuse_on_the_line(other)
        before = records.snapshot(other)
        _move_belongings(other, kept)
        MergedPatient.update(patient=kept).where(MergedPatient.patient == other).execute()
        MergedPatient.create(former_id=other.id, patient=kept)
        Patient.delete().where(Patient.id == other.id).execute()
        records.audit(by, "merged", kept, before)
    return kept


def lock(*patient_ids: int) -> list[Patient]:
    """Patients, in this order, for whom nothing is booked until the transaction ends; raises `NotFound`, `Conflict` with patient_erased."""
    pending = (BookingRequest.patient.in_(patient_ids)) & (BookingRequest.state == RequestState.PENDING)
    requests = BookingRequest.select(BookingRequest.id).where(pending).order_by(BookingRequest.id)
    while True:
        # Whoever carries a booking out locks its request before the patient; for one that came in between all is let go again.
        with database.atomic() as attempt:
            own = list(requests.for_update())
            locked = {row.id: row for row in Patient.select().where(Patient.id.in_(patient_ids)).order_by(Patient.id).for_update()}
            if set(requests.clone()) <= set(own):
                break
            attempt.rollback()
    found = [locked.get(patient_id) or get(patient_id) for patient_id in patient_ids]
    if any(patient.erased_at is not None for patient in found):
        raise _erased()
    return found


def _move_belongings(other: Patient, kept: Patient) -> None:
    try:
        with database.atomic():
            for model in BELONGINGS:
                model.update(patient=kept).where(model.patient == other).execute()
    except IntegrityError as error:
        if getattr(getattr(error, "orig", None), "pgcode", None) != EXCLUSION_VIOLATION:
            raise
        raise Conflict("Both are booked at one time: cancel or move one appointment first.", code="appointments_overlap") from error
    named = fn.jsonb_set(OutboxEvent.payload, SQL("'{data,patient_id}'"), fn.to_jsonb(kept.id))
    # What was posted once keeps its body: a receiver that knows its key would never see another.
    OutboxEvent.update(payload=named).where(names_patient([other.id]), OutboxEvent.attempts == 0).execute()


def names_patient(patient_ids: list[int]) -> SQL:
    """The condition that an event is about one of these patients."""
    return SQL("payload #> '{data,patient_id}' = ANY(%s::jsonb[])", (list(map(str, patient_ids)),))


def refuse_on_the_line(patient: Patient) -> None:
    """Raise `Conflict` with patient_on_call: the call has them in mind, and would go on booking for a patient who is gone."""
    if Call.select().where(Call.patient == patient, Call.ended_at.is_null()).exists():
        raise Conflict("The patient is on the telephone now: wait until the call is over.", code="patient_on_call")


def _erased() -> Conflict:
    return Conflict("The patient was erased.", code="patient_erased")
