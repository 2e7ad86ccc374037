"""How routes are declared: who may call them, what they take and give; the rest is the same for all of them."""

from collections.abc import Callable, Container
from contextlib import nullcontext
from functools import wraps
from typing import Any, get_type_hints

from flask import Response, abort, g, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel

from ivr import records
from ivr.access import Scope
from ivr.idempotency import Claim
from ivr.models import Row, database
from ivr.web import auth
from ivr.web.api import documents, reading
from ivr.web.api.declared import Declared
from ivr.web.api.once import answer_of, not_kept, once
from ivr.web.limits import limiter
from ivr.web.services import services

View = Callable[..., Any]
Decorator = Callable[[View], View]


class Resource:
    """The routes of one kind of thing, under one tag."""

    def __init__(self, name: str, tag: str, about: str) -> None:
        self.blueprint = APIBlueprint(name, __name__, abp_tags=[Tag(name=tag, description=about)], operation_id_callback=_operation_id)

    def get(self, rule: str, scope: Scope, gives: type[BaseModel] | None, **more: Any) -> Decorator:
        """Declare a view that reads."""
        return self._declare(Declared("get", rule, scope, gives, 200, **more))

    def post(self, rule: str, scope: Scope | None, gives: type[BaseModel] | None, status: int = 201, **more: Any) -> Decorator:
        """Declare a view that makes something, once for an Idempotency-Key."""
        return self._declare(Declared("post", rule, scope, gives, status, **more))

    def patch(self, rule: str, scope: Scope, gives: type[BaseModel], **more: Any) -> Decorator:
        """Declare a view that changes something."""
        return self._declare(Declared("patch", rule, scope, gives, 200, **more))

    def delete(self, rule: str, scope: Scope, **more: Any) -> Decorator:
        """Declare a view that removes something."""
        return self._declare(Declared("delete", rule, scope, None, 204, **more))

    def _declare(self, declared: Declared) -> Decorator:
        def decorate(view: View) -> View:
            answers = declared.answers(has_body="body" in get_type_hints(view))
            register = getattr(self.blueprint, declared.method)
            register(declared.rule, responses=answers, security=documents.security(declared.scope))(_served(view, declared))
            return view

        return decorate


def unchanged() -> Container[str]:
    """The versions on which the client builds its change: any, if it names none."""
    return request.if_match if "If-Match" in request.headers else records.ANY_VERSION


def after_commit(tell: Callable[[], object]) -> None:
    """Do something once this request's change, and its answer, are committed."""
    g.setdefault("to_tell", []).append(tell)


def _served(view: View, declared: Declared) -> View:
    """The view as Flask calls it."""
    hints = {name: hint for name, hint in get_type_hints(view).items() if name in ("query", "body")}

    @wraps(view)
    def serve(**path: Any) -> Response:
        with limiter.limit(declared.limit) if declared.limit else nullcontext():
            if declared.guarded and "If-Match" not in request.headers:
                abort(428, "Send the ETag of what you change as If-Match.")
            values = path | reading.read(hints, path)
            key = reading.once_key() if declared.once else None
            if key is None:
                return _carry_out(view, values, declared, None)
            return once(key, lambda claim: _carry_out(view, values, declared, claim))

    serve.__annotations__ = {**view.__annotations__, **declared.parameters()}
    setattr(serve, auth.SCOPE, declared.scope)
    # The library would read the request before the limits, and more leniently.
    serve.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return serve


def _carry_out(view: View, values: dict[str, Any], declared: Declared, claim: Claim | None) -> Response:
    if declared.waits:
        response = _response(view(**values), declared)
        if claim is not None:
            with database.connection_context():
                # Audio has a cache of its own, and changes nothing.
                claim.give_up() if declared.content else claim.keep(answer_of(response))
        return response
    with database.connection_context(), database.atomic() if declared.method != "get" else nullcontext():
        response = _response(view(**values), declared)
        if claim is not None:
            claim.keep(not_kept() if declared.secret else answer_of(response))
    for tell in g.pop("to_tell", ()):
        tell()
    return response


def _response(result: Any, declared: Declared) -> Response:
    if isinstance(result, Response):
        return result
    if declared.gives is None:
        return Response(status=declared.status)
    shown = declared.gives.model_validate(result, from_attributes=True)
    body = shown.model_dump_json(context={"zone": services().settings.timezone})
    response = Response(body, declared.status, content_type="application/json")
    if isinstance(result, Row):
        response.set_etag(records.version_of(result))
        if declared.status == 201:
            response.headers["Location"] = f"{request.path}/{result.id}"
    return response


def _operation_id(*, name: str, path: str, method: str) -> str:
    return name
