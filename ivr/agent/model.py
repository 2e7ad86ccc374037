"""What the agent needs of a language model: a stream of text and tool calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of what is to be said."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolNamed:
    """The model has begun to call a tool; its arguments are still coming."""

    name: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A complete tool call; `arguments` is JSON text as the model wrote it, possibly invalid."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of the stream; `reason` is the provider's finish_reason (stop, tool_calls, length, content_filter)."""

    reason: str


ModelEvent = TextDelta | ToolNamed | ToolCall | Finished


class ChatModel(Protocol):
    """A chat model with tools, streaming."""

    name: str

    def stream(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> Iterator[ModelEvent]:
        """Yield the reply as it comes: deltas, tool calls, then exactly one `Finished`.

        `messages` and `tools` are in the shape of OpenAI's Chat Completions. Closing the iterator, or killing its
        greenlet, cancels the request. Raises `ProviderError` when the request fails or the stream breaks off.
        """

    def warm(self) -> None:
        """Open a connection ahead; never raises."""
