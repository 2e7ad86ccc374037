"""What the mind answers with, and the tools it is given: it calls none that is not among them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """A function that shall be called."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What is said, then what is called; either may be empty."""

    text: str
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """A tool call of the conversation with its outcome."""

    call: Call
    content: dict[str, Any]

    @property
    def error(self) -> str:
        """The error's code, empty on success."""
        if self.content.get("ok", True):
            return ""
        error = self.content.get("error")
        return str(error.get("code", "failed")) if isinstance(error, dict) else "failed"


@dataclass(frozen=True)
class Visit:
    """A free slot or an appointment, as the tools tell it."""

    id: int
    doctor: str
    doctor_id: int | None
    specialty: str
    starts: datetime

    @property
    def day(self) -> date:
        """The day it is on."""
        return self.starts.date()


def visits(rows: Any, key: str) -> list[Visit]:
    """Rows of slots or appointments; those that are malformed are left out."""
    return [visit for row in rows if (visit := _visit(row, key))] if isinstance(rows, list) else []


def _visit(row: Any, key: str) -> Visit | None:
    try:
        starts = datetime.fromisoformat(f"{row['date']}T{row['time']}")
        return Visit(int(row[key]), str(row["doctor"]), row.get("doctor_id"), str(row.get("specialty") or ""), starts)
    except (KeyError, TypeError, ValueError):
        return None


class Toolbox:
    """The tools of one request, in the shape of Chat Completions."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._functions = {tool["function"]["name"]: tool["function"] for tool in tools if "function" in tool}

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def call(self, name: str, values: Mapping[str, Any]) -> Call:
        """A call with the properties that the tool's schema knows; those left out are null where the schema demands them."""
        parameters = self._functions[name].get("parameters") or {}
        properties, required = parameters.get("properties"), parameters.get("required", [])
        if properties is None:
            return Call(name, {key: value for key, value in values.items() if value is not None})
        given = {key: value for key, value in values.items() if key in properties and value is not None}
        return Call(name, {key: given.get(key) for key in properties if key in given or key in required})


def texts(rows: Any) -> list[str]:
    """What rows of the hospital's information say; those that are malformed are left out."""
    return [str(row["text"]) for row in rows if isinstance(row, dict) and row.get("text")] if isinstance(rows, list) else []


def parsed(content: Any) -> dict[str, Any]:
    """A tool's message as data; what is no JSON object counts as a failure."""
    try:
        result = json.loads(content)
    except (TypeError, ValueError):
        result = None
    return result if isinstance(result, dict) else {"ok": False, "error": {"code": "unreadable"}}
