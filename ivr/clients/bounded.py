"""HTTP whose whole answer is bounded in time: the time-outs of `requests` bound each wait for a byte, and a peer may drip."""

import contextlib
import socket
import threading
import time
from typing import Any

import requests
from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

AT_ONCE_S = 1.0
"""A peer that had closed a connection before a request came says so within this time."""

BODY_READS, BODY_READ_BYTES, BODY_WAIT_S = 4, 16 * 1024, 0.1


class BoundedAdapter(HTTPAdapter):
    """Mount it on a session: an answer's status and headers, and `with_body` its body too, must be there within `limit_s` of the request.

    What comes later is a `requests.Timeout`. Without the option the body is not bounded: leave it unread.
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


class RepeatingAdapter(BoundedAdapter):
    """The same for requests that may arrive twice, whose answers' bodies are read by nobody.

    Ask for the answer as a stream: a short body that is there is thrown away, so that its connection serves again; of any other the
    connection is closed with the answer.
    """

    def send(self, *args: Any, **options: Any) -> Response:
        """Send a request; once more where a connection that was kept turns out to have been closed meanwhile."""
        while True:
            try:
                answer = super().send(*args, **options)
            except requests.ConnectionError as error:
                if not _was_closed_meanwhile(error):
                    raise
            else:
                _throw_body_away(answer)
                return answer


class _ClosedMeanwhile(ConnectionResetError):
    """The connection had served before, and was closed before this request came."""


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
    _has_served = False

    def connect(self) -> None:
        """Open the connection anew."""
        self._has_served = False
        super().connect()  # type: ignore[misc]

    def getresponse(self) -> Any:
        """Wait for the status and the headers; a body that is not bounded is hardly waited for any more."""
        connection, watch, began_s = self.sock, _Watch(self.sock, self.limit_s), time.monotonic()
        try:
            answer = super().getresponse()  # type: ignore[misc]
        except BaseException as error:
            watch.end()
            if isinstance(error, OSError) and watch.late:
                raise TimeoutError("the answer did not come") from error
            if isinstance(error, ConnectionError) and self._has_served and time.monotonic() - began_s < AT_ONCE_S:
                raise _ClosedMeanwhile from error
            raise
        if self.with_body:
            answer.watch = watch
        else:
            watch.end()
            connection.settimeout(BODY_WAIT_S)
        self._has_served = True
        if watch.late:
            # Headers that were cut off would pass for the whole.
            raise TimeoutError("the answer did not end")
        return answer


def _was_closed_meanwhile(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return any(isinstance(one, _ClosedMeanwhile) for one in getattr(cause, "args", ()))


def _throw_body_away(answer: Response) -> None:
    with contextlib.suppress(HTTPError):
        for _ in range(BODY_READS):
            if not answer.raw.read1(BODY_READ_BYTES, decode_content=False):
                return
