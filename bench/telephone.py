"""The telephone side: webhooks, the event loop, processor and memory, greeting, barge-in, and fifty patients who want one slot.

`python -m bench.telephone` prints a table and writes bench/results/telephone.json and .png. Two minutes.
"""

import secrets
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests
from twilio.request_validator import RequestValidator

from bench._figures import Figure, Limit, Spread, spread, table
from bench._live_calls import Load, under_load
from bench._machine import children, usage
from bench._pictures import draw_limits
from bench._replies import as_rules, replies
from bench._results import picture, write
from bench._stand_in import StandInControl
from ivr import embedded
from ivr.config import RUN_DIR
from ivr.stack import Stack

WEBHOOKS = 200
CALLS = 10
PATIENTS = 50
IDLE_S = 5.0


def webhook_ms(stack: Stack, count: int) -> list[float]:
    """Milliseconds until `/voice/incoming` has answered, each request over a connection of its own."""
    took = []
    for _ in range(count):
        form = {"CallSid": f"CA{secrets.token_hex(16)}", "From": "+12025550143", "To": "+12025550100"}
        address = f"{stack.url}/voice/incoming"
        headers = {"X-Twilio-Signature": RequestValidator(stack.auth_token).compute_signature(address, form)}
        began_s = time.perf_counter()
        answer = requests.post(address, data=form, headers=headers, timeout=10)
        took.append((time.perf_counter() - began_s) * 1000)
        answer.raise_for_status()
    return took


def idle(stack: Stack) -> float:
    """Processor seconds that the web process uses in a minute in which nothing happens."""
    master = stack.processes["web"].pid
    pids = [master, *children(master)]
    before = usage(pids)
    time.sleep(IDLE_S)
    return (usage(pids).cpu_s - before.cpu_s) * 60 / IDLE_S


def load_figures(load: Load) -> list[Figure]:
    """The lines about some calls at once."""
    calls = len(load.placed)
    name = "one call" if calls == 1 else f"{calls} calls"
    memory = (load.most_mb - load.before.resident_mb) / calls
    turns = [turn for one in load.placed for turn in one.call.turns]
    return [
        Figure(f"event-loop lag, {name} (p50 / p99)", load.lag_spread, Limit(p95=20)),
        _processor(load, f"{name}, replies cut off"),
        Figure(f"web memory a call, {name} (MB)", Spread(1, memory, None)),
        Figure(f"greeting after stream start, {name}", spread(one.call.turns[0].gap_ms for one in load.placed), Limit(150, 300)),
        Figure(f"barge-in, onset to clear, {name}", spread(turn.barge_in_ms for turn in turns), Limit(120, 150)),
        Figure(f"caller's own lateness, {name}", spread(one.call.late_ms for one in load.placed)),
    ]


def _processor(load: Load, name: str) -> Figure:
    return Figure(f"web processor s a call minute, {name}", Spread(1, load.cpu_s / load.call_minutes, None), Limit(p50=1))


def one_slot(stack: Stack, patients: int) -> tuple[Counter[str], list[float]]:
    """Let many patients book one slot at once; returns how often each answer came, and how long the answers took."""
    slot_id = requests.get(f"{stack.url}/slots", params={"limit": 1}, headers=stack.credential, timeout=10).json()["items"][0]["id"]
    barrier = threading.Barrier(patients)

    def book(number: int) -> tuple[str, float]:
        patient = {"name": f"Patient Number{number}", "date_of_birth": "1980-01-01", "phone": f"+1202555{number:04d}"}
        barrier.wait()
        began_s = time.perf_counter()
        body = {"slot_id": slot_id, "patient": patient}
        answer = requests.post(f"{stack.url}/appointments", json=body, headers=stack.credential, timeout=30)
        code = answer.json().get("code", "") if answer.status_code >= 400 else ""
        return f"{answer.status_code} {code}".strip(), (time.perf_counter() - began_s) * 1000

    with ThreadPoolExecutor(patients) as pool:
        answers = list(pool.map(book, range(patients)))
    return Counter(answer for answer, _ in answers), [took_ms for _, took_ms in answers]


def measure(stack: Stack) -> tuple[list[Figure], Counter[str]]:
    """Everything, one after the other."""
    control = StandInControl(stack.offline_url)
    first = replies("mixed", 0)
    print("→ speech is made ahead", flush=True)
    control.rehearse(reply.text for reply in first)
    control.use_profile("fixed")
    control.reply_with(as_rules(first))
    print(f"→ {WEBHOOKS} webhooks", flush=True)
    figures = [Figure("/voice/incoming answers", spread(webhook_ms(stack, WEBHOOKS)), Limit(p95=50))]
    figures.append(Figure("web processor s a minute without calls", Spread(1, idle(stack), None)))
    for calls in (1, CALLS):
        print(f"→ {calls} call(s) at once", flush=True)
        figures += load_figures(under_load(stack, calls))
    print(f"→ {CALLS} call(s) at once, replies heard out", flush=True)
    figures.append(_processor(under_load(stack, CALLS, sentences=3, cut_off_ms=None), f"{CALLS} calls, replies heard out"))
    print(f"→ {PATIENTS} patients book one slot", flush=True)
    answers, took_ms = one_slot(stack, PATIENTS)
    return [*figures, Figure(f"booking one slot, {PATIENTS} at once", spread(took_ms))], answers


def main() -> None:
    """Measure, print, write."""
    run_dir = RUN_DIR / "bench"
    embedded.clean(run_dir)
    with Stack(run_dir, ears="known", profile="zero", progress=lambda text: print(f"→ {text}", flush=True)) as stack:
        figures, answers = measure(stack)
    lines = [[one.what, str(one.spread.count), str(one.spread), str(one.limit), one.limit.verdict(one.spread)] for one in figures]
    print(table(["milliseconds unless said otherwise", "n", "p50 / p95", "at most", ""], lines))
    print(f"one slot, {PATIENTS} patients: {dict(answers)}")
    write("telephone", {"figures": [one.as_dict() for one in figures], "one_slot": dict(answers)})
    draw_limits([one.as_dict() for one in figures], picture("telephone"))


if __name__ == "__main__":
    main()
