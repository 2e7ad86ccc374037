"""Every list of the document takes as many queries for twenty rows as for one."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest

from ivr import callbacks, calls, outbox, sms
from ivr.access import Role, Scope
from ivr.calls import ToolCallRecord, TurnRecord
from ivr.models import Appointment, Break, Call, Doctor, ExtraSession, KnowledgeEntry, Reminder, Schedule, SmsKind, TimeOff, database
from tests.integration.api.desk import Desk, a_user, key_of
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

MANY = 20
QUERIES = {"/slots": {"free": "false"}}
"""What a list must be asked so that it gives all rows."""


def one_more_of_everything(number: int) -> None:
    """One row for every list, each with a doctor, a specialty and a patient of its own; turns and functions are the first call's."""
    KnowledgeEntry.create(topic=f"topic {number}", language="en", words=[], text="Yes.")
    a_user(Role.DESK, f"desk{number}@hospital.example")
    key_of(Scope.CLINIC_READ)
    doctor = a_doctor(f"Doctor{number}", f"specialty {number}")
    the_hours_of(doctor)
    appointment = an_appointment(a_patient(f"Patient {number}", phone=f"+1555{number:07}"), a_slot(doctor, 24))
    what_goes_out(appointment)
    calls.begin(f"CA{number}", "+12025550143", "+12025550100", now=NOW)
    call, first = calls.get(f"CA{number}"), Call.select().order_by(Call.id).first()
    calls.bind_patient(call, appointment.patient)
    callbacks.request(call, "a bill", "US")
    calls.record_turn(first, TurnRecord(number))
    calls.record_tool_call(first, number, ToolCallRecord("list_slots", {}, 1, result={"ok": True}))


def the_hours_of(doctor: Doctor) -> None:
    hours = {"doctor": doctor, "starts": time(9), "ends": time(12)}
    Schedule.create(weekday=0, slot_minutes=30, **hours)
    Break.create(weekday=0, **hours)
    ExtraSession.create(day=date(2026, 11, 28), slot_minutes=30, **hours)
    TimeOff.create(doctor=doctor, starts_at=NOW, ends_at=NOW + timedelta(days=1))


def what_goes_out(appointment: Appointment) -> None:
    Reminder.create(appointment=appointment, lead="24h")
    sms.write_for(SmsKind.BOOKED, appointment, f"booked:{appointment.id}")
    outbox.record("appointment.booked", appointment, {"appointment_id": appointment.id})


def lists(desk: Desk) -> list[str]:
    """The paths of all lists of the document, with the first call for an id."""
    found = []
    for path, methods in desk.get("/openapi.json")["paths"].items():
        answer = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        if answer.get("schema", {}).get("$ref", "").endswith("List"):
            found.append(re.sub("{call_id}", str(Call.select().order_by(Call.id).first()), path))
    return found


@pytest.fixture
def executed(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database is asked from here on."""
    asked: list[str] = []
    execute = database.obj.execute_sql

    def counted(sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    monkeypatch.setattr(database.obj, "execute_sql", counted)
    return asked


def test_no_list_asks_the_database_once_a_row(admin: Desk, executed: list[str]) -> None:
    def asked_by(path: str, rows: int) -> int:
        executed.clear()
        items = admin.get(path, limit=100, **QUERIES.get(path, {}))["items"]
        assert len(items) >= rows, f"{path} has too few rows to tell"
        return len(executed)

    one_more_of_everything(0)
    once = {path: asked_by(path, 1) for path in lists(admin)}
    for number in range(1, MANY):
        one_more_of_everything(number)
    assert len(once) >= 18 and once == {path: asked_by(path, MANY) for path in lists(admin)}
