"""Breaking the parts of a running stack, one at a time and on purpose; each break ends with the part back."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
from redis import Redis, RedisError

from bench._machine import children
from bench._receiver import MOODS, Mood, MoodyReceiver
from ivr import embedded
from ivr.stack import Stack

BACK_LIMIT_S = 30.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Break:
    """What was broken, and from when until when, in Unix seconds."""

    what: str
    began_s: float
    ended_s: float


@dataclass
class Breaker:
    """Whoever breaks things: `breaks` are those so far. Stalls and bad moods last `lasting_s`."""

    stack: Stack
    receiver: MoodyReceiver
    lasting_s: float
    breaks: list[Break] = field(default_factory=list)
    ended_by_themselves: list[str] = field(default_factory=list)
    _dice: random.Random = field(default_factory=lambda: random.Random(5))

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Every kind of break by its name."""
        servers = {
            "a worker's child is killed": self._kill_child,
            "the bookings worker is killed": lambda: self._kill("worker"),
            "the notifier is killed": lambda: self._kill("notifier"),
            "Valkey is restarted": self._restart_valkey,
            "Valkey is stopped (SIGSTOP)": self._stall_valkey,
            "PostgreSQL is restarted": self._restart_postgres,
        }
        if "beat" in self.stack.parts:
            servers["beat is killed"] = lambda: self._kill("beat")
        return servers | {f"n8n {mood}": self._in_mood(mood) for mood in MOODS} | {"Valkey loses its memory": self._empty_valkey}

    def go_through(self, kinds: dict[str, Callable[[], None]], is_over: Callable[[], bool], pause_s: float) -> None:
        """Break each once in random order, and again and again until it is over, with a pause after each."""
        once = "Valkey loses its memory"
        left = self._dice.sample(sorted(kinds), len(kinds))
        while left or not is_over():
            left = left or self._dice.sample(sorted(kinds.keys() - {once}), len(kinds) - 1)
            self.do(left[0], kinds[left[0]])
            left = left[1:]
            time.sleep(pause_s)

    def outage(self, lasting_s: float) -> None:
        """Let n8n be away, and then nothing be broken for as long again."""
        usual, self.lasting_s = self.lasting_s, lasting_s
        self.do("n8n is away, and nothing else is broken", self._in_mood("answers 500"))
        self.lasting_s = usual
        time.sleep(lasting_s)

    def do(self, what: str, work: Callable[[], None]) -> None:
        """Break one thing, and note when; a process that has ended without having been killed is noted, and started again."""
        for part in self.stack.parts:
            if self.stack.processes[part].poll() is not None:
                self.ended_by_themselves.append(part)
                self.stack.start(part)
        began_s = time.time()
        work()
        self.breaks.append(Break(what, began_s, time.time()))

    def _kill(self, part: str) -> None:
        process = self.stack.processes[part]
        # Its process group is its own: the children of a prefork worker go with it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.stack.start(part)

    def _kill_child(self) -> None:
        own = children(self.stack.processes["worker"].pid)
        if own:
            os.kill(self._dice.choice(own), signal.SIGKILL)

    def _restart_valkey(self) -> None:
        os.kill(self._servers().valkey, signal.SIGKILL)
        self._wait_for(self._valkey_answers)

    def _stall_valkey(self) -> None:
        pid = self._servers().valkey
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self.lasting_s)
        finally:
            os.kill(pid, signal.SIGCONT)

    def _empty_valkey(self) -> None:
        with self._valkey() as valkey:
            valkey.flushall()
        self._restart_valkey()

    def _restart_postgres(self) -> None:
        # The fast shutdown: sessions are ended, transactions rolled back.
        os.kill(self._servers().postgres, signal.SIGINT)
        self._wait_for(self._postgres_answers)

    def _in_mood(self, mood: Mood) -> Callable[[], None]:
        def work() -> None:
            self.receiver.feel(mood)
            time.sleep(self.lasting_s)
            self.receiver.feel("well")

        return work

    def _servers(self) -> embedded.Pids:
        return embedded.pids(self.stack.run_dir)

    def _valkey(self) -> Redis:
        return Redis.from_url(self.stack.environment["REDIS_URL"], socket_timeout=1)

    def _valkey_answers(self) -> bool:
        try:
            with self._valkey() as valkey:
                return bool(valkey.ping())
        except (RedisError, OSError):
            return False

    def _postgres_answers(self) -> bool:
        try:
            psycopg2.connect(self.stack.environment["DATABASE_URL"], connect_timeout=1).close()
        except psycopg2.Error:
            return False
        return True

    def _wait_for(self, answers: Callable[[], bool]) -> None:
        # What was told to end may answer for a moment longer.
        time.sleep(LOOK_EVERY_S)
        deadline_s = time.monotonic() + BACK_LIMIT_S
        while not answers():
            if time.monotonic() > deadline_s:
                raise TimeoutError("a server is not back")
            time.sleep(LOOK_EVERY_S)


@contextmanager
def fast_clock(hurry: Callable[[], None], every_s: float) -> Iterator[None]:
    """Drive the clock of retries fast: while the context lasts, whatever waits for another attempt is hurried again and again."""
    over = threading.Event()

    def drive() -> None:
        while not over.wait(every_s):
            hurry()

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    try:
        yield
    finally:
        over.set()
        driver.join()
