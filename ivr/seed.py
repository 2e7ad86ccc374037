"""A believable hospital around today, for one machine and for tests; what is there already stays as it is."""

import random
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ivr import models, scheduling
from ivr.models import Appointment, Break, Doctor, ExtraSession, KnowledgeEntry, Patient, Schedule, Slot, Source, Specialty, database
from ivr.patients import named
from ivr.timetable import PARTS_OF_DAY, day_starts_at, local_span

HOSPITAL = Path(__file__).with_suffix(".toml")
DAYS_AHEAD = 28
ONE_SLOT_IN = 6
"""So often is a slot taken by one of the patients without a story."""
SEED_LOCK = 7_412
"""Key of an advisory lock: two processes that seed at once take turns."""


@dataclass(frozen=True)
class Seeded:
    """How many rows are new."""

    doctors: int
    slots: int
    appointments: int


def seed(tz: ZoneInfo, now: datetime | None = None, *, address: str = "1200 River Road") -> Seeded:
    """Make the hospital of `seed.toml` with slots for four weeks from today; another time it only adds what a new day needs."""
    now = now or models.now()
    hospital = tomllib.loads(HOSPITAL.read_text())
    today = now.astimezone(tz).date()
    with database.connection_context(), database.atomic():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (SEED_LOCK,))
        before = _counts()
        doctors = _doctors(hospital, _specialties(hospital))
        _hours(hospital, doctors, tomorrow=today + timedelta(days=1))
        for doctor in doctors.values():
            scheduling.generate_slots(doctor, today, today + timedelta(days=DAYS_AHEAD), tz)
        told = [entry | {"text": entry["text"].replace("{address}", address)} for entry in hospital["knowledge"]]
        KnowledgeEntry.insert_many(told).on_conflict_ignore().execute()
        patients = _patients(hospital)
        _stories(hospital, doctors, patients, _Clock(now, today, tz))
        _fillers(hospital, doctors, patients, _Clock(now, today, tz))
        after = _counts()
        # Thousands of rows that the planner does not know of yet make it choose slow plans.
        database.execute_sql("ANALYZE specialty, doctor, slot, appointment")
    return Seeded(*(new - old for new, old in zip(after, before, strict=True)))


@dataclass(frozen=True)
class _Clock:
    now: datetime
    today: date
    tz: ZoneInfo


def _counts() -> tuple[int, int, int]:
    return Doctor.select().count(), Slot.select().count(), Appointment.select().count()


def _specialties(hospital: dict[str, Any]) -> dict[str, Specialty]:
    Specialty.insert_many(hospital["specialties"]).on_conflict_ignore().execute()
    return {specialty.name: specialty for specialty in Specialty.select()}


def _doctors(hospital: dict[str, Any], specialties: dict[str, Specialty]) -> dict[str, Doctor]:
    """The seeded doctors by family name."""
    rows = [
        {
            "given_name": doctor["given"],
            "family_name": doctor["family"],
            "specialty": specialties[doctor["specialty"]],
            "languages": doctor["languages"],
        }
        for doctor in hospital["doctors"]
    ]
    Doctor.insert_many(rows).on_conflict_ignore().execute()
    given_names = {doctor["family"]: doctor["given"] for doctor in hospital["doctors"]}
    return {doctor.family_name: doctor for doctor in Doctor.select() if given_names.get(doctor.family_name) == doctor.given_name}


def _hours(hospital: dict[str, Any], doctors: dict[str, Doctor], tomorrow: date) -> None:
    weekly: list[dict[str, Any]] = []
    pauses: list[dict[str, Any]] = []
    extra: list[dict[str, Any]] = []
    for row in hospital["doctors"]:
        hours, doctor = hospital["hours"][row["hours"]], doctors[row["family"]]
        for weekday in hours["weekdays"]:
            weekly += [{"doctor": doctor, "weekday": weekday, **session} for session in hours["sessions"]]
            pauses += [{"doctor": doctor, "weekday": weekday, **hours["pause"]}] if "pause" in hours else []
        extra += [{"doctor": doctor, "day": tomorrow, **session} for session in hours.get("tomorrow", [])]
    for model, rows in ((Schedule, weekly), (Break, pauses), (ExtraSession, extra)):
        model.insert_many(rows).on_conflict_ignore().execute()


def _patients(hospital: dict[str, Any]) -> dict[str, Patient]:
    rows = [
        {
            **named(patient["name"]),
            "date_of_birth": patient["born"],
            "phone": patient["phone"],
            "language": patient.get("language"),
        }
        for patient in hospital["patients"]
    ]
    Patient.insert_many(rows).on_conflict_ignore().execute()
    phones = [row["phone"] for row in rows]
    return {patient.name: patient for patient in Patient.select().where(Patient.phone.in_(phones))}


def _stories(hospital: dict[str, Any], doctors: dict[str, Doctor], patients: dict[str, Patient], clock: _Clock) -> None:
    """Give the named patients what they should have coming, unless they had it and did something about it."""
    for row in hospital["patients"]:
        for wanted in row.get("appointments", []):
            key = f"seed:{wanted['key']}:"
            if Appointment.select().where(Appointment.idempotency_key.startswith(key), Appointment.starts_at > clock.now).exists():
                continue
            slot = _slot_for(wanted, doctors[wanted["doctor"]], clock)
            if slot is not None:
                values = _appointment(patients[row["name"]], slot, f"{key}{slot.starts_at:%Y-%m-%d}")
                Appointment.insert(**values, reason=wanted["reason"]).on_conflict_ignore().execute()


def _slot_for(wanted: dict[str, Any], doctor: Doctor, clock: _Clock) -> Slot | None:
    """The first free one from the day after tomorrow on, so that tomorrow stays free for a booking."""
    for ahead in range(2, DAYS_AHEAD):
        day = clock.today + timedelta(days=ahead)
        if day.weekday() in wanted["weekdays"]:
            starts_at = local_span(day, wanted["at"], wanted["at"], clock.tz).starts_at
            slot = Slot.get_or_none(Slot.doctor == doctor, Slot.starts_at == starts_at)
            if slot is not None and scheduling.is_free(slot, now=clock.now):
                return slot
    return None


def _fillers(hospital: dict[str, Any], doctors: dict[str, Doctor], patients: dict[str, Patient], clock: _Clock) -> None:
    """Take some slots for the patients without a story, the same ones whenever it is done."""
    others = [patients[row["name"]] for row in hospital["patients"] if "appointments" not in row]
    quiet = {doctors[row["family"]].id for row in hospital["doctors"] if row.get("free_afternoons")}
    until = day_starts_at(clock.today + timedelta(days=DAYS_AHEAD + 1), clock.tz)
    ids = [doctor.id for doctor in doctors.values()]
    # A story's slot stays free when the story is cancelled.
    stories = Appointment.select(Appointment.slot).where(
        Appointment.idempotency_key.startswith("seed:"), ~Appointment.idempotency_key.startswith("seed:slot-")
    )
    coming = Slot.select().where(Slot.doctor.in_(ids), Slot.starts_at > clock.now, Slot.starts_at < until, Slot.id.not_in(stories))
    rows = []
    for slot in coming.order_by(Slot.id):
        chance = random.Random(f"{slot.doctor_id} {slot.starts_at.isoformat()}")
        afternoon = slot.starts_at.astimezone(clock.tz).time() >= PARTS_OF_DAY["afternoon"][0]
        if chance.randrange(ONE_SLOT_IN) == 0 and not (afternoon and slot.doctor_id in quiet):
            rows.append(_appointment(chance.choice(others), slot, f"seed:slot-{slot.id}"))
    if rows:
        Appointment.insert_many(rows).on_conflict_ignore().execute()


def _appointment(patient: Patient, slot: Slot, key: str) -> dict[str, Any]:
    times = {"starts_at": slot.starts_at, "ends_at": slot.ends_at}
    return {"patient": patient, "slot": slot, **times, "source": Source.SEED, "idempotency_key": key}
