"""A stream of chunks becomes text, tool calls and one end, wherever the network cuts it."""

import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agent.model import Finished, ModelEvent, TextDelta, ToolCall, ToolNamed
from ivr.clients.chat_stream import ChatStream
from ivr.errors import ProviderError


def chunk(delta: dict[str, Any] | None = None, finish_reason: str | None = None) -> bytes:
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish_reason}]
    return b"data: " + orjson.dumps({"id": "chatcmpl-1", "choices": choices}) + b"\n\n"


def call(index: int, **function: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "function": function}]}


DONE = b"data: [DONE]\n\n"
TOOLS = (
    chunk({"role": "assistant", "content": None})
    + chunk({"tool_calls": [{"index": 0, "id": "call_a", "function": {"name": "list_slots", "arguments": ""}}]})
    + chunk(call(0, arguments='{"doctor":'))
    + chunk({"tool_calls": [{"index": 1, "id": "call_b", "function": {"name": "list_doctors", "arguments": "{}"}}]})
    + chunk(call(0, arguments='"Pérez"}'))
    + chunk(finish_reason="tool_calls")
    + DONE
)
TOOL_EVENTS: list[ModelEvent] = [
    ToolNamed("list_slots"),
    ToolNamed("list_doctors"),
    ToolCall("call_a", "list_slots", '{"doctor":"Pérez"}'),
    ToolCall("call_b", "list_doctors", "{}"),
    Finished("tool_calls"),
]


def decode(*pieces: bytes) -> list[ModelEvent]:
    stream = ChatStream()
    events = [event for piece in pieces for event in stream.feed(piece)]
    stream.end()
    return events


def test_text_comes_in_deltas_and_ends_once() -> None:
    events = decode(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Of "}),
        chunk({"content": "course."}),
        chunk(finish_reason="stop"),
        DONE,
    )
    assert events == [TextDelta("Of "), TextDelta("course."), Finished("stop")]


def test_tool_calls_are_named_at_once_and_whole_at_the_end() -> None:
    assert decode(TOOLS) == TOOL_EVENTS


@given(st.lists(st.integers(0, len(TOOLS)), max_size=12))
def test_pieces_may_be_cut_anywhere(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(TOOLS)]
    assert decode(*(TOOLS[start:end] for start, end in itertools.pairwise(bounds))) == TOOL_EVENTS


def test_comments_other_fields_usage_and_carriage_returns_are_passed_over() -> None:
    usage = b'data: {"id":"c","choices":[],"usage":{"total_tokens":3}}\r\n\r\n'
    assert decode(b": ping\r\n", b"event: chunk\n", chunk({"content": "Hi"}), chunk(finish_reason="stop"), usage, DONE) == [
        TextDelta("Hi"),
        Finished("stop"),
    ]


def test_a_refusal_is_spoken() -> None:
    assert decode(chunk({"refusal": "I can't."}), chunk(finish_reason="stop")) == [TextDelta("I can't."), Finished("stop")]


def test_calls_without_ids_get_different_ones() -> None:
    events = decode(chunk(call(0, name="a", arguments="{}")), chunk(call(1, name="b", arguments="{}")), chunk(finish_reason="tool_calls"))
    ids = [event.id for event in events if isinstance(event, ToolCall)]
    assert len(set(ids)) == 2 and all(ids)


@pytest.mark.parametrize("data", [chunk({"content": "Hel"}), chunk({"content": "Hel"}) + DONE, b""])
def test_a_stream_without_an_end_is_dropped(data: bytes) -> None:
    with pytest.raises(ProviderError) as failure:
        decode(data)
    assert (failure.value.code, failure.value.retryable) == ("dropped", True)


@pytest.mark.parametrize(
    "data",
    [
        b"<html>bad gateway</html>\n",
        b'{"choices": []}\n',
        b'data: {"choices":[{"delta":{"con\n\n',
        b"data: []\n",
        b'data: {"id":"c"}\n',
        b'data: {"choices":7}\n',
        b'data: {"choices":["x"]}\n',
        b'data: {"choices":[{"delta":{"content":{"text":"x"}}}]}\n',
        b'data: {"choices":[{"delta":{"tool_calls":["x"]}}]}\n',
        b'data: {"choices":[{"delta":{"tool_calls":[{"index":[],"function":{}}]}}]}\n',
        b'data: {"choices":[{"delta":{},"finish_reason":7}]}\n',
        b"data: \xff\xfe\n",
        b"data: " + b"x" * 1_100_000,
    ],
)
def test_what_is_not_a_stream_of_chunks_is_garbage(data: bytes) -> None:
    with pytest.raises(ProviderError) as failure:
        decode(data)
    assert failure.value.code == "garbage"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"type": "server_error", "code": None}, "unavailable"),
        ({"type": "requests", "code": "rate_limit_exceeded"}, "rate_limited"),
        ({"type": "invalid_request_error", "code": "context_length_exceeded"}, "refused"),
        ("overloaded", "unavailable"),
    ],
)
def test_an_error_in_mid_stream_is_told_by_its_code_and_nothing_else(error: object, code: str) -> None:
    with pytest.raises(ProviderError) as failure:
        decode(chunk({"content": "Maria"}), b"data: " + orjson.dumps({"error": error}) + b"\n\n")
    assert failure.value.code == code
    assert "Maria" not in str(failure.value)
