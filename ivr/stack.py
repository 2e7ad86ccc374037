"""The whole of Lilly on one machine as child processes, for the demo, the tests and the benchmarks."""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ivr import api_keys, embedded, models, queue
from ivr.access import KEY_SCOPES
from ivr.config import load_settings
from ivr.migrate import migrate
from ivr.processes import Processes, answers, free_port, procfile_command, python, venv_path
from ivr.schemas.access import NewApiKey
from ivr.seed import seed

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ACCOUNT_SID = "AC" + "0" * 32
KEY_LASTS = timedelta(days=1)
EVERY_PART = ("web", "worker", "notifier", "beat")


def start_offline(processes: Processes, run_dir: Path, environment: dict[str, str], options: Sequence[str] = ()) -> Callable[[], str]:
    """Start the stand-in for the providers; what is returned waits for it and gives its address."""
    ready_file = run_dir / "offline.url"
    ready_file.unlink(missing_ok=True)
    processes.spawn("offline", python("-m", "ivr.offline", "--ready-file", str(ready_file), *options), environment)

    def address() -> str:
        processes.wait_for("offline", lambda: ready_file.exists() and ready_file.read_text().endswith("\n"))
        return ready_file.read_text().strip()

    return address


@dataclass
class Stack:
    """Everything of its own: embedded servers, stand-in, settings, a free port. A context manager.

    `settings` override the environment's variables; `progress` is told what is being started.
    """

    run_dir: Path
    ears: str = "whisper"
    profile: str = "zero"
    parts: Sequence[str] = EVERY_PART
    settings: dict[str, str] = field(default_factory=dict, repr=False)
    progress: Callable[[str], object] = field(default=lambda _: None, repr=False)
    offline_url: str = ""
    api_key: str = field(default="", repr=False)
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.run_dir / "logs")
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> "Stack":
        try:
            self._start()
        except BaseException:
            self.processes.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.stop()

    @property
    def auth_token(self) -> str:
        """What Twilio's requests are signed with."""
        return self.environment["TWILIO_AUTH_TOKEN"]

    @property
    def credential(self) -> dict[str, str]:
        """The headers of a program that may use the whole API."""
        return {"X-API-Key": self.api_key}

    def _start(self) -> None:
        self.progress("database and broker")
        servers = embedded.attach(self.run_dir)
        self.environment = self._environment(servers)
        self.progress("stand-in for the providers (it loads its speech models meanwhile)")
        options = ("--ears", self.ears, "--profile", self.profile)
        offline_address = start_offline(self.processes, self.run_dir, self.environment, options)
        self.progress("tables, and a hospital's data")
        settings = load_settings(app_env="test", database_url=servers.database_url, redis_url=servers.redis_url)
        models.bind(settings)
        migrate(models.database)
        seed(settings.timezone, address=settings.hospital_address)
        with models.database.connection_context():
            key = NewApiKey(name="this machine", scopes=set(KEY_SCOPES), expires_at=models.now() + KEY_LASTS)
            self.api_key = api_keys.issue(key, by="command").key
        self.offline_url = offline_address()
        self.environment |= {"OPENAI_BASE_URL": f"{self.offline_url}/v1", "TWILIO_API_BASE_URL": self.offline_url, **self.settings}
        self.progress("web process and workers")
        for part in self.parts:
            self.start(part)
        self.processes.wait_for(self.parts[0], self._is_ready)

    def start(self, part: str) -> None:
        """Start one of the parts, or start it again."""
        self.processes.spawn(part, procfile_command(part), self.environment)

    def _is_ready(self) -> bool:
        if "web" in self.parts:
            return answers(f"{self.url}/readyz")
        return all(queue.workers_seen(self.environment["REDIS_URL"]).values())

    def _environment(self, servers: embedded.Servers) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        return {
            **kept,
            "PATH": venv_path(),
            "APP_ENV": "test",
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "OPENAI_API_KEY": "offline",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "TWILIO_FROM_NUMBER": "+12025550100",
            "PUBLIC_URL": self.url,
            "PORT": self.url.rpartition(":")[2],
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }
