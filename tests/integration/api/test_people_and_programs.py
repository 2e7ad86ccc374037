"""Users and API keys: made, limited, ended; every change is in the audit."""

from datetime import timedelta

from ivr import models
from ivr.access import Role
from ivr.models import ApiKey, AuditEntry, IdempotentAnswer, User
from tests.integration.api.desk import PASSWORD, Desk, a_user, bearer


def test_an_admin_makes_users_who_can_log_in(admin: Desk, nobody: Desk) -> None:
    made = admin.post("/users", {"email": "Ben@Hospital.example", "password": PASSWORD, "role": "desk"})
    assert made.keys() == {"id", "email", "role", "active", "created_at"} and made["email"] == "ben@hospital.example"
    nobody.post("/auth/login", {"email": "ben@hospital.example", "password": PASSWORD}, status=200)
    assert (
        admin.post("/users", {"email": "ben@hospital.example", "password": PASSWORD, "role": "desk"}, status=409)["code"]
        == "already_exists"
    )
    assert [user["email"] for user in admin.get("/users", role="desk")["items"]] == ["ben@hospital.example"]


def test_a_weak_password_is_refused_with_what_is_wrong(admin: Desk) -> None:
    for weak, fault in (("short", "12 to 200"), ("aaaaaaaaaaaaaaa", "different"), ("benjamin-ben-12", "address")):
        refusal = admin.post("/users", {"email": "ben@b.c", "password": weak, "role": "desk"}, status=422)
        assert refusal["code"] == "password_weak" and fault in refusal["detail"]


def test_who_is_made_inactive_or_gets_a_new_password_is_logged_out(admin: Desk) -> None:
    user = a_user(Role.DESK)
    desk = Desk(admin.app, bearer(admin.app, user))
    admin.change(f"/users/{user.id}", {"password": PASSWORD})
    assert desk.ask("GET", "/auth/me").status_code == 401
    again = Desk(admin.app, bearer(admin.app, user))
    admin.remove(f"/users/{user.id}")
    assert again.ask("GET", "/auth/me").status_code == 401
    assert User.get_by_id(user.id).active is False


def test_the_last_admin_stays(admin: Desk) -> None:
    me = admin.get("/auth/me")["id"]
    assert admin.change(f"/users/{me}", {"role": "desk"}, status=409)["code"] == "last_admin"
    assert admin.remove(f"/users/{me}", status=409)["code"] == "last_admin"
    a_user(Role.ADMIN, "other@hospital.example")
    admin.change(f"/users/{me}", {"role": "desk"})
    assert admin.ask("GET", "/users").status_code == 403


def test_a_key_is_shown_once_and_kept_as_a_hash(admin: Desk) -> None:
    wanted = {"name": "n8n", "scopes": ["appointments:write", "clinic:read"]}
    made = admin.ask("POST", "/api-keys", wanted, {"Idempotency-Key": "once"})
    key = made.get_json()["key"]
    shown = admin.get(f"/api-keys/{made.get_json()['id']}")
    assert key.startswith(f"lilly_{shown['prefix']}_") and "key" not in shown and shown["scopes"] == wanted["scopes"]
    assert admin.post("/api-keys", wanted, status=409, headers={"Idempotency-Key": "once"})["code"] == "answer_not_kept"
    secret = key.rpartition(f"{shown['prefix']}_")[2]
    kept = [str(row.__data__) for table in (ApiKey, AuditEntry, IdempotentAnswer) for row in table.select()]
    assert kept and not any(secret in row for row in kept)
    assert Desk(admin.app, {"X-API-Key": key}).ask("GET", "/doctors").status_code == 200


def test_a_scope_that_is_named_twice_is_taken_once_as_the_document_says(admin: Desk) -> None:
    assert admin.post("/api-keys", {"name": "n8n", "scopes": ["clinic:read"] * 2})["scopes"] == ["clinic:read"]
    wanted = admin.get("/openapi.json")["components"]["schemas"]["NewApiKey"]["properties"]["scopes"]
    assert wanted["uniqueItems"] is False and wanted["minItems"] == 1


def test_a_key_ends_when_it_is_revoked_or_its_time_comes(admin: Desk) -> None:
    past, soon = (models.now() + timedelta(seconds=seconds) for seconds in (-1, 3600))
    wanted = {"name": "n8n", "scopes": ["clinic:read"]}
    assert admin.post("/api-keys", wanted | {"expires_at": past.isoformat()}, status=422)["code"] == "expiry_past"
    made = admin.post("/api-keys", wanted | {"expires_at": soon.isoformat()})
    program = Desk(admin.app, {"X-API-Key": made["key"]})
    assert program.ask("GET", "/doctors").status_code == 200
    with models.frozen(soon + timedelta(seconds=1)):
        assert program.ask("GET", "/doctors").get_json()["code"] == "key_expired"
    for _ in range(2):
        assert admin.ask("DELETE", f"/api-keys/{made['id']}").status_code == 204
    assert program.ask("GET", "/doctors").get_json()["code"] == "key_revoked"
    assert [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)] == ["created", "changed"]


def test_the_audit_tells_who_changed_what_from_what_to_what(admin: Desk) -> None:
    user = a_user(Role.DESK)
    answer = admin.ask("PATCH", f"/users/{user.id}", {"role": "supervisor"}, {"If-Match": "*", "X-Request-ID": "req-7"})
    assert answer.status_code == 200
    (entry,) = admin.get("/audit", subject=f"user:{user.id}")["items"]
    me = admin.get("/auth/me")["id"]
    assert (entry["actor"], entry["action"], entry["request_id"]) == (f"user:{me}", "changed", "req-7")
    assert (entry["before"]["role"], entry["after"]["role"]) == ("desk", "supervisor")
    assert "password_hash" not in entry["after"]
    assert admin.get("/audit", actor="api_key:1")["items"] == []


def test_a_change_that_changes_nothing_leaves_no_line(admin: Desk) -> None:
    user = a_user(Role.DESK)
    admin.change(f"/users/{user.id}", {"role": "desk"})
    admin.change(f"/users/{user.id}", {})
    assert admin.get("/audit")["items"] == []
