"""What is alive in a running Lilly: greenlets, sockets, database connections, tasks, and requests at the providers."""

import re
from pathlib import Path
from typing import Any

import psycopg2
import requests
from redis import Redis

from ivr.queue import SPEECH_CHANNEL, STATES_CHANNEL
from ivr.stack import Stack
from tests.contracts.offline_server import OfflineServer

QUEUES = ("bookings", "notifications", "audio", "upkeep")
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lilly' AND state <> 'idle'"
READERS = ("recv_events", "keepalive")
"""The two threads of every Realtime socket; those of the process's own pool live on."""

ONE_EACH = ("sender", SPEECH_CHANNEL, STATES_CHANNEL)
"""The one thread of the process that hands tasks to the broker, and those that hear what became of them: begun when first needed."""

LISTENING = "0A"

_METRIC = re.compile(r'^lilly_(calls_live|database_connections_in_use|greenlets)(?:\{runs="([^"]+)"\})? (\S+)$', re.MULTILINE)


def left_behind(stack: Stack, providers: OfflineServer) -> dict[str, Any]:
    """Everything that belongs to a call and is still alive, by name; nothing is left out but what is 0."""
    found = {f"{kind or name}": float(count) for name, kind, count in _METRIC.findall(_metrics(stack))}
    at_providers = providers.get("/control/stats")["open"]
    pooled = at_providers.get("speech_sockets", 0)
    for reader in READERS:
        # The process that makes speech again may have sockets open at the provider, too.
        found[reader] = max(0, found.get(reader, 0) - pooled - at_providers.get("transcription_sockets", 0))
    for own in ONE_EACH:
        found[own] = max(0, found.get(own, 0) - 1)
    found |= {f"{kind} at the providers": count for kind, count in at_providers.items() if kind != "speech_sockets"}
    # The request for the metrics is a greenlet, too.
    found["_handle_and_close_when_done"] -= 1
    found |= {"busy in the database": _busy(stack), "sockets of callers": len(sockets(stack, "served"))}
    found |= {f"queued for {name}": count for name, count in _queued(stack).items()}
    return {name: count for name, count in found.items() if count}


def sockets(stack: Stack, which: str = "all") -> set[str]:
    """The TCP sockets of the web processes that are not listening: all, or those `served` on its own port."""
    port = int(stack.url.rpartition(":")[2])
    open_now = {inode for worker in _workers(stack) for inode in _inodes(worker)}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    wanted = [row for row in rows if row[9] in open_now and row[3] != LISTENING]
    return {row[9] for row in wanted if which == "all" or int(row[1].partition(":")[2], 16) == port}


def _workers(stack: Stack) -> list[str]:
    web = stack.processes["web"].pid
    return Path(f"/proc/{web}/task/{web}/children").read_text().split()


def _inodes(pid: str) -> set[str]:
    named = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            named.add(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return {name[8:-1] for name in named if name.startswith("socket:[")}


def _metrics(stack: Stack) -> str:
    return requests.get(f"{stack.url}/metrics", headers={"Connection": "close"}, timeout=10).text


def _busy(stack: Stack) -> int:
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        cursor = connection.cursor()
        cursor.execute(BUSY)
        (count,) = cursor.fetchone() or (0,)
        return int(count)
    finally:
        connection.close()


def _queued(stack: Stack) -> dict[str, int]:
    with Redis.from_url(stack.environment["REDIS_URL"]) as redis:
        return {name: int(redis.llen(name)) for name in QUEUES}
