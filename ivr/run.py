"""Serving on this machine: the Procfile's processes and whatever they need that is not there, until INT or TERM."""

import os
import signal
import sys
import time
from pathlib import Path

import click
from pydantic import SecretStr

from ivr import models
from ivr.config import RUN_DIR, Settings, load_settings
from ivr.embedded.attached import complete
from ivr.migrate import migrate
from ivr.models import database
from ivr.processes import Interrupted, ProcessError, Processes, answers, port_is_free, venv_path
from ivr.seed import seed
from ivr.stack import EVERY_PART, start_offline

PROVIDERS = ("stt", "llm", "tts")
LOOK_EVERY_S = 0.2


def serve() -> None:
    """Set up what is missing, then serve. Raises `ProcessError` if a process does not start, or ends by itself."""
    settings = load_settings()
    if not port_is_free(settings.port):
        raise ProcessError(f"Port {settings.port} is in use: end what listens there, or set PORT to another.")
    settings = complete(settings)
    _prepare_database(settings)
    processes = Processes(RUN_DIR / "logs")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: processes.interrupt())
    try:
        _serve(settings, processes)
    except Interrupted:
        click.echo("Stopping …")
    finally:
        processes.stop()


def _prepare_database(settings: Settings) -> None:
    models.bind(settings)
    migrate(database)
    with database.connection_context():
        empty = not models.Doctor.select().exists()
    if empty:
        click.echo("The database has no doctors: filling in an example hospital.")
        seed(settings.timezone, address=settings.hospital_address)
    models.unbind()


def _serve(settings: Settings, processes: Processes) -> None:
    environment = _environment(settings, processes)
    honcho = Path(sys.executable).with_name("honcho")
    # Honcho numbers its processes' ports from PORT on; the first is the web process.
    command = (str(honcho), "-e", os.devnull, "-f", "Procfile", "start", "-p", str(settings.port), *EVERY_PART)
    processes.spawn("honcho", command, environment, shown=True)
    url = f"http://127.0.0.1:{settings.port}"
    processes.wait_for("honcho", lambda: answers(f"{url}/readyz"))
    if settings.twilio_auth_token is None:
        click.echo(f"\nTalk to Lilly in a browser: {url}/")
    click.echo(f"\nLilly takes calls: {url}/voice/incoming (webhook), {url}/readyz (health). Ctrl-C ends.\n")
    while True:
        processes.check()
        time.sleep(LOOK_EVERY_S)


def _environment(settings: Settings, processes: Processes) -> dict[str, str]:
    """What the processes are told, the stand-in's address for every provider that has none of its own included."""
    environment = dict(os.environ) | {"PYTHONUNBUFFERED": "1", "PATH": venv_path(), "WEB_CONCURRENCY": str(settings.web_concurrency)}
    for name in ("database_url", "redis_url"):
        url: SecretStr = getattr(settings, name)
        environment[name.upper()] = url.get_secret_value()
    missing = [kind for kind in PROVIDERS if not settings.has_provider(kind)]  # type: ignore[arg-type]
    if missing:
        click.echo(f"The stand-in takes the place of {', '.join(missing).upper()}; set OPENAI_API_KEY to use the real ones.")
        address = start_offline(processes, RUN_DIR, environment)()
        for kind in missing:
            environment |= {f"{kind.upper()}_BASE_URL": f"{address}/v1", f"{kind.upper()}_API_KEY": "offline"}
    return environment
