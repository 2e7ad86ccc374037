"""The stand-in as a process: its control routes, its start and its end."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from websockets.exceptions import ConnectionClosed

from tests.contracts.offline_server import OfflineServer, running
from tests.contracts.realtime_client import SPEECH_MODEL, Events


def test_health_tells_how_it_is_set(stand_in: OfflineServer) -> None:
    stand_in.profile("openai", seed=7)
    assert stand_in.get("/control/health") == {"status": "ok", "ears": "known", "profile": "openai", "seed": 7}


def test_requests_are_counted_by_route(stand_in: OfflineServer, openai_client: OpenAI) -> None:
    def count() -> int:
        return int(stand_in.get("/control/stats")["requests"].get("GET /v1/models/{model}", 0))

    before = count()
    openai_client.models.retrieve("gpt-6-luna")
    assert count() == before + 1


def test_faults_can_be_listed_and_forgotten(stand_in: OfflineServer) -> None:
    stand_in.fault("stt", "drop", count=2, at="audio", after_ms=40, match="hello")
    fault = {"target": "stt", "kind": "drop", "count": 2, "at": "audio", "after_ms": 40, "match": "hello"}
    assert stand_in.get("/control/faults") == {"items": [fault]}
    stand_in.reset()
    assert stand_in.get("/control/faults") == {"items": []}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", {"target": "stt"}),
        ("/control/faults", []),
        ("/control/profile", {"name": "slow"}),
        ("/control/profile", {"name": "fast", "seed": "x"}),
        ("/control/replies", {"rules": [{"text": "x"}]}),
        ("/control/replies", {"rules": [{"match": "("}]}),
        ("/control/replies", {"list": [{}]}),
        ("/control/replies", {"answers": []}),
    ],
)
def test_settings_that_make_no_sense_are_refused(stand_in: OfflineServer, path: str, body: Any) -> None:
    assert stand_in.post(path, json=body).status_code == 400


def test_conversations_can_be_looked_up(stand_in: OfflineServer, openai_client: OpenAI) -> None:
    stand_in.replies(rules=[{"match": "hello", "text": "Hi."}])
    openai_client.chat.completions.create(model="gpt-6-luna", messages=[{"role": "user", "content": "Hello"}])
    last = stand_in.get("/control/completions")["items"][-1]
    assert (last["request"]["messages"][-1]["content"], last["message"]["content"]) == ("Hello", "Hi.")


def test_it_says_where_it_is_and_closes_its_sockets_when_told_to_end(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with running("--ears", "known", "--profile", "fixed", "--ready-file", str(ready)) as server:
        assert ready.read_text() == f"{server.url}\n"
        assert httpx2.get(f"{server.url}/control/health", trust_env=False).json()["profile"] == "fixed"
        manager = OpenAI(api_key="test", base_url=f"{server.url}/v1").realtime.connect(model=SPEECH_MODEL)
        events = Events(manager.enter())
        events.next("session.created")
    with pytest.raises(ConnectionClosed) as caught:
        events.frame()
    assert caught.value.rcvd and caught.value.rcvd.code == 1001
