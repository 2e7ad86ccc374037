"""The lists of the API over a large hospital: how long their first and their deep pages take, and how the database finds them."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from flask.testing import FlaskClient
from peewee import Field, fn

from bench._figures import Figure, Limit, spread
from bench._plans import Asked, Plan, listening
from ivr.models import (
    Appointment,
    AuditEntry,
    Call,
    CallbackRequest,
    Doctor,
    OutboxEvent,
    Patient,
    Reminder,
    Row,
    Slot,
    SmsMessage,
    ToolCall,
    Turn,
    database,
)
from ivr.paging import cursor_after

LIMIT = Limit(p95=50)
DEEP = 0.8
"""A deep page begins after this share of the list's rows."""


@dataclass(frozen=True)
class Listing:
    """A list under some filters, which may name an {appointment}, {call}, {day}, {doctor}, {name} or {patient} that is drawn."""

    path: str
    by: Field
    asked: Mapping[str, str] = field(default_factory=dict)
    descending: bool = False

    @property
    def what(self) -> str:
        """Its name in the table."""
        shown = "&".join(f"{name}={value}" for name, value in (*self.asked.items(), ("sort", self.sort)))
        return f"{self.path}?{shown}"

    @property
    def sort(self) -> str:
        """The order as the API names it."""
        name = "name" if self.by.name in ("normalised_name", "family_name") else self.by.name
        return f"-{name}" if self.descending else str(name)

    def drawn(self, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The path and the query with values in place of the names."""
        return self.path.format(**values), {name: value.format(**values) for name, value in self.asked.items()} | {"sort": self.sort}


def _both_ways(path: str, by: Field, **asked: str) -> tuple[Listing, ...]:
    return Listing(path, by, asked), Listing(path, by, asked, descending=True)


_DAYS = {"date_from": "{day}", "date_to": "{day}"}

LISTINGS = (
    *_both_ways("/appointments", Appointment.starts_at),
    *_both_ways("/appointments", Appointment.created_at),
    *_both_ways("/appointments", Appointment.starts_at, patient_id="{patient}"),
    *_both_ways("/appointments", Appointment.created_at, patient_id="{patient}"),
    *_both_ways("/appointments", Appointment.starts_at, doctor_id="{doctor}"),
    *_both_ways("/appointments", Appointment.created_at, doctor_id="{doctor}"),
    Listing("/appointments", Appointment.starts_at, {"day": "{day}"}),
    Listing("/appointments", Appointment.created_at, {"day": "{day}"}),
    Listing("/appointments", Appointment.starts_at, {"day": "{day}", "doctor_id": "{doctor}"}),
    *(
        listing
        for status in ("booked", "no_show", "rescheduled")
        for by in (Appointment.starts_at, Appointment.created_at)
        for listing in _both_ways("/appointments", by, status=status)
    ),
    *_both_ways("/appointments", Appointment.starts_at, status="booked", doctor_id="{doctor}"),
    *_both_ways("/patients", Patient.normalised_name),
    Listing("/patients", Patient.id),
    Listing("/patients", Patient.normalised_name, {"name": "{name}"}),
    Listing("/patients", Patient.normalised_name, {"name": "{given}"}),
    Listing("/patients", Patient.normalised_name, {"phone": "{phone}"}),
    Listing("/patients", Patient.normalised_name, {"date_of_birth": "{born}"}),
    Listing("/slots", Slot.starts_at),
    Listing("/slots", Slot.starts_at, {"doctor_id": "{doctor}"}),
    Listing("/slots", Slot.starts_at, {"specialty": "heart doctor", "part_of_day": "morning"}),
    Listing("/slots", Slot.starts_at, {"doctor_id": "{doctor}", **_DAYS}),
    *_both_ways("/slots", Slot.starts_at, free="false"),
    *_both_ways("/slots", Slot.starts_at, free="false", doctor_id="{doctor}"),
    Listing("/doctors", Doctor.family_name),
    Listing("/calls", Call.started_at, descending=True),
    Listing("/calls", Call.started_at, {"patient_id": "{patient}"}, descending=True),
    Listing("/calls", Call.started_at, {"ended_reason": "transferred"}, descending=True),
    Listing("/calls", Call.started_at, {"status": "failed"}, descending=True),
    Listing("/calls/{call}/turns", Turn.ordinal),
    Listing("/calls/{call}/tool-calls", ToolCall.id),
    Listing("/tool-calls", ToolCall.created_at, descending=True),
    *_both_ways("/tool-calls", ToolCall.created_at, name="book_appointment"),
    *_both_ways("/tool-calls", ToolCall.created_at, failed="true"),
    Listing("/tool-calls", ToolCall.created_at, {"call_id": "{call}"}),
    Listing("/callback-requests", CallbackRequest.created_at),
    Listing("/callback-requests", CallbackRequest.created_at, {"state": "open"}),
    Listing("/callback-requests", CallbackRequest.created_at, {"patient_id": "{patient}"}),
    Listing("/reminders", Reminder.id, descending=True),
    *_both_ways("/reminders", Reminder.id, answered="false"),
    Listing("/reminders", Reminder.id, {"appointment_id": "{appointment}"}),
    *_both_ways("/sms-messages", SmsMessage.created_at),
    *_both_ways("/sms-messages", SmsMessage.created_at, state="failed"),
    *_both_ways("/sms-messages", SmsMessage.created_at, kind="waitlist_offer"),
    Listing("/sms-messages", SmsMessage.created_at, {"patient_id": "{patient}"}),
    *_both_ways("/outbox-events", OutboxEvent.id),
    *_both_ways("/outbox-events", OutboxEvent.id, state="dead"),
    *_both_ways("/outbox-events", OutboxEvent.id, type="appointment.cancelled"),
    Listing("/outbox-events", OutboxEvent.id, {"subject": "appointment:{appointment}"}),
    *_both_ways("/audit", AuditEntry.id),
    *_both_ways("/audit", AuditEntry.id, actor="user:1"),
    Listing("/audit", AuditEntry.id, {"actor": "user:987"}),
    Listing("/audit", AuditEntry.id, {"subject": "appointment:{appointment}"}),
)


@dataclass(frozen=True)
class Listed:
    """A listing that was asked for: how long its pages took, and how the first of each kind was found."""

    listing: Listing
    first_ms: list[float]
    deep_ms: list[float]
    plans: Mapping[str, Plan]

    @property
    def figure(self) -> Figure:
        """All of its pages, over a connection that stays open."""
        return Figure(self.listing.what, spread([*self.first_ms, *self.deep_ms]), LIMIT)

    @property
    def slowest(self) -> Plan:
        """Of its plans the one that took longest."""
        return max(self.plans.values(), key=lambda plan: plan.took_ms)

    @property
    def read_whole(self) -> set[str]:
        """The large tables that it reads from end to end."""
        return {table for plan in self.plans.values() for table in plan.read_whole}

    def as_dict(self) -> dict[str, Any]:
        """For the results file."""
        plans = {
            page: {"ms": round(plan.took_ms, 2), "pages": plan.pages, "indexes": plan.indexes, "read_whole": plan.read_whole}
            for page, plan in self.plans.items()
        }
        return self.figure.as_dict() | {"first": spread(self.first_ms).p95, "deep": spread(self.deep_ms).p95, "plans": plans}


class Reader:
    """Somebody who asks the served API, and the same application in this process for what it asks the database."""

    def __init__(self, url: str, client: FlaskClient, headers: dict[str, str]) -> None:
        self._url, self._client, self._headers = url, client, headers
        self._session = requests.Session()
        self._session.headers.update(headers)

    def read(self, listing: Listing, pages: int) -> Listed:
        """Ask for so many first and so many deep pages, each time about something else."""
        first_ms, deep_ms, plans = [], [], {}
        for number in range(pages):
            path, query = listing.drawn(draw())
            first_ms.append(self._page_ms(path, query))
            with database.connection_context():
                asked = self._asked(path, query)
                cursor = _deep_cursor(listing, asked)
                if number == 0:
                    plans["first"] = asked.explained()
                if cursor and "deep" not in plans:
                    plans["deep"] = self._asked(path, query | {"cursor": cursor}).explained()
            if cursor:
                deep_ms.append(self._page_ms(path, query | {"cursor": cursor}))
        return Listed(listing, first_ms, deep_ms, plans)

    def _page_ms(self, path: str, query: dict[str, str]) -> float:
        began_s = time.perf_counter()
        answer = self._session.get(self._url + path, params=query, timeout=60)
        took_ms = (time.perf_counter() - began_s) * 1000
        answer.raise_for_status()
        return took_ms

    def _asked(self, path: str, query: dict[str, str]) -> Asked:
        """The query by which a page is found."""
        with listening() as heard:
            answer = self._client.get(path, query_string=query, headers=self._headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return next(asked for asked in reversed(heard) if " LIMIT " in asked.sql)


def draw() -> dict[str, str]:
    """Values for the names in a listing's filters, of rows that there are."""
    whole = Appointment.select(Appointment, Patient, Slot).join(Patient).switch(Appointment).join(Slot)
    with database.connection_context():
        one = whole.where(Appointment.id >= _random_id(Appointment)).order_by(Appointment.id).first()
        call = Call.select(Call.id).where(Call.id >= _random_id(Call)).order_by(Call.id).first()
    return {
        "appointment": str(one.id),
        "call": str(call.id),
        "day": one.starts_at.date().isoformat(),
        "doctor": str(one.slot.doctor_id),
        "patient": str(one.patient_id),
        "name": one.patient.name,
        "given": one.patient.name.partition(" ")[0],
        "phone": one.patient.phone,
        "born": one.patient.date_of_birth.isoformat(),
    }


def _random_id(model: type[Row]) -> int:
    lowest, highest = model.select(fn.MIN(model.id), fn.MAX(model.id)).scalar(as_tuple=True)
    return random.randint(lowest, highest)


def _deep_cursor(listing: Listing, asked: Asked) -> str | None:
    row_id = asked.row_at(DEEP)
    return None if row_id is None else cursor_after(listing.sort, listing.by.model.get_by_id(row_id), listing.by)
