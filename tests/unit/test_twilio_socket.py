"""The media stream's socket, frame by frame: messages come whole, farewells are answered, and nobody reads beside the receiver."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from simple_websocket import Server
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from ivr.web.media_stream import MOST_MESSAGE_BYTES, NoReader, TwilioSocket

HANDSHAKE = {
    "HTTP_HOST": "lilly.example",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_UPGRADE": "websocket",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Twilio:
    """The other end: sends frames, and tells what came back."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket, self._frames = ours, Connection(ConnectionType.CLIENT)
        self._socket.settimeout(5)

    def shakes_hands(self) -> None:
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._socket.recv(1)
        assert answer.startswith(b"HTTP/1.1 101")

    def sends(self, *events: object) -> None:
        self._socket.sendall(b"".join(self._frames.send(event) for event in events))  # type: ignore[arg-type]

    def talks_on(self, *parts: str) -> None:
        with suppress(OSError):
            self.sends(*(TextMessage(part, message_finished=False) for part in parts))

    def babbles(self) -> None:
        self._socket.sendall(b"GET / HTTP/1.1\r\n\r\n")

    def hears(self) -> object:
        while True:
            for event in self._frames.events():
                return event
            self._frames.receive_data(self._socket.recv(65536) or None)

    def hears_all_of(self) -> str:
        said = self.hears()
        assert isinstance(said, TextMessage)
        return said.data if said.message_finished else said.data + self.hears_all_of()

    def hangs_up(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line() -> Iterator[tuple[Twilio, TwilioSocket]]:
    theirs, ours = socket.socketpair()
    twilio, before = Twilio(theirs), threading.active_count()
    server = Server({"werkzeug.socket": ours, **HANDSHAKE}, thread_class=NoReader)
    twilio.shakes_hands()
    assert threading.active_count() == before
    yield twilio, TwilioSocket(server)
    theirs.close()
    ours.close()


Line = tuple[Twilio, TwilioSocket]


def test_messages_come_whole_and_in_order(line: Line) -> None:
    twilio, lilly = line
    twilio.sends(TextMessage("one"), TextMessage("tw", message_finished=False), TextMessage("o"), BytesMessage(b"\x03"))
    assert [lilly.receive() for _ in range(3)] == [b"one", b"two", b"\x03"]


def test_what_is_said_is_written_whole(line: Line) -> None:
    twilio, lilly = line
    lilly.send("x" * 1000)
    assert twilio.hears() == TextMessage("x" * 1000)


def test_a_ping_is_answered_while_a_message_is_waited_for(line: Line) -> None:
    twilio, lilly = line
    twilio.sends(Ping(b"there?"), TextMessage("hello"))
    assert lilly.receive() == b"hello"
    assert twilio.hears() == Pong(b"there?")


def test_a_farewell_is_answered_and_ends_the_line(line: Line) -> None:
    twilio, lilly = line
    twilio.sends(TextMessage("last"), CloseConnection(1000))
    assert [lilly.receive(), lilly.receive()] == [b"last", None]
    assert twilio.hears() == CloseConnection(1000, "")
    with pytest.raises(OSError):
        lilly.send("too late")


def test_a_line_that_breaks_off_has_ended(line: Line) -> None:
    twilio, lilly = line
    twilio.hangs_up()
    assert lilly.receive() is None


def test_what_is_no_frame_ends_the_line(line: Line) -> None:
    twilio, lilly = line
    twilio.babbles()
    assert lilly.receive() is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_messages_of_every_size_pass_both_ways(line: Line, size: int) -> None:
    twilio, lilly = line
    sender = threading.Thread(target=twilio.sends, args=[TextMessage("x" * size)])
    sender.start()
    assert lilly.receive() == b"x" * size
    sender.join()
    sender = threading.Thread(target=lilly.send, args=["x" * size])
    sender.start()
    assert twilio.hears_all_of() == "x" * size
    sender.join()


def test_an_endless_message_is_refused(line: Line) -> None:
    twilio, lilly = line
    part = "x" * (MOST_MESSAGE_BYTES // 4)
    sender = threading.Thread(target=twilio.talks_on, args=[part] * 5)
    sender.start()
    assert lilly.receive() is None
    assert isinstance(found := twilio.hears(), CloseConnection) and found.code == 1009
    twilio.hangs_up()
    sender.join()
