"""What is counted and timed, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)

CALLS = Counter("lilly_calls_total", "Calls that reached a media stream, by how they ended.", ["ending"])
CALLS_LIVE = Gauge("lilly_calls_live", "Calls on the line now.", multiprocess_mode="livesum")
STREAMS_REFUSED = Counter("lilly_streams_refused_total", "Media streams that were refused.", ["reason"])
BAD_MESSAGES = Counter("lilly_bad_messages_total", "Media-stream messages that could not be used.", ["reason"])
TURN_STAGE_SECONDS = Histogram("lilly_turn_stage_seconds", "Stages of a turn after the last loud frame.", ["stage"], buckets=SECONDS)
TOOL_SECONDS = Histogram("lilly_tool_seconds", "Tool calls.", ["tool", "outcome"], buckets=SECONDS)
SPEECH_RETRIES = Counter("lilly_speech_retries_total", "Clauses that workers were asked to speak, by what became of them.", ["outcome"])
SPEECH_RETRY_ATTEMPTS = Counter("lilly_speech_retry_attempts_total", "How often workers tried to speak them.")
SPEECH_RETRY_SECONDS = Histogram("lilly_speech_retry_seconds", "How long a call waited for them.", buckets=SECONDS)
LOOP_LAG_SECONDS = Histogram(
    "lilly_event_loop_lag_seconds", "How late the event loop wakes.", buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
)

GREENLETS = Gauge("lilly_greenlets", "Greenlets alive now, threads of libraries included.", ["runs"], multiprocess_mode="livesum")
DATABASE_CONNECTIONS_IN_USE = Gauge(
    "lilly_database_connections_in_use", "Database connections that are lent out now.", multiprocess_mode="livesum"
)
