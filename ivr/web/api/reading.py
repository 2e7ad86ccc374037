"""Reading requests: the address's values and the body against their schemas, nothing unknown, nothing twice."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import abort, request
from pydantic import BaseModel, ValidationError

from ivr.errors import InvalidInput
from ivr.schemas import Arguments
from ivr.schemas.types import LARGEST_ID


class NoQuery(Arguments):
    """Nothing may be asked for in the address."""


def read(parts: Mapping[str, type[BaseModel]], ids: Mapping[str, int]) -> dict[str, BaseModel]:
    """The parts of the request that a view takes; raises `ValidationError`, `InvalidInput` or an `HTTPException` for the client."""
    if any(number > LARGEST_ID for number in ids.values()):
        abort(404, "No id is so large.")
    values = {}
    query = parts.get("query", NoQuery).model_validate(_query())
    if "query" in parts:
        values["query"] = query
    if "body" in parts:
        values["body"] = _body(parts["body"])
    return values


def _query() -> dict[str, str]:
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        abort(400, "The address is not UTF-8.")
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidInput("This may be given once.", field=name)
    return request.args.to_dict()


def _body(schema: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        abort(415, "The body must be application/json.")
    try:
        return schema.model_validate_json(request.get_data(), strict=True)
    except ValidationError as error:
        if any(fault["type"] == "json_invalid" for fault in error.errors(include_input=False)):
            abort(400, "The body is not JSON in UTF-8.")
        raise


def once_key() -> str | None:
    """The request's Idempotency-Key; raises `InvalidInput` for one that is empty, long or strange."""
    key: Any = request.headers.get("Idempotency-Key")
    if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise InvalidInput("This must be 1 to 200 ASCII characters.", field="Idempotency-Key")
    return key
