"""How the queues stand: what waits in each, what is in hand, for how long, and how often its tasks failed."""

import json
from collections import Counter
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
    """One queue. `oldest_s` is the age of what has waited longest, None if nothing waits; failures are those of the day (UTC)."""

    queue: str
    waiting: int
    in_hand: int
    oldest_s: float | None
    failed: int


def backlogs(redis: Redis, queues: Iterable[str], now: datetime) -> list[Backlog]:
    """How each queue stands; raises `RedisError` when that cannot be known."""
    in_hand = Counter(json.loads(taken)[2] for taken in redis.hvals(UNACKED))
    failed = redis.hgetall(_failures_key(now))
    return [
        Backlog(name, int(redis.llen(name)), in_hand[name], _age_s(redis.lindex(name, -1), now), int(failed.get(name, 0)))
        for name in queues
    ]


def note_failure(redis: Redis, queue: str, now: datetime) -> None:
    """Count a failed task."""
    key = _failures_key(now)
    with redis.pipeline() as pipeline:
        pipeline.hincrby(key, queue, 1)
        pipeline.expire(key, FAILURES_KEPT)
        pipeline.execute()


def _failures_key(now: datetime) -> str:
    return f"lilly:failures:{now:%Y-%m-%d}"


def _age_s(message: Any, now: datetime) -> float | None:
    """How long ago a message was sent; what is pushed on the left is taken from the right."""
    sent_at_s = json.loads(message)["headers"].get("sent_at_s") if message else None
    return None if sent_at_s is None else max(0.0, now.timestamp() - sent_at_s)
