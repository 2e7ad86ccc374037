"""Twilio's media-stream messages: what a call's socket says, and what may be said to it. Pure.

Shapes from Twilio's "Media Streams - WebSocket Messages". Audio is mu-law at 8 kHz.
"""

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

MAX_MESSAGE_BYTES = 64 * 1024
_KEYS = frozenset("0123456789*#ABCD")


class BadMessage(ValueError):
    """A message that cannot be used.

    `reason` is one of `too_large`, `not_json`, `unknown_event`, `missing_field`, `wrong_type`, `bad_number`,
    `bad_audio`, `bad_key`: few and stable, for a metric's label.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open."""

    protocol: str
    version: str


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins: whose call it is and what its audio is like."""

    stream_sid: str
    call_sid: str
    account_sid: str
    custom_parameters: dict[str, str]
    tracks: tuple[str, ...]
    encoding: str
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Media:
    """Audio of one track, usually 20 ms; `chunk` counts from 1, `timestamp_ms` from the stream's start."""

    stream_sid: str
    audio: bytes
    track: str
    chunk: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Dtmf:
    """The caller pressed a key: 0-9, *, # or A-D."""

    stream_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that we sent comes back: played, or swept out by a clear."""

    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over."""

    stream_sid: str
    call_sid: str
    account_sid: str


Message = Connected | Start | Media | Dtmf | Mark | Stop


def parse(text: str | bytes) -> Message:
    """Read one message from Twilio.

    Raises `BadMessage` for anything malformed, larger than 64 KB, unknown or wrongly typed.
    """
    if len(text) > MAX_MESSAGE_BYTES:
        raise BadMessage("too_large")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadMessage("not_json") from None
    if type(message) is not dict:
        raise BadMessage("wrong_type")
    event = message.get("event")
    reader = _READERS.get(event) if type(event) is str else None
    if reader is None:
        raise BadMessage("unknown_event")
    try:
        return reader(message)
    except KeyError:
        raise BadMessage("missing_field") from None


def media_message(stream_sid: str, audio: bytes) -> str:
    """Audio for the caller, any length."""
    payload = binascii.b2a_base64(audio, newline=False).decode()
    return _encoded({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})


def mark_message(stream_sid: str, name: str) -> str:
    """A mark: it comes back when the audio sent before it has been played."""
    return _encoded({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear_message(stream_sid: str) -> str:
    """Forget all audio that has not been played yet."""
    return _encoded({"event": "clear", "streamSid": stream_sid})


def _encoded(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()


def _text(value: Any) -> str:
    if type(value) is not str:
        raise BadMessage("wrong_type")
    return value


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise BadMessage("wrong_type")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise BadMessage("wrong_type")
    return value


def _count(value: Any) -> int:
    # Twilio writes its counters as strings of digits.
    if type(value) is str and value.isdecimal() and len(value) <= 18:
        return int(value)
    raise BadMessage("bad_number" if type(value) is str else "wrong_type")


def _audio(payload: Any) -> bytes:
    if type(payload) is not str:
        raise BadMessage("wrong_type")
    try:
        audio = binascii.a2b_base64(payload, strict_mode=True)
    except ValueError:
        raise BadMessage("bad_audio") from None
    if not audio:
        raise BadMessage("bad_audio")
    return audio


def _texts(values: Any) -> tuple[str, ...]:
    if type(values) is not list:
        raise BadMessage("wrong_type")
    return tuple(_text(value) for value in values)


def _connected(message: dict[str, Any]) -> Connected:
    return Connected(_text(message["protocol"]), _text(message["version"]))


def _start(message: dict[str, Any]) -> Start:
    start = _object(message["start"])
    media_format = _object(start["mediaFormat"])
    parameters = _object(start.get("customParameters", {}))
    return Start(
        stream_sid=_text(start.get("streamSid") or message["streamSid"]),
        call_sid=_text(start["callSid"]),
        account_sid=_text(start["accountSid"]),
        custom_parameters={name: _text(value) for name, value in parameters.items()},
        tracks=_texts(start["tracks"]),
        encoding=_text(media_format["encoding"]),
        sample_rate=_integer(media_format["sampleRate"]),
        channels=_integer(media_format["channels"]),
    )


def _media(message: dict[str, Any]) -> Media:
    media = _object(message["media"])
    return Media(
        _text(message["streamSid"]),
        _audio(media["payload"]),
        _text(media["track"]),
        _count(media["chunk"]),
        _count(media["timestamp"]),
    )


def _dtmf(message: dict[str, Any]) -> Dtmf:
    digit = _text(_object(message["dtmf"])["digit"])
    if digit not in _KEYS:
        raise BadMessage("bad_key")
    return Dtmf(_text(message["streamSid"]), digit)


def _mark(message: dict[str, Any]) -> Mark:
    return Mark(_text(message["streamSid"]), _text(_object(message["mark"])["name"]))


def _stop(message: dict[str, Any]) -> Stop:
    stop = _object(message["stop"])
    return Stop(_text(message["streamSid"]), _text(stop["callSid"]), _text(stop["accountSid"]))


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "connected": _connected,
    "start": _start,
    "media": _media,
    "dtmf": _dtmf,
    "mark": _mark,
    "stop": _stop,
}
