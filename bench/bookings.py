"""Bookings: from the tool call to the state in live calls, many at one instant, and as many as go through.

A process like the web's (gevent) is what is compared with empty tasks, whose results it fetches with `AsyncResult.get`, and with the
least that a request costs which survives a crash (`bench._least`).
`python -m bench.bookings` prints a table and writes bench/results/bookings.json and .png. Three minutes.
"""

import json
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bench._callers import contended_slots, new_patients
from bench._figures import NO_LIMIT, Figure, Limit, Spread, shown, spread, table
from bench._patients import PATIENCE_S, Patiently
from bench._pictures import draw_limits
from bench._recordings import sentences
from bench._results import picture, write
from bench._stand_in import StandInControl, rule
from ivr import embedded, models
from ivr.config import RUN_DIR, load_settings
from ivr.demo import target
from ivr.models import BookingRequest, Call, Patient, Slot, ToolCall, Turn, database
from ivr.offline.telephone.caller import Caller, Script, place_calls
from ivr.processes import python
from ivr.stack import Stack

CALLS = 20
WITHIN_MS = 10_000
AT_ONCE = 20
BOOKINGS = 400
LEAST_RATE, LEAST_SHARE = 150.0, 0.6
ROUNDS = 2
KINDS = tuple((kind, how) for kind in ("gevent", "plain") for how in ("empty", "least", "subscription", "result"))
LEAST_WORKER = python("-m", *"celery -A bench._least worker -Q least --concurrency 2 --without-gossip --without-mingle".split())
HELLO, DONE = "Thank you.", "You are booked."


def live_calls(stack: Stack) -> Spread:
    """Calls that each book another slot at a random moment of ten seconds: the milliseconds of their tool calls."""
    slots, patients = contended_slots(CALLS, doctors=CALLS), new_patients(CALLS)
    # The longest first: none is the end of one before it, which its rule would answer too.
    said = sorted(sentences(), key=lambda one: len(one.text), reverse=True)
    control = StandInControl(stack.offline_url)
    control.rehearse((HELLO, DONE))
    control.reply_with(
        {"rules": [one for number in range(CALLS) for one in _rules(said[2 * number : 2 * number + 2], patients[number], slots[number])]}
    )
    dice = random.Random(11)
    scripts: list[tuple[Caller, Script]] = [
        (
            replace(Caller(), patience_s=PATIENCE_S, from_number=patients[number].phone),
            # Heard out: of what is said over a reply the first word may be lost, and with it the booking.
            Patiently(said[2 * number : 2 * number + 2], dice.uniform(0, WITHIN_MS), cut_off_ms=None),
        )
        for number in range(CALLS)
    ]
    place_calls(target(stack), scripts)
    with database.connection_context():
        made = list(ToolCall.select().where(ToolCall.name == "book_appointment"))
        done = BookingRequest.select().where(BookingRequest.state == "done", BookingRequest.call.is_null(False)).count()
        unbooked = list(Call.select().where(Call.id.not_in([one.call_id for one in made])))
        for call in unbooked:
            _tell(call)
    print(f"   {len(made)} of {CALLS} calls booked, {done} are done", flush=True)
    return spread(float(one.duration_ms) for one in made)


def _tell(call: Call) -> None:
    """Show what was said and done in a call that has not booked: only recordings are heard here."""
    print(f"   {call.sid} has not booked: {call.status}, {call.ended_reason}", flush=True)
    for turn in Turn.select().where(Turn.call == call).order_by(Turn.ordinal):
        print(f"      {turn.ordinal} heard {turn.caller_text!r}, said {turn.reply_text!r}, interrupted {turn.interrupted}", flush=True)
    for tool in ToolCall.select().where(ToolCall.call == call).order_by(ToolCall.id):
        print(f"      {tool.name} {tool.result}", flush=True)


def _rules(said: list[Any], patient: Patient, slot: Slot) -> list[dict[str, Any]]:
    """Who calls is identified after the first sentence, and their slot booked after the second."""
    who = {"name": patient.name, "date_of_birth": patient.date_of_birth.isoformat(), "phone": None}
    calls = (
        {"name": "identify_patient", "arguments": who},
        {"name": "book_appointment", "arguments": {"slot_id": slot.id, "reason": None}},
    )
    first = [rule(one.text, text) | {"after": "tool"} for one, text in zip(said, (HELLO, DONE), strict=True)]
    return first + [{"match": rule(one.text, "")["match"], "calls": [call]} for one, call in zip(said, calls, strict=True)]


def load(stack: Stack, kind: str, how: str, callers: int, count: int) -> dict[str, Any]:
    """What a process of its own measured."""
    command = python("-m", "bench._booking_load", kind, how, str(callers), str(count))
    environment = stack.environment | {"PYTHONPATH": "."}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"the load process failed:\n{done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(stack: Stack) -> tuple[list[Figure], dict[str, float]]:
    """Everything, one after the other; the rates are the best of some rounds, since the machine is shared."""
    print(f"→ {CALLS} live calls", flush=True)
    figures = [Figure(f"tool call to state, {CALLS} live calls within 10 s", live_calls(stack), Limit(p95=50))]
    print("→ with events and text messages on the same two cores", flush=True)
    figures.append(at_one_instant(stack, "subscription", "everything on this machine"))
    rates = {"gevent subscription, everything on this machine": load(stack, "gevent", "subscription", AT_ONCE, BOOKINGS)["rate"]}
    stack.processes.spawn("least", LEAST_WORKER, stack.environment | {"PYTHONPATH": "."})
    with notifier_elsewhere(stack):
        print("→ without the notifier, which has a dyno of its own", flush=True)
        figures.append(at_one_instant(stack, "subscription", "one subscription", Limit(p95=250)))
        figures.append(at_one_instant(stack, "result", "AsyncResult.get"))
        for kind, how in KINDS:
            rates[f"{kind} {how}"] = max(load(stack, kind, how, AT_ONCE, BOOKINGS)["rate"] for _ in range(ROUNDS))
            print(f"   {kind} {how}: {rates[f'{kind} {how}']:.0f} a second", flush=True)
    return figures, rates


def at_one_instant(stack: Stack, how: str, name: str, limit: Limit = NO_LIMIT) -> Figure:
    """Many bookings that begin together, from a process like the web's."""
    took_ms = [one for _ in range(ROUNDS) for one in load(stack, "gevent", how, AT_ONCE, AT_ONCE)["ms"]]
    return Figure(f"{AT_ONCE} at one instant, {name}", spread(took_ms), limit)


@contextmanager
def notifier_elsewhere(stack: Stack) -> Iterator[None]:
    """Stop the notifier for as long as the context lasts: what it is to do waits in its queue."""
    notifier = stack.processes["notifier"]
    notifier.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        notifier.send_signal(signal.SIGCONT)


def main() -> None:
    """Measure, print, write."""
    run_dir = RUN_DIR / "bench-bookings"
    embedded.clean(run_dir)
    with Stack(run_dir, ears="known", profile="zero", progress=lambda text: print(f"→ {text}", flush=True)) as stack:
        models.bind(load_settings(app_env="test", database_url=stack.environment["DATABASE_URL"]))
        figures, rates = measure(stack)
    booked, empty = rates["gevent subscription"], rates["gevent empty"]
    lines = [[one.what, str(one.spread.count), str(one.spread), str(one.limit), one.limit.verdict(one.spread)] for one in figures]
    print(table(["milliseconds", "n", "p50 / p95", "at most", ""], lines))
    print(table(["a second, 20 callers", "rate"], [[name, shown(rate)] for name, rate in rates.items()]))
    share = booked / empty
    verdict = "ok" if booked >= LEAST_RATE and share >= LEAST_SHARE else "missed"
    print(f"{booked:.0f} bookings a second (at least {LEAST_RATE:.0f}), {share:.2f} of empty tasks (at least {LEAST_SHARE}): {verdict}")
    of_least = booked / rates["gevent least"]
    print(f"{of_least:.2f} of requests of which nothing becomes, and these {rates['gevent least'] / empty:.2f} of empty tasks")
    shares = {"a_second": rates, "share": round(share, 2), "share_of_least": round(of_least, 2), "verdict": verdict}
    write("bookings", {"figures": [one.as_dict() for one in figures], **shares})
    draw_limits([one.as_dict() for one in figures], picture("bookings"))


if __name__ == "__main__":
    main()
