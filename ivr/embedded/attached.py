"""The settings, with this machine's own servers and secret where none are set."""

import contextlib
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from ivr import embedded
from ivr.config import RUN_DIR, Settings


def complete(settings: Settings, run_dir: Path = RUN_DIR) -> Settings:
    """Fill in the missing of `DATABASE_URL` and `REDIS_URL` by attaching to the embedded servers, and of `JWT_SECRET_KEY`.

    Production wants all set, and never comes here without. Raises `EmbeddedError`.
    """
    if settings.jwt_secret_key is None:
        settings = settings.model_copy(update={"jwt_secret_key": SecretStr(own_secret(run_dir))})
    if settings.database_url and settings.redis_url:
        return settings
    servers = embedded.attach(run_dir)
    own = {"database_url": servers.database_url, "redis_url": servers.redis_url}
    return settings.model_copy(update={name: SecretStr(url) for name, url in own.items() if getattr(settings, name) is None})


def own_secret(run_dir: Path) -> str:
    """A secret that is made once, and the same for all processes of this folder."""
    kept, made = run_dir / "jwt.secret", run_dir / f"jwt.secret.{os.getpid()}"
    if not kept.exists():
        run_dir.mkdir(parents=True, exist_ok=True)
        with open(made, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(secrets.token_hex(32))
        # Of several processes that make one at once, the first one's stays.
        with contextlib.suppress(FileExistsError):
            os.link(made, kept)
        made.unlink()
    return kept.read_text()
