"""Every route against every credential: who may, who may not, and that nothing is open by accident."""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask_openapi.openapi import OpenAPI

from ivr import api_keys, logins, models
from ivr.access import KEY_SCOPES, ROLE_SCOPES, Role, Scope
from ivr.models import ApiKey, LoginSession, User, database
from ivr.web import auth
from tests.integration.api.desk import Desk, a_user, bearer, key_of

OPEN = {
    "/",
    "/static/<path:filename>",
    "/auth/login",
    "/auth/refresh",
    "/docs",
    "/docs/assets/<path:name>",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/media-stream",
    "/voice/incoming",
    "/voice/after-stream",
    "/voice/after-dial",
    "/voice/status",
    "/voice/sms-status",
    "/voice/sms-incoming",
}

HOURS = ("schedules", "breaks", "time-off", "extra-sessions")
READS = {Role.ADMIN, Role.DESK, Role.SUPERVISOR, Role.READONLY}
MAY: dict[str, set[Role]] = {
    "POST /auth/logout": READS,
    "POST /auth/logout-everywhere": READS,
    "GET /auth/me": READS,
    "POST /auth/password": READS,
    "GET /users": {Role.ADMIN},
    "POST /users": {Role.ADMIN},
    "GET /users/1": {Role.ADMIN},
    "PATCH /users/1": {Role.ADMIN},
    "DELETE /users/1": {Role.ADMIN},
    "GET /api-keys": {Role.ADMIN},
    "POST /api-keys": {Role.ADMIN},
    "GET /api-keys/1": {Role.ADMIN},
    "DELETE /api-keys/1": {Role.ADMIN},
    "GET /specialties": READS,
    "GET /doctors": READS,
    "POST /doctors": {Role.ADMIN},
    "GET /doctors/1": READS,
    "PATCH /doctors/1": {Role.ADMIN},
    "DELETE /doctors/1": {Role.ADMIN},
    "POST /doctors/1/slots": {Role.ADMIN},
    "GET /slots": READS,
    "GET /slots/1": READS,
    "POST /slots/1/block": {Role.ADMIN, Role.DESK},
    "POST /slots/1/unblock": {Role.ADMIN, Role.DESK},
    "GET /appointments": READS,
    "POST /appointments": {Role.ADMIN, Role.DESK},
    "GET /appointments/1": READS,
    "PATCH /appointments/1": {Role.ADMIN, Role.DESK},
    "GET /appointments/1.ics": READS,
    "GET /booking-requests/1": READS,
    **{
        f"GET /{calls}": {Role.ADMIN, Role.SUPERVISOR}
        for calls in ("calls", "calls/1", "calls/1/turns", "calls/1/tool-calls", "tool-calls")
    },
    "GET /callback-requests": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "POST /callback-requests": {Role.ADMIN, Role.DESK},
    "GET /callback-requests/1": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "PATCH /callback-requests/1": {Role.ADMIN, Role.DESK},
    "GET /outbox-events": {Role.ADMIN, Role.SUPERVISOR},
    "GET /outbox-events/1": {Role.ADMIN, Role.SUPERVISOR},
    "POST /outbox-events/1/replay": {Role.ADMIN},
    "GET /sms-messages": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "POST /sms-messages/1/resend": {Role.ADMIN, Role.DESK},
    "GET /reminders": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "GET /reminders/1": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "PATCH /reminders/1": {Role.ADMIN, Role.DESK},
    "GET /patients": {Role.ADMIN, Role.DESK},
    "POST /patients": {Role.ADMIN, Role.DESK},
    "GET /patients/1": {Role.ADMIN, Role.DESK},
    "PATCH /patients/1": {Role.ADMIN, Role.DESK},
    "GET /patients/1/export": {Role.ADMIN, Role.DESK},
    "POST /patients/1/erase": {Role.ADMIN},
    "POST /patients/1/merge": {Role.ADMIN},
    "GET /knowledge": READS,
    "POST /knowledge": {Role.ADMIN},
    "GET /knowledge/1": READS,
    "PATCH /knowledge/1": {Role.ADMIN},
    "DELETE /knowledge/1": {Role.ADMIN},
    "POST /tts": {Role.ADMIN, Role.DESK, Role.SUPERVISOR},
    "GET /audit": {Role.ADMIN, Role.SUPERVISOR},
    **{f"GET /{hours}": READS for hours in HOURS},
    **{f"GET /{hours}/1": READS for hours in HOURS},
    **{f"POST /{hours}": {Role.ADMIN} for hours in HOURS},
    **{f"PATCH /{hours}/1": {Role.ADMIN} for hours in HOURS},
    **{f"DELETE /{hours}/1": {Role.ADMIN} for hours in HOURS},
}
"""Who may what, written a second time."""


def served(app: OpenAPI) -> Iterator[tuple[str, str, str]]:
    """(method, path, endpoint) of every route."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, rule.endpoint


def guarded(app: OpenAPI) -> list[tuple[str, str]]:
    """(method, path) of every route that wants a credential, with 1 for every id."""
    return [(method, re.sub("<[^>]+>", "1", rule)) for method, rule, endpoint in served(app) if not auth.is_open(endpoint)]


def test_exactly_the_routes_of_the_design_are_open(app: OpenAPI) -> None:
    assert {rule for _, rule, endpoint in served(app) if auth.is_open(endpoint)} == OPEN


def test_every_other_route_declares_a_scope_and_stands_in_the_table(app: OpenAPI) -> None:
    closed = [endpoint for _, _, endpoint in served(app) if not auth.is_open(endpoint)]
    assert [endpoint for endpoint in closed if not hasattr(app.view_functions[endpoint], auth.SCOPE)] == []
    assert {f"{method} {path}" for method, path in guarded(app)} == set(MAY)


def test_a_route_without_a_declaration_is_refused_to_everybody(admin: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(admin.app.view_functions, "doctors.list_doctors", lambda: "open by accident")
    assert admin.ask("GET", "/doctors").status_code == 403


@pytest.mark.parametrize("role", Role)
def test_every_route_lets_in_the_roles_that_may_and_no_other(app: OpenAPI, db: None, role: Role) -> None:
    user = a_user(role)
    let_in = set()
    for method, path in guarded(app):
        answer = Desk(app, bearer(app, user)).ask(method, path)
        assert answer.status_code != 401, (method, path)
        # Whoever may is told what is wrong with the request: there is no body, and no row.
        if answer.status_code != 403:
            let_in.add(f"{method} {path}")
    assert let_in == {route for route, roles in MAY.items() if role in roles}


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES))
def test_a_key_opens_the_routes_of_its_scope_alone(app: OpenAPI, db: None, scope: Scope) -> None:
    program = Desk(app, key_of(scope))
    for method, rule, endpoint in served(app):
        if auth.is_open(endpoint):
            continue
        wanted = getattr(app.view_functions[endpoint], auth.SCOPE)
        answer = program.ask(method, re.sub("<[^>]+>", "1", rule))
        assert (answer.status_code == 403) == (wanted != scope), (method, rule, answer.get_data())


def test_no_key_may_make_users_or_keys(admin: Desk) -> None:
    for scope in (Scope.USERS, Scope.OWN):
        answer = admin.post("/api-keys", {"name": "n8n", "scopes": [scope]}, status=422)
        assert answer["errors"][0]["field"].startswith("scopes")
    assert all(Scope.USERS not in scopes for role, scopes in ROLE_SCOPES.items() if role != Role.ADMIN)


def claims(user: User, session: LoginSession, **other: Any) -> dict[str, Any]:
    now = models.now()
    mine = {"sub": str(user.id), "sid": session.id, "iat": now, "nbf": now, "jti": secrets.token_hex(8), "type": "access", "fresh": False}
    return mine | {"exp": now + timedelta(minutes=5)} | other


def signed(payload: dict[str, Any], secret: str = "s" * 32, algorithm: str = "HS256") -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode(payload, secret, algorithm)}"}


def bad_credentials(app: OpenAPI) -> dict[str, dict[str, str]]:
    """Headers by what is wrong with them."""
    user = a_user(Role.ADMIN)
    session, ended, over, gone = (logins.begin(user) for _ in range(4))
    logins.end(ended.id)
    LoginSession.update(expires_at=models.now()).where(LoginSession.id == over.id).execute()
    LoginSession.delete().where(LoginSession.id == gone.id).execute()
    left = a_user(Role.ADMIN, "left@hospital.example")
    inactive = logins.begin(left)
    User.update(active=False).where(User.id == left.id).execute()
    expired_key, revoked_key = key_of(*KEY_SCOPES), key_of(*KEY_SCOPES)
    ids = [row.id for row in ApiKey.select().order_by(ApiKey.id)]
    ApiKey.update(expires_at=models.now()).where(ApiKey.id == ids[0]).execute()
    api_keys.revoke(ids[1], by="command")
    with app.test_request_context():
        refresh = auth.tokens(session).refresh_token
    good_key = key_of(*KEY_SCOPES)[auth.KEY_HEADER]
    past = models.now() - timedelta(seconds=1)
    return {
        "credential_missing none": {},
        "credential_missing basic": {"Authorization": "Basic YTpi"},
        "token_invalid nonsense": {"Authorization": "Bearer nonsense"},
        "token_invalid bytes": {"Authorization": "Bearer \xff\xfe.\xfd.\xfc"},
        "token_invalid another secret": signed(claims(user, session), "t" * 32),
        "token_invalid unsigned": signed(claims(user, session), "", "none"),
        "token_invalid refresh token": {"Authorization": f"Bearer {refresh}"},
        "token_invalid no log-in": signed({name: value for name, value in claims(user, session).items() if name != "sid"}),
        "token_expired": signed(claims(user, session, exp=past)),
        "token_revoked logged out": signed(claims(user, ended)),
        "token_revoked over": signed(claims(user, over)),
        "token_revoked unknown": signed(claims(user, gone)),
        "token_revoked inactive user": signed(claims(left, inactive)),
        "key_unknown nonsense": {auth.KEY_HEADER: "nonsense"},
        "key_unknown empty": {auth.KEY_HEADER: ""},
        "key_unknown bytes": {auth.KEY_HEADER: "lilly_\xff_\xfe"},
        "key_unknown secret": {auth.KEY_HEADER: good_key[:-1] + ("A" if good_key[-1] != "A" else "B")},
        "key_expired": expired_key,
        "key_revoked": revoked_key,
    }


def test_no_route_takes_a_credential_that_is_missing_expired_revoked_or_forged(app: OpenAPI, db: None) -> None:
    routes = guarded(app)
    for what, headers in bad_credentials(app).items():
        for method, path in routes:
            # A body that cannot be read must not be looked at before the credential.
            answer = Desk(app, headers).ask(method, path, data=b"{", headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.get_json()["code"]) == (401, what.split()[0]), (what, method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.content_type == "application/problem+json"


def test_who_may_not_is_told_so_before_the_body_is_read(app: OpenAPI, db: None) -> None:
    reader = Desk(app, bearer(app, a_user(Role.READONLY)))
    answer = reader.ask("POST", "/doctors", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 403 and answer.get_json()["code"] == "forbidden"


def test_what_a_credential_may_is_decided_when_it_is_used(app: OpenAPI, db: None) -> None:
    user = a_user(Role.ADMIN)
    desk = Desk(app, bearer(app, user))
    assert desk.ask("GET", "/users").status_code == 200
    User.update(role=Role.READONLY).where(User.id == user.id).execute()
    assert desk.ask("GET", "/users").status_code == 403


def test_no_connection_is_kept_by_a_request_that_is_refused(app: OpenAPI, migrated: str) -> None:
    before = database.obj.in_use
    for _ in range(5):
        assert Desk(app).ask("GET", "/doctors").status_code == 401
    assert database.obj.in_use == before
