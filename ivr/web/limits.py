"""How often something may be asked: counted in Redis for all processes, in memory while that is away."""

from flask import Flask, g, request
from flask_limiter import Limiter
from redis.backoff import NoBackoff
from redis.retry import Retry

LOG_INS = "20 per minute"
SPEECH = "60 per minute"


def _who() -> str:
    principal = g.get("principal")
    return principal.actor if principal else request.remote_addr or "unknown"


limiter = Limiter(_who, strategy="moving-window", headers_enabled=True, in_memory_fallback_enabled=True, key_prefix="lilly:limits")


def install(app: Flask, redis_url: str) -> None:
    """Count for an application; nothing connects before something is limited."""
    app.config["RATELIMIT_STORAGE_URI"] = redis_url
    # By default redis-py tries ten times more.
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25, "retry": Retry(NoBackoff(), 0)}
    limiter.init_app(app)
