"""Keeps what happened in a call: turns and tool calls go to the database and into the metrics, in order, beside the call."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import gevent
import orjson
from gevent.queue import Queue

from ivr import calls
from ivr.agent.model import ToolCall
from ivr.agent.tools import TOOLS
from ivr.models import Call, database, now
from ivr.voice.actor import clock_ms
from ivr.voice.reply import Reply
from ivr.web.metrics import TOOL_SECONDS, TURN_STAGE_SECONDS

logger = logging.getLogger(__name__)

DRAIN_S = 5.0
_STAGES = ("commit", "final", "confirmed", "model_request", "first_token", "first_clause", "first_audio", "first_sent")


class CallJournal:
    """Writes in a greenlet of its own, so that a slow database never delays a word."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._entries: Queue = Queue()
        self._writer = gevent.spawn(self._write)

    def turn(self, reply: Reply, heard: str, interrupted: bool, language: str, history: list[dict[str, Any]]) -> None:
        """Keep a turn that is over, and the conversation as it stands."""
        timeline = _relative(reply)
        for stage in _STAGES:
            if "last_loud" in reply.timeline and stage in timeline:
                TURN_STAGE_SECONDS.labels(stage).observe(max(0.0, timeline[stage]) / 1000)
        record = calls.TurnRecord(
            ordinal=reply.turn,
            caller_text=_storable(reply.caller or ""),
            reply_text=_storable(reply.text),
            heard_text=_storable(heard),
            language=language,
            interrupted=interrupted,
            timeline={**timeline, **{f"trick_{trick}": 1 for trick in reply.tricks}},
            started_at=_started_at(reply),
        )
        self._entries.put(lambda: calls.record_turn(self._call, record))
        self._entries.put(lambda: calls.save_history(self._call, _storable(history)))

    def tool_call(self, call: ToolCall, turn: int, result: dict[str, Any], duration_ms: int) -> None:
        """Keep one function that the model called."""
        ok = bool(result.get("ok"))
        TOOL_SECONDS.labels(call.name if call.name in TOOLS else "unknown", "ok" if ok else "error").observe(duration_ms / 1000)
        made = calls.ToolCallRecord(
            name=_storable(call.name[:80]),
            arguments=_storable(_arguments(call.arguments)),
            duration_ms=duration_ms,
            result=_storable(result) if ok else None,
            error=None if ok else _storable(result.get("error")),
        )
        self._entries.put(lambda: calls.record_tool_call(self._call, turn, made))

    def note(self, write: Callable[[], object]) -> None:
        """Write something else about the call, in order."""
        self._entries.put(write)

    def close(self) -> None:
        """Write what is left, within a limit."""
        self._entries.put(None)
        self._writer.join(timeout=DRAIN_S)
        self._writer.kill(block=False)

    def _write(self) -> None:
        while (write := self._entries.get()) is not None:
            try:
                with database.connection_context():
                    write()
            except Exception:
                # What cannot be written must not keep the rest of the call from being written.
                logger.exception("a call's record could not be written")


def _storable(value: Any) -> Any:
    """The same without NUL characters, which PostgreSQL keeps in no text."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_storable(name): _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        return {"unreadable": text[:2000]}
    return arguments if isinstance(arguments, dict) else {"unreadable": text[:2000]}


def _started_at(reply: Reply) -> datetime:
    """When the caller began to speak, or Lilly did of her own accord."""
    ago_ms = clock_ms() - min(reply.timeline.values(), default=clock_ms())
    return now() - timedelta(milliseconds=ago_ms)


def _relative(reply: Reply) -> dict[str, float]:
    """The reply's stages in milliseconds from the caller's last loud frame, or from its own beginning."""
    timeline = dict(reply.timeline)
    if reply.first_sent_ms is not None:
        timeline["first_sent"] = reply.first_sent_ms
    zero = timeline.get("last_loud", min(timeline.values(), default=0.0))
    return {stage: round(at - zero, 1) for stage, at in timeline.items()}
