"""How the queues stand: what waits in each, what is in hand, for how long, and how often its tasks failed."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

FAILURES_KEPT = timedelta(days=8)
UNACKED = "unacked"
"""Kombu's name for what workers have taken and not yet acknowledged, tasks that wait for their time included."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """One queue: the ages are those of what was sent first, None where there is nothing; failures are those of the day (UTC)."""

    queue: str
    waiting: int
    waiting_s: float | None
    in_hand: int
    in_hand_s: float | None
    failed: int


def backlogs(redis: Redis, queues: Iterable[str], now: datetime) -> list[Backlog]:
    """How each queue stands; raises `RedisError` when that cannot be known."""
    in_hand: defaultdict[str, list[float]] = defaultdict(list)
    for message, _, queue in map(json.loads, redis.hvals(UNACKED)):
        in_hand[queue].append(_age_s(message, now))
    failed = redis.hgetall(_failures_key(now))
    return [_backlog(name, int(redis.llen(name)), redis.lindex(name, -1), in_hand[name], int(failed.get(name, 0)), now) for name in queues]


def note_failure(redis: Redis, queue: str, now: datetime) -> None:
    """Count a failed task."""
    key = _failures_key(now)
    with redis.pipeline() as pipeline:
        pipeline.hincrby(key, queue, 1)
        pipeline.expire(key, FAILURES_KEPT)
        pipeline.execute()


def _failures_key(now: datetime) -> str:
    return f"lilly:failures:{now:%Y-%m-%d}"


def _backlog(name: str, waiting: int, first: Any, in_hand: list[float], failed: int, now: datetime) -> Backlog:
    """What is pushed on the left is taken from the right: `first` is the next to be taken."""
    waiting_s = _age_s(json.loads(first), now) if first else None
    return Backlog(name, waiting, waiting_s, len(in_hand), max(in_hand, default=None), failed)


def _age_s(message: Any, now: datetime) -> float:
    """How long ago a message was sent; one that does not say so is new."""
    return max(0.0, now.timestamp() - message["headers"].get("sent_at_s", now.timestamp()))
