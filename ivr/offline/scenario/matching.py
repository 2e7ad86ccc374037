"""Whether what was said, called or stored is what a scenario expects. Pure."""

import re
from collections.abc import Sequence
from typing import Any


def is_expression(text: str) -> bool:
    """Whether a text is written as a regular expression: between two slashes."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def says(expected: str, text: str, *, loosely: bool = False) -> bool:
    """Whether a text contains what is expected, whatever its case and spacing; loosely also whatever its punctuation."""
    text = " ".join(text.split())
    if is_expression(expected):
        return re.search(expected[1:-1], text, re.IGNORECASE) is not None
    read = _words if loosely else _spaced
    return read(expected) in read(text)


def first_saying(expected: str, texts: Sequence[str], start: int = 0) -> int | None:
    """The position of the first text from `start` that contains what is expected."""
    return next((index for index in range(start, len(texts)) if says(expected, texts[index])), None)


def value_fits(expected: Any, actual: Any) -> bool:
    """Whether a value is the expected one; texts ignore case, and may be expected by a regular expression."""
    if isinstance(expected, str) and isinstance(actual, str):
        return says(expected, actual) if is_expression(expected) else _spaced(expected) == _spaced(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return arguments_fit(expected, actual)
    return bool(expected == actual)


def arguments_fit(expected: dict[str, Any], actual: dict[str, Any]) -> bool:
    """Whether every expected argument is there; others may be too."""
    return all(name in actual and value_fits(value, actual[name]) for name, value in expected.items())


def _spaced(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
