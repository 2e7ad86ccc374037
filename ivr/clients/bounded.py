"""HTTP whose whole answer is bounded in time: the time-outs of `requests` bound each wait for a byte, and a peer may drip."""

import contextlib
import socket
import threading
from typing import Any

from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class BoundedAdapter(HTTPAdapter):
    """Mount it on a session: an answer's status and headers, and `with_body` its body too, must be there within `limit_s` of the request.

    What comes later is a `requests.ConnectionError`, or a `requests.Timeout` if only the body is late. Without the option the body is not
    bounded: leave it unread.
    """

    def __init__(self, limit_s: float, *, with_body: bool = False, **options: Any) -> None:
        self._limit_s, self._with_body = limit_s, with_body
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections, each with the limit."""
        super().init_poolmanager(*args, **options)
        limited = {"limit_s": self._limit_s, "with_body": self._with_body}
        kinds = {"http": (HTTPConnectionPool, HTTPConnection), "https": (HTTPSConnectionPool, HTTPSConnection)}
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (_Bounded, connection), limited)})
            for scheme, (pool, connection) in kinds.items()
        }

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Send a request, and read the body of its answer if that is bounded."""
        response = super().send(request, *args, **options)
        if self._with_body:
            watch: _Watch = response.raw.watch
            try:
                _ = response.content
            finally:
                watch.end()
            if watch.late:
                raise ReadTimeout("the body did not end", request=request)
        return response


class _Watch:
    """Cuts a connection off after a while, unless it is ended before."""

    def __init__(self, connection: socket.socket, limit_s: float) -> None:
        self.late = False
        self._connection = connection
        self._timer = threading.Timer(limit_s, self._cut_off)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Let the connection be."""
        self._timer.cancel()

    def _cut_off(self) -> None:
        self.late = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


class _Bounded:
    limit_s: float
    with_body: bool
    sock: socket.socket

    def getresponse(self) -> Any:
        """Wait for the status and the headers."""
        watch = _Watch(self.sock, self.limit_s)
        try:
            answer = super().getresponse()  # type: ignore[misc]
        except BaseException:
            watch.end()
            raise
        if self.with_body:
            answer.watch = watch
        else:
            watch.end()
        if watch.late:
            # Headers that were cut off would pass for the whole.
            raise ConnectionAbortedError("the answer did not end")
        return answer
