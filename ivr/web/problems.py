"""Every error leaves in one shape: problem details (RFC 9457) with a stable code."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

import orjson
from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ivr.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    LillyError,
    NotFound,
    NotIdentified,
    ProviderError,
    Stale,
    TooMany,
    Unauthenticated,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

_STATUS = {
    InvalidInput: 422,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Unauthenticated: 401,
    Forbidden: 403,
    NotIdentified: 403,
    TooMany: 429,
    ProviderError: 502,
}
_CODES = {400: "malformed", 413: "content_too_large", 428: "precondition_required", 500: "internal"}


def problem(error: LillyError | HTTPException) -> Response:
    """An error as application/problem+json."""
    if isinstance(error, LillyError):
        return _expected(error)
    status = error.code or 500
    detail = "Something went wrong here; the log says what." if status >= 500 else error.description or ""
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return _response(status, _CODES.get(status) or _slug(status), detail, headers)


def invalid(error: ValidationError) -> Response:
    """What pydantic refused, field by field."""
    fields = [{"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in error.errors(include_input=False)]
    return _response(422, "invalid_input", "The request is not valid.", errors=fields)


def database_away(error: Exception) -> Response:
    """Nothing can be read or written now."""
    logger.error("a request failed in the database", exc_info=error)
    return _response(503, "database_away", "The database does not answer: try again.", {"Retry-After": str(RETRY_AFTER_S)})


def _expected(error: LillyError) -> Response:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    more: dict[str, object] = {} if error.row_id is None else {"id": error.row_id}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    elif error.retryable:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, InvalidInput) and error.field:
        more["errors"] = [{"field": error.field, "message": error.message}]
    return _response(status, error.code, error.message, headers, **more)


def _response(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, "instance": request.path}
    return Response(orjson.dumps(body | more), status=status, headers=dict(headers or {}), content_type=CONTENT_TYPE)


def _slug(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
