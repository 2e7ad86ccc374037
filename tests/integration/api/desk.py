"""The desk in tests: an application, and credentials of every kind for it."""

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from flask_openapi.openapi import OpenAPI
from werkzeug.test import TestResponse

from ivr import api_keys, logins
from ivr.access import Role, Scope
from ivr.models import User, database
from ivr.schemas.access import NewApiKey
from ivr.web import auth

PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """Somebody with a credential who asks the API."""

    app: OpenAPI
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client: FlaskClient = self.app.test_client()

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """One request; `body` is sent as JSON."""
        given = {} if body is None else {"json": body}
        return self.client.open(path, method=method, headers={**self.headers, **(headers or {})}, **given, **more)

    def get(self, path: str, **query: Any) -> Any:
        """What is read; anything but 200 fails."""
        answer = self.ask("GET", path, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def post(self, path: str, body: Any = None, status: int = 201, headers: dict[str, str] | None = None) -> Any:
        """What is made, or with another `status` refused."""
        answer = self.ask("POST", path, body, headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    def change(self, path: str, body: Any, status: int = 200, etag: str | None = None) -> Any:
        """A change of what was just read, or of what had this ETag."""
        headers = {"If-Match": etag or self.ask("GET", path).headers["ETag"]}
        answer = self.ask("PATCH", path, body, headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    def remove(self, path: str, status: int = 204) -> Any:
        """A removal of what was just read."""
        answer = self.ask("DELETE", path, headers={"If-Match": self.ask("GET", path).headers["ETag"]})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json


def a_user(role: Role = Role.ADMIN, email: str | None = None, password_hash: str = "none") -> User:
    """A user who cannot log in by password, unless a hash is given."""
    return User.create(email=email or f"{role}@hospital.example", password_hash=password_hash, role=role)


def bearer(app: OpenAPI, user: User) -> dict[str, str]:
    """The headers of somebody who has logged in."""
    with database.connection_context(), app.test_request_context():
        return {"Authorization": f"Bearer {auth.tokens(logins.begin(user)).access_token}"}


def key_of(*scopes: Scope) -> dict[str, str]:
    """The headers of a program."""
    return {auth.KEY_HEADER: api_keys.issue(NewApiKey(name="n8n", scopes=set(scopes)), by="command").key}
