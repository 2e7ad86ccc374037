"""Faults on request: which provider misbehaves how, at which moment, about what, and how many times."""

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ivr.offline.openai.errors import ApiError, broken, invalid, rate_limited
from ivr.offline.openai.validation import supported

Target = Literal["stt", "llm", "tts", "twilio"]
Moment = Literal["connect", "audio", "request"]
Kind = Literal["status_429", "status_500", "stall", "drop", "garbage", "empty", "lost", "reword", "reword_digits"]

ONLY_FOR: dict[str, Target] = {"lost": "stt", "reword": "tts", "reword_digits": "tts"}

FIELDS = ("target", "kind", "count", "at", "after_ms", "match")

MID_STREAM_PIECES = 3
"""How many tokens, or 200 ms chunks of audio, a stream sends before it breaks in the middle."""


@dataclass(slots=True)
class Fault:
    """One way to misbehave, `count` times.

    `at` is the moment that takes it: the WebSocket's handshake (`connect`), an utterance's first audio (`audio`, stt
    only), or the commit, completion or synthesis (`request`). A stall or a drop strikes `after_ms` after that, or else
    in mid-stream, once the first pieces have been sent. With a `match` only requests about such words take it: those of
    the utterance so far (stt), those that the user said last (llm), or those to be spoken (tts).
    """

    target: Target
    kind: Kind
    count: int = 1
    at: Moment = "request"
    after_ms: float | None = None
    match: re.Pattern[str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The fault as it was posted."""
        given = {name: getattr(self, name) for name in FIELDS}
        return given | {"match": self.match.pattern if self.match else None}

    @property
    def refusal(self) -> ApiError | None:
        """OpenAI's answer, for the kinds that answer with an error."""
        if self.kind == "status_429":
            return rate_limited()
        return broken() if self.kind == "status_500" else None

    def strikes(self, pieces_sent: int, elapsed_ms: float) -> bool:
        """Whether a stream that has got this far is where the fault happens."""
        return pieces_sent >= MID_STREAM_PIECES if self.after_ms is None else elapsed_ms >= self.after_ms


class Faults:
    """The faults that are still to come, first in, first out."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, body: Any) -> Fault:
        """Queue a fault as it was posted. Raises `ApiError` (400) when it is not one."""
        fault = _parse(body)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget what has not struck yet."""
        self.waiting.clear()

    def choosy(self, target: Target, at: Moment) -> bool:
        """Whether a fault for this provider and moment asks what a request is about."""
        return any(fault.match for fault in self.waiting if (fault.target, fault.at) == (target, at))

    def take(self, target: Target, at: Moment = "request", about: str = "") -> Fault | None:
        """Use up one fault for this provider, this moment and these words, if there is one."""
        fitting = (fault for fault in self.waiting if (fault.target, fault.at) == (target, at))
        fault = next((fault for fault in fitting if fault.match is None or fault.match.search(about)), None)
        if fault:
            fault.count -= 1
            if not fault.count:
                self.waiting.remove(fault)
        return fault


def _parse(body: Any) -> Fault:
    if not isinstance(body, dict) or not {"target", "kind"} <= body.keys() <= {*FIELDS}:
        raise invalid("A fault has a target and a kind, and may have count, at, after_ms and match.")
    for name, allowed in (("target", get_args(Target)), ("kind", get_args(Kind)), ("at", get_args(Moment))):
        if name in body and body[name] not in allowed:
            raise invalid(f"Invalid value: '{body[name]}'. {supported(allowed)}", name, "invalid_value")
    count, after_ms = body.get("count", 1), body.get("after_ms")
    if not isinstance(count, int) or count < 1:
        raise invalid("The count is a whole number from 1.", "count")
    if after_ms is not None and not (isinstance(after_ms, int | float) and after_ms >= 0):
        raise invalid("after_ms is a number from 0.", "after_ms")
    if ONLY_FOR.get(body["kind"], body["target"]) != body["target"]:
        raise invalid(f"Only {ONLY_FOR[body['kind']]} can have the fault {body['kind']}.", "kind")
    return Fault(body["target"], body["kind"], count, body.get("at", "request"), after_ms, _pattern(body.get("match")))


def _pattern(text: Any) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text, re.IGNORECASE)
    except (re.error, TypeError) as fault:
        raise invalid(f"Not a regular expression: {fault}", "match") from None
