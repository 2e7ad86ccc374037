"""What the model answers: a fixed list for benchmarks, chosen by content, or else the rule-based mind."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Literal

from ivr.offline.mind import Call, Reply, reply
from ivr.offline.openai.errors import invalid

After = Literal["user", "tool", "system"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A reply for every conversation whose last user message matches: before or after a tool's result, or after a correction."""

    match: re.Pattern[str]
    reply: Reply
    after: After = "user"


class Replies:
    """The answers of this run. With nothing posted, the mind answers everything."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._list: list[Reply] = []

    def set(self, body: Any) -> None:
        """Replace what was posted: `rules` (match, text, calls, after) go before `list` (text, calls).

        A reply out of the list is chosen by a hash of the last user message, never by the order of requests.
        Raises `ApiError` (400).
        """
        if not isinstance(body, dict) or not body.keys() <= {"rules", "list"}:
            raise invalid("Replies are an object with rules, list, or both.")
        rules = [_rule(entry) for entry in body.get("rules", [])]
        self._list = [_reply(entry) for entry in body.get("list", [])]
        self._rules = rules

    def clear(self) -> None:
        """Let the mind answer again."""
        self._rules, self._list = [], []

    def choose(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Reply:
        """The answer to a conversation."""
        said = last_user_text(messages)
        role = messages[-1]["role"]
        after: After = role if role in ("tool", "system") else "user"
        for rule in self._rules:
            if rule.after == after and rule.match.search(said):
                return rule.reply
        if self._list and after == "user":
            return self._list[_hash(said) % len(self._list)]
        return reply(messages, tools)


def _hash(text: str) -> int:
    words = " ".join(re.findall(r"\w+", text.lower()))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")


def last_user_text(messages: list[dict[str, Any]]) -> str:
    """What the user said last."""
    content = next((message["content"] for message in reversed(messages) if message["role"] == "user"), "")
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content)


def _rule(entry: Any) -> Rule:
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("match"), str)
        or entry.get("after", "user") not in ("user", "tool", "system")
    ):
        raise invalid("A rule has a match (regular expression), and may have text, calls and after (user, tool or system).", "rules")
    try:
        pattern = re.compile(entry["match"], re.IGNORECASE)
    except re.error as fault:
        raise invalid(f"Not a regular expression: {fault}", "rules.match") from None
    return Rule(pattern, _reply({name: entry[name] for name in ("text", "calls") if name in entry}), entry.get("after", "user"))


def _reply(entry: Any) -> Reply:
    if not isinstance(entry, dict) or not entry or not entry.keys() <= {"text", "calls"} or not isinstance(entry.get("text", ""), str):
        raise invalid("A reply has text, calls, or both.", "list")
    return Reply(text=entry.get("text", ""), calls=[_call(call) for call in entry.get("calls", [])])


def _call(entry: Any) -> Call:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise invalid("A call has a name, and may have arguments.", "calls")
    return Call(entry["name"], entry.get("arguments", {}))
