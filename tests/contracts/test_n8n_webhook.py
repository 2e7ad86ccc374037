"""Posts to n8n share connections that are kept, and nothing that a peer does to these is taken for n8n's failing, or for its answer."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from ivr.clients import n8n
from ivr.clients.bounded import AT_ONCE_S
from ivr.clients.n8n import Webhook
from ivr.receiver import Answer, Delivery

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + 1_000_000 * b"."
CUT = b""
"""In place of an answer: the connection is closed."""


@dataclass
class Peer:
    """A server that gives these answers, one a request, on whichever connection it comes; then `KEPT`. A number is a wait in seconds."""

    answers: list[bytes | float] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := self._read(connection):
                self.requests.append(request)
                answer = self.answers.pop(0) if self.answers else KEPT
                if isinstance(answer, float):
                    time.sleep(answer)
                    answer = CUT
                if answer == CUT:
                    return
                connection.sendall(answer)

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        read = b""
        while not read.endswith(b"{}"):
            try:
                if not (some := connection.recv(4096)):
                    break
            except OSError:
                break
            read += some
        return read


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Who is posted to."""
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def webhook(peer: Peer) -> Webhook:
    """The client."""
    return Webhook(SecretStr(f"http://127.0.0.1:{peer.port}/webhook/lilly"), SecretStr("a secret"), answer_limit_s=5)


def posted(webhook: Webhook, count: int = 1) -> Sequence[int | str | None]:
    """Post so many events, one after the other, and return what each was answered."""
    return [answer.status or answer.failure for answer in (post(webhook) for _ in range(count))]


def post(webhook: Webhook) -> Answer:
    return webhook.post(Delivery("a key", "call.completed", 1, b"{}"))


@pytest.mark.parametrize(("answer", "status"), [(KEPT, 200), (CHUNKED, 201), (EMPTY, 204)])
def test_one_connection_serves_again_and_again(peer: Peer, webhook: Webhook, answer: bytes, status: int) -> None:
    peer.answers = [answer] * 5

    assert posted(webhook, 5) == [status] * 5
    assert (len(peer.requests), peer.connections) == (5, 1)


def test_threads_share_no_connection_at_the_same_time(peer: Peer, webhook: Webhook) -> None:
    with ThreadPoolExecutor(n8n.CONNECTIONS) as threads:
        answers = list(threads.map(lambda _: post(webhook).status, range(200)))

    assert answers == [200] * 200
    assert peer.connections <= n8n.CONNECTIONS


def test_a_kept_connection_that_the_peer_closes_as_the_request_comes_is_no_failure(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [KEPT, CUT, KEPT]

    assert posted(webhook, 2) == [200, 200]
    assert (len(peer.requests), peer.connections) == (3, 2)


def test_nor_is_one_that_was_closed_long_before(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), KEPT]

    assert posted(webhook, 2) == [200, 200]


def test_a_new_connection_that_is_cut_is_a_failure_and_not_tried_twice(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [CUT]

    assert posted(webhook) == ["ConnectionError"]
    assert len(peer.requests) == 1


def test_a_peer_that_has_thought_for_a_while_and_is_cut_has_failed_on_a_kept_connection_too(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [KEPT, AT_ONCE_S + 0.1]

    assert posted(webhook, 2) == [200, "ConnectionError"]
    assert len(peer.requests) == 2


@pytest.mark.parametrize("endless", [LONG, LONG[:100]])
def test_a_body_that_is_long_or_does_not_come_is_not_waited_for(peer: Peer, webhook: Webhook, endless: bytes) -> None:
    peer.answers = [endless, KEPT]
    began_s = time.monotonic()

    assert posted(webhook, 2) == [200, 200]
    assert time.monotonic() - began_s < 2
    assert peer.connections == 2


def test_a_second_answer_to_one_request_is_nobody_s(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [KEPT + KEPT, KEPT.replace(b"200 OK", b"400 No")]

    assert posted(webhook, 2) == [200, 400]


def test_cookies_are_not_kept(peer: Peer, webhook: Webhook) -> None:
    peer.answers = [KEPT.replace(b"\r\n\r\n", b"\r\nSet-Cookie: who=lilly\r\n\r\n")]
    posted(webhook, 2)

    assert b"cookie" not in peer.requests[1].lower()


def test_a_proxy_that_the_environment_names_is_asked(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{peer.port}")
    webhook = Webhook(SecretStr("http://n8n.example/webhook/lilly"), None)

    assert posted(webhook, 2) == [200, 200]
    assert [one.partition(b" HTTP")[0] for one in peer.requests] == [b"POST http://n8n.example/webhook/lilly"] * 2
    assert peer.connections == 1
