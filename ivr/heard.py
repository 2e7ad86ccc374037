"""What a caller has heard of their booking requests, by the conversation as it was kept. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ivr.models import BookingRequest, RequestState

Message = Mapping[str, Any]
End = tuple[str, str, str]
"""The slot and the appointment that a tool was called with, and how that ended: done, or the code of a refusal."""

_SENTENCE = re.compile(r"[.!?…](\s|$)")


def end_of(request: BookingRequest) -> End:
    """How a request ended, or the state in which it still is."""
    how = request.error_code if request.state == RequestState.REFUSED else request.state
    return str(request.slot_id), str(request.appointment_id), str(how)


def ends_heard(history: Iterable[Message]) -> set[End]:
    """What tools answered before words that were heard; `history` is in the shape of Chat Completions, cut to what was heard."""
    arguments: dict[str, Any] = {}
    told: set[End] = set()
    heard: set[End] = set()
    for message in history:
        if message["role"] == "tool":
            told.add(_end(arguments.get(message["tool_call_id"]), orjson.loads(message["content"])))
        elif message["role"] == "assistant":
            heard |= told if _was_heard(message.get("content") or "") else set()
            arguments |= {call["id"]: orjson.loads(call["function"]["arguments"]) for call in message.get("tool_calls", ())}
    return heard


def _end(arguments: Any, result: Message) -> End:
    given = arguments if isinstance(arguments, dict) else {}
    state = result.get("state") if result.get("ok") else result["error"]["code"]
    return str(given.get("slot_id")), str(given.get("appointment_id")), str(state)


def _was_heard(words: str) -> bool:
    """Who hangs up within the first sentence of an answer has not been told."""
    return bool(words) and (not words.endswith("—") or _SENTENCE.search(words) is not None)
