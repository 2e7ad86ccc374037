"""POSTs with an Idempotency-Key: the first is carried out, and the others get its answer."""

import hmac
from collections.abc import Callable

from flask import Response, request

from ivr import idempotency
from ivr.errors import Conflict, LillyError
from ivr.idempotency import Answer, Claim
from ivr.models import database
from ivr.web.auth import principal
from ivr.web.problems import problem
from ivr.web.services import services

KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def once(key: str, carry_out: Callable[[Claim], Response]) -> Response:
    """Carry a request out, which keeps its answer itself; or give the answer that the key has got before."""
    with database.connection_context():
        claimed = idempotency.claim(principal().actor, key, _fingerprint())
    if isinstance(claimed, Answer):
        return Response(claimed.body, claimed.status, {**claimed.headers, "Idempotency-Replayed": "true"})
    try:
        return carry_out(claimed)
    except LillyError as error:
        refusal = problem(error)
        with database.connection_context():
            claimed.give_up() if error.retryable or refusal.status_code >= 500 else claimed.keep(answer_of(refusal))
        return refusal
    except BaseException:
        with database.connection_context():
            claimed.give_up()
        raise


def answer_of(response: Response) -> Answer:
    """What is kept of a response."""
    return Answer(response.status_code, response.get_data(), {name: value for name, value in response.headers if name in KEPT_HEADERS})


def not_kept() -> Answer:
    """What those get who repeat a request whose answer held a secret."""
    return answer_of(problem(Conflict("This was done before; its answer held a secret, and was not kept.", code="answer_not_kept")))


def _fingerprint() -> str:
    """What tells this request from others; keyed, since a body may hold a password."""
    secret = services().settings.jwt_secret_key
    assert secret is not None
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hmac.digest(secret.get_secret_value().encode(), b"\0".join(parts), "sha256").hex()
