"""The conversation as the model sees it: what the caller said, what was heard of Lilly, what her tools answered. Pure."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from ivr.agent.model import ToolCall


@dataclass(slots=True)
class Round:
    """One answer of the model: what it said, and the tools that it called with their results by call id."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether every call has its result."""
        return all(call.id in self.results for call in self.calls)


@dataclass(slots=True)
class Exchange:
    """One utterance of the caller (None when Lilly speaks first) and what followed.

    `spoken` holds the words of each round as they were heard; None while the turn runs and all of it may still be heard.
    """

    caller: str | None
    rounds: list[Round] = field(default_factory=list)
    spoken: str | None = None

    def messages(self) -> list[dict[str, Any]]:
        """This exchange in the shape of Chat Completions."""
        said = [{"role": "user", "content": self.caller}] if self.caller else []
        texts = self._texts()
        for one, text in zip(self.rounds, texts, strict=True):
            said += _round_messages(one, text)
        return said

    def _texts(self) -> list[str]:
        if self.spoken is None:
            return [one.text for one in self.rounds]
        return _share_out(self.spoken, [one.text for one in self.rounds])


def _round_messages(one: Round, text: str) -> list[dict[str, Any]]:
    answered = [call for call in one.calls if call.id in one.results]
    if not answered:
        return [{"role": "assistant", "content": text}] if text else []
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _valid_json(call.arguments)}} for call in answered
    ]
    results = [{"role": "tool", "tool_call_id": call.id, "content": orjson.dumps(one.results[call.id]).decode()} for call in answered]
    return [{"role": "assistant", "content": text or None, "tool_calls": calls}, *results]


def _valid_json(arguments: str) -> str:
    """The arguments as they were, or an empty object where they were no JSON: providers refuse such a history."""
    try:
        orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return "{}"
    return arguments


def _share_out(spoken: str, texts: list[str]) -> list[str]:
    """Cut each round's text to what was heard; the last one that was heard in part ends with a dash."""
    heard, shares = spoken.split(), []
    cut = bool(heard) and heard[-1] == "—"
    heard = heard[:-1] if cut else heard
    for text in texts:
        words = text.split()
        share, heard = heard[: len(words)], heard[len(words) :]
        shares.append(" ".join(share) + (" —" if share and len(share) < len(words) else ""))
    return shares


class History:
    """The exchanges of one call, oldest first; `earlier` is what another process kept of it."""

    def __init__(self, earlier: list[dict[str, Any]] | None = None) -> None:
        self._earlier = earlier or []
        self.exchanges: list[Exchange] = []

    def open(self, caller: str | None) -> Exchange:
        """Begin an exchange."""
        exchange = Exchange(caller)
        self.exchanges.append(exchange)
        return exchange

    def settle(self, exchange: Exchange, heard: str) -> None:
        """End an exchange, keeping only what was heard; one that was not heard at all keeps only its tool calls."""
        exchange.spoken = heard
        if not heard and not any(one.calls for one in exchange.rounds):
            self.exchanges.remove(exchange)

    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation in the shape of Chat Completions."""
        return [*self._earlier, *(message for exchange in self.exchanges for message in exchange.messages())]

    def last_said(self) -> str:
        """The assistant's last words, as far as they were heard."""
        said = [message["content"] for message in self.messages() if message["role"] == "assistant" and message.get("content")]
        return str(said[-1]).removesuffix(" —") if said else ""
