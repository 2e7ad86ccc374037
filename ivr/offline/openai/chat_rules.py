"""What Chat Completions refuses beyond wrongly typed fields: the order of messages, tools, and what models take."""

import re
from typing import Any

from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming

from ivr.offline.openai.catalogue import reasons, refuse_effort, require_model, tools_need_no_reasoning
from ivr.offline.openai.errors import ApiError, invalid, not_offered
from ivr.offline.openai.strict_schema import check_strict
from ivr.offline.openai.validation import check, check_range

MAX_TOOLS = 128
MAX_CONTEXT_TOKENS = 272_000
CHARACTERS_PER_TOKEN = 4
"""A rough average for English, used where only a limit depends on it."""

NOT_OFFERED = (
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "moderation",
    "prediction",
    "stop",
    "top_logprobs",
    "web_search_options",
)
RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "frequency_penalty": (-2.0, 2.0),
    "presence_penalty": (-2.0, 2.0),
    "max_completion_tokens": (1, 1_000_000),
    "max_tokens": (1, 1_000_000),
}


def check_completion(body: dict[str, Any]) -> None:
    """Raise `ApiError` unless the provider would take this request."""
    check(body, CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming)
    require_model(body["model"], "chat")
    for name, (lowest, highest) in RANGES.items():
        check_range(body.get(name), lowest, highest, name)
    _check_offered(body)
    _check_model_options(body)
    _check_together(body)
    _check_tools(body.get("tools"))
    _check_messages(body["messages"])


def _check_offered(body: dict[str, Any]) -> None:
    for name in NOT_OFFERED:
        if body.get(name) is not None:
            raise not_offered(f"'{name}'", name)
    if body.get("n") not in (None, 1):
        raise not_offered("More than one choice", "n")
    if body.get("modalities") not in (None, ["text"]):
        raise not_offered("Audio", "modalities")
    if body.get("response_format", {}).get("type", "text") != "text":
        raise not_offered("A response format besides text", "response_format")


def _check_model_options(body: dict[str, Any]) -> None:
    model, effort = body["model"], body.get("reasoning_effort")
    if not reasons(model):
        if effort is not None:
            raise invalid("Unrecognized request argument supplied: reasoning_effort")
        if body.get("verbosity") not in (None, "medium"):
            detail = f"'verbosity' does not support '{body['verbosity']}' with this model. Supported values are: 'medium'."
            raise invalid(f"Unsupported value: {detail}", "verbosity", "unsupported_value")
        return
    if body.get("max_tokens") is not None:
        detail = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        raise invalid(f"Unsupported parameter: {detail}", "max_tokens", "unsupported_parameter")
    if body.get("tools") and effort != "none" and (effort or tools_need_no_reasoning(model)):
        raise refuse_effort(model)


def _check_together(body: dict[str, Any]) -> None:
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in body and not body.get("tools"):
            raise invalid(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", name)
    if body.get("stream_options") is not None and not body.get("stream"):
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")


def _check_tools(tools: list[dict[str, Any]] | None) -> None:
    if tools is None:
        return
    if not tools:
        raise _empty("tools")
    if len(tools) > MAX_TOOLS:
        message = f"Invalid 'tools': array too long. Expected an array with maximum length {MAX_TOOLS}, but got one with {len(tools)}."
        raise invalid(message, "tools", "array_above_max_length")
    names = set()
    for index, tool in enumerate(tools):
        if tool["type"] != "function":
            raise not_offered("A custom tool", f"tools[{index}].type")
        _check_function(tool["function"], f"tools[{index}].function")
        names.add(tool["function"]["name"])
    if len(names) != len(tools):
        raise invalid("Tool names must be unique.", "tools")


def _check_function(function: dict[str, Any], path: str) -> None:
    name = function["name"]
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        detail = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise invalid(f"Invalid '{path}.name': {detail}", f"{path}.name", "invalid_value")
    if function.get("strict"):
        check_strict(name, function.get("parameters", {}), f"{path}.parameters")


def _check_messages(messages: list[dict[str, Any]]) -> None:
    if not messages:
        raise _empty("messages")
    unanswered: set[str] = set()
    for index, message in enumerate(messages):
        path = f"messages.[{index}]"
        if message["role"] == "tool":
            _answer(unanswered, message, path)
            continue
        if unanswered:
            raise _unanswered(unanswered, path)
        _check_content(message, path)
        unanswered = {call["id"] for call in message.get("tool_calls", [])}
    if unanswered:
        raise _unanswered(unanswered, "messages")
    tokens = sum(len(str(message)) for message in messages) // CHARACTERS_PER_TOKEN
    if tokens > MAX_CONTEXT_TOKENS:
        detail = f"This model's maximum context length is {MAX_CONTEXT_TOKENS} tokens. However, your messages resulted in {tokens} tokens."
        raise invalid(detail, "messages", "context_length_exceeded")


def _answer(unanswered: set[str], message: dict[str, Any], path: str) -> None:
    if message["tool_call_id"] not in unanswered:
        detail = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        raise invalid(f"Invalid parameter: {detail}", f"{path}.role")
    unanswered.remove(message["tool_call_id"])


def _unanswered(ids: set[str], path: str) -> ApiError:
    detail = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    names = ", ".join(sorted(ids))
    return invalid(f"{detail} The following tool_call_ids did not have response messages: {names}", f"{path}.role")


def _check_content(message: dict[str, Any], path: str) -> None:
    if message["role"] == "function":
        raise not_offered("A function message", f"{path}.role")
    if "tool_calls" in message and not message["tool_calls"]:
        raise _empty(f"{path}.tool_calls")
    if message.get("content") is None and not message.get("tool_calls"):
        raise invalid("Invalid value for 'content': expected a string, got null.", f"{path}.content")


def _empty(path: str) -> ApiError:
    detail = "empty array. Expected an array with minimum length 1, but got an empty array instead."
    return invalid(f"Invalid '{path}': {detail}", path, "empty_array")
