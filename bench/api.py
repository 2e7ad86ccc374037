"""The desk's API over 100,000 appointments: its lists and their plans, its patients, and live calls beside 50 requests a second.

`python -m bench.api` prints tables and writes bench/results/api.json, api.png, and the plans to api-plans.txt. Four minutes.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from peewee import fn

from bench._desk_load import TEXTS
from bench._figures import Figure, Limit, spread, table
from bench._large_hospital import fill
from bench._lists import LIMIT as LIST_LIMIT
from bench._lists import LISTINGS, Listed, Reader
from bench._live_calls import Load, under_load
from bench._pictures import draw_limits
from bench._replies import as_rules, replies
from bench._results import RESULTS, picture, write
from bench._stand_in import StandInControl
from ivr import accounts, embedded, models
from ivr.agent.spoken import spoken
from ivr.app import assemble
from ivr.config import RUN_DIR, Settings, load_settings
from ivr.migrate import migrate
from ivr.models import Appointment, AppointmentStatus, Call, Patient, database
from ivr.processes import python
from ivr.seed import seed
from ivr.stack import Stack

PAGES = 5
PATIENTS = 40
CALLS = 10
A_SECOND = 50
LONGEST_LOAD_S = 120
LAG = Limit(p95=20)


def a_large_hospital(run_dir: Path) -> embedded.Servers:
    """A database that is filled before anything else looks at it."""
    servers = embedded.attach(run_dir)
    settings = load_settings(app_env="test", database_url=servers.database_url, redis_url=servers.redis_url)
    models.bind(settings)
    migrate(models.database)
    seed(settings.timezone, address=settings.hospital_address)
    fill()
    return servers


def lists(stack: Stack, servers: embedded.Servers) -> list[Listed]:
    """Every list: its first pages and deep ones."""
    urls = {"database_url": servers.database_url, "redis_url": servers.redis_url, "openai_base_url": f"{stack.offline_url}/v1"}
    settings = {**urls, "openai_api_key": "offline", "jwt_secret_key": secrets.token_hex(32)}
    reader = Reader(stack.url, assemble(Settings.model_validate(settings)).test_client(), stack.credential)
    return [reader.read(listing, PAGES) for listing in LISTINGS]


def show_lists(listed: Sequence[Listed]) -> None:
    """Print how long each list took and how it is found, and write the plans down."""
    lines = [
        [
            one.listing.what,
            str(one.figure.spread),
            f"{one.slowest.took_ms:.1f}",
            str(one.slowest.pages),
            ", ".join(sorted(one.read_whole)) or "none",
            one.figure.limit.verdict(one.figure.spread),
        ]
        for one in listed
    ]
    print(table(["list (ms)", "p50 / p95 by HTTP", "in the database", "8 kB pages", "large tables read whole", "p95 < 50"], lines))
    plans = [f"{one.listing.what}\n  {page} page:\n{plan}\n" for one in listed for page, plan in one.plans.items()]
    (RESULTS / "api-plans.txt").write_text("\n".join(plans), encoding="utf-8")


def of_lists(listed: Sequence[Listed]) -> list[Figure]:
    """All lists together."""
    first, deep = ([one for of_one in listed for one in getattr(of_one, name)] for name in ("first_ms", "deep_ms"))
    return [Figure("a list's first page", spread(first), LIST_LIMIT), Figure("a list's deep page", spread(deep), LIST_LIMIT)]


def patients(stack: Stack) -> list[Figure]:
    """What is done with single patients, who have had calls and appointments."""
    headers = _log_in(stack)
    with database.connection_context():
        coming = Appointment.select(Appointment.patient).where(Appointment.status == AppointmentStatus.BOOKED)
        theirs = (
            Patient.select(Patient.id).join(Call).where(Patient.id.not_in(coming)).group_by(Patient.id).order_by(fn.hashint4(Patient.id))
        )
        ids = [patient.id for patient in theirs.limit(3 * PATIENTS)]

    def took_ms(method: str, path: str, body: dict[str, Any] | None = None) -> float:
        began_s = time.perf_counter()
        answer = requests.request(method, stack.url + path, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return (time.perf_counter() - began_s) * 1000

    kept, others, blanked = (ids[place::3] for place in range(3))
    return [
        Figure("export of a patient", spread(took_ms("GET", f"/patients/{one}/export") for one in kept), Limit(p95=500)),
        Figure(
            "merge of two patients",
            spread(map(lambda one, other: took_ms("POST", f"/patients/{one}/merge", {"other_id": other}), kept, others)),
            Limit(p95=500),
        ),
        Figure("erasure of a patient", spread(took_ms("POST", f"/patients/{one}/erase") for one in blanked), Limit(p95=1000)),
    ]


def _log_in(stack: Stack) -> dict[str, str]:
    email, password = "bench@hospital.example", secrets.token_urlsafe(16)
    with database.connection_context():
        accounts.ensure_admin(email, password, reset=True)
    answer = requests.post(f"{stack.url}/auth/login", json={"email": email, "password": password}, timeout=10)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def desk_at_work(stack: Stack, done: dict[str, Any]) -> Iterator[None]:
    """Requests for as long as the context lasts; what they took is put into `done`."""
    command = python("-m", "bench._desk_load", stack.url, str(A_SECOND), str(LONGEST_LOAD_S))
    environment = os.environ | {"PYTHONPATH": ".", "API_KEY": stack.api_key}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        if process.stdout.readline() != "working\n":
            raise RuntimeError("the load does not begin")
        try:
            yield
        finally:
            said, _ = process.communicate(timeout=60)
        done.update(json.loads(said))


def calls_beside_the_desk(stack: Stack) -> tuple[list[Figure], dict[str, Any]]:
    """The event loop's lag under live calls, without and with the desk at work on the same process."""
    control, said = StandInControl(stack.offline_url), replies("mixed", 0)
    control.rehearse(reply.text for reply in said)
    control.rehearse_whole(spoken(text, "en") for text in TEXTS)
    control.use_profile("fixed")
    control.reply_with(as_rules(said))
    desk: dict[str, Any] = {}
    print(f"→ {CALLS} calls", flush=True)
    figures = _of_calls(under_load(stack, CALLS), f"{CALLS} calls")
    print(f"→ {CALLS} calls, {A_SECOND} requests a second", flush=True)
    with desk_at_work(stack, desk):
        load = under_load(stack, CALLS)
    figures += _of_calls(load, f"{CALLS} calls, {A_SECOND} requests a second")
    took_ms = [one for all_of_kind in desk["ms"].values() for one in all_of_kind]
    figures.append(Figure(f"requests beside the calls, {desk['a_second']:.0f} a second", spread(took_ms)))
    figures += [Figure(f"  {kind}", spread(took_ms)) for kind, took_ms in desk["ms"].items()]
    return figures, desk["statuses"]


def _of_calls(load: Load, name: str) -> list[Figure]:
    turns = [turn for one in load.placed for turn in one.call.turns]
    return [
        Figure(f"event-loop lag, {name} (p50 / p99)", load.lag_spread, LAG),
        Figure(f"silence before a reply, {name}", spread(turn.gap_ms for turn in turns)),
        Figure(f"caller's own lateness, {name}", spread(one.call.late_ms for one in load.placed)),
    ]


def main() -> None:
    """Measure, print, write."""
    run_dir = RUN_DIR / "bench-api"
    embedded.clean(run_dir)
    print("→ 100,000 appointments", flush=True)
    servers = a_large_hospital(run_dir)
    with Stack(run_dir, ears="known", profile="zero", progress=lambda text: print(f"→ {text}", flush=True)) as stack:
        print(f"→ {len(LISTINGS)} lists", flush=True)
        listed = lists(stack, servers)
        print(f"→ {PATIENTS} patients", flush=True)
        figures = [*of_lists(listed), *patients(stack)]
        of_calls, statuses = calls_beside_the_desk(stack)
    figures += of_calls
    show_lists(listed)
    lines = [[one.what, str(one.spread.count), str(one.spread), str(one.limit), one.limit.verdict(one.spread)] for one in figures]
    print(table(["milliseconds", "n", "p50 / p95", "at most", ""], lines))
    print(f"answers beside the calls: {statuses}")
    lists_shown = [one.as_dict() for one in listed]
    write("api", {"figures": [one.as_dict() for one in figures], "lists": lists_shown, "answers": statuses})
    slowest = sorted(lists_shown, key=lambda one: -one["p95"])[:12]
    draw_limits([*(one.as_dict() for one in figures), *slowest], picture("api"))


if __name__ == "__main__":
    main()
