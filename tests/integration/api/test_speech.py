"""Text to audio by REST: three kinds, cached, limited, and honest about what a voice cannot say."""

import io
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flask_openapi.openapi import OpenAPI

from ivr.access import Scope
from ivr.errors import ProviderError
from ivr.voice.audio import decode_ulaw
from ivr.web.api.speech import ENCODERS
from tests.contracts.offline_server import OfflineServer
from tests.integration.api.desk import Desk, key_of

TEXT = {"text": "Your appointment is tomorrow."}


@pytest.fixture
def program(app: OpenAPI, db: None, providers: OfflineServer) -> Desk:
    """A program that may speak."""
    providers.reset()
    return Desk(app, key_of(Scope.SPEECH))


def loud_s(samples: np.ndarray) -> float:
    return float(np.count_nonzero(np.abs(samples.astype(int)) > 500)) / 8000


def test_a_text_becomes_wav_mulaw_or_mp3(program: Desk) -> None:
    answers = {kind: program.ask("POST", "/tts", TEXT | {"format": kind}) for kind in ("wav", "mulaw", "mp3")}
    assert [answer.status_code for answer in answers.values()] == [200] * 3
    assert [answer.mimetype for answer in answers.values()] == ["audio/wav", "audio/basic", "audio/mpeg"]
    with wave.open(io.BytesIO(answers["wav"].get_data())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert loud_s(samples) > 0.3
    assert np.array_equal(samples, decode_ulaw(answers["mulaw"].get_data()))
    mp3 = answers["mp3"].get_data()
    # A frame of MPEG 2.5, layer III; at 32 kbit/s the length follows from the time.
    assert mp3[0] == 0xFF and mp3[1] & 0xFE == 0xE2
    assert len(mp3) / 4000 == pytest.approx(len(samples) / 8000, abs=0.4)


@pytest.mark.parametrize("kind", ["wav", "mulaw", "mp3"])
def test_audio_is_sent_as_it_is_made(kind: str) -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(20):
            made.append(number)
            yield bytes([number]) * 1600

    sent = iter(ENCODERS[kind](pieces()))
    first = next(sent)
    while len(first) < 100:
        first += next(sent)
    assert len(made) < 5
    assert len(first) < len(first + b"".join(sent)) and len(made) == 20


def test_a_wav_tells_its_length_once_it_is_known(program: Desk, providers: OfflineServer) -> None:
    new = {"text": f"Nobody has said this before, and it will be heard twice: {Scope.SPEECH}.", "format": "wav"}
    first, again = (program.ask("POST", "/tts", new).get_data() for _ in range(2))
    assert first[:4] == again[:4] == b"RIFF" and first[44:] == again[44:]
    assert (first[4:8], first[40:44]) == (b"\xff" * 4, b"\xff" * 4)
    assert int.from_bytes(again[4:8], "little") == len(again) - 8 and int.from_bytes(again[40:44], "little") == len(again) - 44


def test_a_provider_that_stops_in_the_middle_cuts_the_audio_off(program: Desk, providers: OfflineServer) -> None:
    providers.fault("tts", "stall", count=2)
    answer = program.ask("POST", "/tts", {"text": "This is a sentence that is long enough to be broken off in its middle part."})
    assert answer.status_code == 200
    body: Iterator[Any] = iter(answer.response)
    assert next(body)[:4] == b"RIFF" and len(next(body)) > 0
    with pytest.raises(ProviderError):
        b"".join(body)


def test_what_was_said_before_is_said_again_without_the_provider(program: Desk, providers: OfflineServer) -> None:
    said = program.ask("POST", "/tts", TEXT | {"format": "mulaw"}).get_data()
    providers.fault("tts", "status_500", count=9)
    assert program.ask("POST", "/tts", TEXT | {"format": "mulaw"}).get_data() == said


def test_another_voice_is_another_sound_and_an_unknown_one_is_refused(program: Desk) -> None:
    assert program.ask("POST", "/tts", TEXT | {"voice": "marin"}).status_code == 200
    refusal = program.post("/tts", TEXT | {"voice": "nobody"}, status=422)
    assert (refusal["code"], refusal["errors"][0]["field"]) == ("speech_refused", "voice")


@pytest.mark.parametrize(
    "wrong", [{"text": ""}, {"text": " … "}, {"text": "x" * 1001}, {"format": "flac"}, {"language": "xx"}, {"voice": "a b"}]
)
def test_what_cannot_be_said_is_refused_by_field(program: Desk, wrong: dict[str, str]) -> None:
    assert program.post("/tts", TEXT | wrong, status=422)["errors"][0]["field"] in wrong


def test_a_failing_provider_is_502(program: Desk, providers: OfflineServer) -> None:
    providers.fault("tts", "status_500", count=9)
    answer = program.ask("POST", "/tts", {"text": "Nobody has said this before."})
    assert answer.status_code == 502 and answer.content_type == "application/problem+json"


def test_speech_is_limited_for_each_who_asks(program: Desk, app: OpenAPI) -> None:
    statuses = [program.ask("POST", "/tts", {"text": ""}).status_code for _ in range(61)]
    assert statuses == [422] * 60 + [429]
    assert Desk(app, key_of(Scope.SPEECH)).ask("POST", "/tts", TEXT).status_code == 200
