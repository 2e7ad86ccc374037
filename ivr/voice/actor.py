"""The greenlets of one call: one reads the socket, one writes it, and this one owns everything."""

import logging
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Protocol

import gevent
from gevent.event import Event
from gevent.queue import Queue

from ivr.voice.events import SocketClosed
from ivr.voice.media_stream import BadMessage, parse
from ivr.voice.playback import Playback
from ivr.voice.session import CallSession, Opening

logger = logging.getLogger(__name__)


class MediaSocket(Protocol):
    """The media stream's WebSocket."""

    def receive(self) -> str | bytes | None:
        """The next message; None when the socket is closed."""

    def send(self, message: str) -> None:
        """Write one message whole; raises `OSError` when the socket is gone."""


def clock_ms() -> float:
    """Monotonic milliseconds: the clock of every call."""
    return monotonic() * 1000


class CallActor:
    """Runs a session over a socket until it ends."""

    def __init__(self, socket: MediaSocket, mailbox: Queue, on_bad_message: Callable[[str], None]) -> None:
        self.mailbox = mailbox
        self._socket = socket
        self._on_bad_message = on_bad_message
        self._alarm: gevent.Greenlet | None = None
        self._alarm_ms = inf
        self._wake_writer = Event()
        self._writer_wakes_ms: float | None = None

    def run(self, session: CallSession, opening: Opening | None = "greeting") -> None:
        """Serve the call, beginning with a line; returns when the session has ended."""
        playback = session.voicing.playback
        reader = gevent.spawn(self._read)
        writer = gevent.spawn(self._write, playback)
        try:
            session.begin(clock_ms(), opening)
            while session.ended is None:
                self._step(session)
            self._wake_writer.set()
        finally:
            gevent.killall([one for one in (reader, writer, self._alarm) if one], timeout=1)

    def _step(self, session: CallSession) -> None:
        now_ms = clock_ms()
        due_ms = session.voicing.playback.next_due_ms(now_ms)
        if due_ms is not None and (self._writer_wakes_ms is None or due_ms < self._writer_wakes_ms):
            self._wake_writer.set()
        self._set_alarm(session.deadline_ms(now_ms), now_ms)
        mail = self.mailbox.get()
        if mail is None:
            self._alarm_ms = inf
            session.advance(clock_ms())
        else:
            session.handle(mail, clock_ms())

    def _set_alarm(self, at_ms: float, now_ms: float) -> None:
        """Have None in the mailbox by then; an alarm that comes too soon does no harm, and setting one with every frame costs."""
        if at_ms < self._alarm_ms:
            if self._alarm:
                self._alarm.kill(block=False)
            self._alarm, self._alarm_ms = gevent.spawn_later(max(0.0, (at_ms - now_ms) / 1000), self.mailbox.put, None), at_ms

    def _read(self) -> None:
        while (text := self._socket.receive()) is not None:
            try:
                self.mailbox.put(parse(text))
            except BadMessage as bad:
                self._on_bad_message(bad.reason)
        self.mailbox.put(SocketClosed())

    def _write(self, playback: Playback) -> None:
        try:
            while True:
                self._wake_writer.clear()
                now_ms = clock_ms()
                for message in playback.take_due(now_ms):
                    self._socket.send(message)
                due_ms = self._writer_wakes_ms = playback.next_due_ms(clock_ms())
                self._wake_writer.wait(None if due_ms is None else max(0.001, (due_ms - clock_ms()) / 1000))
        except OSError:
            self.mailbox.put(SocketClosed())
