"""`/v1/chat/completions`: whole answers and streams of server-sent events, with tools."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web

from ivr.offline.faults import Fault
from ivr.offline.mind import Call, Reply
from ivr.offline.openai.chat_rules import CHARACTERS_PER_TOKEN, check_completion
from ivr.offline.openai.errors import not_offered
from ivr.offline.openai.replies import last_user_text
from ivr.offline.openai.request_body import read_json
from ivr.offline.stand_in import STAND_IN, StandIn, Stopwatch, break_off, new_id

EVENT_STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
GARBAGE = b'data: {"id":"chatcmpl-\x00","object":"chat.completion.chunk","choices":[{"index":0,"del\n\n'


def routes() -> list[web.RouteDef]:
    """The routes of this part."""
    return [web.post("/v1/chat/completions", create)]


class Completion:
    """One answer, cut into tokens."""

    def __init__(self, body: dict[str, Any], reply: Reply) -> None:
        self.body = body
        self.id = new_id("chatcmpl")
        self.created = int(time.time())
        self.calls = reply.calls[:1] if body.get("parallel_tool_calls") is False else reply.calls
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        words = _tokens(reply.text)
        self.truncated = limit is not None and len(words) > limit
        self.words = words[:limit]
        if self.truncated:
            self.calls = []
        self.call_ids = [new_id("call") for _ in self.calls]

    @property
    def finish_reason(self) -> str:
        """Why the answer ended."""
        if self.truncated:
            return "length"
        return "tool_calls" if self.calls else "stop"

    def pieces(self) -> Iterator[dict[str, Any]]:
        """The deltas after the first: the text, then each call's name and arguments."""
        for word in self.words:
            yield {"content": word}
        for index, (call_id, call) in enumerate(zip(self.call_ids, self.calls, strict=True)):
            function = {"name": call.name, "arguments": ""}
            yield {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}
            for part in _tokens(_arguments(call)):
                yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}

    def message(self) -> dict[str, Any]:
        """The answer as a whole message."""
        text = "".join(self.words) or (None if self.calls else "")
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        if self.calls:
            calls = zip(self.call_ids, self.calls, strict=True)
            message["tool_calls"] = [
                {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call)}}
                for call_id, call in calls
            ]
        return message

    def usage(self) -> dict[str, int]:
        """Tokens in and out, roughly."""
        out = sum(1 for _ in self.pieces())
        into = sum(len(str(message)) for message in self.body["messages"]) // CHARACTERS_PER_TOKEN
        return {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}

    def envelope(self, kind: str) -> dict[str, Any]:
        """The fields that a whole answer and every chunk of a stream have in common."""
        tier = "priority" if self.body.get("service_tier") in ("fast", "priority") else "default"
        head = {"id": self.id, "object": kind, "created": self.created, "model": self.body["model"]}
        return head | {"service_tier": tier, "system_fingerprint": None}


async def create(request: web.Request) -> web.StreamResponse:
    """Answer a conversation."""
    stand_in, clock = request.app[STAND_IN], Stopwatch()
    body = await read_json(request)
    check_completion(body)
    if body.get("tool_choice", "auto") not in ("auto", "none"):
        raise not_offered("Forcing a tool", "tool_choice")
    fault = stand_in.faults.take("llm", about=last_user_text(body["messages"]))
    if fault and fault.refusal:
        raise fault.refusal
    tools = [] if body.get("tool_choice") == "none" else body.get("tools", [])
    reply = Reply(text="", calls=[]) if fault and fault.kind == "empty" else stand_in.replies.choose(body["messages"], tools)
    completion = Completion(body, reply)
    stand_in.traffic.completions.append({"request": body, "message": completion.message()})
    with stand_in.traffic.opened("completions"):
        if body.get("stream"):
            return await _Stream(request, completion, fault).send(stand_in, clock)
        return await _whole(request, completion, fault, clock)


async def _whole(request: web.Request, completion: Completion, fault: Fault | None, clock: Stopwatch) -> web.Response:
    waits = request.app[STAND_IN].waits
    tokens = completion.usage()["completion_tokens"]
    await clock.reach(waits.draw_ms("first_token") + tokens * 1000 / waits.profile.tokens_per_s)
    if fault and fault.kind in ("stall", "drop"):
        await break_off(fault, request.transport)
    if fault and fault.kind == "garbage":
        return web.Response(body=b'{"id": "chatcmpl-', content_type="application/json")
    choice = {"index": 0, "message": completion.message(), "logprobs": None, "finish_reason": completion.finish_reason}
    return web.json_response(completion.envelope("chat.completion") | {"choices": [choice], "usage": completion.usage()})


class _Stream:
    """The answer as server-sent events, a token each, at the profile's pace."""

    def __init__(self, request: web.Request, completion: Completion, fault: Fault | None) -> None:
        self._request = request
        self._completion = completion
        self._fault = fault if fault and fault.kind in ("stall", "drop", "garbage") else None
        self._with_usage = (completion.body.get("stream_options") or {}).get("include_usage", False)
        self._response = web.StreamResponse(headers=EVENT_STREAM)

    async def send(self, stand_in: StandIn, clock: Stopwatch) -> web.StreamResponse:
        first_ms, step_ms = stand_in.waits.draw_ms("first_token"), 1000 / stand_in.waits.profile.tokens_per_s
        answer = stand_in.answers.begin("reply", last_user_text(self._completion.body["messages"]), first_ms, clock.elapsed_ms)
        await self._response.prepare(self._request)
        if self._fault and self._fault.after_ms is not None and self._fault.after_ms <= first_ms:
            await clock.reach(self._fault.after_ms)
            return await self._break()
        for sent, delta in enumerate(self._completion.pieces()):
            await clock.reach(first_ms + sent * step_ms)
            if self._fault and self._fault.strikes(sent, clock.elapsed_ms):
                return await self._break()
            if sent == 0:
                content = None if "tool_calls" in delta else ""
                await self._chunk({"role": "assistant", "content": content, "refusal": None})
            await self._chunk(delta)
            answer.piece(delta.get("content") or "")
        return await self._break() if self._fault else await self._end()

    async def _end(self) -> web.StreamResponse:
        await self._chunk({}, self._completion.finish_reason)
        if self._with_usage:
            await self._event(self._completion.envelope("chat.completion.chunk") | {"choices": [], "usage": self._completion.usage()})
        await self._response.write(b"data: [DONE]\n\n")
        await self._response.write_eof()
        return self._response

    async def _break(self) -> web.StreamResponse:
        assert self._fault
        if self._fault.kind == "garbage":
            await self._response.write(GARBAGE)
            return self._response
        await break_off(self._fault, self._request.transport)
        return self._response

    async def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = self._completion.envelope("chat.completion.chunk") | {"choices": [choice]}
        await self._event(chunk | {"usage": None} if self._with_usage else chunk)

    async def _event(self, event: dict[str, Any]) -> None:
        await self._response.write(b"data: " + orjson.dumps(event) + b"\n\n")


def _arguments(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, separators=(",", ":"), ensure_ascii=False)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*(?:\w{1,8}|[^\w\s]+)|\s+", text)
