"""Logging: one line an event, JSON in production; no patient's data and no secret is ever in one."""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog

from ivr.config import Settings


def configure_logging(settings: Settings) -> None:
    """Send every logger of this process through structlog to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    production = settings.app_env == "production"
    renderer = structlog.processors.JSONRenderer() if production else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_values,
                renderer,
            ],
        )
    )
    # Celery writes an exception's text into its own line.
    logging.getLogger("celery.app.trace").addFilter(_keep_text_of_exceptions_out)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These name URLs, and with them what a provider was asked, at INFO.
    for noisy in ("httpx2", "httpx", "openai", "twilio", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # This one names the URL in its warnings too, and a webhook's may hold a secret.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for name, model, date in settings.models_with_shutdown_date():
        logging.getLogger(__name__).warning("%s=%s will be switched off by its provider on %s: choose its successor", name, model, date)


def _without_values(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Write an exception as its types and places: its text may hold a row's values, and with them a patient's."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = "".join(_chain(error)).rstrip()
    return event


def _chain(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)
        yield "then\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"


def _keep_text_of_exceptions_out(record: logging.LogRecord) -> bool:
    if isinstance(record.args, dict) and "exc" in record.args:
        record.args = {**record.args, "exc": "an exception", "traceback": ""}
    # The same once more, beside the line.
    record.__dict__.pop("data", None)
    return True
