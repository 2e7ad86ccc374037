"""HTTP connections to the model, one to a client, so that cancelling one request touches no other."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

import openai

from ivr.clients.sdk import FAILURES, open_client, provider_error
from ivr.config import Provider

MOST_IDLE = 64
IDLE_LIMIT_S = 240.0
"""Below what servers and load balancers usually allow an idle connection."""
WARM_FOR_S = 30.0

logger = logging.getLogger(__name__)


class ConnectionPool:
    """Lends out SDK clients that hold one connection each, the last used first."""

    def __init__(self, provider: Provider, *, read_limit_s: float, spares: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider = provider
        self._read_limit_s = read_limit_s
        self._spares = spares
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: deque[tuple[openai.OpenAI, float]] = deque()
        self._warming = False
        self._kept_warm = False
        self._closed = False

    def take(self, *, fresh: bool = False) -> openai.OpenAI:
        """A client whose connection is open, if one is idle; `fresh` asks for one that has not connected yet."""
        with self._lock:
            self._drop_old()
            while self._idle and not fresh:
                client = self._idle.pop()[0]
                if not client.is_closed():
                    return client
        return open_client(self._provider, read_limit_s=self._read_limit_s, connections=1)

    def give_back(self, client: openai.OpenAI) -> None:
        """Make a client available again, after its response has been read to the end."""
        with self._lock:
            if not self._closed and len(self._idle) < MOST_IDLE:
                self._idle.append((client, self._clock()))
                return
        client.close()

    def drop(self, client: openai.OpenAI) -> None:
        """Close a client under its request; once the pool has been warmed, another takes its place in the background."""
        client.close()
        if self._kept_warm:
            self.warm()

    def warm(self) -> None:
        """Have as many connections open as there are spares, and recently used; in the background, never raises."""
        with self._lock:
            self._kept_warm = True
            recent = sum(self._is_recent(since_s) for _, since_s in self._idle)
            if self._warming or self._closed or recent >= self._spares:
                return
            self._warming = True
        threading.Thread(target=self._connect_ahead, args=(self._spares - recent,), name="llm-warm", daemon=True).start()

    def close(self) -> None:
        """Drop all idle connections, and those that are given back from now on."""
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
        for client, _ in idle:
            client.close()

    def _connect_ahead(self, count: int) -> None:
        clients = [self._take_cooled() for _ in range(count)]
        try:
            while clients:
                clients[-1].models.list()
                self.give_back(clients.pop())
        except FAILURES as error:
            logger.warning("no model connection ahead: %s", provider_error("llm", error).code)
        finally:
            for client in clients:
                client.close()
            self._warming = False

    def _take_cooled(self) -> openai.OpenAI:
        """An idle client that has not been used for a while, or else a new one."""
        with self._lock:
            self._drop_old()
            if self._idle and not self._is_recent(self._idle[0][1]):
                return self._idle.popleft()[0]
        return self.take(fresh=True)

    def _is_recent(self, since_s: float) -> bool:
        return self._clock() - since_s < WARM_FOR_S

    def _drop_old(self) -> None:
        while self._idle and self._clock() - self._idle[0][1] > IDLE_LIMIT_S:
            self._idle.popleft()[0].close()
