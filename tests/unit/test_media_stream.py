"""The media-stream codec: every message of Twilio's, and everything that is not one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.voice import media_stream
from ivr.voice.media_stream import BadMessage, Connected, Dtmf, Mark, Media, Start, Stop, parse

SID = "MZ18ad3ab5a668481ce02b83e7395059f0"
AUDIO = bytes(range(160))

START: dict[str, Any] = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "streamSid": SID,
        "accountSid": "AC1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "customParameters": {"token": "abc"},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    },
    "streamSid": SID,
}
MEDIA: dict[str, Any] = {
    "event": "media",
    "sequenceNumber": "4",
    "media": {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": base64.b64encode(AUDIO).decode()},
    "streamSid": SID,
}


def changed(message: dict[str, Any], path: str, value: Any) -> str:
    """A message with one value replaced, or left out if the value is None."""
    message = json.loads(json.dumps(message))
    *parents, name = path.split(".")
    inner = message
    for parent in parents:
        inner = inner[parent]
    if value is None:
        del inner[name]
    else:
        inner[name] = value
    return json.dumps(message)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, Connected("Call", "1.0.0")),
        (START, Start(SID, "CA1", "AC1", {"token": "abc"}, ("inbound",), "audio/x-mulaw", 8000, 1)),
        (MEDIA, Media(SID, AUDIO, "inbound", 2, 5)),
        ({"event": "dtmf", "streamSid": SID, "sequenceNumber": "5", "dtmf": {"track": "inbound_track", "digit": "#"}}, Dtmf(SID, "#")),
        ({"event": "mark", "streamSid": SID, "sequenceNumber": "4", "mark": {"name": "reply 3"}}, Mark(SID, "reply 3")),
        ({"event": "stop", "streamSid": SID, "stop": {"accountSid": "AC1", "callSid": "CA1"}}, Stop(SID, "CA1", "AC1")),
    ],
)
def test_each_of_twilios_messages_is_read_as_text_and_as_bytes(message: dict[str, Any], expected: object) -> None:
    assert parse(json.dumps(message)) == expected
    assert parse(json.dumps(message).encode()) == expected


def test_a_start_without_parameters_has_none() -> None:
    start = parse(changed(START, "start.customParameters", None))

    assert isinstance(start, Start)
    assert start.custom_parameters == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("[" * 2000, "not_json"),
        ("[]", "wrong_type"),
        ('"media"', "wrong_type"),
        ("{}", "unknown_event"),
        ('{"event": "pause"}', "unknown_event"),
        ('{"event": ["media"]}', "unknown_event"),
        ('{"event": "connected"}', "missing_field"),
        ('{"event": "media", "streamSid": "MZ1"}', "missing_field"),
        ('{"event": "media", "streamSid": "MZ1", "media": []}', "wrong_type"),
        ('{"event": "media", "pad": "' + "x" * media_stream.MAX_MESSAGE_BYTES + '"}', "too_large"),
        ('{"event": "dtmf", "streamSid": "MZ1", "dtmf": {"digit": "12"}}', "bad_key"),
        (changed(MEDIA, "media.payload", "!!!!"), "bad_audio"),
        (changed(MEDIA, "media.payload", "AAA"), "bad_audio"),
        (changed(MEDIA, "media.payload", "é" * 4), "bad_audio"),
        (changed(MEDIA, "media.payload", ""), "bad_audio"),
        (changed(MEDIA, "media.payload", 7), "wrong_type"),
        (changed(MEDIA, "media.chunk", "two"), "bad_number"),
        (changed(MEDIA, "media.chunk", "-1"), "bad_number"),
        (changed(MEDIA, "media.chunk", "9" * 30), "bad_number"),
        (changed(MEDIA, "media.timestamp", 5), "wrong_type"),
        (changed(MEDIA, "media.track", None), "missing_field"),
        (changed(MEDIA, "streamSid", None), "missing_field"),
        (changed(START, "start.callSid", None), "missing_field"),
        (changed(START, "start.callSid", 1), "wrong_type"),
        (changed(START, "start.tracks", "inbound"), "wrong_type"),
        (changed(START, "start.tracks", [1]), "wrong_type"),
        (changed(START, "start.customParameters", {"token": 1}), "wrong_type"),
        (changed(START, "start.mediaFormat.sampleRate", "8000"), "wrong_type"),
        (changed(START, "start.mediaFormat.channels", True), "wrong_type"),
    ],
)
def test_anything_else_is_refused_with_a_short_reason(text: str | bytes, reason: str) -> None:
    with pytest.raises(BadMessage) as refusal:
        parse(text)
    assert refusal.value.reason == reason


SCALARS = st.none() | st.booleans() | st.integers() | st.text()


@settings(max_examples=50)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)))
def test_no_content_of_a_message_raises_anything_but_bad_message(content: Any) -> None:
    for event in ("connected", "start", "media", "dtmf", "mark", "stop"):
        try:
            parse(json.dumps({"event": event, "streamSid": content, event: content}))
        except BadMessage as refusal:
            assert refusal.reason.isidentifier()


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_no_noise_raises_anything_but_bad_message(noise: str | bytes) -> None:
    with pytest.raises(BadMessage):
        parse(noise)


@given(st.binary(min_size=1, max_size=2000))
def test_audio_that_is_sent_could_be_read_back(audio: bytes) -> None:
    sent = json.loads(media_stream.media_message(SID, audio))

    assert sent.keys() == {"event", "streamSid", "media"}
    assert (sent["event"], sent["streamSid"]) == ("media", SID)
    assert base64.b64decode(sent["media"]["payload"], validate=True) == audio


def test_a_mark_and_a_clear_say_nothing_else() -> None:
    assert json.loads(media_stream.mark_message(SID, 'a "name"')) == {"event": "mark", "streamSid": SID, "mark": {"name": 'a "name"'}}
    assert json.loads(media_stream.clear_message(SID)) == {"event": "clear", "streamSid": SID}
