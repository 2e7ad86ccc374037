"""How routes are declared: who may call them, what they take and give; the rest is the same for all of them."""

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, get_type_hints

from flask import Response, abort, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel

from ivr import idempotency, records
from ivr.access import Scope
from ivr.errors import Conflict, LillyError
from ivr.idempotency import Answer, Claim
from ivr.models import Row, database
from ivr.web import auth
from ivr.web.api import documents, reading
from ivr.web.limits import limiter
from ivr.web.problems import problem
from ivr.web.services import services

View = Callable[..., Any]
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


@dataclass(frozen=True)
class Declared:
    """What a route is.

    `scope` None is open to everybody. `errors` are codes by status, beside those that every route may answer. A `guarded` one
    wants If-Match. What `waits` is no transaction and holds no connection: the view opens its own. The answer of a `secret` one
    is not kept for those who repeat it.
    """

    method: str
    scope: Scope | None
    gives: type[BaseModel] | None
    status: int
    errors: Mapping[int, Sequence[str]] = field(default_factory=dict)
    guarded: bool = False
    waits: bool = False
    secret: bool = False
    limit: str | None = None
    content: Sequence[str] = ()


class Resource:
    """The routes of one kind of thing, under one tag."""

    def __init__(self, name: str, tag: str, about: str) -> None:
        self.blueprint = APIBlueprint(name, __name__, abp_tags=[Tag(name=tag, description=about)], operation_id_callback=_operation_id)

    def get(self, rule: str, scope: Scope, gives: type[BaseModel] | None, **more: Any) -> Callable[[View], View]:
        """Declare a view that reads."""
        return self._declare(rule, Declared("get", scope, gives, 200, **more))

    def post(self, rule: str, scope: Scope | None, gives: type[BaseModel] | None, status: int = 201, **more: Any) -> Callable[[View], View]:
        """Declare a view that makes something, once for an Idempotency-Key."""
        return self._declare(rule, Declared("post", scope, gives, status, **more))

    def patch(self, rule: str, scope: Scope, gives: type[BaseModel], **more: Any) -> Callable[[View], View]:
        """Declare a view that changes something."""
        return self._declare(rule, Declared("patch", scope, gives, 200, **more))

    def delete(self, rule: str, scope: Scope, **more: Any) -> Callable[[View], View]:
        """Declare a view that removes something."""
        return self._declare(rule, Declared("delete", scope, None, 204, **more))

    def _declare(self, rule: str, declared: Declared) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            served = _served(view, declared)
            codes = _codes(declared, rule, "body" in get_type_hints(view))
            register = getattr(self.blueprint, declared.method)
            answers = {str(declared.status): _success(declared), **documents.responses(codes)}
            register(rule, responses=answers, security=documents.security(declared.scope))(served)
            return view

        return decorate


def unchanged() -> Container[str]:
    """The versions on which the client builds its change."""
    return request.if_match


def _served(view: View, declared: Declared) -> View:
    """The view as Flask calls it."""
    hints = {name: hint for name, hint in get_type_hints(view).items() if name in ("query", "body")}

    @wraps(view)
    def serve(**path: Any) -> Response:
        with limiter.limit(declared.limit) if declared.limit else nullcontext():
            if declared.guarded and "If-Match" not in request.headers:
                abort(428, "Send the ETag of what you change as If-Match.")
            values = reading.read(hints)
            return _once(declared, lambda claim: _carry_out(view, path | values, declared, claim))

    serve.__annotations__ = {**view.__annotations__, **_header(declared)}
    setattr(serve, auth.SCOPE, declared.scope)
    # The library would read the request before the limits, and more leniently.
    serve.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return serve


def _once(declared: Declared, carry_out: Callable[[Claim | None], Response]) -> Response:
    """Carry a request out, unless one with its Idempotency-Key was: then its answer is given again."""
    key = reading.once_key() if declared.method == "post" and declared.scope else None
    if key is None:
        return carry_out(None)
    with database.connection_context():
        claimed = idempotency.claim(auth.principal().actor, key, _fingerprint())
    if isinstance(claimed, Answer):
        return Response(claimed.body, claimed.status, {**claimed.headers, "Idempotency-Replayed": "true"})
    try:
        return carry_out(claimed)
    except LillyError as error:
        refusal = problem(error)
        with database.connection_context():
            claimed.give_up() if error.retryable or refusal.status_code >= 500 else claimed.keep(_answer(refusal))
        return refusal
    except BaseException:
        with database.connection_context():
            claimed.give_up()
        raise


def _carry_out(view: View, values: dict[str, Any], declared: Declared, claim: Claim | None) -> Response:
    if declared.waits:
        response = _response(view(**values), declared)
        if claim is not None:
            with database.connection_context():
                # Audio has a cache of its own, and changes nothing.
                claim.give_up() if declared.content else claim.keep(_answer(response))
        return response
    with database.connection_context(), database.atomic() if declared.method != "get" else nullcontext():
        response = _response(view(**values), declared)
        if claim is not None:
            claim.keep(_not_kept() if declared.secret else _answer(response))
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


def _fingerprint() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _answer(response: Response) -> Answer:
    return Answer(response.status_code, response.get_data(), {name: value for name, value in response.headers if name in KEPT_HEADERS})


def _not_kept() -> Answer:
    message = "This was done before; its answer held a secret, and was not kept."
    return _answer(problem(Conflict(message, code="answer_not_kept")))


def _header(declared: Declared) -> dict[str, type[BaseModel]]:
    if declared.guarded:
        return {"header": documents.UnchangedHeader}
    return {"header": documents.OnceHeader} if declared.method == "post" and declared.scope else {}


def _codes(declared: Declared, rule: str, has_body: bool) -> dict[int, Sequence[str]]:
    codes: dict[int, Sequence[str]] = {400: ["malformed"], 422: ["invalid_input"], 500: ["internal"], 503: ["database_away"]}
    if declared.scope:
        codes[401] = ["credential_missing", "token_expired", "token_invalid", "token_revoked", "key_unknown", "key_expired", "key_revoked"]
        codes[403] = ["forbidden"]
    if "<" in rule:
        codes[404] = ["not_found"]
    if has_body:
        codes |= {413: ["content_too_large"], 415: ["unsupported_media_type"]}
    if declared.guarded:
        codes |= {412: ["stale"], 428: ["precondition_required"]}
    if declared.method == "post" and declared.scope:
        codes[409] = ["request_in_progress", *(["answer_not_kept"] if declared.secret else [])]
        codes[422] = [*codes[422], "idempotency_key_reused"]
    if declared.limit:
        codes[429] = ["too_many_requests"]
    for status, names in declared.errors.items():
        codes[status] = [*codes.get(status, []), *names]
    return codes


def _success(declared: Declared) -> Any:
    if declared.content:
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {"description": "OK", "content": dict.fromkeys(declared.content, binary)}
    return declared.gives


def _operation_id(*, name: str, path: str, method: str) -> str:
    return name
