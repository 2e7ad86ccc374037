"""The subset of JSON Schema that a strict function tool may use."""

from typing import Any, TypeVar

from ivr.offline.openai.errors import ApiError

T = TypeVar("T")

ALLOWED = frozenset(
    "type properties required additionalProperties items enum const anyOf $ref $defs definitions description title"
    " pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems".split()
)
"""Keywords of OpenAI's structured outputs guide; `default`, `minLength` and `maxLength` are refused."""

FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
MAX_DEPTH = 10


def check_strict(name: str, schema: Any, param: str) -> None:
    """Raise `ApiError` (400) unless the parameters of a strict function are in the allowed subset."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        kind = schema.get("type") if isinstance(schema, dict) else None
        raise _wrong(name, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.", param)
    try:
        _check(schema, (), 1)
    except ValueError as fault:
        raise _wrong(name, str(fault), param) from None


def _wrong(name: str, fault: str, param: str) -> ApiError:
    return ApiError(400, f"Invalid schema for function '{name}': {fault}", param=param, code="invalid_function_parameters")


def _check(schema: Any, context: tuple[str, ...], depth: int) -> None:
    _demand(isinstance(schema, dict), context, "schema must be an object.")
    for keyword in schema:
        _demand(keyword in ALLOWED, context, f"'{keyword}' is not permitted.")
    _demand(depth <= MAX_DEPTH, context, f"nesting is limited to {MAX_DEPTH} levels.")
    _demand(schema.get("format") in FORMATS | {None}, context, f"'{schema.get('format')}' is not a valid format.")
    _demand(bool(schema.keys() & {"type", "anyOf", "$ref", "enum", "const"}), context, "schema must have a 'type' key.")
    if schema.get("type") == "object" or "properties" in schema:
        _check_object(schema, context, depth)
    if schema.get("type") == "array":
        _demand("items" in schema, context, "array schema missing items.")
        _check(schema["items"], (*context, "items"), depth + 1)
    for index, choice in enumerate(_part(schema, "anyOf", list, context)):
        _check(choice, (*context, "anyOf", str(index)), depth)
    for keyword in ("$defs", "definitions"):
        for name, definition in _part(schema, keyword, dict, context).items():
            _check(definition, (*context, keyword, name), 1)


def _check_object(schema: dict[str, Any], context: tuple[str, ...], depth: int) -> None:
    properties, required = _part(schema, "properties", dict, context), _part(schema, "required", list, context)
    closed = schema.get("additionalProperties") is False
    _demand(closed, context, "'additionalProperties' is required to be supplied and to be false.")
    missing = [name for name in properties if name not in required]
    detail = f"'required' is required to be supplied and to be an array including every key in properties. Missing '{missing[:1]}'."
    _demand(not missing, context, detail)
    extra = [name for name in required if name not in properties]
    _demand(not extra, context, f"Extra required key '{extra[:1]}' supplied.")
    for name, value in properties.items():
        _check(value, (*context, "properties", name), depth + 1)


def _part(schema: dict[str, Any], keyword: str, kind: type[T], context: tuple[str, ...]) -> T:
    part = schema.get(keyword, kind())
    _demand(isinstance(part, kind), context, f"'{keyword}' is not of the right type.")
    return part


def _demand(kept: bool, context: tuple[str, ...], fault: str) -> None:
    if not kept:
        raise ValueError(f"In context={context}, {fault}")
