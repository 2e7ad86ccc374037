"""The process that runs both servers while anybody uses them."""

import fcntl
import os
import signal
import sys
import time
from types import FrameType

from ivr.embedded import postgres, valkey
from ivr.embedded.folder import EmbeddedError, Folder, Servers, is_open_file, lock, try_lock, write_pid
from ivr.embedded.server import LEFTOVER_TIMEOUT_S, Server

START_TIMEOUT_S = 45.0
POLL_S = 0.01
WATCH_S = 0.1


def supervise(folder: Folder, descriptor: int) -> None:
    """Become a daemon that holds `supervisor.lock` by the descriptor it was started with, and run until the last user is gone."""
    # The one who starts it gets no child that it would have to reap.
    if os.fork():
        os._exit(0)
    os.set_inheritable(descriptor, False)
    write_pid(descriptor, os.getpid())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    servers: list[Server] = []
    try:
        _wait_for_leftovers(folder)
        servers.append(Server(valkey.plan(folder), folder))
        servers.append(Server(postgres.plan(folder), folder))
        _wait_ready(servers)
        folder.write_state(Servers(database_url=servers[1].plan.url, redis_url=servers[0].plan.url))
        _watch(folder, descriptor, servers)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if is_open_file(descriptor, folder.supervisor_lock):
            folder.state.unlink(missing_ok=True)
        for server in servers:
            server.end()
        for server in servers:
            server.wait_ended()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _wait_for_leftovers(folder: Folder) -> None:
    # Until an earlier supervisor's Valkey has ended, its port looks taken.
    for name in ("valkey", "postgres"):
        os.close(lock(folder.server_lock(name), fcntl.LOCK_EX, LEFTOVER_TIMEOUT_S))


def _wait_ready(servers: list[Server]) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    for server in servers:
        while not server.is_ready():
            if time.monotonic() > deadline_s:
                raise EmbeddedError(f"{server.plan.name} is not ready after {START_TIMEOUT_S:.0f} s")
            time.sleep(POLL_S)


def _watch(folder: Folder, descriptor: int, servers: list[Server]) -> None:
    """Run until the last user is gone, or the folder."""
    # The users' lock, once taken, is kept to the end of the process: who comes now waits for it, then starts the next supervisor.
    while (
        is_open_file(descriptor, folder.supervisor_lock)
        and folder.users_lock.exists()
        and try_lock(folder.users_lock, fcntl.LOCK_EX) is None
    ):
        for server in servers:
            server.revive(time.monotonic())
        time.sleep(WATCH_S)
