"""Realtime sockets that are open before they are needed."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from ivr.clients.realtime import RealtimeSocket
from ivr.clients.sdk import CONNECT_LIMIT_S
from ivr.errors import ProviderError

MOST_IDLE = 32

logger = logging.getLogger(__name__)


class PooledSocket:
    """A socket with its age, and whether it has served before."""

    def __init__(self, socket: RealtimeSocket, opened_at_s: float) -> None:
        self.socket = socket
        self.opened_at_s = opened_at_s
        self.served = False


class SocketPool:
    """Lends out sockets, each to one user at a time; those that are dropped are forgotten."""

    def __init__(
        self,
        connect: Callable[[float], RealtimeSocket],
        *,
        spares: int,
        lifetime_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._spares = spares
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: deque[PooledSocket] = deque()
        self._opening = False
        self._kept_warm = False
        self._closed = False

    def take(self, limit_s: float, *, fresh: bool = False) -> PooledSocket:
        """An idle socket, or else a new one within `limit_s`. Raises `ProviderError`."""
        while not fresh and (pooled := self._pop()):
            if self._usable(pooled):
                return pooled
            pooled.socket.abort()
        return self._open(limit_s)

    def give_back(self, pooled: PooledSocket) -> None:
        """Make a socket available again, after an exchange that ended as it should."""
        pooled.served = True
        with self._lock:
            keep = not self._closed and len(self._idle) < MOST_IDLE
            if keep:
                self._idle.append(pooled)
        if not keep:
            pooled.socket.abort()

    def drop(self, pooled: PooledSocket) -> None:
        """Cut a socket under its exchange; once the pool has been warmed, another takes its place in the background."""
        pooled.socket.abort()
        if self._kept_warm:
            self.warm()

    def warm(self) -> None:
        """Fill up to the number of spares in the background; never raises."""
        with self._lock:
            self._kept_warm = True
            if self._opening or self._closed or self._usable_count() >= self._spares:
                return
            self._opening = True
        threading.Thread(target=self._fill, name="realtime-warm", daemon=True).start()

    def close(self) -> None:
        """Drop all idle sockets, and those that are given back from now on."""
        with self._lock:
            self._closed = True
        while pooled := self._pop():
            pooled.socket.close()

    def _fill(self) -> None:
        try:
            for stale in self._take_unusable():
                stale.socket.abort()
            while self._usable_count() < self._spares and not self._closed:
                self._shelve(self._open(CONNECT_LIMIT_S))
        except ProviderError as error:
            logger.warning("no speech connection ahead: %s", error.code)
        finally:
            self._opening = False

    def _shelve(self, pooled: PooledSocket) -> None:
        with self._lock:
            # Below those that have proved themselves.
            self._idle.appendleft(pooled)
            closed = self._closed
        if closed:
            self.close()

    def _open(self, limit_s: float) -> PooledSocket:
        return PooledSocket(self._connect(limit_s), self._clock())

    def _pop(self) -> PooledSocket | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _take_unusable(self) -> list[PooledSocket]:
        with self._lock:
            stale = [pooled for pooled in self._idle if not self._usable(pooled)]
            for pooled in stale:
                self._idle.remove(pooled)
            return stale

    def _usable_count(self) -> int:
        return sum(self._usable(pooled) for pooled in list(self._idle))

    def _usable(self, pooled: PooledSocket) -> bool:
        return pooled.socket.alive and self._clock() - pooled.opened_at_s < self._lifetime_s
