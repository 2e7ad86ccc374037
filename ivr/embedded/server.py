"""One server as a child of the supervisor: started, started again when it dies, stopped."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ivr.embedded.folder import EmbeddedError, Folder, lock, write_pid

SETTLED_S = 10.0
SHORTEST_BACK_OFF_S = 0.1
LONGEST_BACK_OFF_S = 5.0
LEFTOVER_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
PR_SET_PDEATHSIG = 1

# A clean environment: PGDATA and its like would change what the servers do.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Plan:
    """How a server is run: `is_ready` is asked with its process id, `prepare` is called before each start, when no old process is left."""

    name: str
    url: str
    command: list[str]
    stop_signal: signal.Signals
    is_ready: Callable[[int], bool]
    prepare: Callable[[], None] = lambda: None
    account: Mapping[str, Any] = field(default_factory=dict)


class Server:
    """The running server of a plan."""

    def __init__(self, plan: Plan, folder: Folder) -> None:
        self.plan = plan
        self._folder = folder
        self._back_off_s = SHORTEST_BACK_OFF_S
        self._restart_at_s: float | None = None
        folder.log(plan.name).unlink(missing_ok=True)
        self._start()

    def _start(self) -> None:
        # Held by every process of the server: free means that nothing of an earlier one is left.
        descriptor = lock(self._folder.server_lock(self.plan.name), fcntl.LOCK_EX, LEFTOVER_TIMEOUT_S)
        self.plan.prepare()
        with self._folder.log(self.plan.name).open("a") as log:
            self._process = subprocess.Popen(
                self.plan.command,
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(descriptor,),
                preexec_fn=partial(die_with, os.getpid()),
                **self.plan.account,
            )
        self._started_at_s = time.monotonic()
        write_pid(descriptor, self._process.pid)
        os.close(descriptor)

    def is_ready(self) -> bool:
        """Whether the server takes connections; raises `EmbeddedError` if it has ended instead."""
        if self._process.poll() is not None:
            raise EmbeddedError(f"{self.plan.name} ended: {self._folder.last_words(self.plan.name)}")
        return self.plan.is_ready(self._process.pid)

    def revive(self, now_s: float) -> None:
        """Start the server again if it has died: soon if it had been up for a while, later and later if not."""
        if self._process.poll() is None:
            return
        if self._restart_at_s is None:
            settled = now_s - self._started_at_s > SETTLED_S
            self._back_off_s = SHORTEST_BACK_OFF_S if settled else min(2 * self._back_off_s, LONGEST_BACK_OFF_S)
            self._restart_at_s = now_s + self._back_off_s
            print(f"{self.plan.name} ended with {self._process.returncode}, again in {self._back_off_s} s", flush=True)
        elif now_s >= self._restart_at_s:
            self._restart_at_s = None
            with contextlib.suppress(EmbeddedError):
                self._start()

    def end(self) -> None:
        """Ask the server to stop."""
        if self._process.poll() is None:
            self._process.send_signal(self.plan.stop_signal)

    def wait_ended(self) -> None:
        """Wait until the server has stopped; one that does not is killed."""
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def die_with(supervisor: int) -> None:
    """Tie a new child's life to its parent's; for `preexec_fn`, which runs after the change of account that would undo it."""
    # SIGKILL ends a stopped process too, and both servers keep their data over it.
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)
