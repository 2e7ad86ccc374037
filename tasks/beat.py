"""Beat's scheduler: redbeat, made to outlive a Redis that goes away or forgets."""

import logging
from types import SimpleNamespace
from typing import Any

from redbeat import RedBeatScheduler
from redbeat.schedulers import acquire_distributed_beat_lock
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

logger = logging.getLogger(__name__)

RETRY_S = 1.0


class Scheduler(RedBeatScheduler):
    """One leader at a time; a leader that has lost its lock queues for it again, where redbeat's own ends the process."""

    lock: Lock | None = None
    _written = False

    def setup_schedule(self) -> None:
        """Leave the schedule to `tick`: this is called at the start, when Redis may be away."""

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due, and return in how many seconds to look again."""
        try:
            if self.lock is None:
                acquire_distributed_beat_lock(SimpleNamespace(scheduler=self))
            if not self._written:
                # With the lock, Redis may have lost the schedule too.
                super().setup_schedule()
                self._written = True
            interval_s: float = super().tick(*args, **options)
            return interval_s
        except LockError:
            logger.warning("beat has lost its lock")
            self.lock, self._written = None, False
        except (RedisError, OSError) as error:
            # The lock may still be ours when Redis is back.
            logger.warning("beat cannot reach Redis (%s)", type(error).__name__)
        return RETRY_S
