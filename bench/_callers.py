"""Callers without audio: each books, moves and cancels through the functions that the model calls, as a live call does."""

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, TypeVar

import psycopg2
from peewee import PeeweeException

from ivr import models
from ivr.agent.tools import CallContext, run_tool
from ivr.config import Settings
from ivr.models import Appointment, AppointmentStatus, Call, Doctor, Patient, Slot, Specialty, database
from ivr.queue import BookingStates

Said = Literal["done", "refused", "pending", "failed"]
"""What the caller was told in the end; `failed` is that it did not work for a technical reason."""

PATIENTS_A_CALLER = 3
SAYS_IT_TWICE = 0.15
"""How often a caller says "yes, yes", so that the same function is called twice at once."""

MOST_TRIES = 12
AGAIN_AFTER_S = 0.3
SLOT_MINUTES = 20

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One wish of one call, and what was said of it: the answers to all its function calls."""

    call_sid: str
    operation: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A function and its arguments."""

    tool: str
    arguments: dict[str, Any]


@dataclass
class Crowd:
    """So many callers who want the same few slots, until they have made `attempts` of them together in about `within_s`."""

    settings: Settings
    states: BookingStates
    slots: Sequence[Slot]
    attempts: int
    callers: int
    within_s: float
    made: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = iter(range(self.attempts))
        self._lock = threading.Lock()

    def call(self) -> None:
        """Make all the attempts."""
        patients = new_patients(self.callers * PATIENTS_A_CALLER)
        with ThreadPoolExecutor(self.callers) as threads, ThreadPoolExecutor(self.callers) as echoes:
            own = [patients[number :: self.callers] for number in range(self.callers)]
            for done in [threads.submit(self._call_again_and_again, share, echoes) for share in own]:
                done.result()

    def _call_again_and_again(self, patients: Sequence[Patient], echoes: ThreadPoolExecutor) -> None:
        while (number := self._next()) is not None:
            dice = random.Random(number)
            time.sleep(dice.expovariate(self.attempts / self.callers / self.within_s))
            patient = dice.choice(patients)
            wish, call = patiently(lambda: self._begin(number, patient, dice))  # noqa: B023
            context = CallContext(call, self.settings, self.states, "en", patient)
            echo = echoes.submit(_insist, context, wish) if dice.random() < SAYS_IT_TWICE else None
            said = (_insist(context, wish), *((echo.result(),) if echo else ()))
            with self._lock:
                self.made.append(Attempt(call.sid, wish.tool, said))

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def _begin(self, number: int, patient: Patient, dice: random.Random) -> tuple[Wish, Call]:
        with database.connection_context():
            call, _ = Call.get_or_create(sid=f"CA{number:032}", defaults={"patient": patient, "from_number": patient.phone})
            own = Appointment.select().where(Appointment.patient == patient, Appointment.status == AppointmentStatus.BOOKED)
            return self._wish(list(own), dice), call

    def _wish(self, own: Sequence[Appointment], dice: random.Random) -> Wish:
        slot_id, chance = dice.choice(self.slots).id, dice.random()
        if not own or chance < 0.4:
            return Wish("book_appointment", {"slot_id": slot_id})
        appointment_id = dice.choice(own).id
        if chance < 0.6:
            return Wish("reschedule_appointment", {"appointment_id": appointment_id, "slot_id": slot_id})
        return Wish("cancel_appointment", {"appointment_id": appointment_id})


def contended_slots(count: int, doctors: int) -> list[Slot]:
    """Slots of new doctors of their own, at the same few times, a week from now."""
    begins = models.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    length = timedelta(minutes=SLOT_MINUTES)
    slots = []
    with database.connection_context():
        specialty = Specialty.select().order_by(Specialty.id).first()
        before = Doctor.select().count()
        for number in range(doctors):
            doctor = Doctor.create(given_name="Contended", family_name=f"Number{before + number}", specialty=specialty, languages=["en"])
            for place in range(count // doctors):
                starts_at = begins + place * length
                slots.append(Slot.create(doctor=doctor, starts_at=starts_at, ends_at=starts_at + length))
    return slots


def patiently(work: Callable[[], Value]) -> Value:
    """Do something with the database, again and again while that is away."""
    while True:
        try:
            return work()
        except (PeeweeException, psycopg2.Error):
            time.sleep(AGAIN_AFTER_S)


def _insist(context: CallContext, wish: Wish) -> Said:
    """Call the function, and call it again while it fails for a technical reason: a caller would say it again."""
    said: Said = "failed"
    for _ in range(MOST_TRIES):
        said = _what_is_said(run_tool(context, wish.tool, json.dumps(wish.arguments)))
        if said != "failed":
            break
        time.sleep(AGAIN_AFTER_S)
    return said


def _what_is_said(result: dict[str, Any]) -> Said:
    if result["ok"]:
        return "done" if result["state"] == "done" else "pending"
    return "failed" if result["error"]["code"] == "internal" else "refused"


def new_patients(count: int, group: str = "") -> list[Patient]:
    """Patients who differ in name, date of birth and number, and in name from those of another group."""
    rows = [
        {
            "name": f"Caller {group}Number{number}",
            "normalised_name": f"caller {group}number{number}",
            "date_of_birth": date(1970, 1, 1) + timedelta(days=number),
            "phone": f"+1202555{number:04}",
        }
        for number in range(count)
    ]
    with database.connection_context():
        Patient.insert_many(rows).on_conflict_ignore().execute()
        return list(
            Patient.select().where(Patient.normalised_name.startswith(f"caller {group}number")).order_by(Patient.date_of_birth).limit(count)
        )
