"""Log-ins, users and API keys."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ivr.access import KEY_SCOPES, Role, Scope
from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import ABSENT, Arguments, Change, Id, Instant, Shown, Text


def _for_keys(scope: Scope) -> Scope:
    if scope not in KEY_SCOPES:
        raise ValueError("is not for programs")
    return scope


Email = Annotated[
    str,
    BeforeValidator(lambda value: value.strip().lower() if isinstance(value, str) else value),
    Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, examples=["desk@hospital.example"]),
]
Password = Annotated[str, Field(min_length=1, max_length=200, examples=["a long sentence of your own"])]
KeyScope = Annotated[Scope, AfterValidator(_for_keys), WithJsonSchema({"type": "string", "enum": sorted(KEY_SCOPES)})]


class Login(Arguments):
    """Who logs in."""

    email: Email
    password: Password


class Refresh(Arguments):
    """The refresh token of the last answer; it is good once."""

    refresh_token: str = Field(min_length=1, max_length=4000)


class Tokens(Shown):
    """An access token for the Authorization header, and a refresh token for when it has expired."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds until the access token expires", examples=[900])


class PasswordChange(Arguments):
    """A new password for oneself."""

    old_password: Password
    new_password: Password


class Me(Shown):
    """Whose credential this is, and what it is good for."""

    kind: Literal["user"] = "user"
    id: Id
    email: str
    role: Role
    scopes: list[Scope]


class UserShown(Shown):
    """A person who may log in."""

    id: Id
    email: str
    role: Role
    active: bool
    created_at: Instant


class UserList(Listed[UserShown]):
    """Users."""


class UserQuery(ListQuery):
    """Users by role."""

    role: Role | None = None
    active: bool | None = None
    sort: Literal["email", "-email", "id", "-id"] = "email"


class NewUser(Arguments):
    """A person who is to log in."""

    email: Email
    password: Password
    role: Role


class UserChange(Change):
    """What is to change; a new password ends all log-ins of that user."""

    role: Role = ABSENT
    active: bool = ABSENT
    password: Password = ABSENT


class NewApiKey(Arguments):
    """A key for a program."""

    name: Text = Field(examples=["n8n"])
    # One that is named twice is taken once.
    scopes: set[KeyScope] = Field(
        min_length=1, examples=[["clinic:read", "appointments:write"]], json_schema_extra=lambda schema: schema.update(uniqueItems=False)
    )
    expires_at: Instant | None = None


class ApiKeyShown(Shown):
    """A key, without its secret."""

    id: Id
    name: str
    prefix: str = Field(description="The key begins with lilly_ and this")
    scopes: list[Scope]
    created_by: str
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


class ApiKeyIssued(ApiKeyShown):
    """A new key; it is shown this once."""

    key: str


class ApiKeyList(Listed[ApiKeyShown]):
    """API keys."""


class ApiKeyQuery(ListQuery):
    """All API keys."""

    sort: Literal["id", "-id", "created_at", "-created_at"] = "id"
