"""The web process: a Flask application with everything that a call touches."""

import sys

import gevent
import psycopg2.extensions
from flask_openapi.openapi import OpenAPI
from gevent import monkey
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from ivr import database_limits, models, queue
from ivr.config import Settings, SettingsError, load_settings
from ivr.embedded import EmbeddedError
from ivr.embedded.attached import complete
from ivr.errors import LillyError
from ivr.log import configure_logging
from ivr.web import api, auth, health, limits, media_stream, request_ids, security_headers, sms, talk, voice
from ivr.web.living import log_deaths, watch_living
from ivr.web.loop_lag import watch_loop
from ivr.web.problems import database_away, problem
from ivr.web.services import build_services, install

BOOT_ERROR = 3
"""A worker that ends with this ends gunicorn too, instead of being started again and again."""

MOST_BODY_BYTES = 256 * 1024
DATABASE_CONNECTIONS = 20


def create_app(settings: Settings | None = None) -> OpenAPI:
    """Build the application; a wrong environment ends the process with one readable list."""
    try:
        settings = complete(settings or load_settings())
        _require_patches()
    except (SettingsError, EmbeddedError) as error:
        print(error, file=sys.stderr)
        sys.exit(BOOT_ERROR)
    configure_logging(settings)
    log_deaths()
    database_limits.install()
    assert settings.redis_url is not None
    models.bind(settings, max_connections=DATABASE_CONNECTIONS)
    queue.configure(settings.redis_url.get_secret_value())
    app = assemble(settings)
    gevent.spawn(watch_living)
    gevent.spawn(watch_loop)
    gevent.spawn(app.extensions["lilly"].warming.run)
    return app


def assemble(settings: Settings) -> OpenAPI:
    """The application with its routes, of settings that are complete; nothing runs yet, and nothing connects."""
    assert settings.redis_url is not None
    redis_url = settings.redis_url.get_secret_value()
    app = api.build()
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    if settings.trust_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    install(app, build_services(settings, redis_url))
    request_ids.install(app)
    security_headers.install(app)
    limits.install(app, redis_url)
    auth.install(app, settings)
    app.register_blueprint(voice.blueprint)
    app.register_blueprint(voice.reports)
    app.register_blueprint(sms.blueprint)
    app.register_blueprint(health.blueprint)
    media_stream.install(app)
    api.install(app, settings)
    talk.install(app, settings)
    app.register_error_handler(LillyError, problem)
    app.register_error_handler(HTTPException, problem)
    for away in models.AWAY:
        app.register_error_handler(away, database_away)
    return app


def _require_patches() -> None:
    """Without these two patches one call would block all the others."""
    patches = {
        "gevent's monkey patch": monkey.is_module_patched("socket"),
        "psycogreen": psycopg2.extensions.get_wait_callback() is not None,
    }
    missing = [name for name, there in patches.items() if not there]
    if missing:
        raise SettingsError(f"The web process needs {' and '.join(missing)} before anything else is imported: start it by wsgi.py.")
