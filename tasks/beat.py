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

    lock: Lock | None

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due, and return in how many seconds to look again."""
        try:
            if self.lock is None:
                self._lead()
            interval_s: float = super().tick(*args, **options)
            return interval_s
        except LockError:
            logger.warning("beat has lost its lock")
            self.lock = None
        except (RedisError, OSError) as error:
            # The lock may still be ours when Redis is back.
            logger.warning("beat cannot reach Redis (%s)", type(error).__name__)
        return RETRY_S

    def _lead(self) -> None:
        """Wait for the lock, then write the schedule, which Redis may have lost with it."""
        acquire_distributed_beat_lock(SimpleNamespace(scheduler=self))
        self.setup_schedule()
