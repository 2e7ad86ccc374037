"""Patients as the desk keeps them."""

from typing import Any, Literal

from pydantic import Field

from ivr.schemas.appointments import PatientShown
from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import ABSENT, Arguments, Change, Day, Id, Instant, Language, Shown, Text

Phone = Text
"""A telephone number as people write it."""


class PatientRecord(PatientShown):
    """A person who may have appointments; one who was erased keeps only the id."""

    language: str | None = Field(examples=["en"])
    created_at: Instant
    erased_at: Instant | None


class PatientList(Listed[PatientRecord]):
    """Patients."""


class PatientQuery(ListQuery):
    """Patients by name as heard or spelled, date of birth and telephone number."""

    name: Text | None = Field(default=None, description="Some of the name's words, however they are spelled")
    date_of_birth: Day | None = None
    phone: Phone | None = None
    sort: Literal["name", "-name", "id", "-id"] = "name"


class NewPatient(Arguments):
    """A person who is to be registered."""

    name: Text = Field(examples=["Maria Gonzalez"])
    date_of_birth: Day
    phone: Phone = Field(examples=["(202) 555-0182"])
    language: Language | None = None


class PatientChange(Change):
    """What is to change."""

    name: Text = ABSENT
    date_of_birth: Day = ABSENT
    phone: Phone = ABSENT
    language: Language | None = ABSENT


class Merge(Arguments):
    """The patient who is the same person under another id, and goes."""

    other_id: Id


Rows = list[dict[str, Any]]


class PatientExport(Shown):
    """Everything that is kept of one patient, as the tables hold it; a call is whole, with whatever was said in it."""

    patient: PatientRecord
    former_ids: list[Id]
    appointments: Rows
    booking_requests: Rows
    calls: Rows
    turns: Rows
    tool_calls: Rows
    speech_retries: Rows
    callback_requests: Rows
    waitlist_entries: Rows
    messages: Rows
    reminders: Rows
    events: Rows
    changes: Rows
