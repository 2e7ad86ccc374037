"""What the parts of the stand-in share: ears, voices, waits, faults, and a record of the traffic."""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar
from weakref import WeakSet

from aiohttp import web

from ivr.offline.answers import Answers
from ivr.offline.ears import Ears
from ivr.offline.faults import Fault, Faults
from ivr.offline.openai.made_speech import MadeSpeech
from ivr.offline.openai.replies import Replies
from ivr.offline.profiles import Waits
from ivr.offline.voices import Voices

P = ParamSpec("P")
T = TypeVar("T")

KEPT = 500
"""How many of the last requests are remembered for tests to look at."""


@dataclass(slots=True)
class Traffic:
    """Counts of what was asked and what is open; the last texts that were spoken and the last completions."""

    requests: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    spoken: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    completions: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _transports: "WeakSet[asyncio.BaseTransport]" = field(default_factory=WeakSet)

    def count(self, request: web.Request) -> None:
        """Count a request, and its TCP connection if it is new."""
        route = request.match_info.route.resource
        self.requests[f"{request.method} {route.canonical if route else 'unknown'}"] += 1
        if request.transport and request.transport not in self._transports:
            self._transports.add(request.transport)
            self.connections += 1

    @contextmanager
    def opened(self, kind: str) -> Iterator[None]:
        """Count something as open while the context lasts."""
        self.open[kind] += 1
        try:
            yield
        finally:
            self.open[kind] -= 1

    def as_dict(self) -> dict[str, Any]:
        """The counts."""
        return {"requests": dict(self.requests), "open": dict(self.open), "connections": self.connections}


@dataclass(slots=True)
class StandIn:
    """One run of the stand-in; owned by the application, shared by its handlers on one event loop."""

    ears: Ears
    ears_kind: Literal["whisper", "known"]
    voices: Voices
    pool: Executor
    waits: Waits
    faults: Faults = field(default_factory=Faults)
    replies: Replies = field(default_factory=Replies)
    traffic: Traffic = field(default_factory=Traffic)
    made: MadeSpeech = field(default_factory=MadeSpeech)
    answers: Answers = field(default_factory=Answers)
    computing: int = 0

    async def compute(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something slow off the event loop."""
        self.computing += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: work(*args, **kwargs))
        finally:
            self.computing -= 1


STAND_IN = web.AppKey("stand_in", StandIn)


class Stopwatch:
    """Time since a request began; what the stand-in computes meanwhile counts towards its waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the beginning."""
        return (self._loop.time() - self._began_s) * 1000

    async def reach(self, instant_ms: float) -> None:
        """Sleep until so many milliseconds after the beginning; not at all if they have passed."""
        if (left_ms := instant_ms - self.elapsed_ms) > 0:
            await asyncio.sleep(left_ms / 1000)


async def break_off(fault: Fault, transport: asyncio.Transport | None) -> None:
    """Carry out a stall (never returns, until cancelled) or a drop of the connection (raises)."""
    if fault.kind == "stall":
        await asyncio.Event().wait()
    if transport:
        transport.abort()
    raise ConnectionResetError


def new_id(prefix: str) -> str:
    """An identifier that looks like the provider's."""
    return f"{prefix}_{secrets.token_hex(12)}"
