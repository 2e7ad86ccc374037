"""Child processes that end with this one, whatever happens to it."""

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ivr.config import ROOT

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 25.0
LOOK_EVERY_S = 0.05
_PR_SET_PDEATHSIG = 1


class ProcessError(Exception):
    """A process did not start or ended by itself; the text names it and ends with the last lines of its log."""


class Interrupted(Exception):
    """Somebody asked for the end while processes were waited for."""


class Processes:
    """Started by name, waited for, stopped together. Each writes to a log file of its own, unless it is shown."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._interrupted = False

    def spawn(self, name: str, command: Sequence[str], environment: dict[str, str], *, shown: bool = False) -> subprocess.Popen[bytes]:
        """Start a child in a process group of its own, so that a terminal's Ctrl-C reaches it through us alone.

        When this process is killed the child is too; one that is shown is told to end, since it has children to end.
        """
        before_exec = _dies_by(signal.SIGTERM if shown else signal.SIGKILL)
        self._log_dir.mkdir(parents=True, exist_ok=True)
        # Started again, it goes on in its log.
        with open(self.log_of(name), "ab" if name in self._children else "wb") as log:
            output = None if shown else log
            child = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL, preexec_fn=before_exec
            )
        self._children[name] = child
        return child

    def __getitem__(self, name: str) -> subprocess.Popen[bytes]:
        return self._children[name]

    def log_of(self, name: str) -> Path:
        """Where a child's output is."""
        return self._log_dir / f"{name}.log"

    def wait_for(self, name: str, condition: Callable[[], bool]) -> None:
        """Wait until a child is ready; raises `ProcessError` if it takes too long, or if any child ends."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while True:
            self.check()
            if condition():
                return
            if time.monotonic() > deadline_s:
                raise ProcessError(f"{name} was not ready within {START_TIMEOUT_S:.0f} s:\n{self._last_lines(name)}")
            time.sleep(LOOK_EVERY_S)

    def check(self) -> None:
        """Raise `ProcessError` if a child has ended by itself, `Interrupted` if `interrupt` was called."""
        if self._interrupted:
            raise Interrupted
        for name, child in self._children.items():
            if child.poll() is not None:
                raise ProcessError(f"{name} ended with {child.returncode}:\n{self._last_lines(name)}")

    def interrupt(self) -> None:
        """Ask for the end; for signal handlers, which must not raise under gevent."""
        self._interrupted = True

    def _last_lines(self, name: str) -> str:
        return "\n".join(self.log_of(name).read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """End every child; what does not end in time is killed."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline_s = time.monotonic() + STOP_TIMEOUT_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()


def python(*arguments: str) -> tuple[str, ...]:
    """A command of this environment's Python."""
    return (sys.executable, *arguments)


def procfile_command(part: str) -> tuple[str, ...]:
    """One of the Procfile's processes; `venv_path` lets it be found."""
    lines = dict(line.split(":", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ":" in line)
    return ("/usr/bin/env", *shlex.split(lines[part]))


def venv_path() -> str:
    """PATH with this environment's programs first."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def answers(url: str) -> bool:
    """Whether an address answers with 200."""
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _dies_by(death: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        os.setpgid(0, 0)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death)

    return before_exec


def port_is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
