"""What is kept of one patient: given out whole, or blanked wherever it is, while what counts stays."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from peewee import SQL, Expression, ModelSelect

from ivr import models, records, registry, waitlist
from ivr.errors import Conflict
from ivr.models import (
    Appointment,
    AppointmentStatus,
    AuditEntry,
    BookingRequest,
    Call,
    CallbackRequest,
    IdempotentAnswer,
    MergedPatient,
    OutboxEvent,
    Patient,
    Reminder,
    RequestState,
    Row,
    SmsMessage,
    SmsState,
    SpeechRetry,
    ToolCall,
    Turn,
    WaitlistEntry,
    database,
)
from ivr.retention import WORDLESS
from ivr.schemas import IDENTIFY

NOBODY: dict[str, Any] = {"name": "(erased)", "sounds": [], "date_of_birth": date(1800, 1, 1), "phone": "+000", "language": None}
"""What the row of an erased patient holds; nobody alive can be identified by it."""

NUMBERLESS: dict[type[Row], dict[str, Any]] = {
    Call: {"from_number": None},
    CallbackRequest: {"phone": None},
    SmsMessage: {"to_number": "", "facts": {}},
    Appointment: {"reason": None},
}
"""What is blanked beside the words."""

PERSONAL = ["name", "normalised_name", "sounds", "date_of_birth", "phone", "language", "reason"]
"""Columns that the audit may hold values of."""


@dataclass(frozen=True)
class Traces:
    """Where a patient has left anything: `calls` are those in which something was said of them, whoever else they were about."""

    patient: Patient

    @cached_property
    def ids(self) -> list[int]:
        """The patient's id, and those of the patients who were merged into this one."""
        former = MergedPatient.select(MergedPatient.former_id).where(MergedPatient.patient == self.patient)
        return [self.patient.id, *(row.former_id for row in former)]

    @property
    def calls(self) -> "ModelSelect[Call]":
        """Ids of the patient's calls."""
        with_call = (BookingRequest, CallbackRequest, WaitlistEntry)
        by_row = [model.select(model.call).where(model.patient == self.patient) for model in with_call]
        born = SQL("arguments ->> 'date_of_birth' = %s", (self.patient.date_of_birth.isoformat(),))
        named = SQL("result #>> '{patient,name}' = %s", (self.patient.name,))
        by_name = ToolCall.select(ToolCall.call).where(ToolCall.name == IDENTIFY, born, named)
        theirs = Call.patient == self.patient
        for query in (*by_row, by_name):
            theirs |= Call.id.in_(query)
        return Call.select(Call.id).where(theirs)

    @property
    def everywhere(self) -> dict[type[Row], Expression]:
        """The condition for each table that a row of it is theirs."""
        calls = [call.id for call in self.calls]
        of_patients = (Appointment, BookingRequest, WaitlistEntry, SmsMessage)
        own: dict[type[Row], Any] = {model: model.patient == self.patient for model in of_patients}
        nobodys = CallbackRequest.patient.is_null() & CallbackRequest.call.in_(calls)
        return own | {
            Call: Call.id.in_(calls),
            Turn: Turn.call.in_(calls),
            ToolCall: ToolCall.call.in_(calls),
            SpeechRetry: SpeechRetry.call.in_(calls),
            CallbackRequest: (CallbackRequest.patient == self.patient) | nobodys,
            Reminder: Reminder.appointment.in_(Appointment.select(Appointment.id).where(Appointment.patient == self.patient)),
            OutboxEvent: registry.names_patient(self.ids),
        }

    def changes(self, everywhere: dict[type[Row], Expression]) -> Expression:
        """The condition that a line of the audit is about the patient, or about a row of theirs."""
        subjects = [records.subject(Patient, patient_id) for patient_id in self.ids]
        for model in (Appointment, BookingRequest, CallbackRequest, WaitlistEntry):
            subjects += [records.subject(model, row.id) for row in model.select(model.id).where(everywhere[model])]
        return AuditEntry.subject.in_(subjects)


def export(patient_id: int) -> dict[str, Any]:
    """Everything that is kept of one patient, as `PatientExport`; raises `NotFound`."""
    traces = Traces(registry.get(patient_id))
    everywhere = traces.everywhere
    return {
        "patient": traces.patient,
        "former_ids": traces.ids[1:],
        "appointments": _rows(Appointment, everywhere[Appointment]),
        "booking_requests": _rows(BookingRequest, everywhere[BookingRequest]),
        "calls": _rows(Call, everywhere[Call]),
        "turns": _rows(Turn, everywhere[Turn]),
        "tool_calls": _rows(ToolCall, everywhere[ToolCall]),
        "speech_retries": _rows(SpeechRetry, everywhere[SpeechRetry]),
        "callback_requests": _rows(CallbackRequest, everywhere[CallbackRequest]),
        "waitlist_entries": _rows(WaitlistEntry, everywhere[WaitlistEntry]),
        "messages": _rows(SmsMessage, everywhere[SmsMessage]),
        "reminders": _rows(Reminder, everywhere[Reminder]),
        "events": _rows(OutboxEvent, everywhere[OutboxEvent]),
        "changes": _rows(AuditEntry, traces.changes(everywhere)),
    }


def erase(patient_id: int, by: str, now: datetime | None = None) -> Patient:
    """Blank everything personal of one patient, and what was said in their calls; who came when, and how calls went, stays.

    Raises `NotFound`, and `Conflict` with patient_erased, patient_on_call, or has_appointments while anything is booked or about to be.
    """
    now = now or models.now()
    with database.atomic():
        (patient,) = registry.lock(patient_id)
        registry.refuse_on_the_line(patient)
        _refuse_expected(patient, now)
        waitlist.leave(patient)
        _blank(Traces(patient))
        _forget_answers(patient)
        values = NOBODY | {"normalised_name": f"(erased) {patient.id}", "erased_at": now}
        Patient.update(values).where(Patient.id == patient.id).execute()
        patient = registry.get(patient_id)
        records.audit(by, "erased", patient, None)
    return patient


def _rows(model: type[Row], theirs: Expression) -> list[dict[str, Any]]:
    return [records.snapshot(row) for row in model.select().where(theirs).order_by(model.id)]


def _refuse_expected(patient: Patient, now: datetime) -> None:
    theirs = Appointment.select().where(Appointment.patient == patient, Appointment.status == AppointmentStatus.BOOKED)
    pending = BookingRequest.select().where(BookingRequest.patient == patient, BookingRequest.state == RequestState.PENDING)
    if theirs.where(Appointment.ends_at > now).exists() or pending.exists():
        raise Conflict("The patient has appointments to come: cancel them first.", code="has_appointments")


def _blank(traces: Traces) -> None:
    everywhere = traces.everywhere
    changes = traces.changes(everywhere)
    unsent = SmsMessage.state == SmsState.PENDING
    SmsMessage.update(state=SmsState.SKIPPED, why="erased").where(everywhere[SmsMessage], unsent).execute()
    for model, theirs in everywhere.items():
        if values := WORDLESS.get(model, {}) | NUMBERLESS.get(model, {}):
            model.update(values).where(theirs).execute()
    kept = {name: SQL(f"{name} - %s::text[]", (PERSONAL,)) for name in ("before", "after")}
    AuditEntry.update(kept).where(changes).execute()


def _forget_answers(patient: Patient) -> None:
    """Answers that are kept for who repeats a request name patients with their numbers."""
    IdempotentAnswer.delete().where(SQL("position(%s::bytea in body) > 0", (patient.phone.encode(),))).execute()
