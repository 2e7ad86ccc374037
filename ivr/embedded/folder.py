"""The folder in which the embedded servers of one clone live: its paths, its locks, and the state that users read."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

FAR_DIR = Path("/var/lib/lilly")
LOCK_POLL_S = 0.02


class EmbeddedError(Exception):
    """The embedded servers are not to be had; the text is one line for a person."""


class Unsupported(EmbeddedError):
    """This platform has no wheel of an embedded server."""


@dataclass(frozen=True)
class Servers:
    """Where the embedded servers are reached."""

    database_url: str
    redis_url: str = field(repr=False)


class Folder:
    """The paths of everything that belongs to the servers of one `run_dir`."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir.resolve()
        self.home = self.run_dir / "embedded"
        self.users_lock = self.home / "users.lock"
        self.supervisor_lock = self.home / "supervisor.lock"
        self.state = self.home / "state.json"
        name = hashlib.sha256(bytes(self.run_dir)).hexdigest()[:16]
        self.far_dir = FAR_DIR / name
        self.short_dir = Path("/tmp") / f"lilly-{name}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folder) and other.run_dir == self.run_dir

    def __hash__(self) -> int:
        return hash(self.run_dir)

    def server_lock(self, server: str) -> Path:
        """The lock that a server's processes hold; its text is the process id."""
        return self.home / f"{server}.lock"

    def log(self, server: str) -> Path:
        """Where a server's output of the present run goes."""
        return self.home / f"{server}.log"

    def last_words(self, server: str = "supervisor") -> str:
        """The last line that a server logged, for an error message."""
        log = self.log(server)
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), f"see {log}")

    def identity(self) -> str:
        """A random name that is lost with the folder, so that data kept elsewhere can be told from a vanished folder's."""
        path = self.home / "identity"
        if not path.exists():
            write_private(path, secrets.token_hex(16))
        return path.read_text()

    def write_state(self, servers: Servers) -> None:
        """Tell users that the servers are ready."""
        write_private(self.state, json.dumps({"supervisor": os.getpid(), **asdict(servers)}))

    def read_state(self) -> Servers | None:
        """Where the servers are, or None while they are not ready."""
        try:
            state = json.loads(self.state.read_text())
            os.kill(state.pop("supervisor"), 0)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return Servers(**state)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that only this user may read."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def try_lock(path: Path, kind: int) -> int | None:
    """Return the descriptor of the locked file, or None while another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        # A lock on a file that was removed meanwhile is worth nothing.
        if is_open_file(descriptor, path):
            return descriptor
    os.close(descriptor)
    return None


def is_open_file(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def lock(path: Path, kind: int, timeout_s: float) -> int:
    """Wait for the lock and return the descriptor that holds it."""
    deadline_s = time.monotonic() + timeout_s
    while (descriptor := try_lock(path, kind)) is None:
        if time.monotonic() > deadline_s:
            raise EmbeddedError(f"{path} is still in use after {timeout_s:.0f} s")
        time.sleep(LOCK_POLL_S)
    return descriptor


def write_pid(descriptor: int, pid: int) -> None:
    """Make a process id the text of a lock file, in one write, so that a reader never finds half of it."""
    os.pwrite(descriptor, f"{pid:<10}\n".encode(), 0)
