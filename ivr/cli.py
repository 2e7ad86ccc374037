"""The commands: set up, serve, demonstrate, call."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click
from peewee import OperationalError, fn
from pydantic import ValidationError
from redis.exceptions import RedisError

from ivr import accounts, calls, deliveries, demo, embedded, models, outbox, queue, run, speech_retries
from ivr.backlog import Backlog
from ivr.config import RUN_DIR, Settings, SettingsError, load_settings
from ivr.embedded import EmbeddedError
from ivr.embedded.attached import complete
from ivr.errors import LillyError
from ivr.log import configure_logging
from ivr.migrate import migrate
from ivr.models import BookingRequest, DeliveryState, OutboxEvent, SmsMessage, SmsState, database
from ivr.offline import scenario
from ivr.offline.scenario import ScenarioError
from ivr.offline.telephone.webhooks import Target
from ivr.processes import ProcessError
from ivr.schemas.access import Login
from ivr.seed import seed
from ivr.trace import tool_line, waterfall
from ivr.web.services import build_clips, build_voices, build_warming

ROW_ID = click.IntRange(1, 2**31 - 1)
ADMIN_IS = {
    "created": "{email} may log in as an admin.",
    "reset": "{email} has the new password, and is an admin.",
    "unchanged": "{email} is there already, and stays as it is; --reset sets the password.",
}
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
    settings = _settings()
    new = seed(settings.timezone, address=settings.hospital_address)
    click.echo(f"new: {new.doctors} doctors, {new.slots} slots, {new.appointments} appointments")


@main.command("create-admin")
@click.option("--email", required=True, help="Address to log in with.")
@click.option("--reset", is_flag=True, help="Set the password of a user who is there already, and make them an admin.")
@_readable_errors
def create_admin_command(email: str, reset: bool) -> None:
    """Make a user who may do everything; the password is read from standard input."""
    _settings()
    password = click.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        login = Login(email=email, password=password)
    except ValidationError as error:
        raise click.ClickException("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors(include_input=False))) from None
    with database.connection_context():
        done = accounts.ensure_admin(login.email, login.password, reset=reset)
    click.echo(ADMIN_IS[done].format(email=login.email))


@main.command("warm")
@_readable_errors
def warm_command() -> None:
    """Make the clips of every fixed sentence ahead; a voice that fails only costs a warning."""
    settings = _settings()
    assert settings.redis_url is not None
    build_warming(settings, build_voices(settings), build_clips(settings, settings.redis_url.get_secret_value())).run()


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


@main.command("queues")
@_readable_errors
def queues_command() -> None:
    """Show how the queues stand, and what bookings, events, messages and speech are under way or have failed.

    In hand is what workers have taken, tasks that wait for their time included.
    """
    settings = _settings()
    assert settings.redis_url is not None
    redis_url = settings.redis_url.get_secret_value()
    try:
        lines = [_queue_line(one) for one in queue.stand(redis_url)]
        requests, events, messages = (queue.count_piled(redis_url, pile) for pile in queue.PILES)
    except RedisError:
        raise click.ClickException("Redis cannot be reached: check REDIS_URL.") from None
    click.echo("queue          waiting  oldest s  in hand  oldest s  failed today")
    click.echo("\n".join(lines))
    click.echo(f"in piles, each of which is one task of its queue: {requests} booking requests, {events} events, {messages} text messages")
    with database.connection_context():
        for model, name in ((BookingRequest, "booking requests"), (OutboxEvent, "events"), (SmsMessage, "text messages")):
            counts: Any = model.select(model.state, fn.COUNT(model.id)).group_by(model.state).order_by(model.state).tuples()
            click.echo(f"{name}: " + _counted(dict(counts)))
        click.echo("audio retries of the last 24 hours: " + _audio_line(speech_retries.figures(models.now() - timedelta(hours=24))))


def _queue_line(one: Backlog) -> str:
    waiting, in_hand = ("–" if oldest_s is None else f"{oldest_s:.0f}" for oldest_s in (one.waiting_s, one.in_hand_s))
    return f"{one.queue:13}  {one.waiting:7}  {waiting:>8}  {one.in_hand:7}  {in_hand:>8}  {one.failed:12}"


def _audio_line(figures: dict[str, Any]) -> str:
    oldest = figures["oldest_waiting"]
    waits = f"; the oldest has waited for {(models.now() - oldest).total_seconds():.0f} s" if oldest else ""
    return f"{_counted(figures['outcomes'])}, in {figures['attempts']} attempts{waits}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "none"


@main.group("outbox")
def outbox_group() -> None:
    """Events for n8n: deliveries and dead letters."""


@outbox_group.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only events in this state; dead ones are the dead letters.",
)
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="How many at most.")
@_readable_errors
def outbox_list(state: str | None, limit: int) -> None:
    """List events, newest first."""
    _settings()
    with database.connection_context():
        for event in outbox.listed(DeliveryState(state) if state else None, limit):
            why = f"  {event.last_error}" if event.last_error else ""
            click.echo(
                f"{event.id:8}  {event.state:9}  {event.attempts:3}x  {event.created_at:%Y-%m-%d %H:%M:%S}Z  {event.event_type}{why}"
            )


@outbox_group.command("show")
@click.argument("event_id", type=ROW_ID)
@_readable_errors
def outbox_show(event_id: int) -> None:
    """Show one event as it is delivered."""
    _settings()
    with database.connection_context():
        event = outbox.show(event_id)
    click.echo(f"{event.state} after {event.attempts} attempts, last error: {event.last_error or 'none'}")
    click.echo(json.dumps(event.payload, indent=2, ensure_ascii=False))


@outbox_group.command("replay")
@click.argument("event_ids", type=ROW_ID, nargs=-1, required=True)
@_readable_errors
def outbox_replay(event_ids: tuple[int, ...]) -> None:
    """Deliver dead letters, unsent events, or what was delivered before, again, each under its old key."""
    settings = _settings()
    assert settings.redis_url is not None
    queue.configure(settings.redis_url.get_secret_value())
    for event_id in event_ids:
        with database.connection_context():
            deliveries.replay(event_id, by="command")
        sent = queue.send_outbox(event_id)
        click.echo(f"{event_id} is due again" + ("" if sent else "; the broker is away, so that the next sweep delivers it"))


@main.group("sms")
def sms_group() -> None:
    """Text messages to patients: those that failed, and another try."""


@sms_group.command("list")
@click.option("--state", type=click.Choice([state.value for state in SmsState]), help="Only messages in this state.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="How many at most.")
@_readable_errors
def sms_list(state: str | None, limit: int) -> None:
    """List messages, newest first, without what they say and to whom."""
    _settings()
    messages = SmsMessage.select().order_by(SmsMessage.created_at.desc()).limit(limit)
    with database.connection_context():
        for one in messages.where(SmsMessage.state == state) if state else messages:
            why = f"  {one.why}" if one.why else ""
            click.echo(f"{one.id:8}  {one.state:11}  {one.attempts:3}x  {one.created_at:%Y-%m-%d %H:%M:%S}Z  {one.kind}{why}")


@sms_group.command("resend")
@click.argument("message_ids", type=ROW_ID, nargs=-1, required=True)
@_readable_errors
def sms_resend(message_ids: tuple[int, ...]) -> None:
    """Send messages again that failed, were left out or not delivered, if they still may be."""
    settings = _settings()
    assert settings.redis_url is not None
    queue.configure(settings.redis_url.get_secret_value())
    for message_id in message_ids:
        with database.connection_context():
            due = deliveries.resend(message_id, by="command")
        sent, name = queue.send_sms(due.id), "" if due.id == message_id else f" as {due.id}"
        click.echo(f"{message_id} is due again{name}" + ("" if sent else "; the broker is away, so that the next sweep sends it"))


@main.command("clean")
@_readable_errors
def clean_command() -> None:
    """Remove the embedded servers' data and everything else that runs left behind."""
    embedded.clean(RUN_DIR)
