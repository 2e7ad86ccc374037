"""One answer of the model, as it comes: clauses to speak, tools to run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.agent.history import Round
from ivr.agent.model import ChatModel, Finished, TextDelta, ToolCall, ToolNamed
from ivr.agent.sentences import ClauseCutter


@dataclass(frozen=True, slots=True)
class FirstToken:
    """The model has begun to answer."""


@dataclass(frozen=True, slots=True)
class ClauseReady:
    """A clause can be spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class RoundDone:
    """The answer is complete: its text, and the tools that it wants to be run before it goes on."""

    round: Round


AgentEvent = FirstToken | ClauseReady | ToolNamed | RoundDone


def think(
    model: ChatModel, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], cutter: ClauseCutter
) -> Iterator[AgentEvent]:
    """Ask the model once and yield its answer piece by piece, ending with `RoundDone`.

    Raises `ProviderError` as the model does; what was yielded before stays valid.
    """
    text, begun = "", False
    calls: list[ToolCall] = []
    for event in model.stream(messages, tools):
        if not begun and not isinstance(event, Finished):
            begun = True
            yield FirstToken()
        if isinstance(event, TextDelta):
            text += event.text
            yield from map(ClauseReady, cutter.feed(event.text))
        elif isinstance(event, ToolNamed):
            # What was said before the call is a clause of its own, and need not wait for the arguments.
            yield from map(ClauseReady, cutter.flush())
            yield event
        elif isinstance(event, ToolCall):
            calls.append(event)
    yield from map(ClauseReady, cutter.flush())
    yield RoundDone(Round(text.strip(), calls))
