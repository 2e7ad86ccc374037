"""Live transcription keeps its promises over the wire: nothing blocks, nothing is lost, every commit has an end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.server import ServerConnection, serve

from ivr.clients.stt import OpenAITranscribers, TranscriberLimits
from ivr.voice.audio import SILENCE
from ivr.voice.speech import FinalTranscript, PartialTranscript, Transcriber, TranscriberLost, TranscriptFailed
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.provider import Listener, Threads, frames, provider, recorded, took_s

MODEL = "gpt-live-transcribe"
QUICK = TranscriberLimits(final_s=1.0, answer_s=0.4, trouble_s=1.2)

Open = Callable[..., tuple[Transcriber, Listener]]


@pytest.fixture
def speech() -> bytes:
    return recorded("01_kokbella.wav")


@pytest.fixture
def open_transcriber(stand_in: OfflineServer) -> Iterator[Open]:
    opened: list[Transcriber] = []

    def open_one(
        url: str = stand_in.url, model: str = MODEL, key: str = "test", limits: TranscriberLimits = QUICK
    ) -> tuple[Transcriber, Listener]:
        listener = Listener()
        factory = OpenAITranscribers(provider(url, model, key), limits=limits)
        opened.append(factory.open(listener, ("en", "es"), ("Samir", "Patel")))
        return opened[-1], listener

    yield open_one
    for transcriber in opened:
        transcriber.close()


def say(transcriber: Transcriber, audio: bytes) -> None:
    for frame in frames(audio):
        transcriber.send(frame)


def speak(transcriber: Transcriber, audio: bytes) -> None:
    """As `say`, at five times the pace of speech."""
    for frame in frames(audio):
        transcriber.send(frame)
        time.sleep(0.004)


def test_words_come_while_the_caller_speaks_and_a_final_after_the_commit(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber()
    speak(transcriber, speech)
    assert listener.next(PartialTranscript).text
    assert transcriber.commit() == 0
    final = listener.final()
    assert final.segment == 0
    assert len(final.text.split()) >= 3


def test_what_was_kept_back_is_sent_at_once_when_that_is_asked_for(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber()
    speak(transcriber, speech)
    listener.next(PartialTranscript)
    # Silence that fills no message: only what is flushed lets the recogniser know that the last word is over.
    transcriber.send(bytes((SILENCE,)) * 300)
    transcriber.flush()
    transcriber.flush()
    assert transcriber.commit() == 0 and listener.next(FinalTranscript).text


def test_segments_are_numbered_by_their_commits(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber()
    for number in range(3):
        say(transcriber, speech)
        assert transcriber.commit() == number
    assert {listener.final().segment for _ in range(3)} == {0, 1, 2}


def test_less_than_100_ms_is_not_committed_and_counts_towards_the_next(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber()
    assert transcriber.commit() is None
    transcriber.send(speech[:799])
    assert transcriber.commit() is None
    say(transcriber, speech[799:])
    assert transcriber.commit() == 0
    assert listener.final().text


def test_the_language_can_be_locked_at_any_time(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber()
    say(transcriber, speech[: len(speech) // 2])
    transcriber.use_language("en")
    say(transcriber, speech[len(speech) // 2 :])
    transcriber.commit()
    assert listener.final().text


def test_an_older_model_that_waits_for_the_commit_works_too(open_transcriber: Open, speech: bytes) -> None:
    transcriber, listener = open_transcriber(model="gpt-4o-transcribe")
    say(transcriber, speech)
    transcriber.commit()
    assert listener.final().text


@pytest.mark.parametrize(
    ("at", "kind"),
    [("audio", "drop"), ("request", "drop"), ("audio", "garbage"), ("request", "garbage"), ("request", "status_500")],
)
def test_a_connection_that_breaks_is_made_again_and_the_audio_sent_again(
    stand_in: OfflineServer, open_transcriber: Open, speech: bytes, at: str, kind: str
) -> None:
    transcriber, listener = open_transcriber()
    say(transcriber, speech)
    transcriber.commit()
    whole = listener.final().text
    stand_in.fault("stt", kind, at=at, after_ms=0)
    say(transcriber, speech)
    assert transcriber.commit() == 1
    assert listener.final() == FinalTranscript(1, whole)


def test_a_connection_that_is_refused_is_tried_again(stand_in: OfflineServer, open_transcriber: Open, speech: bytes) -> None:
    stand_in.fault("stt", "status_429", at="connect", count=2)
    transcriber, listener = open_transcriber()
    say(transcriber, speech)
    transcriber.commit()
    assert listener.final().text


def test_a_final_that_never_comes_is_told_in_time(stand_in: OfflineServer, open_transcriber: Open, speech: bytes) -> None:
    stand_in.fault("stt", "lost")
    transcriber, listener = open_transcriber()
    say(transcriber, speech)
    transcriber.commit()
    assert listener.next(TranscriptFailed, FinalTranscript, limit_s=QUICK.final_s + 0.5) == TranscriptFailed(0, "timeout")
    say(transcriber, speech)
    transcriber.commit()
    assert listener.final().segment == 1


def test_a_session_that_falls_silent_costs_one_segment_and_is_replaced(
    stand_in: OfflineServer, open_transcriber: Open, speech: bytes
) -> None:
    stand_in.fault("stt", "stall")
    transcriber, listener = open_transcriber()
    say(transcriber, speech)
    transcriber.commit()
    assert listener.next(TranscriptFailed, FinalTranscript) == TranscriptFailed(0, "timeout")
    say(transcriber, speech)
    transcriber.commit()
    assert listener.final().segment == 1


@pytest.mark.parametrize(("model", "key"), [("gpt-nonsense", "test"), (MODEL, "sk-refused")])
def test_wrong_settings_are_told_at_once(open_transcriber: Open, model: str, key: str) -> None:
    _, listener = open_transcriber(model=model, key=key)
    assert listener.next(TranscriberLost, limit_s=1.0) == TranscriberLost("refused")


def test_a_provider_that_is_away_is_told_in_time_and_nothing_raises(open_transcriber: Open, speech: bytes) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        transcriber, listener = open_transcriber(url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        say(transcriber, speech)
        assert transcriber.commit() == 0
        assert listener.next(TranscriberLost, limit_s=QUICK.trouble_s + 0.5) == TranscriberLost("unavailable")
    say(transcriber, speech)
    assert transcriber.commit() is None


def test_a_provider_that_drops_every_connection_is_given_up(open_transcriber: Open) -> None:
    with peer(lambda connection: connection.close()) as url:
        _, listener = open_transcriber(url=url, limits=TranscriberLimits(trouble_s=3.0))
        assert listener.next(TranscriberLost) == TranscriberLost("dropped")


def test_a_peer_that_stops_reading_blocks_nobody_and_is_left(open_transcriber: Open, speech: bytes) -> None:
    over = threading.Event()
    with peer(lambda _: wait_for(over)) as url:
        transcriber, listener = open_transcriber(url=url)
        assert took_s(lambda: say(transcriber, speech * 20)) < 1.0
        transcriber.commit()
        assert listener.next(TranscriptFailed, limit_s=3.0) == TranscriptFailed(0, "timeout")
        assert took_s(transcriber.close) < 0.1
        over.set()


def test_closing_ends_every_thread_and_the_connection(stand_in: OfflineServer, open_transcriber: Open, speech: bytes) -> None:
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)
    threads = Threads()
    opened = [open_transcriber() for _ in range(3)]
    for transcriber, _ in opened[:2]:
        say(transcriber, speech)
        transcriber.commit()
    assert opened[0][1].final()
    assert took_s(opened[0][0].close) < 0.05
    for transcriber, _ in opened[1:]:
        transcriber.close()
    assert wait_until(lambda: not threads.left, 2.5), threads.left
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)


def test_no_event_follows_the_close(open_transcriber: Open, speech: bytes) -> None:
    threads = Threads()
    transcriber, listener = open_transcriber()
    speak(transcriber, speech)
    listener.next(PartialTranscript)
    transcriber.commit()
    transcriber.close()
    seen = len(listener.seen)
    assert wait_until(lambda: not threads.left), threads.left
    while not listener.nothing_more():
        listener.next(PartialTranscript, FinalTranscript, TranscriptFailed, TranscriberLost)
    assert not any(isinstance(event, FinalTranscript | TranscriberLost) for event in listener.seen[seen:])


def test_a_connection_made_ahead_is_the_one_that_the_call_gets(stand_in: OfflineServer, speech: bytes) -> None:
    factory = OpenAITranscribers(provider(stand_in.url, MODEL), limits=QUICK)
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)
    factory.warm()
    factory.warm()
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 1)
    assert wait_until(lambda: not any(thread.name == "stt-warm" for thread in threading.enumerate())), "it is laid by"
    before = stand_in.get("/control/stats")["requests"]["GET /v1/realtime"]
    listener = Listener()
    transcriber = factory.open(listener, ("en",), ())
    say(transcriber, speech)
    transcriber.commit()
    assert listener.final().text
    assert stand_in.get("/control/stats")["requests"]["GET /v1/realtime"] == before
    transcriber.close()
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)
    factory.warm()
    factory.close()
    assert wait_until(lambda: stand_in.open_now("transcription_sockets") == 0)


def wait_for(over: threading.Event) -> None:
    over.wait()


@contextmanager
def peer(handle: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A WebSocket server on a free port that does one thing with every connection."""
    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()
