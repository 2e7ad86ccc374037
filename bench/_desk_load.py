"""The desk and its programs at work: so many requests a second of a realistic mix, whatever the answers take.

`python -m bench._desk_load URL A_SECOND SECONDS` with API_KEY set prints what each kind of request took as JSON, when the time or
its standard input is over.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

THREADS = 48
TIMEOUT_S = 30
TEXTS = tuple(
    f"Please bring your {what} {when}."
    for what in ("insurance card", "old letters", "blood sample", "medicine", "glasses", "x-ray pictures", "sister", "questions")
    for when in ("tomorrow", "next time", "on the day", "to the front desk", "to the clinic", "in the morning", "along", "to the doctor")
)
"""What is spoken, each once."""

Ask = Callable[[], requests.Response]


class Desk:
    """Somebody at the desk, or a program, who knows what there is."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._own = url, key, threading.local()
        self._dice = random.Random(23)
        self.patients = [one["id"] for one in self._get("/patients", sort="-id", limit=100).json()["items"]]
        self.doctors = [one["id"] for one in self._get("/doctors", limit=100).json()["items"]]
        self.appointments: list[int] = [one["id"] for one in self._get("/appointments", status="booked", limit=100).json()["items"]]
        # From the far end, so that they are not what callers are told of meanwhile.
        self._slots = [one["id"] for page in self._pages("/slots", 8, sort="-starts_at", limit=100) for one in page]
        self._booked: list[int] = []
        self._texts = list(TEXTS)

    def kinds(self) -> dict[str, tuple[int, Ask]]:
        """What is asked, each with how often in a hundred."""
        return {
            "a day's appointments": (14, lambda: self._get("/appointments", day=self._day(), limit=100)),
            "a doctor's appointments": (8, lambda: self._get("/appointments", doctor_id=self._one(self.doctors), date_from=self._day())),
            "a patient's appointments": (8, lambda: self._get("/appointments", patient_id=self._one(self.patients))),
            "patient search": (12, lambda: self._get("/patients", name=self._dice.choice(("Maria Gonzales", "Jon Smith", "Elena Torres")))),
            "slot search": (18, lambda: self._get("/slots", specialty="heart doctor", part_of_day="morning", date_from=self._day())),
            "a doctor's slots": (8, lambda: self._get("/slots", doctor_id=self._one(self.doctors), limit=100)),
            "calls": (4, lambda: self._get("/calls")),
            "function log": (4, lambda: self._get("/tool-calls", limit=100)),
            "events": (4, lambda: self._get("/outbox-events", limit=100)),
            "audit": (3, lambda: self._get("/audit", limit=100)),
            "booking": (6, self._book),
            "cancelling": (3, self._cancel),
            "changing a patient": (3, self._change),
            "export": (3, lambda: self._get(f"/patients/{self._one(self.patients)}/export")),
            "speech": (1, self._speak),
            "log-in": (1, lambda: self._send("POST", "/auth/login", json={"email": self._nobody(), "password": "not this one at all"})),
        }

    def _book(self) -> requests.Response:
        number = self._dice.randrange(10**6)
        patient = {"name": f"Walk In{number}", "date_of_birth": f"19{number % 90 + 10}-03-04", "phone": f"+1917{number:07}"}
        answer = self._send("POST", "/appointments", json={"slot_id": self._slots.pop(), "patient": patient, "reason": "a check-up"})
        if answer.status_code == 201:
            self._booked.append(answer.json()["id"])
        return answer

    def _cancel(self) -> requests.Response:
        if not self._booked:
            return self._get(f"/appointments/{self._one(self.appointments)}")
        return self._send("PATCH", f"/appointments/{self._booked.pop(0)}", json={"status": "cancelled"})

    def _change(self) -> requests.Response:
        path = f"/patients/{self._one(self.patients)}"
        language = self._dice.choice(("en", "es"))
        return self._send("PATCH", path, json={"language": language}, headers={"If-Match": self._get(path).headers["ETag"]})

    def _speak(self) -> requests.Response:
        text, kind = self._texts.pop() if self._texts else TEXTS[0], self._dice.choice(("wav", "mp3", "mulaw"))
        return self._send("POST", "/tts", json={"text": text, "format": kind})

    def _nobody(self) -> str:
        return f"nobody{self._dice.randrange(1000)}@hospital.example"

    def _one(self, ids: list[int]) -> int:
        return self._dice.choice(ids)

    def _day(self) -> str:
        return (datetime.now(UTC) + timedelta(days=self._dice.randint(-60, 30))).date().isoformat()

    def _pages(self, path: str, count: int, **query: Any) -> list[list[dict[str, Any]]]:
        found: list[list[dict[str, Any]]] = []
        cursor: dict[str, str] = {}
        for _ in range(count):
            page = self._get(path, **query, **cursor).json()
            found.append(page["items"])
            cursor = {"cursor": page["next_cursor"]}
        return found

    def _get(self, path: str, **query: Any) -> requests.Response:
        return self._send("GET", path, params=query)

    def _send(self, method: str, path: str, **more: Any) -> requests.Response:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            self._own.session.headers["X-API-Key"] = self._key
        answer: requests.Response = self._own.session.request(method, self._url + path, timeout=TIMEOUT_S, **more)
        return answer


def work(desk: Desk, a_second: float, seconds: float) -> dict[str, Any]:
    """Ask at a steady rate; the milliseconds of each count from when it was due, so that no delay hides another."""
    kinds = desk.kinds()
    names = [name for name, (often, _) in kinds.items() for _ in range(often)]
    took_ms: dict[str, list[float]] = defaultdict(list)
    statuses: Counter[str] = Counter()
    dice, over, began_s = random.Random(5), threading.Event(), time.monotonic()

    def until_nobody_waits() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=until_nobody_waits, daemon=True).start()

    def one(name: str, due_s: float) -> None:
        answer = kinds[name][1]()
        took_ms[name].append((time.monotonic() - due_s) * 1000)
        statuses[f"{name} {answer.status_code}"] += 1

    with ThreadPoolExecutor(THREADS) as threads:
        asked = []
        for number in range(int(a_second * seconds)):
            due_s = began_s + number / a_second
            if over.wait(max(0.0, due_s - time.monotonic())):
                break
            asked.append(threads.submit(one, dice.choice(names), due_s))
        for future in asked:
            future.result()
    return {"ms": took_ms, "statuses": statuses, "a_second": round(len(asked) / (time.monotonic() - began_s), 1)}


def main() -> None:
    """Do what the arguments say."""
    url, a_second, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    desk = Desk(url, os.environ["API_KEY"])
    print("working", flush=True)
    print(json.dumps(work(desk, a_second, seconds)))


if __name__ == "__main__":
    main()
