"""Killing a greenlet cancels what it waits for at the provider. Run under gevent only, by test_clients_under_gevent."""

from collections.abc import Callable, Iterable

import gevent
import pytest

from ivr.clients.llm import OpenAIChat
from ivr.clients.stt import OpenAITranscribers
from ivr.clients.tts_realtime import RealtimeVoice
from ivr.clients.tts_speech import SpeechVoice
from tests.contracts.offline_server import OfflineServer, wait_until
from tests.contracts.provider import Listener, Threads, provider, took_s

MESSAGES = [{"role": "user", "content": "Hello."}]


def reply(url: str) -> Iterable[object]:
    return OpenAIChat(provider(url, "gpt-6-luna")).stream(MESSAGES, [])


def realtime_speech(url: str) -> Iterable[object]:
    return RealtimeVoice(provider(url, "gpt-realtime-2.1-mini"), "alloy").synthesize("Hello.", "en")


def http_speech(url: str) -> Iterable[object]:
    return SpeechVoice(provider(url, "gpt-4o-mini-tts"), "alloy").synthesize("Hello.", "en")


@pytest.mark.parametrize(
    ("begin", "target", "kind"), [(reply, "llm", "completions"), (realtime_speech, "tts", "speech_sockets"), (http_speech, "tts", "speech")]
)
def test_a_killed_greenlet_leaves_nothing_open(
    stand_in: OfflineServer, begin: Callable[[str], Iterable[object]], target: str, kind: str
) -> None:
    threads = Threads()
    stand_in.fault(target, "stall", after_ms=0)
    greenlet = gevent.spawn(lambda: list(begin(stand_in.url)))
    assert wait_until(lambda: stand_in.open_now(kind) == 1)
    assert took_s(greenlet.kill) < 0.1
    assert wait_until(lambda: stand_in.open_now(kind) == 0, 0.5)
    assert wait_until(lambda: not threads.left, 0.5), threads.left


def test_a_greenlet_killed_while_it_connects_leaves_nothing_behind(stand_in: OfflineServer) -> None:
    threads = Threads()
    stand_in.fault("tts", "stall", at="connect")
    greenlet = gevent.spawn(lambda: list(realtime_speech(stand_in.url)))
    gevent.sleep(0.1)
    greenlet.kill()
    assert wait_until(lambda: not threads.left, 0.5), threads.left


def test_a_transcriber_can_be_closed_from_any_greenlet_while_it_connects(stand_in: OfflineServer) -> None:
    threads = Threads()
    stand_in.fault("stt", "stall", at="connect")
    transcriber = OpenAITranscribers(provider(stand_in.url, "gpt-live-transcribe")).open(Listener(), ("en",), ())
    gevent.sleep(0.1)
    assert took_s(gevent.spawn(transcriber.close).join) < 0.1
    assert wait_until(lambda: not threads.left, 2.5), threads.left
