"""Clips in Redis, shared by all processes; a Redis that is away is an empty cache."""

import logging

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

PREFIX = "lilly:clip:"
TTL_S = 30 * 24 * 3600
SPEECH_PREFIX = "lilly:speech:"
SPEECH_TTL_S = 60
"""Of speech that a worker makes for one call, under the id of its row."""

LONGEST_CLIP_BYTES = 30 * 8000
"""Half a minute of mu-law: nothing longer is kept."""

_SOCKET_S = 0.1


class RedisClips:
    """`ClipStore` over Redis; every call is bounded, since a caller waits for it."""

    def __init__(self, redis_url: str, prefix: str = PREFIX, ttl_s: int = TTL_S) -> None:
        self._prefix, self._ttl_s = prefix, ttl_s
        self._redis = Redis.from_url(redis_url, socket_timeout=_SOCKET_S, socket_connect_timeout=_SOCKET_S, retry=Retry(NoBackoff(), 0))

    def get(self, key: str) -> bytes | None:
        """The clip, or None."""
        try:
            return self._redis.get(self._prefix + key)  # type: ignore[return-value]
        except (RedisError, OSError) as error:
            logger.warning("clips: Redis away (%s)", type(error).__name__)
            return None

    def put(self, key: str, audio: bytes) -> None:
        """Keep a clip for its time, by default a month."""
        if len(audio) > LONGEST_CLIP_BYTES:
            return
        try:
            self._redis.set(self._prefix + key, audio, ex=self._ttl_s)
        except (RedisError, OSError) as error:
            logger.warning("clips: Redis away (%s)", type(error).__name__)
