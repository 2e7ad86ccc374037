"""What the OpenAPI document says of every route beside its schemas: headers, errors and credentials."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ivr.access import Scope
from ivr.web.auth import KEY_HEADER
from ivr.web.problems import CONTENT_TYPE

SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of POST /auth/login"},
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER, "description": "A key of POST /api-keys"},
}

NOT_KNOWN = ("credential_missing", "token_expired", "token_invalid", "token_revoked", "key_unknown", "key_expired", "key_revoked")
"""Why nobody can tell who is asking."""


class Fault(BaseModel):
    """One field at fault."""

    field: str = Field(examples=["patient.phone"])
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457); programs go by `code`."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    code: str = Field(examples=["slot_taken"])
    detail: str
    instance: str
    id: int | None = Field(default=None, description="The row that this is about, where that is another than was asked for")
    errors: list[Fault] = Field(default=[], description="The fields at fault, where there are any")


class OnceHeader(BaseModel):
    """The header that makes a POST safe to repeat."""

    model_config = ConfigDict(populate_by_name=True)

    key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern="^[ -~]+$",
        description="Of requests with one key the first is carried out, and the others get its answer, for a day",
    )


class UnchangedHeader(BaseModel):
    """The header that keeps one editor from overwriting another's change."""

    model_config = ConfigDict(populate_by_name=True)

    etag: str = Field(alias="If-Match", description="The ETag that the row was read with, or *")


class VersionHeader(BaseModel):
    """The same where it may be left out, since what is changed can end in one way only."""

    model_config = ConfigDict(populate_by_name=True)

    etag: str | None = Field(
        default=None, alias="If-Match", description="The ETag that the row was read with, or *; left out: whatever it is now"
    )


def responses(codes: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    """Errors by status, each with the codes that it may carry."""
    return {str(status): _problem(status, names) for status, names in sorted(codes.items())}


def security(scope: Scope | None) -> list[dict[str, list[Any]]]:
    """The credentials that a route takes: for one's own account there are only log-ins."""
    if scope is None:
        return []
    return [{"token": []}] if scope in (Scope.OWN, Scope.USERS) else [{"token": []}, {"key": []}]


def _problem(status: int, codes: Sequence[str]) -> dict[str, Any]:
    description = f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}"
    return {"description": description, "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
