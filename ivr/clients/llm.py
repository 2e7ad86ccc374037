"""The language model over Chat Completions: streamed, hedged, retried once, and cancelled at once."""

import hashlib
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from ivr.agent.model import Finished, ModelEvent
from ivr.clients.chat_stream import ChatStream
from ivr.clients.http_pool import ConnectionPool
from ivr.clients.sdk import FAILURES, provider_error, shut
from ivr.config import Provider
from ivr.errors import ProviderError

LONGEST_REPLY_TOKENS = 500
"""More than is ever said in one turn; stops a model that does not stop."""

END_LIMIT_S = 0.03

_MAY_NOT_REASON = re.compile(r"gpt-(5\.\d|[6-9]|\d{2})")
"""Models that reason unless told not to; others refuse the option."""


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """How long a reply may take: to its first token, in all attempts together, and then from piece to piece.

    A request whose first token has not come after `hedge_after_s` gets a second one beside it; None switches that off.
    """

    first_token_s: float = 2.5
    stall_s: float = 2.0
    hedge_after_s: float | None = 0.7


class OpenAIChat:
    """A `ChatModel`. Each request is read in a thread of its own, over a connection of its own."""

    def __init__(
        self,
        provider: Provider,
        fallback_model: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        limits: ChatLimits | None = None,
        parallel_tool_calls: bool = True,
        spares: int = 2,
    ) -> None:
        self.name = provider.model
        self._models = (provider.model, fallback_model or provider.model)
        self._clock = clock
        self._limits = limits or ChatLimits()
        self._parallel_tool_calls = parallel_tool_calls
        longest_wait_s = max(self._limits.first_token_s, self._limits.stall_s)
        self._pool = ConnectionPool(provider, read_limit_s=longest_wait_s, spares=spares, clock=clock)

    def stream(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> Iterator[ModelEvent]:
        """Yield the reply as it comes: deltas, tool calls, then exactly one `Finished`.

        Closing the iterator, or killing its greenlet, cancels the request. Raises `ProviderError`.
        """
        race = _Race(self._pool, self._limits, self._clock)
        try:
            yield from race.run(*(self._request(model, messages, tools) for model in self._models))
        finally:
            race.cancel()

    def warm(self) -> None:
        """Open connections ahead, in the background; never raises."""
        self._pool.warm()

    def close(self) -> None:
        """Drop the idle connections."""
        self._pool.close()

    def _request(self, model: str, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": model,
            "messages": list(messages),
            "stream": True,
            "max_completion_tokens": LONGEST_REPLY_TOKENS,
            "prompt_cache_key": _cache_key(messages),
        }
        if _MAY_NOT_REASON.match(model):
            request["reasoning_effort"] = "none"
        if tools:
            request |= {"tools": list(tools), "parallel_tool_calls": self._parallel_tool_calls}
        return request


Mail = tuple["_Attempt", "list[ModelEvent] | ProviderError"]


class _Race:
    """The attempts at one reply; the first that brings something wins, and the others are cancelled.

    There are three at the most: the first, a second one beside it when it is late, and one after a failure.
    """

    def __init__(self, pool: ConnectionPool, limits: ChatLimits, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._limits = limits
        self._clock = clock
        self._mailbox: queue.SimpleQueue[Mail] = queue.SimpleQueue()
        self._running: list[_Attempt] = []
        self._may_retry = True

    def run(self, request: dict[str, Any], fallback: dict[str, Any]) -> Iterator[ModelEvent]:
        winner, events = self._first(request, fallback)
        self._keep_only(winner)
        while not isinstance(events[-1], Finished):
            yield from events
            events = self._next(winner)
        yield from events[:-1]
        # The next request, perhaps a tool's result, finds the connection free if this one is read to its very end.
        self._mail(self._clock() + END_LIMIT_S, winner)
        self._running.clear()
        yield events[-1]

    def cancel(self) -> None:
        """Drop whatever is still running."""
        for attempt in self._running:
            attempt.cancel()
        self._running.clear()

    def _first(self, request: dict[str, Any], fallback: dict[str, Any]) -> "tuple[_Attempt, list[ModelEvent]]":
        """The attempt that brings the first events. Raises `ProviderError` when none does in time."""
        now_s = self._clock()
        give_up_at_s = now_s + self._limits.first_token_s
        hedge_at_s = give_up_at_s if self._limits.hedge_after_s is None else now_s + self._limits.hedge_after_s
        self._start(request)
        while True:
            mail = self._mail(min(hedge_at_s, give_up_at_s))
            if mail is None and self._clock() >= give_up_at_s:
                raise ProviderError("llm", "timeout (no first token)", code="timeout")
            if mail is None:
                hedge_at_s = give_up_at_s
                self._start(request)
                continue
            attempt, result = mail
            if not isinstance(result, ProviderError):
                return attempt, result
            self._running.remove(attempt)
            self._after(result, request, fallback)

    def _after(self, failure: ProviderError, request: dict[str, Any], fallback: dict[str, Any]) -> None:
        """Try once more, if no other attempt is running and another one may do better."""
        if self._running:
            return
        other_model = fallback["model"] != request["model"] and failure.code in ("refused", "rate_limited", "unavailable")
        if not self._may_retry or not (failure.retryable or other_model):
            raise failure
        self._may_retry = False
        self._start(fallback if other_model else request, fresh=True)

    def _next(self, winner: "_Attempt") -> list[ModelEvent]:
        mail = self._mail(self._clock() + self._limits.stall_s, winner)
        if mail is None:
            raise ProviderError("llm", "timeout (stalled)", code="timeout")
        if isinstance(mail[1], ProviderError):
            raise mail[1]
        return mail[1]

    def _mail(self, until_s: float, sender: "_Attempt | None" = None) -> Mail | None:
        """The next result of an attempt, of any or of one."""
        while True:
            try:
                mail = self._mailbox.get(timeout=max(0.0, until_s - self._clock()))
            except queue.Empty:
                return None
            if mail[0] is sender or (sender is None and mail[0] in self._running):
                return mail

    def _start(self, request: dict[str, Any], *, fresh: bool = False) -> None:
        attempt = _Attempt(self._pool, self._pool.take(fresh=fresh), self._mailbox)
        self._running.append(attempt)
        attempt.start(request)

    def _keep_only(self, winner: "_Attempt") -> None:
        for attempt in self._running:
            if attempt is not winner:
                attempt.cancel()
        self._running = [winner]


class _Attempt:
    """One request: a thread sends it and puts what comes of it into a mailbox."""

    def __init__(self, pool: ConnectionPool, client: openai.OpenAI, mailbox: "queue.SimpleQueue[Mail]") -> None:
        self._pool = pool
        self._client = client
        self._mailbox = mailbox
        self._ending = threading.Lock()
        self._response: httpx2.Response | None = None

    def start(self, request: dict[str, Any]) -> None:
        threading.Thread(target=self._read, args=(request,), name="llm", daemon=True).start()

    def cancel(self) -> None:
        """Close the connection under the request, unless it has been read to its end: then the connection may be another's by now.

        Its thread ends at once; only where threads are real, and no headers have come yet, at the limit of its wait.
        """
        if not self._is_first_to_end():
            return
        if self._response:
            shut(self._response)
        self._pool.drop(self._client)

    def _is_first_to_end(self) -> bool:
        """Whether the connection is still this request's: true once."""
        return self._ending.acquire(blocking=False)

    def _read(self, request: dict[str, Any]) -> None:
        reply = ChatStream()
        try:
            # As it is: the SDK's walk through every message and schema takes milliseconds in which no other call is served.
            create = self._client.chat.completions.with_streaming_response.create
            with create(model=request["model"], messages=(), stream=True, extra_body=request) as response:
                self._response = response.http_response
                for data in response.iter_bytes():
                    if self._ending.locked():
                        break
                    if events := reply.feed(data):
                        self._mailbox.put((self, events))
            reply.end()
        except FAILURES as error:
            self._client.close()
            self._mailbox.put((self, provider_error("llm", error)))
        else:
            if self._is_first_to_end():
                self._pool.give_back(self._client)
            self._mailbox.put((self, []))


def _cache_key(messages: Sequence[dict[str, Any]]) -> str:
    """The same for requests that begin alike, so that they reach the cache of their common beginning."""
    beginning = str(messages[0].get("content")) if messages else ""
    return "lilly-" + hashlib.sha256(beginning.encode()).hexdigest()[:16]
