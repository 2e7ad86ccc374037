"""Thinking and tools in the background: each model request and each tool call is a greenlet that reports by mail."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Protocol

import gevent
from gevent.pool import Group

from ivr.agent.agent import think
from ivr.agent.model import ChatModel, ToolCall
from ivr.agent.sentences import ClauseCutter
from ivr.agent.tools import CallContext, run_tool, tool_schemas
from ivr.errors import ProviderError
from ivr.schemas import IDENTIFY
from ivr.voice.events import ThinkingFailed, Thought, ToolDone

logger = logging.getLogger(__name__)

TOOLS_END_S = 5.0
"""How long a call that is over waits for tools that still run."""


class FunctionLog(Protocol):
    """Keeps every function that the model called."""

    def tool_call(self, call: ToolCall, turn: int, result: dict[str, Any], duration_ms: int) -> None:
        """Keep one call with its result."""


class Thinking:
    """The model and the tools of one call."""

    def __init__(
        self,
        model: ChatModel,
        context: CallContext,
        prompt: Callable[[], str],
        log: FunctionLog,
        mail: Callable[[object], None],
        cutter: Callable[[], ClauseCutter] = ClauseCutter,
    ) -> None:
        self._cutter = cutter
        self._model, self._context, self._prompt, self._log, self._mail = model, context, prompt, log, mail
        self._thoughts: dict[int, gevent.Greenlet] = {}
        self._tools = Group()

    def think(self, reply: int, messages: Sequence[dict[str, Any]]) -> None:
        """Ask the model; `Thought` and `ThinkingFailed` follow by mail."""
        system = {"role": "system", "content": self._prompt()}
        self._thoughts[reply] = gevent.spawn(self._think, reply, [system, *messages])

    def _think(self, reply: int, messages: list[dict[str, Any]]) -> None:
        try:
            for event in think(self._model, messages, tool_schemas(), self._cutter()):
                self._mail(Thought(reply, event))
        except ProviderError as error:
            self._mail(ThinkingFailed(reply, error))
        except Exception:
            # A thought that ends without a word would leave the caller waiting for ever.
            logger.exception("the model's answer could not be understood")
            self._mail(ThinkingFailed(reply, ProviderError("llm", "broken", code="internal")))

    def forget(self, reply: int) -> None:
        """Stop thinking about a reply."""
        greenlet = self._thoughts.pop(reply, None)
        if greenlet is not None:
            greenlet.kill(block=False)

    def run(self, calls: Sequence[ToolCall], turn: int) -> None:
        """Run tools at once, each to its end, whatever the caller does meanwhile; in their order where one says whom they are for."""
        in_order = any(call.name == IDENTIFY for call in calls)
        for row in [calls] if in_order else [[call] for call in calls]:
            self._tools.spawn(self._run_row, row, turn)

    def _run_row(self, calls: Sequence[ToolCall], turn: int) -> None:
        for call in calls:
            self._run(call, turn)

    def _run(self, call: ToolCall, turn: int) -> None:
        began_s = monotonic()
        result = run_tool(self._context, call.name, call.arguments)
        self._log.tool_call(call, turn, result, round((monotonic() - began_s) * 1000))
        self._mail(ToolDone(call.id, result))

    def close(self) -> None:
        """End with the call: thoughts are dropped, tools run to their end."""
        gevent.killall(list(self._thoughts.values()), block=False)
        self._tools.join(timeout=TOOLS_END_S)
        self._tools.kill(block=False)
