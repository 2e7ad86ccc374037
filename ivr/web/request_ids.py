"""One id a request, from the client or made here: echoed, in every line of the log, and sent on with tasks."""

import re
import uuid

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install(app: Flask) -> None:
    """Give every request of an application its id."""
    app.before_request(_begin)
    app.after_request(_echo)


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _PLAIN.fullmatch(given) else uuid.uuid4().hex
    # A connection that is kept alive serves the next request in the same context.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _echo(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response
