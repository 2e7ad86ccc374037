"""The settings, with this machine's own servers where none are set."""

from pathlib import Path

from pydantic import SecretStr

from ivr import embedded
from ivr.config import RUN_DIR, Settings


def complete(settings: Settings, run_dir: Path = RUN_DIR) -> Settings:
    """Fill in the missing of `DATABASE_URL` and `REDIS_URL` by attaching to the embedded servers.

    Production wants both set, and never comes here without. Raises `EmbeddedError`.
    """
    if settings.database_url and settings.redis_url:
        return settings
    servers = embedded.attach(run_dir)
    own = {"database_url": servers.database_url, "redis_url": servers.redis_url}
    return settings.model_copy(update={name: SecretStr(url) for name, url in own.items() if getattr(settings, name) is None})
