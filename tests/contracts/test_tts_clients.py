"""Both voices speak mu-law without silence before it, report what they said, and fail within their limits."""

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.clients.tts_realtime import RealtimeVoice, SpeechLimits
from ivr.clients.tts_speech import SpeechVoice, telephone_audio
from ivr.config import Settings
from ivr.errors import ProviderError
from ivr.voice import mouth
from ivr.voice.audio import dbfs, decode_ulaw, duration_ms
from ivr.voice.speech import SpeechChunk
from ivr.web.services import build_impatient_voices
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.provider import Threads, provider, took_s

TEXT = "I have booked you with Doctor Samir on Monday at two thirty."

AnyVoice = RealtimeVoice | SpeechVoice
Open = Callable[..., AnyVoice]


@dataclass(frozen=True)
class Patience:
    """How long the voices wait for audio: on a machine that is busy speech that does come takes its time."""

    first_audio_s: float = 10
    stall_s: float = 10


IMPATIENT = pytest.mark.parametrize("patience", [Patience(first_audio_s=0.6, stall_s=0.6)], ids=["impatient"])


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def realtime(stand_in: OfflineServer, patience: Patience) -> Iterator[RealtimeVoice]:
    assert wait_until(lambda: stand_in.open_now("speech_sockets") == 0)
    limits = SpeechLimits(first_audio_s=patience.first_audio_s, stall_s=patience.stall_s)
    voice = RealtimeVoice(provider(stand_in.url, "gpt-realtime-2.1-mini"), "alloy", limits=limits)
    yield voice
    voice.close()


@pytest.fixture
def speech(stand_in: OfflineServer, patience: Patience) -> Iterator[SpeechVoice]:
    voice = SpeechVoice(provider(stand_in.url, "gpt-4o-mini-tts"), "alloy", read_limit_s=patience.stall_s)
    yield voice
    voice.close()


@pytest.fixture(params=["realtime", "speech"])
def voice(request: pytest.FixtureRequest, patience: Patience) -> AnyVoice:
    chosen: AnyVoice = request.getfixturevalue(request.param)
    return chosen


def audio_of(chunks: list[SpeechChunk]) -> bytes:
    return b"".join(chunk.audio for chunk in chunks)


def failure_of(voice: AnyVoice, text: str = TEXT) -> ProviderError:
    with pytest.raises(ProviderError) as failure:
        list(voice.synthesize(text, "en"))
    return failure.value


def sockets_opened(stand_in: OfflineServer) -> int:
    return int(stand_in.get("/control/stats")["requests"].get("GET /v1/realtime", 0))


def test_speech_comes_in_pieces_and_begins_with_a_voice(voice: AnyVoice) -> None:
    chunks = list(voice.synthesize(TEXT, "en"))
    audio = audio_of(chunks)
    assert sum(bool(chunk.audio) for chunk in chunks) > 2
    assert duration_ms(audio) > 1000
    assert dbfs(decode_ulaw(audio[:800])) > -35
    assert (voice.name, voice.model.startswith("gpt-")) == ("alloy", True)


def test_the_text_goes_out_as_it_was_given(stand_in: OfflineServer, voice: AnyVoice) -> None:
    list(voice.synthesize("¿Le viene bien el martes?", "es"))
    spoken = stand_in.get("/control/spoken")["items"][-1]
    assert (spoken["text"], spoken["voice"]) == ("¿Le viene bien el martes?", "alloy")


def test_realtime_speech_reports_what_it_said_as_it_goes(realtime: RealtimeVoice) -> None:
    chunks = list(realtime.synthesize(TEXT, "en"))
    said = [chunk.said or "" for chunk in chunks]
    assert said[-1] == TEXT
    assert all(TEXT.startswith(so_far) for so_far in said)
    assert chunks[-1].audio == b""


def test_reworded_speech_shows_in_what_was_said(stand_in: OfflineServer, realtime: RealtimeVoice) -> None:
    stand_in.fault("tts", "reword_digits")
    assert list(realtime.synthesize("I have booked you at 2:30.", "en"))[-1].said != "I have booked you at 2:30."


def test_speech_over_http_is_verbatim_and_tells_no_transcript(speech: SpeechVoice) -> None:
    assert all(chunk.said is None for chunk in speech.synthesize(TEXT, "en"))


def test_one_text_after_the_other_uses_one_connection(stand_in: OfflineServer, voice: AnyVoice) -> None:
    list(voice.synthesize(TEXT, "en"))
    before = stand_in.get("/control/stats")["connections"]
    for _ in range(3):
        list(voice.synthesize(TEXT, "es"))
    assert stand_in.get("/control/stats")["connections"] == before


def test_two_texts_at_once_do_not_mix(voice: AnyVoice) -> None:
    first, second = (iter(voice.synthesize(text, "en")) for text in (TEXT, "No."))
    chunks = [next(first), next(second)]
    assert duration_ms(audio_of([chunks[0], *first])) > 2 * duration_ms(audio_of([chunks[1], *second]))


def test_warming_opens_sockets_that_the_first_text_uses(stand_in: OfflineServer, realtime: RealtimeVoice) -> None:
    threads = Threads()
    realtime.warm()
    realtime.warm()
    assert wait_until(lambda: stand_in.open_now("speech_sockets") == 2)
    assert wait_until(lambda: "realtime-warm" not in threads.left)
    before = sockets_opened(stand_in)
    list(realtime.synthesize(TEXT, "en"))
    realtime.warm()
    assert sockets_opened(stand_in) == before
    realtime.close()
    assert wait_until(lambda: stand_in.open_now("speech_sockets") == 0)
    assert wait_until(lambda: not threads.left), threads.left


def test_a_cancelled_socket_is_replaced_once_the_pool_is_warm(stand_in: OfflineServer, realtime: RealtimeVoice) -> None:
    realtime.warm()
    assert wait_until(lambda: stand_in.open_now("speech_sockets") == 2)
    before = sockets_opened(stand_in)
    speech = iter(realtime.synthesize(TEXT, "en"))
    next(speech)
    speech.close()
    assert wait_until(lambda: sockets_opened(stand_in) == before + 1 and stand_in.open_now("speech_sockets") == 2)


def test_warming_a_provider_that_is_away_only_warns() -> None:
    threads = Threads()
    away = "http://127.0.0.1:9"
    for voice in (RealtimeVoice(provider(away, "gpt-realtime-2.1-mini"), "alloy"), SpeechVoice(provider(away, "gpt-4o-mini-tts"), "alloy")):
        voice.warm()
        assert failure_of(voice).code == "unavailable"
    assert wait_until(lambda: not threads.left), threads.left


def test_closing_the_iterator_cancels_the_synthesis(stand_in: OfflineServer, voice: AnyVoice) -> None:
    stand_in.fault("tts", "stall")
    kind = "speech_sockets" if isinstance(voice, RealtimeVoice) else "speech"
    speech = iter(voice.synthesize(TEXT, "en"))
    next(speech)
    assert stand_in.open_now(kind) == 1
    assert took_s(speech.close) < 0.1
    assert wait_until(lambda: stand_in.open_now(kind) == 0, 1.0)


@pytest.mark.parametrize(
    ("kind", "code"), [("status_429", "rate_limited"), ("status_500", "unavailable"), ("empty", "garbage"), ("garbage", "garbage")]
)
def test_a_refusal_and_an_answer_without_speech_are_told(stand_in: OfflineServer, voice: AnyVoice, kind: str, code: str) -> None:
    stand_in.fault("tts", kind)
    failure = failure_of(voice)
    assert (failure.code, failure.retryable) == (code, True)
    assert "Samir" not in str(failure)


@IMPATIENT
def test_no_audio_in_time_is_told(stand_in: OfflineServer, voice: AnyVoice) -> None:
    stand_in.fault("tts", "stall", after_ms=0)
    failures: list[ProviderError] = []
    assert took_s(lambda: failures.append(failure_of(voice))) < 2.0
    assert failures[0].code == "timeout"


@IMPATIENT
def test_speech_that_stalls_in_the_middle_is_told(stand_in: OfflineServer, voice: AnyVoice) -> None:
    stand_in.fault("tts", "stall")
    assert failure_of(voice).code == "timeout"


def test_speech_that_breaks_off_is_told_and_the_next_is_spoken(stand_in: OfflineServer, voice: AnyVoice) -> None:
    stand_in.fault("tts", "drop")
    assert failure_of(voice).code == "dropped"
    assert list(voice.synthesize(TEXT, "en"))


def test_a_socket_that_broke_before_it_spoke_is_replaced_at_once(stand_in: OfflineServer, realtime: RealtimeVoice) -> None:
    list(realtime.synthesize(TEXT, "en"))
    stand_in.fault("tts", "drop", after_ms=0)
    assert list(realtime.synthesize(TEXT, "en"))[-1].said == TEXT


def test_a_socket_is_not_used_beyond_its_lifetime(stand_in: OfflineServer) -> None:
    voice = RealtimeVoice(provider(stand_in.url, "gpt-realtime-2.1-mini"), "alloy", lifetime_s=0)
    before = sockets_opened(stand_in)
    for _ in range(2):
        list(voice.synthesize(TEXT, "en"))
    assert sockets_opened(stand_in) == before + 2
    voice.close()
    assert wait_until(lambda: stand_in.open_now("speech_sockets") == 0)


@pytest.mark.parametrize(("kind", "model"), [(RealtimeVoice, "gpt-realtime-2.1-mini"), (SpeechVoice, "gpt-4o-mini-tts")])
def test_a_wrong_voice_model_or_key_is_refused(stand_in: OfflineServer, kind: Callable[..., AnyVoice], model: str) -> None:
    for wrong in (kind(provider(stand_in.url, model), "nobody"), kind(provider(stand_in.url, "gpt-nonsense"), "alloy")):
        failure = failure_of(wrong)
        assert (failure.code, failure.retryable) == ("refused", False)


def test_instructions_go_only_to_models_that_take_them(stand_in: OfflineServer) -> None:
    assert list(SpeechVoice(provider(stand_in.url, "tts-1"), "alloy").synthesize(TEXT, "en"))


@given(st.lists(st.integers(0, 9600), max_size=6))
@settings(max_examples=25, deadline=None)
def test_samples_may_be_cut_anywhere_by_the_network(cuts: list[int]) -> None:
    pcm = struct.pack("<4800h", *(8000 * np.sin(np.arange(4800) * 0.1)).astype(int))
    bounds = [0, *sorted(cuts), len(pcm)]
    pieces = [pcm[start:end] for start, end in itertools.pairwise(bounds)]
    in_pieces, whole = (decode_ulaw(b"".join(telephone_audio(cut))).astype(int) for cut in (pieces, [pcm]))
    assert in_pieces.size == whole.size == 1600
    assert np.abs(in_pieces - whole).max() <= 512, "more than one step of mu-law apart"


def test_texts_of_several_calls_at_once_come_whole(stand_in: OfflineServer) -> None:
    heard: dict[int, str | None] = {}
    # Six texts at once are more than two niced threads synthesize quickly: what counts here is that none is mixed up.
    patient = RealtimeVoice(provider(stand_in.url, "gpt-realtime-2.1-mini"), "alloy", limits=SpeechLimits(first_audio_s=20, stall_s=20))

    def speak(number: int) -> None:
        heard[number] = list(patient.synthesize(f"Caller number {number}.", "en"))[-1].said

    calls = [threading.Thread(target=speak, args=(number,)) for number in range(6)]
    for call in calls:
        call.start()
    for call in calls:
        call.join(30)
    patient.close()
    assert heard == {number: f"Caller number {number}." for number in range(6)}


def test_speech_that_drips_silence_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip_silence, args=(server,))
        dripping.start()
        voice = SpeechVoice(provider(f"http://127.0.0.1:{server.getsockname()[1]}", "gpt-4o-mini-tts"), "alloy", read_limit_s=0.6)
        assert failure_of(voice).code == "timeout"
        voice.close()
        dripping.join(10)


def drip_silence(server: socket.socket) -> None:
    """Answer with a little silence at a time, until the connection is closed or 5 s are over."""
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            time.sleep(0.1)
            connection.sendall(b"12C0\r\n" + bytes(4800) + b"\r\n")
        connection.sendall(b"0\r\n\r\n")


def test_in_a_thread_a_voice_that_is_silent_leaves_time_for_the_other(stand_in: OfflineServer) -> None:
    stand_in.fault("tts", "stall", after_ms=0)
    urls = {"openai_base_url": f"{stand_in.url}/v1", "openai_api_key": "offline"}
    patience = mouth.Patience(in_all_s=11.0, other_voice_s=10.0)
    voices = build_impatient_voices(Settings.model_validate(urls), patience)
    with ThreadPoolExecutor(1) as worker:
        spoken = worker.submit(mouth.speech_again, voices, TEXT, "en", [], patience).result(30)
    assert duration_ms(spoken) > 1000
