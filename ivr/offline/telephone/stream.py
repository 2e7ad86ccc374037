"""A media stream as Twilio holds it: what it sends, and how strictly it reads."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from ivr.offline.telephone.exchange import new_sid
from ivr.offline.telephone.utterances import Frame
from ivr.voice.audio import FRAME_MS, SAMPLE_RATE_HZ

GOODBYE_TIMEOUT_S = 2.0
"""How long Lilly may take to close the socket after `stop`."""
_FIELDS = {"media": {"event", "streamSid", "media"}, "mark": {"event", "streamSid", "mark"}, "clear": {"event", "streamSid"}}


class ProtocolViolation(Exception):
    """Something on the socket that is not a well-formed `media`, `mark` or `clear`: Twilio's error 31924."""


@dataclass(frozen=True, slots=True)
class PlayMedia:
    """Mu-law to be played."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class SetMark:
    """A name to be sent back once what was queued before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Everything queued is to be forgotten."""


Instruction = PlayMedia | SetMark | Clear


def read_instruction(text: str, stream_sid: str) -> Instruction:
    """What Lilly wants of the stream. Raises `ProtocolViolation`."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ProtocolViolation("a message is not JSON") from None
    event = message.get("event") if isinstance(message, dict) else None
    if not isinstance(event, str) or event not in _FIELDS:
        raise ProtocolViolation(f"unknown event {event!r}")
    if message.keys() != _FIELDS[event]:
        raise ProtocolViolation(f"{event} has the fields {sorted(message)}")
    if message["streamSid"] != stream_sid:
        raise ProtocolViolation(f"{event} names another stream")
    return _content(event, message.get(event))


def _content(event: str, content: Any) -> Instruction:
    if event == "media":
        return PlayMedia(_audio(_only(content, "payload")))
    if event == "mark":
        return SetMark(_only(content, "name"))
    return Clear()


def _only(content: Any, name: str) -> str:
    if not isinstance(content, dict) or content.keys() != {name} or not isinstance(content[name], str) or not content[name]:
        raise ProtocolViolation(f"expected an object with a {name}, and nothing else")
    return str(content[name])


def _audio(payload: str) -> bytes:
    try:
        audio = base64.b64decode(payload, validate=True)
    except binascii.Error:
        raise ProtocolViolation("a payload is not base64") from None
    if audio.startswith(b"RIFF"):
        raise ProtocolViolation("a payload has a file header; it must be bare mu-law")
    return audio


class MediaStream:
    """One open stream; `sid` is its StreamSid."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, call_sid: str, account_sid: str) -> None:
        self.sid = new_sid("MZ")
        self._socket = socket
        self._call = {"accountSid": account_sid, "callSid": call_sid}
        self._sequence = 0
        self._chunk = 0

    async def begin(self, parameters: dict[str, str], tracks: tuple[str, ...]) -> None:
        """Send `connected` and `start`."""
        await self._socket.send_str('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        media_format = {"encoding": "audio/x-mulaw", "sampleRate": SAMPLE_RATE_HZ, "channels": 1}
        start = {"streamSid": self.sid, "tracks": list(tracks), "customParameters": parameters, "mediaFormat": media_format}
        await self._send("start", start=self._call | start)

    async def send(self, frame: Frame) -> None:
        """Send 20 ms of the patient's audio."""
        self._sequence += 1
        self._chunk += 1
        await self._socket.send_str(
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound","chunk":"{self._chunk}",'
            f'"timestamp":"{(self._chunk - 1) * FRAME_MS}","payload":"{frame.payload}"}},"streamSid":"{self.sid}"}}'
        )

    async def press(self, digit: str) -> None:
        """Tell of a key."""
        await self._send("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    async def return_mark(self, name: str) -> None:
        """Send a mark back."""
        await self._send("mark", mark={"name": name})

    async def next_instruction(self) -> Instruction | None:
        """What Lilly wants next; None once she has closed the socket. Raises `ProtocolViolation`."""
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return read_instruction(message.data, self.sid)
        if message.type is aiohttp.WSMsgType.BINARY:
            raise ProtocolViolation("a binary message")
        return None

    @property
    def close_code(self) -> int | None:
        """With which code the socket was closed; 1006 if it just broke off."""
        return self._socket.close_code

    async def stop(self) -> bool:
        """Send `stop` and let Lilly close the socket; whether she did so in time."""
        await self._send("stop", stop=self._call)
        try:
            while await self._socket.receive(GOODBYE_TIMEOUT_S) and not self._socket.closed:
                pass
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Close the socket from this side."""
        await self._socket.close()

    async def _send(self, event: str, **content: dict[str, Any]) -> None:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), **content, "streamSid": self.sid}
        await self._socket.send_str(orjson.dumps(message).decode())
