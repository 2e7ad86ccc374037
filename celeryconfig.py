"""Celery's settings, each with its reason; where the broker is, `ivr.queue.configure` says at start."""

from typing import Any

from kombu import Queue

# Bookings have workers of their own, so that a receiver that hangs cannot starve them.
task_queues = [Queue(name) for name in ("bookings", "notifications", "audio", "upkeep")]
task_routes = {f"tasks.{queue.name}.*": {"queue": queue.name} for queue in task_queues}
# A misspelt queue is an error at the sender, not a queue that nobody reads.
task_create_missing_queues = False
# Whatever has no route is upkeep, which nobody waits for.
task_default_queue = "upkeep"

# Plain data only: unpickling a message would run whatever its writer wants.
accept_content = ["json"]
task_serializer = "json"
result_serializer = "json"
# States are rows of the database; no task's result is read.
task_ignore_result = True
# A task that asks for its result all the same (a benchmark) leaves nothing behind.
result_expires = 60

# The message is given back when the worker dies in the middle; every task may run twice.
task_acks_late = True
# A killed child of a living worker loses its task otherwise.
task_reject_on_worker_lost = True
# A task that fails is not repeated at once for ever: the sweep finds its row.
task_acks_on_failure = True
task_acks_on_timeout = True
# No task is kept by a busy process while another is idle.
worker_prefetch_multiplier = 1
# Ends a child that hangs (threads have no such limit: what they wait for is bounded by itself).
task_soft_time_limit = 20
task_time_limit = 25

broker_transport_options: dict[str, Any] = {
    # Well above the longest task (all clips made anew) and the longest delay: what takes longer is handed out a second time. Nobody
    # waits for it: what a dead worker had in hand is swept long before.
    "visibility_timeout": 300,
    # Look for messages of dead workers every 5 s, at each turn (the default is every tenth).
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A broker that is stalled or cut off without a word is noticed; above the 1 s that a worker's read waits on purpose.
    "socket_timeout": 5.0,
    "socket_connect_timeout": 2.0,
    "socket_keepalive": True,
    "health_check_interval": 5,
    # The default of 10 is less than the notifier's 16 threads, whose acknowledgements would fail.
    "max_connections": 40,
}
# One for beat and control commands each; senders have their own.
broker_pool_limit = 4
# The same for results, should anybody ask for one.
redis_max_connections = 20
redis_socket_timeout = 5.0
# A worker waits for a broker that starts after it, and for one that is away, as long as it takes.
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A task in hand is finished when the connection breaks: it is idempotent, and half a delivery is worse than two.
worker_cancel_long_running_tasks_on_connection_loss = False
# Publishing never repeats by itself: who sends has a bound to keep, and the sweep sends again.
task_publish_retry = False

# A dyno has 30 s from SIGTERM to SIGKILL. With REMAP_SIGTERM=SIGQUIT in the environment, tasks get this long to end, and the rest
# goes back into its queue; without it, SIGTERM waits for running tasks alone.
worker_soft_shutdown_timeout = 10.0
# A cold start on a busy machine takes longer than the default of 4 s.
worker_proc_alive_timeout = 30.0
# The log is set up by ivr.log.
worker_hijack_root_logger = False
worker_redirect_stdouts = False
# Nobody listens to events.
worker_send_task_events = False

# One clock for all, as in the database.
enable_utc = True
timezone = "UTC"

# Beat's memory is in Redis, where a lock keeps one leader however many are started.
beat_scheduler = "tasks.beat:Scheduler"
redbeat_key_prefix = "lilly:beat:"
# A beat that was killed is replaced within these seconds and one loop; three renewals may fail before.
redbeat_lock_timeout = 10
# A Redis that is cut off without a word is noticed before the lock ends; who is left without tries again by itself.
redbeat_redis_options = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "retry": None}
# The lock is renewed, and a new leader looks for it, this often.
beat_max_loop_interval = 3
beat_schedule: dict[str, dict[str, Any]] = {
    # A sweep that comes late is worth nothing: the next one does its work.
    "sweep": {"task": "tasks.upkeep.sweep", "schedule": 5.0, "kwargs": {"by_beat": True}, "options": {"expires": 5.0}},
    # The same for the rest, each bounded and each the same when it is done twice.
    "remind": {"task": "tasks.upkeep.remind", "schedule": 60.0, "options": {"expires": 60.0}},
    "tidy": {"task": "tasks.upkeep.tidy", "schedule": 60.0, "options": {"expires": 60.0}},
    "make slots": {"task": "tasks.upkeep.make_slots", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "warm": {"task": "tasks.upkeep.warm", "schedule": 3600.0, "options": {"expires": 3600.0}},
}
