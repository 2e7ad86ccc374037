"""Whether this process lives, whether it can serve calls, and its metrics."""

import hmac
import os

from flask import Blueprint, Response, abort, jsonify, request
from peewee import PeeweeException
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

from ivr.models import database
from ivr.queue import workers_seen
from ivr.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Everything that a call needs is there; otherwise 503 and what is missing."""
    shared = services()
    checks = {"database": _database(), **workers_seen(shared.redis_url), "clips": shared.warming.done}
    ready = all(checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


def _database() -> bool:
    try:
        with database.connection_context():
            database.execute_sql("SELECT 1")
    except PeeweeException:
        return False
    return True


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics of all processes of this dyno; METRICS_TOKEN is wanted as a bearer token, in production always."""
    settings = services().settings
    if settings.metrics_token is not None or settings.app_env == "production":
        wanted = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
            abort(401, "METRICS_TOKEN is wanted as a bearer token.")
    registry = PROCESS_REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
