"""The web process under test: the stack's own, or another beside it with other settings; and the plain loop in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from bench._machine import Usage, children, usage
from ivr.demo import target
from ivr.offline.telephone.caller import Caller
from ivr.offline.telephone.webhooks import Target
from ivr.processes import Processes, answers, free_port, procfile_command, python
from ivr.stack import ACCOUNT_SID, Stack

WITHOUT = "LILLY_WITHOUT"
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers the calls: how she is reached, the caller's line, and her process."""

    target: Target
    caller: Caller | None
    pid: int
    credential: dict[str, str] = field(default_factory=dict, repr=False)

    def usage(self) -> Usage:
        """What her process and its children use."""
        return usage([self.pid, *children(self.pid)])

    def say(self, texts: tuple[str, ...]) -> None:
        """Have clauses said before any call, so that they are in the cache of clips."""
        for text in texts:
            requests.post(f"{self.target.base_url}/tts", json={"text": text}, headers=self.credential, timeout=TIMEOUT_S).raise_for_status()


@contextmanager
def lilly(stack: Stack, without: str | None = None) -> Iterator[Answering]:
    """The stack's web process; or one without a trick, for as long as the context lasts."""
    if without is None:
        yield Answering(target(stack), None, stack.processes["web"].pid, stack.credential)
        return
    port = free_port()
    url, name = f"http://127.0.0.1:{port}", f"web-without-{without}"
    processes = Processes(stack.run_dir / "logs")
    try:
        web = processes.spawn(name, procfile_command("web"), stack.environment | {"PORT": str(port), "PUBLIC_URL": url, WITHOUT: without})
        processes.wait_for(name, lambda: answers(f"{url}/readyz"))
        reached = Target(url, auth_token=stack.auth_token, account_sid=ACCOUNT_SID, offline_url=stack.offline_url)
        yield Answering(reached, None, web.pid, stack.credential)
    finally:
        processes.stop()


@contextmanager
def plain_loop(stack: Stack) -> Iterator[Answering]:
    """The sequential loop, reached by a stream of its own."""
    port = free_port()
    processes = Processes(stack.run_dir / "logs")
    try:
        command = python("-u", "-m", "bench._sequential", "--port", str(port), "--base-url", f"{stack.offline_url}/v1")
        process = processes.spawn("sequential", command, stack.environment)
        processes.wait_for("sequential", lambda: "listening" in processes.log_of("sequential").read_text())
        twiml = f'<Response><Connect><Stream url="ws://127.0.0.1:{port}/"/></Connect></Response>'
        yield Answering(Target(f"http://127.0.0.1:{port}", status_path=None), Caller(twiml=twiml), process.pid)
    finally:
        processes.stop()
