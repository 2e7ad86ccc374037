"""A hospital in memory that answers the tools, and a caller who talks with the rule-based mind."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from ivr import schemas
from ivr.agent.tools import TOOLS
from ivr.offline.mind import Call, Reply, reply

NOW = datetime(2026, 11, 22, 9, 10)
"""A Sunday."""
DOCTORS = {
    1: ("Dr. Samir", "cardiology"),
    2: ("Dr. Okafor", "cardiology"),
    3: ("Dr. Kim", "dermatology"),
    4: ("Dr. Patel", "pediatrics"),
    5: ("Dr. Chen", "orthopedics"),
    6: ("Dr. Rodriguez", "gynecology"),
    7: ("Dr. Brandt", "family medicine"),
}
PARTS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24)}
MOST_ROUNDS = 8
SCHEMAS = {name: tool.schema() for name, tool in TOOLS.items()}
GREETING = "Hello, this is Lilly, the virtual receptionist at Riverside Hospital. How can I help you today?"


def _failure(code: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": code, "retryable": False}}


@dataclass
class FrontDesk:
    """The tools over data in memory, but for the `missing` ones.

    `refusals` are given out once each, by tool name, before the tool works again.
    """

    free: list[tuple[int, datetime]] = field(default_factory=list)
    booked: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    refusals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    patient: str | None = None
    more_tools: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    known: dict[str | None, str] = field(default_factory=dict)

    def answer(self, call: Call) -> dict[str, Any]:
        """Run one tool."""
        if self.refusals.get(call.name):
            return self.refusals[call.name].pop(0)
        if call.name in self.more_tools:
            return {"ok": True, **self.more_tools[call.name](call.arguments)}
        given = {name: value for name, value in call.arguments.items() if value is not None}
        arguments: Any = TOOLS[call.name].arguments.model_validate(given)
        result: dict[str, Any] = getattr(self, f"_{call.name}")(arguments)
        return result if "ok" in result else {"ok": True, **result}

    def tools(self) -> list[dict[str, Any]]:
        """The tools as the model sees them."""
        return [schema for name, schema in SCHEMAS.items() if name not in self.missing]

    def _hospital_information(self, arguments: schemas.HospitalInformation) -> dict[str, Any]:
        if arguments.topic not in self.known:
            return {"ok": False, "error": {"code": "not_found", "message": "Nothing is known of this.", "retryable": False}}
        return {"information": [{"topic": arguments.topic, "language": "en", "text": self.known[arguments.topic]}]}

    def _identify_patient(self, arguments: schemas.IdentifyPatient) -> dict[str, Any]:
        self.patient = arguments.name
        return {"patient": {"name": arguments.name, "known": True}}

    def _list_doctors(self, arguments: schemas.ListDoctors) -> dict[str, Any]:
        rows = [{"doctor_id": key, "name": name, "specialty": specialty, "languages": ["en"]} for key, (name, specialty) in DOCTORS.items()]
        return {"doctors": [row for row in rows if arguments.specialty in (None, row["specialty"])]}

    def _list_slots(self, arguments: schemas.ListSlots) -> dict[str, Any]:
        wanted = [key for key, who in DOCTORS.items() if _is_wanted(key, who, arguments)]
        if not wanted:
            return _failure("not_found")
        slots = [
            {"slot_id": number, "doctor_id": key, **_visit(key, at)}
            for number, (key, at) in sorted(enumerate(self.free, 1), key=lambda slot: slot[1][1])
            if key in wanted and _is_wished(at, arguments)
        ]
        return {"slots": slots[: arguments.limit]}

    def _book_appointment(self, arguments: schemas.BookAppointment) -> dict[str, Any]:
        return self._done(len(self.booked) + 1, self.free[arguments.slot_id - 1])

    def _reschedule_appointment(self, arguments: schemas.RescheduleAppointment) -> dict[str, Any]:
        return self._done(arguments.appointment_id, self.free[arguments.slot_id - 1])

    def _cancel_appointment(self, arguments: schemas.CancelAppointment) -> dict[str, Any]:
        appointment = {
            "appointment_id": arguments.appointment_id,
            **_visit(*self.booked.pop(arguments.appointment_id)),
            "status": "cancelled",
        }
        return {"state": "done", "appointment": appointment} if self.patient else _failure("not_identified")

    def _list_my_appointments(self, _: schemas.ListMyAppointments) -> dict[str, Any]:
        rows = [{"appointment_id": key, **_visit(*visit), "status": "booked"} for key, visit in self.booked.items()]
        return {"appointments": rows} if self.patient else _failure("not_identified")

    def _transfer_to_human(self, _: schemas.TransferToHuman) -> dict[str, Any]:
        return {"state": "transferring"}

    def _end_call(self, _: schemas.EndCall) -> dict[str, Any]:
        return {}

    def _done(self, number: int, visit: tuple[int, datetime]) -> dict[str, Any]:
        if not self.patient:
            return _failure("not_identified")
        self.booked[number] = visit
        return {"state": "done", "appointment": {"appointment_id": number, **_visit(*visit), "status": "booked"}}


def _visit(doctor: int, at: datetime) -> dict[str, Any]:
    name, specialty = DOCTORS[doctor]
    return {"doctor": name, "specialty": specialty, "date": f"{at:%Y-%m-%d}", "weekday": f"{at:%A}", "time": f"{at:%H:%M}"}


def _is_wanted(key: int, who: tuple[str, str], query: schemas.ListSlots) -> bool:
    if query.doctor_id:
        return key == query.doctor_id
    if query.doctor:
        return who[0][4:7].lower() in query.doctor.lower() or (query.doctor == "Petel" and key == 4)
    return query.specialty == who[1]


def _is_wished(at: datetime, query: schemas.ListSlots) -> bool:
    first, before = PARTS[query.part_of_day or "morning"] if query.part_of_day else (0, 24)
    return (
        at > NOW
        and (query.date_from or date.min) <= at.date() <= (query.date_to or date.max)
        and first <= at.hour < before
        and (query.not_before or time.min) <= at.time() <= (query.not_after or time.max)
    )


def moments(day: int, *clocks: str) -> list[datetime]:
    """Times of the day that is so many days after today."""
    return [datetime.combine(NOW.date() + timedelta(days=day), time.fromisoformat(clock)) for clock in clocks]


def usual_slots() -> list[tuple[int, datetime]]:
    """Two weeks of slots; Dr. Samir is free tomorrow afternoon at 2:30 and 3:00 first."""
    slots = [(1, at) for at in moments(1, "14:30", "15:00", "15:30", "15:45")]
    for day in range(2, 16):
        if (NOW + timedelta(days=day)).weekday() < 5:
            clocks = moments(day, "09:00", "10:30", "11:00", "14:30", "15:30", "16:30")
            slots += [(doctor, at) for doctor in DOCTORS for at in clocks]
    return slots


def prompt(language: str = "en", patient: str | None = None) -> dict[str, str]:
    """The system message."""
    lines = (
        "You are Lilly. In an emergency tell the caller to hang up and dial 911.",
        "Hospital: Riverside Hospital",
        "Address: 1 River Street",
        f"Now: {NOW:%Y-%m-%dT%H:%M %A}",
        f"Caller's language: {language}",
        "Languages: en, es",
        "Caller's number: known",
        f"Patient: {patient or 'not identified'}",
    )
    return {"role": "system", "content": "\n".join(lines)}


@dataclass(frozen=True)
class Turn:
    """What the mind said and called in answer to one utterance."""

    text: str
    calls: list[Call]

    @property
    def names(self) -> list[str]:
        """The names of the tools that were called."""
        return [call.name for call in self.calls]


class Caller:
    """A caller at the front desk; the conversation is kept as an agent keeps it."""

    def __init__(self, desk: FrontDesk | None = None, language: str = "en") -> None:
        self.desk = desk or FrontDesk(free=usual_slots())
        self.language = language
        self.messages: list[dict[str, Any]] = [{"role": "assistant", "content": GREETING}]

    def says(self, words: str) -> Turn:
        """Say something and take in the whole reply, tools included."""
        self.messages.append({"role": "user", "content": words})
        texts, calls = [], []
        for _ in range(MOST_ROUNDS):
            answer = self._ask()
            texts.append(answer.text)
            calls += answer.calls
            if not answer.calls:
                return Turn(" ".join(filter(None, texts)), calls)
        raise AssertionError(f"the mind goes on calling tools: {[call.name for call in calls]}")

    def hears_only(self, words: str) -> None:
        """Cut the last reply off after these words."""
        self.messages[-1]["content"] = f"{words} —"

    def _ask(self) -> Reply:
        answer = reply([prompt(self.language, self.desk.patient), *self.messages], self.desk.tools())
        made = [(f"call_{len(self.messages)}_{at}", call) for at, call in enumerate(answer.calls)]
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        if made:
            message["tool_calls"] = [
                {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
                for call_id, call in made
            ]
        if answer.text or made:
            self.messages.append(message)
        for call_id, call in made:
            self.messages.append({"role": "tool", "tool_call_id": call_id, "content": json.dumps(self.desk.answer(call))})
        return answer


Expected = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """One utterance, the calls that it must lead to (arguments that are given must be so), and what must be said."""

    caller: str
    says: str
    calls: Sequence[Expected] = ()


def nobody_booked() -> FrontDesk:
    """Nobody has an appointment."""
    return FrontDesk(free=usual_slots())


def two_appointments() -> FrontDesk:
    """With Dr. Kim on Tuesday at 9, with Dr. Chen on Friday at 10."""
    return FrontDesk(free=usual_slots(), booked={1: (3, moments(2, "09:00")[0]), 2: (5, moments(5, "10:00")[0])})


def three_appointments() -> FrontDesk:
    """The same, and with Dr. Samir on Thursday at 2:30."""
    desk = two_appointments()
    desk.booked[3] = (1, moments(4, "14:30")[0])
    return desk


def one_appointment() -> FrontDesk:
    """With Dr. Kim on Tuesday at 9."""
    return FrontDesk(free=usual_slots(), booked={1: (3, moments(2, "09:00")[0])})


@dataclass(frozen=True)
class Dialogue:
    """A conversation from its first utterance on."""

    name: str
    steps: Sequence[Step]
    desk: Callable[[], FrontDesk] = field(default=nobody_booked)
    language: str = "en"


def play(dialogue: Dialogue) -> None:
    """Go through a dialogue; raises `AssertionError` at the first step that is answered otherwise."""
    caller = Caller(dialogue.desk(), dialogue.language)
    for step in dialogue.steps:
        turn = caller.says(step.caller)
        assert step.says in turn.text, step.caller
        assert turn.names == [name for name, _ in step.calls], step.caller
        for call, (_, expected) in zip(turn.calls, step.calls, strict=True):
            assert {name: call.arguments.get(name) for name in expected} == dict(expected)
