"""One database for the session, migrated once and emptied before each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from click.testing import CliRunner, Result

from ivr import cli, embedded, models, queue
from ivr.config import RUN_DIR, Settings
from ivr.migrate import migrate
from tests.contracts.offline_server import OfflineServer, running
from tests.integration.broker import Receiver, Valkey, Worker, wait_until

Command = Callable[..., Result]

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An empty database on the embedded server of the tests, gone after the session."""
    with an_empty_database(embedded.attach(RUN_DIR / "tests").database_url, f"test_{os.getpid()}") as url:
        yield url


@contextmanager
def an_empty_database(server_url: str, name: str) -> Iterator[str]:
    """A database beside the server's own; crashes of the machine may lose what is in it."""
    administration = psycopg2.connect(server_url)
    administration.autocommit = True
    cursor = administration.cursor()
    cursor.execute(f"CREATE DATABASE {name}")
    cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        administration.close()


@pytest.fixture(scope="session")
def migrated(database_url: str) -> Iterator[str]:
    """The models, bound to the migrated database."""
    models.bind(Settings(database_url=database_url), max_connections=60)
    migrate(models.database)
    yield database_url
    models.unbind()


@pytest.fixture
def db(migrated: str) -> Iterator[None]:
    """An empty database and an open connection to it."""
    with models.database.connection_context():
        emptied()
        yield


def emptied() -> None:
    """Remove every row; for so few rows this is ten times as fast as TRUNCATE."""
    tables = [model._meta.table_name for model in reversed(models.ALL_MODELS)]
    models.database.execute_sql("; ".join(f'DELETE FROM "{table}"' for table in tables))


@pytest.fixture(autouse=True)
def _what_is_sent(request: pytest.FixtureRequest) -> None:
    """A test that names the shared broker sends there; what any other sends reaches nobody, whichever tests ran before."""
    shared = "valkey" in request.fixturenames
    queue.configure(request.getfixturevalue("valkey").url if shared else NOBODY_LISTENS)
    # What Celery itself does in a child: connections to the broker before are forgotten.
    queue.celery_app._after_fork()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey that may be stopped, stalled and emptied, with this process configured to use it in each test that names it."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, which no worker listens to, with this process configured to use it."""
    server = Valkey(tmp_path)
    server.start()
    queue.configure(server.url)
    yield server
    server.stop()


@pytest.fixture
def carried_out_here(db: None) -> Iterator[queue.BookingStates]:
    """The states of a broker that is away, so that bookings are carried out in this process."""
    states = queue.BookingStates(NOBODY_LISTENS)
    yield states
    states.close()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """What stands in for n8n."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def providers() -> Iterator[OfflineServer]:
    """The stand-in, for what is spoken."""
    with running("--ears", "known", "--profile", "zero") as server:
        yield server


@pytest.fixture(scope="session")
def worker(valkey: Valkey, receiver: Receiver, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker for all queues and tests, with two children."""
    settings = {"DATABASE_URL": migrated, "REDIS_URL": valkey.url, "N8N_WEBHOOK_URL": receiver.url, "N8N_WEBHOOK_SECRET": "a secret"}
    worker = Worker(tmp_path_factory.mktemp("worker") / "log", queues="bookings,notifications,upkeep", children=2, **settings)
    worker.start()
    yield worker
    worker.kill()


@pytest.fixture(scope="session")
def states(valkey: Valkey) -> Iterator[queue.BookingStates]:
    """This process's subscription, up before the first test."""
    states = queue.BookingStates(valkey.url)
    states.start()
    wait_until(lambda: states.listening, 5, "the subscription is up")
    yield states
    states.close()


@pytest.fixture
def command(migrated: str, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command against the tests' servers, which are bound already."""
    settings = Settings(app_env="test", database_url=migrated, redis_url=valkey.url)
    monkeypatch.setattr(cli, "_settings", lambda: settings)
    return lambda *words, **options: CliRunner().invoke(cli.main, [str(word) for word in words], **options)
