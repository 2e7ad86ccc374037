"""The desk's API: a file for each kind of thing, all declared in one way."""

from typing import Any

from flask import Response
from flask_cors import CORS
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from pydantic import ValidationError

from ivr.config import Settings
from ivr.web.api import (
    api_keys,
    appointments,
    audit,
    callback_requests,
    calls,
    docs,
    doctors,
    hours,
    knowledge,
    log_ins,
    outbox_events,
    patients,
    reminders,
    slots,
    sms_messages,
    specialties,
    speech,
    users,
)
from ivr.web.api.documents import SECURITY_SCHEMES, Problem
from ivr.web.problems import invalid
from ivr.web.request_ids import HEADER

RESOURCES = (
    log_ins.routes,
    users.routes,
    api_keys.routes,
    specialties.routes,
    doctors.routes,
    *hours.ROUTES,
    slots.routes,
    knowledge.routes,
    appointments.routes,
    calls.routes,
    callback_requests.routes,
    reminders.routes,
    sms_messages.routes,
    outbox_events.routes,
    patients.routes,
    speech.routes,
    audit.routes,
)
ABOUT = """
Lilly's desk. Log in with `POST /auth/login` and send the access token as a bearer, or send an API key as `X-API-Key`.

Lists are `{"items", "next_cursor"}`: give `next_cursor` back as `cursor` for the next page. Times carry their zone. Errors are
problem details (RFC 9457); programs go by their `code`. A POST with an `Idempotency-Key` is carried out once; only
log-ins and refreshes heed none, since their tokens are kept nowhere. What two people may edit is changed with the `ETag` it was
read with, as `If-Match`.
""".strip()
EXPOSED = ("ETag", "Location", "Retry-After", "Idempotency-Replayed", HEADER)


def build() -> OpenAPI:
    """An application that documents its API; its documents are served by `docs`."""
    app = OpenAPI(
        "ivr.app",
        info=Info(title="Lilly", version="1", description=ABOUT),
        security_schemes={**SECURITY_SCHEMES},
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    return app


def install(app: OpenAPI, settings: Settings) -> None:
    """Serve every route of the API, to other origins only as far as they are named."""
    for resource in RESOURCES:
        app.register_api(resource.blueprint)
    docs.install(app)
    app.register_error_handler(ValidationError, _invalid)
    if settings.cors_origins:
        CORS(app, origins=list(settings.cors_origins), expose_headers=list(EXPOSED), max_age=3600)


def _invalid(error: Any) -> Response:
    return invalid(error)
