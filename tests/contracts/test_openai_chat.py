"""The stand-in's Chat Completions, through the SDK and without it."""

import json
import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.contracts.offline_server import OfflineServer, wait_until

MODEL = "gpt-6-luna"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
SLOTS = {
    "type": "function",
    "function": {
        "name": "list_slots",
        "description": "Free times",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"specialty": {"type": ["string", "null"]}, "limit": {"type": "integer"}},
            "required": ["specialty", "limit"],
            "additionalProperties": False,
        },
    },
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "list_slots", "arguments": "{}"}}


def request(**changes: Any) -> dict[str, Any]:
    """A request that is accepted, with changes."""
    return {"model": MODEL, "reasoning_effort": "none", "messages": HELLO, "tools": [SLOTS]} | changes


def refusal(stand_in: OfflineServer, body: Any, status: int = 400) -> dict[str, Any]:
    """The error object that a request gets."""
    response = stand_in.post("/v1/chat/completions", json=body)
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return dict(error)


def test_a_whole_answer_has_text_and_usage(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "Good morning, how can I help?"}])
    answer = openai_client.chat.completions.create(**request())
    assert answer.choices[0].message.content == "Good morning, how can I help?"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_tells_role_text_reason_and_usage_in_this_order(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "Good morning, how can I help?"}])
    chunks = list(openai_client.chat.completions.create(**request(), stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Good morning, how can I help?"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-3:-1]] == [None, "stop"]
    assert chunks[-1].choices == [] and chunks[-1].usage and chunks[-1].usage.completion_tokens == 8


def test_tool_calls_are_streamed_name_first_and_arguments_in_pieces(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    calls = [{"name": "list_slots", "arguments": {"specialty": "cardiology", "limit": number}} for number in (1, 2)]
    stand_in.replies(rules=[{"match": "hello", "text": "Let me look.", "calls": calls}])
    chunks = list(openai_client.chat.completions.create(**request(), stream=True))
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    named = [delta for delta in deltas if delta.id]
    assert [(delta.index, delta.function and delta.function.name) for delta in named] == [(0, "list_slots"), (1, "list_slots")]
    pieces = [delta.function.arguments or "" for delta in deltas if delta.function and delta.index == 1]
    assert len(pieces) > 3 and json.loads("".join(pieces)) == calls[1]["arguments"]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_one_call_at_a_time_where_parallel_calls_are_switched_off(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "calls": [{"name": "list_slots"}, {"name": "list_slots"}]}])
    message = openai_client.chat.completions.create(**request(), parallel_tool_calls=False).choices[0].message
    assert message.tool_calls and len(message.tool_calls) == 1


def test_rules_answer_by_content_before_and_after_a_tool(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    rules = [{"match": "hello", "calls": [{"name": "list_slots"}]}, {"match": "hello", "after": "tool", "text": "There is one."}]
    stand_in.replies(rules=rules)
    messages = [*HELLO, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": "{}"}]
    assert openai_client.chat.completions.create(**request()).choices[0].finish_reason == "tool_calls"
    assert openai_client.chat.completions.create(**request(messages=messages)).choices[0].message.content == "There is one."


def test_a_reply_out_of_the_list_depends_on_the_words_alone(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(list=[{"text": f"Reply {number}."} for number in range(60)])

    def said(text: str) -> str | None:
        return openai_client.chat.completions.create(**request(messages=[{"role": "user", "content": text}])).choices[0].message.content

    first = {text: said(text) for text in ("One.", "Two.", "Three.", "Four.")}
    assert {text: said(text) for text in reversed(first)} == first
    assert said("  one") == first["One."]
    assert len(set(first.values())) > 1


def test_an_answer_ends_at_its_token_limit(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "One two three four five"}])
    choice = openai_client.chat.completions.create(**request(max_completion_tokens=2)).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("One two", "length")


def test_the_first_token_takes_the_profiles_time(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "One two three four"}])
    stand_in.profile("fixed")
    began_s = time.monotonic()
    stream = openai_client.chat.completions.create(**request(), stream=True)
    next(iter(stream))
    first_s = time.monotonic() - began_s
    list(stream)
    assert 0.3 <= first_s < 1.3
    assert time.monotonic() - began_s >= 0.3 + 3 / 60


def test_connections_are_reused(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    openai_client.models.list()
    before = stand_in.get("/control/stats")["connections"]
    for _ in range(3):
        openai_client.chat.completions.create(**request())
    assert stand_in.get("/control/stats")["connections"] == before


def test_a_stream_that_is_closed_early_leaves_nothing_open(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "word " * 500}])
    stand_in.profile("fixed")
    stream = openai_client.chat.completions.create(**request(), stream=True)
    next(iter(stream))
    assert stand_in.open_now("completions") == 1
    stream.close()
    assert wait_until(lambda: stand_in.open_now("completions") == 0)


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": "x", "mood": "y"}]}, "messages[0].mood", "unknown_parameter"),
        ({"speed": 1}, "speed", "unknown_parameter"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"reasoning_effort": "some"}, "reasoning_effort", "invalid_value"),
        ({"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"tools": []}, "tools", "empty_array"),
        ({"service_tier": "warp"}, "service_tier", "invalid_value"),
    ],
)
def test_what_is_missing_unknown_or_wrongly_typed_is_refused(
    stand_in: OfflineServer, changes: dict[str, Any], param: str, code: str | None
) -> None:
    error = refusal(stand_in, request(**changes))
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)


def test_tools_want_reasoning_switched_off(stand_in: OfflineServer) -> None:
    body = request()
    del body["reasoning_effort"]
    assert refusal(stand_in, body)["param"] == "reasoning_effort"
    assert refusal(stand_in, request(reasoning_effort="low"))["param"] == "reasoning_effort"


def test_an_older_model_knows_no_reasoning_effort(stand_in: OfflineServer, openai_client: OpenAI) -> None:
    assert "reasoning_effort" in refusal(stand_in, request(model="gpt-4o"))["message"]
    assert openai_client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])


def test_an_unknown_model_is_not_found(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.chat.completions.create(**request(model="gpt-live-transcribe"))
    assert caught.value.code == "model_not_found"


def test_a_missing_key_is_refused(stand_in: OfflineServer) -> None:
    response = stand_in.post("/v1/chat/completions", json=request(), headers={"Authorization": ""})
    assert response.status_code == 401


def test_a_tool_message_needs_its_call(stand_in: OfflineServer) -> None:
    orphan = [*HELLO, {"role": "tool", "tool_call_id": "call_1", "content": "{}"}]
    assert refusal(stand_in, request(messages=orphan))["param"] == "messages.[1].role"


def test_a_call_needs_its_result(stand_in: OfflineServer) -> None:
    calling = [*HELLO, {"role": "assistant", "tool_calls": [CALL]}]
    for messages in (calling, [*calling, {"role": "user", "content": "Well?"}]):
        assert "call_1" in refusal(stand_in, request(messages=messages))["message"]


def test_an_assistant_message_needs_text_or_calls(stand_in: OfflineServer) -> None:
    assert refusal(stand_in, request(messages=[{"role": "assistant"}, *HELLO]))["param"] == "messages.[0].content"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"additionalProperties": True}, "additionalProperties"),
        ({"required": ["limit"]}, "specialty"),
        ({"properties": {"specialty": {"type": "string", "default": "x"}, "limit": {"type": "integer"}}}, "default"),
        ({"properties": {"specialty": {"type": "string", "maxLength": 3}, "limit": {"type": "integer"}}}, "maxLength"),
        ({"type": "array"}, "type"),
    ],
)
def test_a_strict_function_keeps_to_the_strict_subset(stand_in: OfflineServer, change: dict[str, Any], named: str) -> None:
    function = SLOTS["function"]
    assert isinstance(function, dict)
    tool = SLOTS | {"function": function | {"parameters": function["parameters"] | change}}
    error = refusal(stand_in, request(tools=[tool]))
    assert error["code"] == "invalid_function_parameters" and named in error["message"]


def test_a_body_that_is_no_json_is_refused(stand_in: OfflineServer) -> None:
    response = stand_in.post("/v1/chat/completions", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 400 and "JSON" in response.json()["error"]["message"]


def test_a_rate_limit_says_when_to_come_back(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("llm", "status_429")
    with pytest.raises(openai.RateLimitError) as caught:
        openai_client.chat.completions.create(**request())
    assert caught.value.response.headers["retry-after"] == "1"
    assert openai_client.chat.completions.create(**request())


def test_a_server_error_strikes_as_often_as_it_was_asked_to(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("llm", "status_500", count=2)
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            openai_client.chat.completions.create(**request())
    assert openai_client.chat.completions.create(**request())


def test_a_stall_sends_some_tokens_and_then_nothing(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "One two three four five six"}])
    stand_in.fault("llm", "stall")
    said = ""
    with pytest.raises(openai.APITimeoutError):
        for chunk in openai_client.with_options(timeout=0.4).chat.completions.create(**request(), stream=True):
            said += chunk.choices[0].delta.content or ""
    assert said == "One two three"


def test_a_stall_from_the_beginning_sends_nothing(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("llm", "stall", after_ms=0)
    with pytest.raises(openai.APITimeoutError):
        list(openai_client.with_options(timeout=0.4).chat.completions.create(**request(), stream=True))


@pytest.mark.parametrize("stream", [True, False])
def test_a_drop_breaks_the_connection(openai_client: OpenAI, stand_in: OfflineServer, stream: bool) -> None:
    stand_in.fault("llm", "drop")
    with pytest.raises(openai.APIConnectionError):
        list(openai_client.chat.completions.create(**request(), stream=stream))


def test_garbage_cannot_be_parsed(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("llm", "garbage")
    with pytest.raises(ValueError, match=r".+"):
        list(openai_client.chat.completions.create(**request(), stream=True))


def test_an_empty_answer_has_no_text(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("llm", "empty")
    chunks = list(openai_client.chat.completions.create(**request(), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ""
    assert chunks[-1].choices[0].finish_reason == "stop"
