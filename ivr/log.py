"""Logging: one line an event, JSON in production; no patient's data and no secret is ever in one."""

import logging
import sys

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
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These name URLs, and with them what a provider was asked, at INFO.
    for noisy in ("httpx2", "httpx", "openai", "twilio", "urllib3", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name, model, date in settings.models_with_shutdown_date():
        logging.getLogger(__name__).warning("%s=%s will be switched off by its provider on %s: choose its successor", name, model, date)
