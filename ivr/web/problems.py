"""Every error leaves in one shape: problem details (RFC 9457) with a stable code."""

from http import HTTPStatus

import orjson
from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ivr.errors import Conflict, InvalidInput, LillyError, NotFound, NotIdentified, ProviderError

_STATUS = {InvalidInput: 422, NotFound: 404, Conflict: 409, NotIdentified: 403, ProviderError: 502}


def problem(error: LillyError | HTTPException) -> Response:
    """An error as application/problem+json."""
    if isinstance(error, LillyError):
        status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
        return _response(status, error.code, error.message)
    status = error.code or 500
    return _response(status, HTTPStatus(status).phrase.lower().replace(" ", "_"), error.description or "")


def invalid(error: ValidationError) -> Response:
    """What pydantic refused, field by field."""
    fields = [{"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in error.errors(include_input=False)]
    return _response(422, "invalid_input", "The request is not valid.", errors=fields)


def _response(status: int, code: str, detail: str, **more: object) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, "instance": request.path}
    return Response(orjson.dumps(body | more), status=status, content_type="application/problem+json")
