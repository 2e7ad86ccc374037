"""A session is asked only for what its model takes."""

import base64
from typing import Any

import orjson
import pytest

from ivr.clients.realtime_events import append_event, commit_event, committed_number, speech_response, transcription_session


def transcription(model: str, languages: tuple[str, ...], keywords: tuple[str, ...] = ()) -> dict[str, Any]:
    session = orjson.loads(transcription_session(model, languages, keywords))["session"]
    found: dict[str, Any] = session["audio"]["input"]["transcription"]
    return found


def test_audio_is_taken_as_twilio_sends_it_and_committed_by_us() -> None:
    event = orjson.loads(transcription_session("gpt-live-transcribe", ("en",), ()))
    assert event["session"]["type"] == "transcription"
    audio = event["session"]["audio"]["input"]
    assert (audio["format"], audio["noise_reduction"], audio["turn_detection"]) == ({"type": "audio/pcmu"}, None, None)


def test_a_live_model_is_told_every_language_and_the_keywords() -> None:
    assert transcription("gpt-live-transcribe", ("en", "es"), ("Samir",)) == {
        "model": "gpt-live-transcribe",
        "languages": ["en", "es"],
        "keywords": ["Samir"],
    }


def test_one_language_is_a_lock() -> None:
    assert transcription("gpt-live-transcribe", ("es",)) == {"model": "gpt-live-transcribe", "language": "es"}


@pytest.mark.parametrize("model", ["gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1"])
def test_an_older_model_gets_its_keywords_as_a_prompt(model: str) -> None:
    assert transcription(model, ("en", "es"), ("Samir", "Kim")) == {"model": model, "prompt": "Samir, Kim"}


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "gpt-4o-transcribe-diarize", "parakeet-v3"])
def test_other_models_get_no_hints(model: str) -> None:
    assert transcription(model, ("en", "es"), ("Samir",)) == {"model": model}


def test_audio_survives_the_hand_built_message() -> None:
    audio = bytes(range(256))
    event = orjson.loads(append_event(audio))
    assert event["type"] == "input_audio_buffer.append"
    assert base64.b64decode(event["audio"]) == audio


def test_a_commit_is_known_by_its_name() -> None:
    assert committed_number(orjson.loads(commit_event(12))["event_id"]) == 12
    assert [committed_number(other) for other in ("session", "commit-", "commit-x", None, 7)] == [None] * 5


def test_a_text_goes_out_of_band_and_its_length_bounds_the_answer() -> None:
    response = orjson.loads(speech_response('Say "two", please.', "Read."))["response"]
    assert (response["conversation"], response["output_modalities"]) == ("none", ["audio"])
    assert response["input"][0]["content"] == [{"type": "input_text", "text": 'Say "two", please.'}]
    assert response["max_output_tokens"] < 500
    assert orjson.loads(speech_response("x" * 4000, "Read."))["response"]["max_output_tokens"] == 4096
