"""A Realtime socket with a thread that does all the sending, so that no caller ever waits for the network."""

import queue
import threading

from ivr.clients.realtime import CLOSE_LIMIT_S, RealtimeSocket
from ivr.errors import ProviderError


class Link:
    """Queues events for a socket; reading is left to whoever holds `socket`."""

    def __init__(self, socket: RealtimeSocket) -> None:
        self.socket = socket
        self._outbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send_all, name="realtime-send", daemon=True)
        self._sender.start()

    def post(self, event: str) -> None:
        """Send an event after those that were posted before; never blocks."""
        self._outbox.put(event)

    def end(self) -> None:
        """Close the socket once everything posted has been sent; never blocks."""
        self._outbox.put(None)

    def wait(self) -> None:
        """Wait a little for the orderly end, then drop the socket whatever the peer does."""
        self._sender.join(2 * CLOSE_LIMIT_S)
        self.socket.abort()

    def _send_all(self) -> None:
        try:
            while (event := self._outbox.get()) is not None:
                self.socket.send(event)
        except ProviderError:
            self.socket.abort()
        else:
            self.socket.close()
