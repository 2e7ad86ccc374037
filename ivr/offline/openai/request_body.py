"""Reading a request: its key, and its JSON body."""

from typing import Any

import orjson
from aiohttp import web

from ivr.offline.openai.errors import ApiError, invalid

REFUSED_KEY = "sk-refused"
"""The one key that the stand-in does not accept, for tests of a key that is wrong."""

MISSING_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY)."
)


def api_key(request: web.Request) -> str:
    """The bearer token. Raises `ApiError` (401) when there is none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, MISSING_KEY)
    return key.strip()


def wrong_key() -> ApiError:
    """The refusal of a key that is not known."""
    return ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


def require_key(request: web.Request) -> None:
    """Raise `ApiError` (401) unless the request carries a key that is accepted."""
    if api_key(request) == REFUSED_KEY:
        raise wrong_key()


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object. Raises `ApiError` (400)."""
    if request.content_type != "application/json":
        raise invalid(f"Unsupported content type: '{request.content_type}'. This API method only accepts 'application/json' requests.")
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise invalid("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise invalid("Invalid body: expected an object.")
    return body
