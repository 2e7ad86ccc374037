"""WebSocket frames on a server's side (RFC 6455): read without copies or events, since every call brings fifty a second. Pure."""

import struct
from collections.abc import Iterator

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009
"""Close codes."""

MOST_CONTROL_BYTES = 125
MOST_FRAGMENTS = 1024
"""A message in more pieces than this is meant to do harm."""

_NEVER_SENT = frozenset((1004, 1005, 1006, 1015))


class BadFrames(Exception):
    """What came cannot be read on; `code` is what the connection is to be closed with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class FrameReader:
    """Reads a client's frames, in pieces cut anywhere; a message may have `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._rest = b""
        self._parts: list[bytes] = []
        self._bytes = 0
        self._kind = CONTINUATION

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield what is complete now, each with its opcode: messages whole, control frames as they come. Raises `BadFrames`."""
        self._rest = self._rest + data if self._rest else data
        while (frame := self._next()) is not None:
            final, opcode, payload = frame
            if opcode > PONG:
                raise BadFrames(PROTOCOL_ERROR)
            if opcode >= CLOSE:
                yield opcode, payload
            else:
                yield from self._part(final, opcode, payload)

    def _next(self) -> tuple[bool, int, bytes] | None:
        """Take the next whole frame off what is there: whether it ends its message, its opcode and its payload."""
        rest = self._rest
        if len(rest) < 2:
            return None
        first, second = rest[0], rest[1]
        length, at = second & 0x7F, 2
        # A client masks everything, and no extension was agreed on.
        if first & 0x70 or not second & 0x80 or (first & 0x08 and (length > MOST_CONTROL_BYTES or not first & 0x80)):
            raise BadFrames(PROTOCOL_ERROR)
        if length >= 126:
            at = 4 if length == 126 else 10
            if len(rest) < at:
                return None
            length = int.from_bytes(rest[2:at], "big")
        if length > self._most_bytes:
            raise BadFrames(TOO_BIG)
        begin, end = at + 4, at + 4 + length
        if len(rest) < end:
            return None
        self._rest = rest[end:]
        return bool(first & 0x80), first & 0x0F, _unmasked(rest[begin:end], rest[at:begin])

    def _part(self, final: bool, opcode: int, payload: bytes) -> Iterator[tuple[int, bytes]]:
        begun = bool(self._parts)
        if opcode not in (CONTINUATION, TEXT, BINARY) or begun != (opcode == CONTINUATION):
            raise BadFrames(PROTOCOL_ERROR)
        if final and not begun:
            yield opcode, payload
            return
        self._kind = self._kind if begun else opcode
        self._parts.append(payload)
        self._bytes += len(payload)
        if self._bytes > self._most_bytes or len(self._parts) > MOST_FRAGMENTS:
            raise BadFrames(TOO_BIG)
        if final:
            whole, self._parts, self._bytes = b"".join(self._parts), [], 0
            yield self._kind, whole


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame for the client."""
    if len(payload) < 126:
        head = bytes((0x80 | opcode, len(payload)))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 126, len(payload))
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, len(payload))
    return head + payload


def answer_to_close(payload: bytes) -> int:
    """The code that answers the client's farewell: its own, unless that is none or one that must not be sent (RFC 6455, 7.4)."""
    if not payload:
        return NORMAL
    code = int.from_bytes(payload[:2], "big")
    allowed = len(payload) >= 2 and (1000 <= code <= 1014 or 3000 <= code <= 4999) and code not in _NEVER_SENT
    return code if allowed else PROTOCOL_ERROR


def close_frame(code: int) -> bytes:
    """A farewell."""
    return frame(CLOSE, code.to_bytes(2, "big"))


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    pattern = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(length, "big")
