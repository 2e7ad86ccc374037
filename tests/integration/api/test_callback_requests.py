"""Who is to be called back, by REST: asked for by the desk and by programs, done by somebody."""

from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI

from ivr import callbacks, calls
from ivr.access import Role, Scope
from ivr.models import AuditEntry, CallbackRequest, OutboxEvent
from tests.integration.api.desk import Desk, a_user, bearer, key_of
from tests.integration.rows import NOW, a_patient

PATH = "/callback-requests"


@pytest.fixture
def desk(app: OpenAPI, db: None) -> Desk:
    """Somebody at the front desk."""
    return Desk(app, bearer(app, a_user(Role.DESK)))


@pytest.fixture
def program(app: OpenAPI, db: None) -> Desk:
    """N8n, which may ask for call-backs."""
    return Desk(app, key_of(Scope.CALLBACKS_WRITE))


def a_request_of_a_call(sid: str = "CA1") -> CallbackRequest:
    calls.begin(sid, "+12025550143", "+12025550100", now=NOW)
    return callbacks.request(calls.get(sid), "a bill", "US", now=NOW)


def test_a_program_asks_and_whoever_calls_back_notes_it(desk: Desk, program: Desk) -> None:
    patient = a_patient(phone="+12025550182")
    made = program.ask("POST", PATH, {"patient_id": patient.id, "reason": "a question about a bill"})
    body = made.get_json()
    assert made.status_code == 201 and desk.get(made.headers["Location"]) == body
    assert (body["phone"], body["state"], body["patient_id"], body["done_by"]) == ("+12025550182", "open", patient.id, None)
    (event,) = OutboxEvent.select()
    assert (event.event_type, event.subject) == ("callback.requested", f"callback:{body['id']}")
    assert [item["id"] for item in desk.get(PATH, state="open")["items"]] == [body["id"]]
    done = desk.change(f"{PATH}/{body['id']}", {"state": "done"})
    me = f"user:{desk.get('/auth/me')['id']}"
    assert (done["state"], done["done_by"]) == ("done", me) and done["done_at"]
    assert desk.get(PATH, state="open")["items"] == []
    lines = [(line.actor.partition(":")[0], line.action) for line in AuditEntry.select().order_by(AuditEntry.id)]
    assert lines[-2:] == [("api_key", "created"), ("user", "changed")]


def test_for_a_call_that_has_an_open_request_that_one_is_completed(desk: Desk) -> None:
    asked = a_request_of_a_call()
    made = desk.post(PATH, {"call_sid": "CA1", "phone": "202 555 0147", "reason": "another bill"})
    assert (made["id"], made["phone"], made["reason"]) == (asked.id, "+12025550147", f"{asked.reason}\nanother bill")
    assert desk.post(PATH, {"call_sid": "CA1", "reason": "another bill"}) == made
    assert [event.event_type for event in OutboxEvent.select()] == ["call.needs_follow_up"]
    line, _ = AuditEntry.select().order_by(AuditEntry.id)
    assert (line.action, line.before["phone"], line.after["phone"]) == ("changed", "+12025550143", "+12025550147")


def test_of_two_at_the_desk_who_have_called_back_the_second_is_told(desk: Desk) -> None:
    path = f"{PATH}/{a_request_of_a_call().id}"
    etag = desk.ask("GET", path).headers["ETag"]
    desk.change(path, {"state": "done"}, etag=etag)
    assert desk.change(path, {"state": "done"}, 412, etag)["code"] == "stale"


def test_what_is_to_be_done_after_all_is_open_again_unless_the_call_has_asked_again(desk: Desk) -> None:
    path = f"{PATH}/{a_request_of_a_call().id}"
    desk.change(path, {"state": "done"})
    again = desk.change(path, {"state": "open"})
    assert (again["done_at"], again["done_by"]) == (None, None)
    desk.change(path, {"state": "done"})
    a_request_of_a_call()
    assert desk.change(path, {"state": "open"}, 409)["code"] == "already_exists"


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"reason": "a bill"}, "invalid_input", [""]),
        ({"reason": "a bill", "phone": "  "}, "invalid_input", ["phone"]),
        ({"reason": "a bill", "call_sid": "CA1", "patient_id": 1}, "invalid_input", [""]),
        ({"reason": " ", "phone": "202 555 0147"}, "invalid_input", ["reason"]),
        ({"reason": "a bill", "phone": "12345"}, "phone_invalid", ["phone"]),
        ({"reason": "a bill", "phone": "nobody"}, "phone_invalid", ["phone"]),
        ({"reason": "a bill", "call_sid": "CA404"}, "reference_unknown", ["call_sid"]),
        ({"reason": "a bill", "patient_id": 2147483647}, "reference_unknown", ["patient_id"]),
    ],
)
def test_a_request_that_reaches_nobody_is_refused_by_name(desk: Desk, body: dict[str, Any], code: str, fields: list[str]) -> None:
    refusal = desk.post(PATH, body, 422)
    assert (refusal["code"], [fault["field"] for fault in refusal["errors"]]) == (code, fields)
    assert not CallbackRequest.select().count() and not OutboxEvent.select().count()


def test_a_request_that_is_repeated_under_its_key_is_filed_once(program: Desk) -> None:
    body = {"phone": "(202) 555-0147", "reason": "a bill", "language": "es"}
    first, again = (program.ask("POST", PATH, body, {"Idempotency-Key": "form-7"}) for _ in range(2))
    assert first.get_json() == again.get_json() and first.get_json()["language"] == "es"
    assert CallbackRequest.select().count() == OutboxEvent.select().count() == 1
