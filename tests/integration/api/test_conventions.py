"""What all routes have in common: errors, lists, ETags, ids of requests, limits of size, other origins."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from pydantic import SecretStr

from ivr import models
from ivr.app import assemble
from ivr.models import Doctor, Specialty
from ivr.web.services import services
from tests.integration.api.desk import Desk
from tests.integration.rows import a_doctor


def refused(answer: Any, status: int, code: str) -> list[str]:
    """Check an error's shape; returns the fields at fault."""
    body = answer.get_json(force=True)
    assert (answer.status_code, body["code"]) == (status, code), body
    assert answer.content_type == "application/problem+json"
    assert body.keys() - {"errors"} == {"type", "title", "status", "code", "detail", "instance"} and body["status"] == status
    return [fault["field"] for fault in body.get("errors", [])]


NEW_DOCTOR = {"given_name": "Ana", "family_name": "Ruiz", "specialty_id": 1}


@pytest.mark.parametrize(
    ("body", "status", "code", "fields"),
    [
        (b"", 400, "malformed", []),
        (b"{", 400, "malformed", []),
        (b'{"given_name": "\xff"}', 400, "malformed", []),
        (b'{"given_name": "\\ud800"}', 400, "malformed", []),
        (b"[]", 422, "invalid_input", [""]),
        (b'"x"', 422, "invalid_input", [""]),
        (b'{"given_name": 1}', 422, "invalid_input", ["given_name", "family_name", "specialty_id"]),
        (b'{"given_name": "A", "family_name": "B", "specialty_id": "1"}', 422, "invalid_input", ["specialty_id"]),
        (b'{"given_name": "A", "family_name": "B", "specialty_id": 99999999999}', 422, "invalid_input", ["specialty_id"]),
        (b'{"given_name": "A", "family_name": "B", "specialty_id": 1, "admin": true}', 422, "invalid_input", ["admin"]),
        (b'{"given_name": "A\\u0000", "family_name": "B", "specialty_id": 1}', 422, "invalid_input", ["given_name"]),
        (b'{"given_name": "A", "family_name": "B", "specialty_id": 1, "languages": ["english"]}', 422, "invalid_input", ["languages.0"]),
        (b'{"given_name": "A", "family_name": "B", "specialty_id": 2147483647}', 422, "reference_unknown", ["specialty_id"]),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_field(admin: Desk, body: bytes, status: int, code: str, fields: list[str]) -> None:
    answer = admin.ask("POST", "/doctors", data=body, headers={"Content-Type": "application/json"})
    assert refused(answer, status, code) == fields
    assert not Doctor.select().count()


def test_a_body_of_another_kind_or_too_large_is_refused(admin: Desk) -> None:
    assert refused(admin.ask("POST", "/doctors", data=b"a=b"), 415, "unsupported_media_type") == []
    large = admin.ask("POST", "/doctors", data=b'"' + b"x" * 256 * 1024 + b'"', headers={"Content-Type": "application/json"})
    refused(large, 413, "content_too_large")


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("limit=0", 422, "limit"),
        ("limit=101", 422, "limit"),
        ("limit=ten", 422, "limit"),
        ("limit=1&limit=2", 422, "limit"),
        ("sort=password", 422, "sort"),
        ("page=2", 422, "page"),
        ("cursor=!", 422, "cursor"),
        ("cursor=WzEsMiwzXQ", 422, "cursor"),
        ("name=%00", 422, "name"),
        ("language=EN", 422, "language"),
        ("active=perhaps", 422, "active"),
        ("name=%ff", 400, None),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_by_name(admin: Desk, query: str, status: int, field: str | None) -> None:
    answer = admin.ask("GET", f"/doctors?{query}")
    assert answer.status_code == status
    assert [fault["field"] for fault in answer.get_json().get("errors", [])] == ([field] if field else [])


def test_what_nobody_serves_is_a_problem_too(admin: Desk) -> None:
    refused(admin.ask("GET", "/nothing"), 404, "not_found")
    refused(admin.ask("GET", "/doctors/0"), 404, "not_found")
    refused(admin.ask("GET", "/doctors/one"), 404, "not_found")
    refused(admin.ask("GET", "/doctors/99999999999999999999"), 404, "not_found")
    wrong = admin.ask("PUT", "/doctors")
    refused(wrong, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(wrong.headers["Allow"].split(", "))


def pages(desk: Desk, path: str, **query: Any) -> list[list[int]]:
    """The ids of a list, page by page."""
    found: list[list[int]] = []
    cursor: dict[str, str] = {}
    while True:
        page = desk.get(path, **query, **cursor)
        found.append([item["id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("sort", ["name", "-name", "id", "-id"])
def test_pages_hold_every_row_once_in_order_even_among_equals(admin: Desk, sort: str) -> None:
    names = ["Kim", "Ana", "Kim", "Bo", "Ana", "Kim", "Öz"]
    doctors = [a_doctor(name, f"specialty {number}") for number, name in enumerate(names)]
    key = {"name": lambda doctor: (doctor.family_name, doctor.id), "id": lambda doctor: doctor.id}[sort.lstrip("-")]
    collated = [row.id for row in Doctor.select().order_by(Doctor.family_name, Doctor.id)] if "name" in sort else None
    wanted = collated or [doctor.id for doctor in sorted(doctors, key=key)]
    wanted = wanted[::-1] if sort.startswith("-") else wanted
    found = pages(admin, "/doctors", sort=sort, limit=2)
    assert [len(page) for page in found] == [2, 2, 2, 1]
    assert [row_id for page in found for row_id in page] == wanted


def test_a_row_that_comes_or_goes_between_pages_moves_no_other(admin: Desk) -> None:
    first, second, third = (a_doctor(name) for name in ("Bo", "Kim", "Öz"))
    page = admin.get("/doctors", limit=1)
    a_doctor("Ana")
    Doctor.delete().where(Doctor.id == first.id).execute()
    rest = admin.get("/doctors", limit=2, cursor=page["next_cursor"])
    assert [item["id"] for item in rest["items"]] == [second.id, third.id]


def test_a_cursor_belongs_to_its_order(admin: Desk) -> None:
    a_doctor("Bo"), a_doctor("Kim")
    cursor = admin.get("/doctors", limit=1)["next_cursor"]
    assert refused(admin.ask("GET", f"/doctors?sort=-name&cursor={cursor}"), 422, "cursor_invalid") == ["cursor"]


def test_of_two_who_edit_the_second_is_told_to_read_again(admin: Desk) -> None:
    path = f"/doctors/{a_doctor('Kim').id}"
    etag = admin.ask("GET", path).headers["ETag"]
    changed = admin.ask("PATCH", path, {"family_name": "Kimura"}, {"If-Match": etag})
    assert changed.status_code == 200 and changed.headers["ETag"] != etag
    refused(admin.ask("PATCH", path, {"family_name": "Kimball"}, {"If-Match": etag}), 412, "stale")
    refused(admin.ask("PATCH", path, {"family_name": "Kimball"}), 428, "precondition_required")
    refused(admin.ask("DELETE", path, headers={"If-Match": etag}), 412, "stale")
    assert admin.get(path)["family_name"] == "Kimura"
    assert admin.ask("PATCH", path, {"family_name": "Kimball"}, {"If-Match": "*"}).status_code == 200


def test_an_etag_tells_of_changes_that_others_make(admin: Desk) -> None:
    doctor = a_doctor("Kim")
    etag = admin.ask("GET", f"/doctors/{doctor.id}").headers["ETag"]
    Doctor.update(languages=["en", "ko"]).execute()
    refused(admin.ask("PATCH", f"/doctors/{doctor.id}", {"active": True}, {"If-Match": etag}), 412, "stale")


def test_a_change_takes_no_null_where_there_is_none(admin: Desk) -> None:
    path = f"/doctors/{a_doctor('Kim').id}"
    answer = admin.ask("PATCH", path, {"family_name": None, "active": None}, {"If-Match": "*"})
    assert refused(answer, 422, "invalid_input") == ["family_name", "active"]


def test_made_is_201_with_its_address_and_its_etag(admin: Desk) -> None:
    specialty = Specialty.create(name="cardiology")
    answer = admin.ask("POST", "/doctors", {**NEW_DOCTOR, "specialty_id": specialty.id})
    assert answer.status_code == 201
    shown = admin.ask("GET", answer.headers["Location"])
    assert (shown.get_json(), shown.headers["ETag"]) == (answer.get_json(), answer.headers["ETag"])


def test_a_time_without_its_zone_is_refused_and_times_are_told_with_it(admin: Desk) -> None:
    times = {"starts_at": "2030-01-01T09:00:00", "ends_at": "2030-01-01T12:00:00Z"}
    assert refused(admin.ask("POST", "/time-off", times), 422, "invalid_input") == ["starts_at"]
    for nonsense in (1893488400, "2030-01-01", "tomorrow", "0001-01-01T00:00:00+14:00", "2030-02-30T00:00:00Z"):
        assert refused(admin.ask("POST", "/time-off", times | {"starts_at": nonsense}), 422, "invalid_input") == ["starts_at"]
    made = admin.post("/time-off", times | {"starts_at": "2030-01-01T09:00:00+00:00"})
    assert (made["starts_at"], made["ends_at"]) == ("2030-01-01T04:00:00-05:00", "2030-01-01T07:00:00-05:00")


def test_an_id_of_the_request_is_echoed_and_a_strange_one_replaced(nobody: Desk) -> None:
    assert nobody.ask("GET", "/healthz", headers={"X-Request-ID": "desk-1.a_B"}).headers["X-Request-ID"] == "desk-1.a_B"
    for strange in ("", "a b", "x" * 65, "<script>", "\xff"):
        made = nobody.ask("GET", "/healthz", headers={"X-Request-ID": strange}).headers["X-Request-ID"]
        assert len(made) == 32 and made != strange


def test_other_origins_are_told_nothing_unless_they_are_named(app: OpenAPI, db: None) -> None:
    asking = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
    assert not [name for name, _ in Desk(app).ask("OPTIONS", "/doctors", headers=asking).headers if "Access-Control" in name]
    with app.app_context():
        settings = services().settings.model_copy(update={"cors_origins": ("https://desk.example",)})
    friendly = Desk(assemble(settings))
    answer = friendly.ask("OPTIONS", "/doctors", headers=asking)
    assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "https://desk.example"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    stranger = friendly.ask("OPTIONS", "/doctors", headers=asking | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.fixture
def without_database(app: OpenAPI, admin: Desk) -> Iterator[None]:
    """Nobody listens where the database was."""
    with app.app_context():
        away = services().settings.model_copy(update={"database_url": SecretStr("postgresql://127.0.0.1:1/none")})
    before = models.database.obj
    try:
        models.database.initialize(None)
        models.bind(away)
        yield
    finally:
        models.unbind()
        models.database.initialize(before)


@pytest.mark.usefixtures("without_database")
def test_a_database_that_is_away_is_503_and_says_to_try_again(admin: Desk) -> None:
    answer = admin.ask("GET", "/doctors")
    refused(answer, 503, "database_away")
    assert answer.headers["Retry-After"]


@pytest.mark.usefixtures("without_database")
def test_a_caller_is_told_that_the_database_is_away_and_twilio_that_a_status_was_not_noted(nobody: Desk) -> None:
    form = {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"}
    told = nobody.client.post("/voice/incoming", data=form)
    assert (told.status_code, "<Say" in told.text) == (200, True)
    refused(nobody.client.post("/voice/status", data=form), 503, "database_away")


def test_a_fault_of_ours_tells_nothing_of_itself(admin: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("ivr.roster.listed", broken)
    answer = admin.ask("GET", "/doctors")
    refused(answer, 500, "internal")
    assert "secret" not in answer.get_data(as_text=True)


def test_browsers_are_kept_to_this_host(nobody: Desk) -> None:
    headers = nobody.ask("GET", "/healthz").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"


def test_the_document_and_its_page_need_no_other_host(nobody: Desk) -> None:
    document = nobody.get("/openapi.json")
    assert document["openapi"].startswith("3.1") and {"token", "key"} == set(document["components"]["securitySchemes"])
    page = nobody.ask("GET", "/docs").get_data(as_text=True)
    assert "http://" not in page and "https://" not in page and "<script>" not in page
    for asset in ("css/swagger-ui.css", "js/swagger-ui-bundle.js", "docs.js", "images/swagger.svg"):
        assert f"/docs/assets/{asset}" in page and nobody.ask("GET", f"/docs/assets/{asset}").status_code == 200
    assert nobody.ask("GET", "/docs/assets/../../__init__.py").status_code == 404


def test_every_route_is_documented_with_summary_tag_credentials_and_errors(app: OpenAPI, nobody: Desk) -> None:
    document = nobody.get("/openapi.json")
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert route["summary"] and set(route["tags"]) <= described, (method, path)
            assert {"400", "422", "500", "503"} <= set(route["responses"]), (method, path)
            closed = path not in ("/auth/login", "/auth/refresh")
            assert bool(route.get("security")) == closed and ({"401", "403"} <= set(route["responses"])) >= closed, (method, path)
            for status, answer in route["responses"].items():
                assert ("application/problem+json" in answer.get("content", {})) == (status >= "4"), (method, path, status)
