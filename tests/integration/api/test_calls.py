"""Calls as supervisors read them: found, and told turn by turn with their functions."""

from datetime import timedelta

import pytest
from flask_openapi.openapi import OpenAPI

from ivr import calls
from ivr.access import Role
from ivr.calls import ToolCallRecord, TurnRecord
from ivr.models import Call
from tests.integration.api.desk import Desk, a_user, bearer
from tests.integration.rows import NOW, a_patient

REFUSED = {"code": "slot_taken", "message": "That time has just been taken."}


@pytest.fixture
def supervisor(app: OpenAPI, db: None) -> Desk:
    """Who answers for what Lilly says."""
    return Desk(app, bearer(app, a_user(Role.SUPERVISOR)))


def a_call(sid: str, hours: float = 0, ended_reason: str | None = None) -> Call:
    """A call so many hours from now, which is over if there is a reason."""
    calls.begin(sid, "+12025550143", "+12025550100", now=NOW + timedelta(hours=hours))
    if ended_reason:
        calls.finish(sid, "completed", ended_reason, now=NOW + timedelta(hours=hours, minutes=3))
    return calls.get(sid)


def sids(desk: Desk, **query: object) -> list[str]:
    return [call["sid"] for call in desk.get("/calls", **query)["items"]]


def test_calls_are_found_by_patient_status_ending_and_day(supervisor: Desk) -> None:
    a_call("CA1", ended_reason="goodbye"), a_call("CA2", 1, "silence"), a_call("CA3", 24)
    patient = a_patient()
    calls.bind_patient(calls.get("CA2"), patient)
    assert sids(supervisor) == ["CA3", "CA2", "CA1"]
    assert sids(supervisor, sort="started_at", status="completed") == ["CA1", "CA2"]
    assert sids(supervisor, patient_id=patient.id) == ["CA2"]
    assert sids(supervisor, ended_reason="goodbye") == ["CA1"]
    assert sids(supervisor, sid="CA3") == ["CA3"]
    assert sids(supervisor, day="2026-11-24") == sids(supervisor, date_from="2026-11-24") == ["CA3"]
    assert sids(supervisor, date_to="2026-11-23") == ["CA2", "CA1"]


def test_a_day_begins_and_ends_by_the_hospital_s_clock(supervisor: Desk) -> None:
    a_call("CA1", 14.9), a_call("CA2", 15)
    assert sids(supervisor, day="2026-11-23") == ["CA1"]
    assert sids(supervisor, day="2026-11-24") == ["CA2"]


def test_a_call_is_told_without_the_model_s_own_memory_of_it(supervisor: Desk) -> None:
    call = a_call("CA1", ended_reason="goodbye")
    Call.update(history=[{"role": "user", "content": "a secret"}]).execute()
    answer = supervisor.ask("GET", f"/calls/{call.id}")
    assert answer.get_json() == {
        "id": call.id,
        "sid": "CA1",
        "status": "completed",
        "from_number": "+12025550143",
        "to_number": "+12025550100",
        "language": None,
        "patient_id": None,
        "started_at": "2026-11-23T09:00:00-05:00",
        "ended_at": "2026-11-23T09:03:00-05:00",
        "ended_reason": "goodbye",
    }


def test_turns_come_in_order_with_their_timelines_page_by_page(supervisor: Desk) -> None:
    call, other = a_call("CA1"), a_call("CA2")
    timeline = {"last_loud": 0.0, "first_token": 310.5, "first_sent": 640.0}
    calls.record_turn(call, TurnRecord(1, "I need a doctor.", "What kind? Any?", "What kind?", "en", True, timeline))
    calls.record_turn(call, TurnRecord(0, reply_text="Hello."))
    calls.record_turn(other, TurnRecord(0, reply_text="Hola."))
    first = supervisor.get(f"/calls/{call.id}/turns", limit=1)
    rest = supervisor.get(f"/calls/{call.id}/turns", limit=1, cursor=first["next_cursor"])
    assert [turn["reply_text"] for turn in first["items"]] == ["Hello."]
    (turn,) = rest["items"]
    assert (turn["ordinal"], turn["caller_text"], turn["heard_text"], turn["interrupted"]) == (1, "I need a doctor.", "What kind?", True)
    assert turn["timeline"] == timeline and rest["next_cursor"] is None
    assert supervisor.ask("GET", "/calls/2147483647/turns").get_json()["code"] == "not_found"


def test_the_function_log_is_read_by_call_name_and_outcome(supervisor: Desk) -> None:
    one, other = a_call("CA1"), a_call("CA2")
    calls.record_tool_call(one, 1, ToolCallRecord("list_slots", {"doctor_id": 3}, 12, result={"ok": True, "slots": []}))
    calls.record_tool_call(one, 2, ToolCallRecord("book_appointment", {"slot_id": 7}, 40, error=REFUSED))
    calls.record_tool_call(other, None, ToolCallRecord("list_slots", {}, 9, result={"ok": True}))
    of_one = supervisor.get(f"/calls/{one.id}/tool-calls")["items"]
    assert [line["name"] for line in of_one] == ["list_slots", "book_appointment"]
    assert (of_one[0]["arguments"], of_one[0]["result"], of_one[0]["error"]) == ({"doctor_id": 3}, {"ok": True, "slots": []}, None)
    assert of_one[1]["turn_id"] == supervisor.get(f"/calls/{one.id}/turns", sort="-ordinal")["items"][0]["id"]
    (failed,) = supervisor.get("/tool-calls", failed=True)["items"]
    assert (failed["name"], failed["error"], failed["result"], failed["duration_ms"]) == ("book_appointment", REFUSED, None, 40)
    assert len(supervisor.get("/tool-calls", name="list_slots", failed=False)["items"]) == 2
    assert [line["call_id"] for line in supervisor.get("/tool-calls", call_id=other.id)["items"]] == [other.id]
    assert supervisor.get("/tool-calls", date_to="2020-01-01")["items"] == []
