"""Chat Completions' server-sent events as model events. Pure."""

from typing import Any

import orjson

from ivr.agent.model import Finished, ModelEvent, TextDelta, ToolCall, ToolNamed
from ivr.clients.sdk import event_error
from ivr.errors import ProviderError

LARGEST_LINE_BYTES = 1024 * 1024
_IGNORED = (b":", b"event:", b"id:", b"retry:")


class ChatStream:
    """Decodes one response, in pieces cut anywhere. `finished` tells whether the model has ended its reply."""

    def __init__(self) -> None:
        self.finished = False
        self._rest = b""
        self._calls: dict[int, _Call] = {}

    def feed(self, data: bytes) -> list[ModelEvent]:
        """The events that another piece completes. Raises `ProviderError`, `garbage` for what is not a stream of chunks."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LARGEST_LINE_BYTES:
            raise _garbage("an endless line")
        return [event for line in lines for event in self._line(line.strip())]

    def end(self) -> None:
        """Take the end of the response. Raises `ProviderError` when it came before the end of the reply."""
        if not self.finished:
            raise ProviderError("llm", "dropped (reply without end)", code="dropped")

    def _line(self, line: bytes) -> list[ModelEvent]:
        if not line or line.startswith(_IGNORED) or self.finished:
            return []
        if not line.startswith(b"data:"):
            raise _garbage("not an event stream")
        data = line[5:].strip()
        if data == b"[DONE]":
            self.end()
            return []
        try:
            return self._chunk(orjson.loads(data))
        except (ValueError, TypeError, AttributeError, KeyError, IndexError):
            raise _garbage("not a chunk") from None

    def _chunk(self, chunk: dict[str, Any]) -> list[ModelEvent]:
        if chunk.get("error"):
            raise event_error("llm", chunk["error"])
        if not chunk["choices"]:
            return []
        choice = chunk["choices"][0]
        delta = choice.get("delta") or {}
        text = delta.get("content") or delta.get("refusal")
        events: list[ModelEvent] = [TextDelta(_checked(text))] if text else []
        for part in delta.get("tool_calls") or ():
            events += self._tool_call(part, chunk.get("id"))
        if choice.get("finish_reason"):
            events += [*(call.whole() for _, call in sorted(self._calls.items())), Finished(_checked(choice["finish_reason"]))]
            self.finished = True
        return events

    def _tool_call(self, part: dict[str, Any], completion: object) -> list[ModelEvent]:
        index, function = part.get("index", 0), part.get("function") or {}
        # Some servers give calls no id, but the next request has to name one.
        call = self._calls.setdefault(index, _Call(f"{completion}-{index}"))
        call.id = part.get("id") or call.id
        call.arguments += function.get("arguments") or ""
        name = function.get("name")
        if not name or call.name:
            return []
        call.name = _checked(name)
        return [ToolNamed(call.name)]


class _Call:
    def __init__(self, id: str) -> None:
        self.id = id
        self.name = ""
        self.arguments = ""

    def whole(self) -> ToolCall:
        return ToolCall(_checked(self.id), self.name, self.arguments)


def _checked(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _garbage(what: str) -> ProviderError:
    return ProviderError("llm", f"garbage ({what})", code="garbage")
