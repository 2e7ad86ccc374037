"""Reading a scenario's YAML piece by piece, saying exactly where something is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class ScenarioError(ValueError):
    """A scenario that cannot be played; the text names the file, the place in it, and what is allowed there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in a scenario's file, and what is written there."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def at(self, name: str) -> "Place":
        """A place inside this one, still to be read."""
        return Place(f"{self.name}, {name}")

    def error(self, message: str) -> ScenarioError:
        """What is wrong here, ready to be raised."""
        return ScenarioError(f"{self.name}: {message}")

    def mapping(self, values: Any, allowed: Iterable[str], needs: Iterable[str] = ()) -> "Place":
        """This place with a mapping's values. Raises `ScenarioError` for anything but the allowed keys."""
        names = ", ".join(sorted(allowed))
        if not isinstance(values, Mapping):
            raise self.error(f"must be a mapping of {names}")
        if unknown := sorted(str(key) for key in values if key not in allowed):
            raise self.error(f"unknown {', '.join(unknown)}; allowed are {names}")
        if missing := sorted(set(needs) - values.keys()):
            raise self.error(f"{', '.join(missing)} is missing")
        return Place(self.name, values)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty. Raises `ScenarioError`."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{key} must be a text (in quotation marks if it is made of digits)")
        return value

    def number(self, key: str) -> float | None:
        """A number that is not negative, None if it is left out. Raises `ScenarioError`."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.error(f"{key} must be a number from 0")
        return float(value)

    def items(self, key: str) -> list[Any]:
        """A list, empty if it is left out. Raises `ScenarioError`."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(f"{key} must be a list")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts. Raises `ScenarioError`."""
        items = self.items(key)
        if not all(isinstance(item, str) and item for item in items):
            raise self.error(f"{key} must be a list of texts")
        return items

    def choice(self, key: str, allowed: Iterable[str]) -> Any:
        """One of some words, None if it is left out. Raises `ScenarioError`."""
        value = self.values.get(key)
        if value is not None and value not in allowed:
            raise self.error(f"{key} must be one of {', '.join(allowed)}")
        return value
