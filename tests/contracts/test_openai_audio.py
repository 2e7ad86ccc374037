"""The stand-in's `/v1/audio` routes, through the SDK."""

import io
import time
import wave
from typing import Any

import httpx2
import numpy as np
import openai
import pytest
from openai import OpenAI

from tests.contracts.offline_server import OfflineServer, wait_until

MODEL = "gpt-4o-mini-tts"
TEXT = "Doctor Samir is free at two thirty. Shall I book it?"
LONG_TEXT = " ".join([TEXT] * 20)


def request(**changes: Any) -> dict[str, Any]:
    """A request for speech that is accepted, with changes."""
    return {"model": MODEL, "voice": "alloy", "input": TEXT, "response_format": "pcm"} | changes


def wav(samples: np.ndarray, rate_hz: int = 8000) -> tuple[str, bytes]:
    """A named WAV file of int16 samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return "speech.wav", buffer.getvalue()


def tone(seconds: float) -> np.ndarray:
    """A tone at 8 kHz."""
    return (np.sin(np.arange(int(8000 * seconds)) / 5) * 8000).astype(np.int16)


def test_pcm_is_24_khz_and_begins_with_silence(openai_client: OpenAI) -> None:
    samples = np.frombuffer(openai_client.audio.speech.create(**request()).read(), dtype="<i2")
    assert 1.0 < len(samples) / 24000 < 10
    assert np.abs(samples[: 24000 * 140 // 1000]).max() == 0
    assert np.abs(samples).max() > 2000


def test_a_wav_has_the_same_audio(openai_client: OpenAI) -> None:
    with wave.open(io.BytesIO(openai_client.audio.speech.create(**request(response_format="wav")).read())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)


def test_audio_is_streamed_while_it_is_made(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.profile("fixed")
    began_s = time.monotonic()
    with openai_client.audio.speech.with_streaming_response.create(**request(input=LONG_TEXT)) as response:
        first = next(response.iter_bytes(4800))
        first_s = time.monotonic() - began_s
    assert len(first) == 4800 and 0.2 <= first_s < 1.2
    assert wait_until(lambda: stand_in.open_now("speech") == 0)


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"voice": "hal"}, "voice", "invalid_value"),
        ({"input": ""}, "input", "string_below_min_length"),
        ({"input": "a" * 4097}, "input", "string_above_max_length"),
        ({"input": 3}, "input", "invalid_type"),
        ({"response_format": "ogg"}, "response_format", "invalid_value"),
        ({"response_format": "mp3"}, "response_format", "unsupported_value"),
        ({"speed": 5.0}, "speed", "decimal_above_max_value"),
        ({"language": "en"}, "language", "unknown_parameter"),
        ({"voice": None}, "voice", "invalid_type"),
    ],
)
def test_speech_that_cannot_be_had_is_refused(stand_in: OfflineServer, changes: dict[str, Any], param: str, code: str) -> None:
    response = stand_in.post("/v1/audio/speech", json=request(**changes))
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)


def test_a_model_that_cannot_speak_is_not_found(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        openai_client.audio.speech.create(**request(model="gpt-6-luna"))


def test_a_rate_limit_of_the_voice_is_one_of_the_sdks_errors(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "status_429")
    with pytest.raises(openai.RateLimitError):
        openai_client.audio.speech.create(**request())


@pytest.mark.parametrize("kind", ["drop", "stall"])
def test_speech_breaks_off_in_the_middle(openai_client: OpenAI, stand_in: OfflineServer, kind: str) -> None:
    stand_in.fault("tts", kind)
    audio = b""
    patient = openai_client.with_options(timeout=0.4)
    with (
        pytest.raises((httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.ReadError)),
        patient.audio.speech.with_streaming_response.create(**request(input=LONG_TEXT)) as response,
    ):
        for chunk in response.iter_bytes():
            audio += chunk
    assert len(audio) == 3 * 9600


def test_empty_speech_has_no_bytes(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "empty")
    assert openai_client.audio.speech.create(**request()).read() == b""


def test_garbage_speech_is_not_audio(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "garbage")
    assert openai_client.audio.speech.create(**request()).read().startswith(b"<html>")


def test_silence_is_transcribed_as_nothing(openai_client: OpenAI) -> None:
    answer = openai_client.audio.transcriptions.create(model="gpt-transcribe", file=wav(np.zeros(8000)), languages=["en", "es"])
    assert answer.text == ""


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"file": ("a.wav", b"RIFF")}, "file"),
        ({"file": wav(tone(0.05))}, "file"),
        ({"temperature": 2}, "temperature"),
        ({"response_format": "srt"}, "response_format"),
        ({"model": "whisper-1", "keywords": ["Samir"]}, "keywords"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ],
)
def test_a_file_that_cannot_be_transcribed_is_refused(openai_client: OpenAI, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.audio.transcriptions.create(**{"model": "gpt-transcribe", "file": wav(tone(0.5))} | changes)
    assert caught.value.param == param


def test_a_missing_file_is_refused(stand_in: OfflineServer) -> None:
    response = stand_in.post("/v1/audio/transcriptions", files={"model": (None, "gpt-transcribe")})
    assert response.status_code == 400 and response.json()["error"]["param"] == "file"


def test_a_live_model_takes_no_files(openai_client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        openai_client.audio.transcriptions.create(model="gpt-live-transcribe", file=wav(tone(0.5)))
