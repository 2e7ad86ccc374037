"""HTTP whose whole answer is bounded in time: the time-outs of `requests` bound each wait for a byte, and a peer may drip."""

import contextlib
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class BoundedAdapter(HTTPAdapter):
    """Mount it on a session: an answer's status and headers must be there within `limit_s` of the request.

    What comes later is a `requests.ConnectionError`. The body is not bounded: leave it unread.
    """

    def __init__(self, limit_s: float, **options: Any) -> None:
        self._limit_s = limit_s
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections, each with the limit."""
        super().init_poolmanager(*args, **options)
        limited = {"limit_s": self._limit_s}
        kinds = {"http": (HTTPConnectionPool, HTTPConnection), "https": (HTTPSConnectionPool, HTTPSConnection)}
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (_Bounded, connection), limited)})
            for scheme, (pool, connection) in kinds.items()
        }


class _Bounded:
    limit_s: float
    sock: socket.socket

    def getresponse(self) -> Any:
        """Wait for the status and the headers."""
        late = threading.Event()
        watch = threading.Timer(self.limit_s, _cut_off, (self.sock, late))
        watch.daemon = True
        watch.start()
        try:
            answer = super().getresponse()  # type: ignore[misc]
        finally:
            watch.cancel()
        if late.is_set():
            # Headers that were cut off would pass for the whole.
            raise ConnectionAbortedError("the answer did not end")
        return answer


def _cut_off(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
