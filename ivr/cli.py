"""The commands: set up, serve, demonstrate, call."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from peewee import OperationalError

from ivr import calls, demo, embedded, models, run
from ivr.clients.clips import RedisClips
from ivr.config import RUN_DIR, Settings, SettingsError, load_settings
from ivr.embedded import EmbeddedError
from ivr.embedded.attached import complete
from ivr.errors import LillyError
from ivr.log import configure_logging
from ivr.migrate import migrate
from ivr.models import database
from ivr.offline import scenario
from ivr.offline.scenario import ScenarioError
from ivr.offline.telephone.webhooks import Target
from ivr.processes import ProcessError
from ivr.seed import seed
from ivr.trace import tool_line, waterfall
from ivr.voice.clips import Clips
from ivr.web.services import build_voices, build_warming

EXPECTED_ERRORS = (SettingsError, EmbeddedError, ProcessError, ScenarioError)


def _readable_errors(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except EXPECTED_ERRORS as error:
            raise click.ClickException(str(error)) from None
        except OperationalError:
            raise click.ClickException("The database cannot be reached, or broke off: check DATABASE_URL.") from None
        except LillyError as error:
            raise click.ClickException(error.message) from None

    return wrapped


def _settings() -> Settings:
    settings = complete(load_settings())
    configure_logging(settings)
    models.bind(settings)
    return settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Lilly, a hospital's telephone receptionist."""


@main.command("migrate")
@_readable_errors
def migrate_command() -> None:
    """Bring the database's tables up to date; several at once do no harm."""
    _settings()
    for name in migrate(database):
        click.echo(f"migrated {name}")


@main.command("seed")
@_readable_errors
def seed_command() -> None:
    """Fill in a believable hospital; doing it twice is the same as once."""
    new = seed(_settings().timezone)
    click.echo(f"new: {new.doctors} doctors, {new.slots} slots, {new.appointments} appointments")


@main.command("warm")
@_readable_errors
def warm_command() -> None:
    """Make the clips of every fixed sentence ahead; a voice that fails only costs a warning."""
    settings = _settings()
    assert settings.redis_url is not None
    build_warming(settings, build_voices(settings), Clips(RedisClips(settings.redis_url.get_secret_value()))).run()


@main.command("run")
@_readable_errors
def run_command() -> None:
    """Serve on this machine until INT or TERM."""
    run.serve()


@main.command("demo")
@_readable_errors
def demo_command() -> None:
    """Play one recorded patient's call through everything, and check its appointment."""
    sys.exit(0 if demo.play(click.echo) else 1)


@main.command("call")
@click.argument("scenario_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="Where Lilly is served; this machine's PORT if left out.")
@click.option("--offline-url", help="The stand-in's address, for orders to a live call and for its ears.")
@click.option("--recording", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the call as a stereo WAV.")
@_readable_errors
def call_command(scenario_file: Path, url: str | None, offline_url: str | None, recording: Path | None) -> None:
    """Play a written call against a Lilly that is served, and judge what came of it."""
    settings = _settings()
    token = settings.twilio_auth_token.get_secret_value() if settings.twilio_auth_token else None
    base_url = url or f"http://127.0.0.1:{settings.port}"
    target = Target(base_url, public_url=settings.public_url or base_url, auth_token=token, offline_url=offline_url)
    outcome = scenario.run(scenario_file, target, demo.Records(), lambda line: click.echo(str(line)))
    if recording:
        outcome.call.save(recording)
    for failure in outcome.failures:
        click.echo(f"not as written: {failure}", err=True)
    sys.exit(0 if outcome.ok else 1)


@main.command("trace")
@click.argument("call_sid")
@_readable_errors
def trace_command(call_sid: str) -> None:
    """Draw a call's turns as waterfalls: where the time went, and which functions were called."""
    _settings()
    with database.connection_context():
        call = calls.get(call_sid)
        used = list(models.ToolCall.select().where(models.ToolCall.call == call).order_by(models.ToolCall.id))
        for turn in calls.turns(call):
            click.echo("\n".join([*waterfall(turn), *(tool_line(one) for one in used if one.turn_id == turn.id), ""]))


@main.command("clean")
@_readable_errors
def clean_command() -> None:
    """Remove the embedded servers' data and everything else that runs left behind."""
    embedded.clean(RUN_DIR)
