"""Strictness: a request is held against the SDK's own TypedDicts, and refused in the provider's words."""

import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from ivr.offline.openai.errors import ApiError, invalid

NULLABLE = frozenset({"noise_reduction", "transcription"})
"""Fields that the SDK's docstrings allow to be null although their types do not say so."""

_WRAPPERS: tuple[Any, ...] = (Required, NotRequired, Annotated)

_SCALARS: dict[type, tuple[str, tuple[type, ...]]] = {
    str: ("a string", (str,)),
    bool: ("a boolean", (bool,)),
    int: ("an integer", (int,)),
    float: ("a decimal", (int, float)),
}
_KINDS: list[tuple[type, str]] = [
    (type(None), "null"),
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
]


def check(value: Any, hint: Any, path: str = "") -> None:
    """Raise `ApiError` (400) unless `value` (parsed JSON) fits a TypedDict or another type of the SDK."""
    hint = _bare(hint)
    origin = get_origin(hint)
    if hint is Any or hint is object:
        return
    if hint is None or hint is type(None):
        _require(value is None, value, "null", path)
    elif origin in (Union, types.UnionType):
        _check_union(value, get_args(hint), path)
    elif origin is Literal:
        _check_literal(value, get_args(hint), path)
    elif is_typeddict(hint):
        _require(isinstance(value, dict), value, "an object", path)
        _check_object(value, *_fields(hint), path)
    else:
        _check_plain(value, hint, origin, path)


def check_form(form: dict[str, Any], hint: Any, files: frozenset[str]) -> None:
    """Raise `ApiError` (400) unless a multipart form fits a TypedDict; `files` are present, and not looked into."""
    fields, required = _fields(hint)
    _check_object(form, {name: field for name, field in fields.items() if name not in files}, required - files, "")


def _check_plain(value: Any, hint: Any, origin: Any, path: str) -> None:
    if origin and issubclass(origin, Mapping):
        _require(isinstance(value, dict), value, "an object", path)
        for key, item in value.items():
            check(item, get_args(hint)[1], f"{path}.{key}")
    elif origin and issubclass(origin, Iterable):
        _require(isinstance(value, list), value, "an array", path)
        for index, item in enumerate(value):
            check(item, get_args(hint)[0], f"{path}[{index}]")
    else:
        name, accepted = _SCALARS[hint]
        _require(isinstance(value, accepted) and (hint is bool or not isinstance(value, bool)), value, name, path)


def _check_object(value: dict[str, Any], fields: dict[str, Any], required: frozenset[str], path: str) -> None:
    for name in value:
        if name not in fields:
            raise invalid(f"Unknown parameter: '{_join(path, name)}'.", _join(path, name), "unknown_parameter")
    for name in required:
        if name not in value:
            raise invalid(f"Missing required parameter: '{_join(path, name)}'.", _join(path, name), "missing_required_parameter")
    for name, item in value.items():
        if item is None and name in NULLABLE:
            continue
        check(item, fields[name], _join(path, name))


def _check_union(value: Any, members: Sequence[Any], path: str) -> None:
    members = [_bare(member) for member in members]
    if isinstance(value, dict) and any(is_typeddict(member) for member in members):
        members = _told_apart(value, [member for member in members if is_typeddict(member)], path)
    failures: list[ApiError] = []
    for member in members:
        try:
            check(value, member, path)
        except ApiError as failure:
            failures.append(failure)
        else:
            return
    deeper = [failure for failure in failures if failure.param != (path or None)]
    if deeper or len(failures) == 1:
        raise (deeper or failures)[0]
    if not_listed := [failure for failure in failures if failure.code == "invalid_value"]:
        raise not_listed[0]
    _require(False, value, f"one of {' or '.join(_names(members))}", path)


def _told_apart(value: dict[str, Any], members: list[Any], path: str) -> list[Any]:
    """The members of a union of objects whose fixed fields (`type`, `role`) agree with the value's."""
    agreeing = [member for member in members if all(value[name] in allowed for name, allowed in _fixed(member).items() if name in value)]
    if agreeing:
        return agreeing
    name = next(name for member in members for name in _fixed(member) if name in value and value[name] not in _fixed(member)[name])
    allowed = tuple(dict.fromkeys(choice for member in members for choice in _fixed(member).get(name, ())))
    _check_literal(value[name], allowed, _join(path, name))
    return members


def _check_literal(value: Any, allowed: Sequence[Any], path: str) -> None:
    if any(value == choice and type(value) is type(choice) for choice in allowed):
        return
    if not any(isinstance(value, type(choice)) for choice in allowed):
        _require(False, value, _name(type(allowed[0])), path)
    raise invalid(f"Invalid value: '{value}'. {supported(allowed)}", path, "invalid_value")


def supported(allowed: Iterable[Any]) -> str:
    """The sentence that lists what would have been accepted."""
    names = [f"'{choice}'" for choice in allowed]
    return f"Supported values are: {', '.join(names[:-1])}, and {names[-1]}." if len(names) > 1 else f"Supported values are: {names[0]}."


def check_range(value: float | None, lowest: float, highest: float, path: str) -> None:
    """Raise `ApiError` unless the number, if there is one, lies between two bounds, both included.

    Whole bounds are for whole numbers, fractional ones for decimals.
    """
    if value is None or lowest <= value <= highest:
        return
    kind = "integer" if isinstance(highest, int) else "decimal"
    side, bound, sign = ("below_min_value", lowest, ">=") if value < lowest else ("above_max_value", highest, "<=")
    words = side.replace("_", " ").replace("min", "minimum").replace("max", "maximum")
    raise invalid(f"Invalid '{path}': {kind} {words}. Expected a value {sign} {bound}, but got {value} instead.", path, f"{kind}_{side}")


@cache
def _fields(hint: Any) -> tuple[dict[str, Any], frozenset[str]]:
    hints = get_type_hints(hint, include_extras=True)
    # Under postponed annotations `__required_keys__` misses what is marked Required inside a string.
    marked = {name for name, field in hints.items() if get_origin(field) is _WRAPPERS[0]}
    left_out = {name for name, field in hints.items() if get_origin(field) is _WRAPPERS[1]}
    return hints, frozenset((set(hint.__required_keys__) | marked) - left_out)


@cache
def _fixed(hint: Any) -> dict[str, tuple[Any, ...]]:
    """The fields of a TypedDict that hold one of some fixed values."""
    bare = {name: _bare(field) for name, field in _fields(hint)[0].items()}
    return {name: get_args(field) for name, field in bare.items() if get_origin(field) is Literal}


def _bare(hint: Any) -> Any:
    while get_origin(hint) in _WRAPPERS:
        hint = get_args(hint)[0]
    return hint


def _names(members: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(_name(member) for member in members))


def _name(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Literal:
        return _name(type(get_args(hint)[0]))
    if hint in _SCALARS:
        return _SCALARS[hint][0]
    if hint is type(None):
        return "null"
    if origin and issubclass(origin, Iterable) and not issubclass(origin, Mapping):
        return "an array"
    return "an object"


def _require(fits: bool, value: Any, expected: str, path: str) -> None:
    if fits:
        return
    got = next(name for kind, name in _KINDS if isinstance(value, kind))
    raise invalid(f"Invalid type for '{path}': expected {expected}, but got {got} instead.", path or None, "invalid_type")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
