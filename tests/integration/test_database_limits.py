"""A PostgreSQL that neither answers nor goes away: callers hear something true in time, and no connection is lost for it.

Each test runs a process of its own, patched as the web process is.
"""

import os
import subprocess
import sys

import pytest

from ivr import bookings
from ivr.models import BookingRequest, Call, Source
from ivr.schemas import BookAppointment
from tests.integration.rows import a_doctor_with_slots, some_patients

PATCHED = """
from gevent import monkey; monkey.patch_all()
from psycogreen.gevent import patch_psycopg; patch_psycopg()
import os, signal, socket, time
from gevent import joinall, spawn
from ivr import bookings, database_limits, models, queue, settling
from ivr.agent import tools
from ivr.config import Settings
from ivr.models import BookingRequest

database_limits.install()
pool = models.bind(Settings(), max_connections=4)
queue.send_booking = lambda *_, **__: True
states = queue.BookingStates("redis://127.0.0.1:1/0")

def took_s(work):
    began_s = time.monotonic()
    return work(), time.monotonic() - began_s

def uses(tool):
    return tools.run_tool(tools.CallContext(None, Settings(), states, "en"), tool, "{}")
"""

STOPPED = """
with pool.connection_context():
    request = BookingRequest.get()
    (backend,) = pool.execute_sql("SELECT pg_backend_pid()").fetchone()
os.kill(backend, signal.SIGSTOP)
try:
    settled, waited_s = took_s(lambda: settling.settle(request, states, wait_s=0.5))
finally:
    os.kill(backend, signal.SIGCONT)
assert settled.state == "pending"
assert 0.5 <= waited_s < 0.5 + 2 * settling.NOTE_S + 1, waited_s
assert pool.in_use == 0
with pool.connection_context():
    assert BookingRequest.get().confirm_by_sms, "another connection is opened for the promise"
"""

SILENT = """
listening = socket.create_server(("127.0.0.1", 0))
pool = models.bind(Settings(database_url=f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/nothing"))
tools.TOOL_LIMIT_S, database_limits.CONNECTED_S = 0.5, 1.0

def two_at_once():
    using = [spawn(uses, "list_doctors") for _ in range(2)]
    joinall(using)
    return [one.value for one in using]

results, waited_s = took_s(two_at_once)
assert [result["error"]["retryable"] for result in results] == [True, True]
assert waited_s < 2, waited_s
def look():
    try:
        with pool.connection_context():
            BookingRequest.get()
    except models.AWAY:
        return "away"
outcome, waited_s = took_s(look)
assert outcome == "away" and 1 <= waited_s < 4, waited_s
assert pool.in_use == 0
"""


@pytest.mark.parametrize("trouble", [STOPPED, SILENT], ids=["a server that is stopped", "a server that takes no connection"])
def test_nobody_waits_for_ever_for_the_database(db: None, migrated: str, trouble: str) -> None:
    _, (slot, *_) = a_doctor_with_slots()
    origin: bookings.Origin = {"source": Source.PHONE, "call": Call.create(sid="CA1"), "idempotency_key": "key"}
    bookings.request_booking(some_patients(1)[0], BookAppointment(slot_id=slot.id), **origin)
    assert BookingRequest.get().state == "pending"
    environment = {**os.environ, "DATABASE_URL": migrated, "APP_ENV": "test"}
    done = subprocess.run([sys.executable, "-c", PATCHED + trouble], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
