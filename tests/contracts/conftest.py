"""One stand-in for the session, reset before each test, and the SDK pointed at it."""

import os
from collections.abc import Iterator

import httpx2
import pytest
from openai import DefaultHttpxClient, OpenAI

from tests.contracts.offline_server import OfflineServer, running


@pytest.fixture(scope="session")
def shared_stand_in() -> Iterator[OfflineServer]:
    """The stand-in with ears for recorded utterances and without waits; one that runs already if the environment names it."""
    if url := os.environ.get("LILLY_STAND_IN_URL"):
        yield OfflineServer(url)
        return
    with running("--ears", "known", "--profile", "zero") as server:
        yield server


@pytest.fixture
def stand_in(shared_stand_in: OfflineServer) -> OfflineServer:
    """The shared stand-in as it is after its start."""
    shared_stand_in.reset()
    return shared_stand_in


@pytest.fixture
def openai_client(stand_in: OfflineServer) -> Iterator[OpenAI]:
    """The official SDK, talking to the stand-in."""
    transport = DefaultHttpxClient(timeout=httpx2.Timeout(5.0), trust_env=False)
    with OpenAI(api_key="test", base_url=f"{stand_in.url}/v1", max_retries=0, http_client=transport) as client:
        yield client
