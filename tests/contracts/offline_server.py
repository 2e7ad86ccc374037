"""The stand-in as a process of its own, and its control routes."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 30.0
WAIT_LIMIT_S = 15.0


class OfflineServer:
    """A stand-in that runs; `url` is its address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx2.Client(base_url=url, timeout=WAIT_LIMIT_S, trust_env=False)

    def reset(self) -> None:
        """Back to no waits, no faults, and the mind's own answers."""
        self.profile("zero")
        for path in ("/control/faults", "/control/replies"):
            self._http.delete(path).raise_for_status()

    def fault(self, target: str, kind: str, **more: Any) -> None:
        """Make a provider misbehave."""
        self._http.post("/control/faults", json={"target": target, "kind": kind, **more}).raise_for_status()

    def profile(self, name: str, seed: int = 1) -> None:
        """Choose how long the providers take."""
        self._http.post("/control/profile", json={"name": name, "seed": seed}).raise_for_status()

    def replies(self, **replies: Any) -> None:
        """Fix the model's answers."""
        self._http.post("/control/replies", json=replies).raise_for_status()

    def get(self, path: str) -> Any:
        """A control route's answer."""
        return self._http.get(path).raise_for_status().json()

    def post(self, path: str, **request: Any) -> httpx2.Response:
        """A request without the SDK, which would not send what is wrong."""
        return self._http.post(path, headers={"Authorization": "Bearer k"} | request.pop("headers", {}), **request)

    def forget_calls(self) -> None:
        """Let Twilio know of no call and no message."""
        self._http.delete("/control/twilio").raise_for_status()

    def open_now(self, kind: str) -> int:
        """How many of something are open."""
        count = self.get("/control/stats")["open"].get(kind, 0)
        assert isinstance(count, int)
        return count


def wait_until(condition: Callable[[], bool], limit_s: float = WAIT_LIMIT_S) -> bool:
    """Look until a condition holds; False if it does not in time."""
    end_s = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def running(*arguments: str) -> Iterator[OfflineServer]:
    """Start `python -m ivr.offline` on a free port, and end it."""
    command = [sys.executable, "-m", "ivr.offline", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True)
    try:
        yield OfflineServer(_address(process))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(WAIT_LIMIT_S) == 0, "the stand-in did not end cleanly"
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(START_LIMIT_S), "the stand-in did not start in time"
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), line
    return line.removeprefix("listening on ").strip()
