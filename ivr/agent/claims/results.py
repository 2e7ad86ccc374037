"""What the tools' results bear out, in this turn and of those before it. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ivr.agent.claims.grammar import Claim
from ivr.agent.claims.named import Appointment
from ivr.agent.history import Round
from ivr.agent.model import ToolCall

Result = Mapping[str, Any]
Answers = list[tuple[ToolCall, Result]]
"""Tool calls with their results, oldest first; the result of one that still runs is empty."""

_STANDS = {
    "book_appointment": frozenset[Claim](("booked", "is_booked", "done")),
    "reschedule_appointment": frozenset[Claim](("moved", "booked", "is_booked", "done")),
    "cancel_appointment": frozenset[Claim](("cancelled", "done")),
}
_STANDS_ALREADY: dict[str, frozenset[Claim]] = {
    "already_cancelled": frozenset(("cancelled",)),
    "already_moved": frozenset(("moved",)),
    "same_slot": frozenset(("is_booked",)),
    "patient_busy": frozenset(("is_booked",)),
}
_DO_SOMETHING = frozenset(("join_waitlist", "leave_waitlist", "transfer_to_human"))
_DETAILS = {"doctor", "time"}


@dataclass(frozen=True, slots=True)
class Fact:
    """What may be said after one result, and of which appointments."""

    claims: frozenset[Claim]
    appointments: tuple[Appointment, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the tools answered in this turn, and before it as far as that counts; `quiet` is a caller who asks for nothing."""

    now: Answers
    before: Answers
    quiet: bool

    def facts(self, told_again: Callable[[Appointment], bool]) -> list[Fact]:
        """What this turn's results bear out, and of those before it what a quiet caller hears, or what is told again in full."""
        return [*facts(self.now), *(one for one in still_true(self.before) if self.quiet or told_again(one.appointments[0]))]

    def all_done(self, *, visit: bool) -> bool:
        """Whether what was tried last has worked; only with a quiet caller that may have been before this turn."""
        return all_done([*self.before, *self.now] if self.quiet else self.now, visit=visit)


def evidence(rounds: Iterable[Round], earlier: Iterable[Round], *, quiet: bool) -> Evidence:
    """The results that count: those before this turn only while nothing was to be booked, moved or cancelled in it."""
    now = answers(rounds)
    return Evidence(now, [] if acted(now) else answers(earlier), quiet)


def appointments(proofs: Iterable[Fact], claimed: set[Claim]) -> list[Appointment]:
    """The appointments of the facts that bear out one of these claims."""
    return [one for proof in proofs if proof.claims & claimed for one in proof.appointments]


def answers(rounds: Iterable[Round]) -> Answers:
    """Every tool call of these rounds with its result."""
    return [(call, one.results.get(call.id, {})) for one in rounds for call in one.calls]


def facts(answered: Answers) -> list[Fact]:
    """What each of these results bears out."""
    return [Fact(_borne_out(call.name, result), tuple(_appointments(result))) for call, result in answered]


def acted(answered: Answers) -> bool:
    """Whether something was to be booked, moved or cancelled, however that went."""
    return any(call.name in _STANDS for call, _ in answered)


def all_done(answered: Answers, *, visit: bool) -> bool:
    """Whether what was tried last has worked and nothing is left open; only a booking's result speaks for a visit."""
    counts = _STANDS.keys() if visit else _STANDS.keys() | _DO_SOMETHING
    tried = [((call.name, call.arguments), result) for call, result in answered if call.name in counts]
    if not tried or any(map(_is_open, dict(tried).values())):
        return False
    (name, _), result = tried[-1]
    return "done" in _borne_out(name, result)


def still_true(answered: Answers) -> list[Fact]:
    """What these results bear out of the last patient's appointments, of each what was done to it last."""
    standing: dict[Any, Fact] = {}
    for call, result in answered:
        if call.name == "identify_patient":
            standing.clear()
        if call.name == "reschedule_appointment" and result.get("state") == "done":
            standing.pop(_moved_id(call), None)
        for one in _appointments(result):
            standing[one.get("appointment_id")] = Fact(_borne_out(call.name, result), (one,))
    return list(standing.values())


def _borne_out(name: str, result: Result) -> frozenset[Claim]:
    if not result.get("ok"):
        return _STANDS_ALREADY.get((result.get("error") or {}).get("code", ""), frozenset())
    if name in _STANDS:
        return _STANDS[name] if result.get("state") == "done" else frozenset()
    if name == "list_my_appointments" and result.get("appointments"):
        return frozenset(("is_booked",))
    return frozenset(("done",)) if name in _DO_SOMETHING else frozenset()


def _appointments(result: Result) -> Iterator[Appointment]:
    yield from (one for one in (result.get("appointment"), *result.get("appointments", ())) if one and one.keys() >= _DETAILS)


def _is_open(result: Result) -> bool:
    return not result or result.get("state") == "pending"


def _moved_id(call: ToolCall) -> Any:
    try:
        return orjson.loads(call.arguments).get("appointment_id")
    except (orjson.JSONDecodeError, AttributeError):
        return None
