"""The stand-in's Realtime speech sessions, through the SDK."""

import base64
from typing import Any

import numpy as np
import pytest
from openai import OpenAI
from openai.resources.realtime.realtime import RealtimeConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.voice.audio import decode_ulaw
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.realtime_client import SPEECH_MODEL, Events, read_aloud, speech

AUDIO = "response.output_audio.delta"
WORDS = "response.output_audio_transcript.delta"
TEXT = "Doctor Samir is free at two thirty. Shall I book it?"
LONG_TEXT = " ".join([TEXT] * 20)


def audio_of(events: Events) -> bytes:
    """All audio that has come."""
    return b"".join(base64.b64decode(event.delta) for event in events.seen if event.type == AUDIO)


def refusal(events: Events, event: dict[str, Any]) -> Any:
    """The error that a client event gets."""
    events.send(event | {"event_id": "mine"})
    error = events.next("error").error
    assert error.event_id == "mine"
    return error


def test_a_text_is_read_aloud_in_mulaw_with_its_transcript(openai_client: OpenAI) -> None:
    with speech(openai_client) as events:
        events.send(read_aloud(TEXT))
        done = events.next("response.done").response
        assert done.status == "completed" and done.conversation_id is None
        assert events.text(WORDS) == TEXT
        assert events.seen[-3].part.transcript == TEXT
        samples = decode_ulaw(audio_of(events))
        assert 1.0 < len(samples) / 8000 < 10
        assert np.abs(samples[: 8000 * 140 // 1000]).max() < 64, "the audio begins with silence"
        assert np.abs(samples).max() > 2000


def test_the_events_come_in_the_providers_order(openai_client: OpenAI) -> None:
    with speech(openai_client) as events:
        begin = len(events.seen)
        events.send(read_aloud(TEXT))
        events.next("response.done")
        kinds = list(dict.fromkeys(events.kinds()[begin:]))
        assert kinds == [
            "response.created",
            "response.output_item.added",
            "response.content_part.added",
            WORDS,
            AUDIO,
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]


def test_pcm_comes_at_24_khz(openai_client: OpenAI) -> None:
    with speech(openai_client) as mulaw, speech(openai_client, format={"type": "audio/pcm", "rate": 24000}) as pcm:
        for events in (mulaw, pcm):
            events.send(read_aloud("Goodbye."))
            events.next("response.done")
        # Each begins with its own length of silence, of up to 200 ms.
        assert len(audio_of(pcm)) / 6 == pytest.approx(len(audio_of(mulaw)), abs=600)


def test_a_quotation_in_the_instructions_is_read_where_there_is_no_input(openai_client: OpenAI) -> None:
    with speech(openai_client) as events:
        events.send(read_aloud("", input=[], instructions='Say exactly: """Good morning."""'))
        events.next("response.done")
        assert events.text(WORDS) == "Good morning."


def test_several_responses_out_of_band_run_at_once(openai_client: OpenAI) -> None:
    with speech(openai_client) as events:
        for name in ("a", "b"):
            events.send(read_aloud(TEXT, metadata={"name": name}))
        assert {events.next("response.done").response.metadata["name"] for _ in "ab"} == {"a", "b"}


def test_a_response_out_of_band_is_cancelled_by_its_id_alone(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.profile("openai")
    with speech(openai_client) as events:
        events.send(read_aloud(LONG_TEXT))
        response_id = events.next("response.created").response.id
        assert refusal(events, {"type": "response.cancel"}).code == "response_cancel_not_active"
        events.send({"type": "response.cancel", "response_id": response_id})
        done = events.next("response.done").response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        assert wait_until(lambda: stand_in.open_now("responses") == 0)


def test_a_closed_socket_ends_its_responses(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.profile("openai")
    with speech(openai_client) as events:
        events.send(read_aloud(LONG_TEXT))
        events.next("response.created")
        assert stand_in.open_now("responses") == 1
    assert wait_until(lambda: stand_in.open_now("responses") + stand_in.open_now("speech_sockets") == 0)


def test_the_token_limit_cuts_the_audio_off(openai_client: OpenAI) -> None:
    with speech(openai_client) as events:
        events.send(read_aloud(LONG_TEXT, max_output_tokens=30))
        done = events.next("response.done").response
        assert (done.status, done.status_details.reason) == ("incomplete", "max_output_tokens")


def test_what_was_read_aloud_can_be_looked_up(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    with speech(openai_client) as events:
        events.send(read_aloud("Su cita es el lunes.", instructions="Read the text aloud in Spanish."))
        events.next("response.done")
    spoken = stand_in.get("/control/spoken")["items"][-1]
    assert (spoken["text"], spoken["language"], spoken["voice"]) == ("Su cita es el lunes.", "es", "alloy")


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"voice": "hal"}, "session.audio.output.voice", "invalid_value"),
        ({"format": {"type": "audio/ogg"}}, "session.audio.output.format.type", "invalid_value"),
        ({"format": {"type": "audio/pcm", "rate": 8000}}, "session.audio.output.format.rate", "invalid_value"),
        ({"speed": 9.0}, "session.audio.output.speed", "decimal_above_max_value"),
        ({"pitch": 1}, "session.audio.output.pitch", "unknown_parameter"),
    ],
)
def test_output_that_cannot_be_had_is_refused(openai_client: OpenAI, changes: dict[str, Any], param: str, code: str) -> None:
    with speech(openai_client) as events:
        error = refusal(events, {"type": "session.update", "session": {"type": "realtime", "audio": {"output": changes}}})
        assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "response.make"}, "type"),
        ({}, "type"),
        ({"type": "response.create", "response": {"colour": "red"}}, "response.colour"),
        ({"type": "response.create", "response": {"conversation": "other"}}, "response.conversation"),
        ({"type": "response.create", "response": {"max_output_tokens": 9000}}, "response.max_output_tokens"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "session.type"),
        ({"type": "session.update", "session": {}}, "session.type"),
        ({"type": "input_audio_buffer.commit"}, "type"),
    ],
)
def test_wrong_events_are_answered_with_an_error_and_the_session_goes_on(openai_client: OpenAI, event: dict[str, Any], param: str) -> None:
    with speech(openai_client) as events:
        if event.get("type") == "response.create":
            event = event | {"response": read_aloud(TEXT)["response"] | event["response"]}
        assert refusal(events, event).param == param
        events.send(read_aloud("Yes."))
        events.next("response.done")


def test_an_unknown_model_is_told_and_the_socket_closed(openai_client: OpenAI) -> None:
    with openai_client.realtime.connect(model="gpt-6-luna") as connection:
        error, closed = admission(connection)
    assert error.code == "model_not_found" and closed == 4000


def test_a_wrong_key_is_told_and_the_socket_closed(openai_client: OpenAI) -> None:
    with openai_client.with_options(api_key="sk-refused").realtime.connect(model=SPEECH_MODEL) as connection:
        error, closed = admission(connection)
    assert error.code == "invalid_api_key" and closed == 3000


def admission(connection: RealtimeConnection) -> tuple[Any, int]:
    """The error that a connection is turned away with, and the code that it is closed with."""
    events = Events(connection)
    error = events.next("error").error
    with pytest.raises(ConnectionClosed) as caught:
        events.frame()
    assert caught.value.rcvd
    return error, caught.value.rcvd.code


def test_a_missing_key_is_refused_at_the_handshake(openai_client: OpenAI) -> None:
    manager = openai_client.realtime.connect(model=SPEECH_MODEL, extra_headers={"Authorization": ""})
    with pytest.raises(InvalidStatus) as caught:
        manager.enter()
    assert caught.value.response.status_code == 401


def test_rewording_is_heard_and_transcribed(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "reword")
    with speech(openai_client) as events:
        for _ in range(2):
            events.send(read_aloud("I am glad to help."))
            events.next("response.done")
        assert events.text(WORDS) == "I'm glad to help.I am glad to help."


def test_a_reworded_number_is_another_number(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "reword_digits")
    with speech(openai_client) as events:
        events.send(read_aloud("At two thirty."))
        events.next("response.done")
        assert events.text(WORDS) == "At two forty."


@pytest.mark.parametrize(("kind", "code"), [("status_429", "rate_limit_exceeded"), ("status_500", None)])
def test_a_failing_response_says_why(openai_client: OpenAI, stand_in: OfflineServer, kind: str, code: str | None) -> None:
    stand_in.fault("tts", kind)
    with speech(openai_client) as events:
        events.send(read_aloud(TEXT))
        done = events.next("response.done").response
        assert done.status == "failed" and done.status_details.error.code == code


def test_a_stall_comes_after_some_audio_and_can_be_cancelled(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "stall")
    with speech(openai_client) as events:
        events.send(read_aloud(LONG_TEXT))
        with pytest.raises(TimeoutError):
            events.next("response.done", 0.5)
        assert events.kinds().count(AUDIO) == 3
        events.send({"type": "response.cancel", "response_id": events.seen[-1].response_id})
        assert events.next("response.done").response.status == "cancelled"


def test_a_drop_cuts_the_socket(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "drop", after_ms=0)
    with speech(openai_client) as events, pytest.raises(ConnectionClosed):
        events.send(read_aloud(TEXT))
        events.next("response.done")


def test_garbage_is_no_json(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "garbage")
    with speech(openai_client) as events, pytest.raises(ValueError, match="JSON"):
        events.send(read_aloud(TEXT))
        events.next("response.done")


def test_an_empty_answer_has_no_audio(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "empty")
    with speech(openai_client) as events:
        events.send(read_aloud(TEXT))
        assert events.next("response.done").response.status == "completed"
        assert audio_of(events) == b""


@pytest.mark.parametrize(("kind", "status"), [("status_429", 429), ("status_500", 500), ("garbage", 502)])
def test_a_handshake_can_be_refused(openai_client: OpenAI, stand_in: OfflineServer, kind: str, status: int) -> None:
    stand_in.fault("tts", kind, at="connect")
    with pytest.raises(InvalidStatus) as caught:
        openai_client.realtime.connect(model=SPEECH_MODEL).enter()
    assert caught.value.response.status_code == status
