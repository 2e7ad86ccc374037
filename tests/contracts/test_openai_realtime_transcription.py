"""The stand-in's Realtime transcription sessions, through the SDK."""

import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from openai import OpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.offline.profiles import PROFILES, Waits
from ivr.voice.audio import SILENCE, encode_ulaw
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.realtime_client import LIVE_MODEL, Events, append, transcription, transcription_session

RECORDINGS = Path(__file__).resolve().parents[1] / "audio"
DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"
FAILED = "conversation.item.input_audio_transcription.failed"
COMMIT = {"type": "input_audio_buffer.commit"}

CARDIOLOGIST = "Do you have a cardiologist tomorrow afternoon?"


def recording(number: str) -> np.ndarray:
    """A recorded utterance, int16 at 8 kHz."""
    with wave.open(str(RECORDINGS / f"{number}_kokbella.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def say(events: Events, number: str = "01") -> None:
    """Send an utterance at once, in messages of 80 ms."""
    audio = encode_ulaw(recording(number))
    for start in range(0, len(audio), 640):
        events.send(append(audio[start : start + 640]))


def say_live(events: Events, number: str) -> None:
    """Send an utterance as fast as it was spoken."""
    audio = encode_ulaw(recording(number))
    began_s = time.monotonic()
    for start in range(0, len(audio), 640):
        time.sleep(max(0.0, began_s + start / 8000 - time.monotonic()))
        events.send(append(audio[start : start + 640]))


def refusal(events: Events, event: dict[str, Any]) -> Any:
    """The error that a client event gets."""
    events.send(event | {"event_id": "mine"})
    error = events.next("error").error
    assert error.event_id == "mine"
    return error


def bare(text: str) -> str:
    """Words alone."""
    return " ".join("".join(letter for letter in text.lower() if letter.isalnum() or letter == " ").split())


def test_a_committed_utterance_is_transcribed(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        say(events)
        events.send(COMMIT)
        item_id = events.next("input_audio_buffer.committed").item_id
        completed = events.next(COMPLETED)
        assert completed.item_id == item_id and completed.usage.type == "duration"
        assert bare(completed.transcript) == bare(CARDIOLOGIST)
        assert bare(events.text(DELTA)) == bare(CARDIOLOGIST)


def test_items_name_the_one_before(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        committed = []
        for number in ("04", "05"):
            say(events, number)
            events.send(COMMIT)
            committed.append(events.next("input_audio_buffer.committed"))
            events.next(COMPLETED)
        assert [event.previous_item_id for event in committed] == [None, committed[0].item_id]


def test_words_come_while_the_caller_speaks_and_are_never_taken_back(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        say_live(events, "13")
        events.send(COMMIT)
        completed = events.next(COMPLETED)
        assert {event.item_id for event in events.seen if event.type == DELTA} == {completed.item_id}
        assert bare(events.text(DELTA)) == bare(completed.transcript)
        committed = events.kinds().index("input_audio_buffer.committed")
        assert events.kinds()[:committed].count(DELTA) >= 2


def test_partials_and_finals_take_the_profiles_time(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.profile("fixed")
    with transcription(openai_client) as events:
        say(events, "04")
        events.send(COMMIT)
        committed_s = time.monotonic()
        events.next(COMPLETED)
        assert 0.15 <= time.monotonic() - committed_s < 1.15


def test_an_older_model_sends_its_deltas_after_the_commit(openai_client: OpenAI) -> None:
    with transcription(openai_client, transcription={"model": "gpt-4o-transcribe", "language": "en"}) as events:
        say(events)
        events.send(COMMIT)
        completed = events.next(COMPLETED)
        assert events.kinds().index(DELTA) > events.kinds().index("input_audio_buffer.committed")
        assert events.text(DELTA) == completed.transcript and completed.usage.type == "tokens"


def test_pcm_at_24_khz_is_heard_as_well(openai_client: OpenAI) -> None:
    with transcription(openai_client, format={"type": "audio/pcm", "rate": 24000}) as events:
        audio = soxr.resample(recording("01"), 8000, 24000).astype("<i2").tobytes()
        for start in range(0, len(audio), 4800):
            events.send(append(audio[start : start + 4800]))
        events.send(COMMIT)
        assert bare(events.next(COMPLETED).transcript) == bare(CARDIOLOGIST)


def test_silence_is_transcribed_as_nothing(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        events.send(append(bytes([SILENCE]) * 8000))
        events.send(COMMIT)
        assert events.next(COMPLETED).transcript == ""
        assert events.text(DELTA) == ""


def test_a_cleared_buffer_is_not_transcribed(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        say(events)
        events.send({"type": "input_audio_buffer.clear"})
        events.next("input_audio_buffer.cleared")
        assert refusal(events, COMMIT).code == "input_audio_buffer_commit_empty"


@pytest.mark.parametrize("sent_ms", [0, 99])
def test_a_commit_of_less_than_100_ms_is_refused(openai_client: OpenAI, sent_ms: int) -> None:
    with transcription(openai_client) as events:
        if sent_ms:
            events.send(append(bytes([SILENCE]) * 8 * sent_ms))
        error = refusal(events, COMMIT)
        assert error.code == "input_audio_buffer_commit_empty" and f"{sent_ms}.00ms" in error.message


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"turn_detection": {"type": "server_vad"}}, "turn_detection"),
        ({"turn_detection": {"type": "semantic_vad"}}, "turn_detection"),
        ({"transcription": {"model": "gpt-9"}}, "transcription.model"),
        ({"transcription": {"language": "en"}}, "transcription.model"),
        ({"transcription": {"model": LIVE_MODEL, "language": "English"}}, "transcription.language"),
        ({"transcription": {"model": "gpt-4o-transcribe", "keywords": ["Samir"]}}, "transcription.keywords"),
        ({"transcription": {"model": LIVE_MODEL, "mood": "good"}}, "transcription.mood"),
        ({"format": {"type": "audio/mpeg"}}, "format.type"),
        ({"gain": 3}, "gain"),
    ],
)
def test_settings_that_cannot_be_had_are_refused(openai_client: OpenAI, changes: dict[str, Any], param: str) -> None:
    with transcription(openai_client) as events:
        error = refusal(events, {"type": "session.update", "session": transcription_session(**changes)})
        assert error.param == f"session.audio.input.{param}"


def test_a_language_can_be_locked_in_mid_session(openai_client: OpenAI) -> None:
    with transcription(openai_client, transcription={"model": LIVE_MODEL, "languages": ["en", "es"], "keywords": ["Samir"]}) as events:
        events.send({"type": "session.update", "session": transcription_session({"model": LIVE_MODEL, "language": "en"})})
        assert events.next("session.updated").session.audio.input.transcription.language == "en"
        say(events)
        events.send(COMMIT)
        assert bare(events.next(COMPLETED).transcript) == bare(CARDIOLOGIST)


@pytest.mark.parametrize("audio", ["!!", "A"])
def test_audio_that_is_not_base64_is_refused(openai_client: OpenAI, audio: str) -> None:
    with transcription(openai_client) as events:
        assert refusal(events, {"type": "input_audio_buffer.append", "audio": audio}).param == "audio"


def test_a_realtime_session_is_not_to_be_had_here(openai_client: OpenAI) -> None:
    with transcription(openai_client) as events:
        assert refusal(events, {"type": "session.update", "session": {"type": "realtime"}}).param == "session.type"
        assert refusal(events, {"type": "response.create"}).param == "type"


def test_a_model_in_the_address_is_refused(openai_client: OpenAI) -> None:
    query = {"intent": "transcription"}
    with openai_client.realtime.connect(model=LIVE_MODEL, extra_query=query) as connection:
        assert Events(connection).next("error").error.param == "model"


def test_a_closed_socket_leaves_nothing_open(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    with transcription(openai_client) as events:
        say(events)
        events.send(COMMIT)
        assert stand_in.open_now("transcription_sockets") == 1
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)


@pytest.mark.parametrize(("kind", "code"), [("status_429", "rate_limit_exceeded"), ("status_500", None)])
def test_a_transcription_can_fail(openai_client: OpenAI, stand_in: OfflineServer, kind: str, code: str | None) -> None:
    stand_in.fault("stt", kind)
    with transcription(openai_client) as events:
        say(events)
        events.send(COMMIT)
        assert events.next(FAILED).error.code == code


def test_a_final_can_be_lost_and_the_next_one_comes(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "lost")
    with transcription(openai_client) as events:
        for number in ("04", "05"):
            say(events, number)
            events.send(COMMIT)
        second = [events.next("input_audio_buffer.committed").item_id for _ in range(2)][1]
        assert events.next(COMPLETED).item_id == second


def test_a_final_can_be_empty(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "empty")
    with transcription(openai_client) as events:
        say(events)
        events.send(COMMIT)
        assert events.next(COMPLETED).transcript == ""


def test_a_final_can_be_garbage(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "garbage")
    with transcription(openai_client) as events, pytest.raises(ValueError, match="JSON"):
        say(events)
        events.send(COMMIT)
        events.next(COMPLETED)


def test_a_stalled_session_goes_mute(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "stall")
    with transcription(openai_client) as events, pytest.raises(TimeoutError):
        say(events)
        events.send(COMMIT)
        events.next(COMPLETED, 0.5)


@pytest.mark.parametrize("at", ["audio", "request"])
def test_a_dropped_session_loses_its_socket(openai_client: OpenAI, stand_in: OfflineServer, at: str) -> None:
    stand_in.fault("stt", "drop", at=at)
    with transcription(openai_client) as events, pytest.raises(ConnectionClosed):
        say_live(events, "04")
        events.send(COMMIT)
        events.next(COMPLETED)


def test_a_handshake_can_be_refused(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "status_429", at="connect")
    with pytest.raises(InvalidStatus) as caught:
        openai_client.realtime.connect(extra_query={"intent": "transcription"}).enter()
    assert caught.value.response.status_code == 429


def test_a_stable_partial_may_differ_from_its_final(openai_client: OpenAI, stand_in: OfflineServer) -> None:
    stand_in.profile("fixed", seed=next(seed for seed in range(100) if Waits(PROFILES["fixed"], seed).partial_is_wrong()))
    with transcription(openai_client) as events:
        say_live(events, "04")
        events.send(COMMIT)
        assert bare(events.next(COMPLETED).transcript) == "yes please"
        assert bare(events.text(DELTA)) == "yess please"
