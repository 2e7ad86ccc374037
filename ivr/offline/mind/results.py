"""What the tools' results change in the state of the conversation."""

from collections.abc import Callable
from dataclasses import replace

from ivr.offline.mind.appointments import settle_hint, target
from ivr.offline.mind.searching import exact_slot, same_doctor
from ivr.offline.mind.state import Outcome, Person, Search, State
from ivr.offline.mind.tools import Result, visits
from ivr.offline.mind.understanding import Details

CALLED_BACK = "will_be_called_back"
"""The state of a caller whom nobody can be put through to."""

_OPERATIONS = {"book_appointment": "book", "reschedule_appointment": "move", "cancel_appointment": "cancel"}


def take_result(state: State, result: Result) -> None:
    """Note a tool's result."""
    state.trail.append(result)
    if result.call.name == "transfer_to_human":
        state.human_reason = str(result.call.arguments.get("reason") or "") if result.content.get("state") != CALLED_BACK else ""
    if result.error:
        _take_failure(state, result)
    elif result.call.name in _OPERATIONS:
        _take_outcome(state, result)
    elif taker := _TAKERS.get(result.call.name):
        taker(state, result)


def _take_identity(state: State, result: Result) -> None:
    patient = result.content.get("patient")
    state.patient = str(patient.get("name") or state.person.name) if isinstance(patient, dict) else state.person.name
    state.phone_needed = False


def _take_slots(state: State, result: Result) -> None:
    search = state.search
    search.found = visits(result.content.get("slots"), "slot_id")
    search.emptied += not search.found
    if state.task == "move" and search.emptied == 0:
        search.chosen = exact_slot(state)


def _take_doctors(state: State, result: Result) -> None:
    rows = result.content.get("doctors")
    state.doctors = [row for row in rows if isinstance(row, dict) and row.get("name")] if isinstance(rows, list) else []
    if state.search.wants_other_doctor:
        _turn_to_other_doctor(state)


def _turn_to_other_doctor(state: State) -> None:
    search = state.search
    others = [row for row in state.doctors or [] if not same_doctor(str(row["name"]), search.refused_doctor)]
    if not others:
        search.wants_other_doctor, search.notice = False, "only_doctor"
        return
    doctor_id = others[0].get("doctor_id")
    wish = replace(search.wish, specialty=None, doctor=str(others[0]["name"]))
    state.search = Search(wish=wish, doctor_id=doctor_id if isinstance(doctor_id, int) else None)


def _take_appointments(state: State, result: Result) -> None:
    rows = result.content.get("appointments")
    state.appointments = visits(rows, "appointment_id")
    settle_hint(state)
    state.target = target(state)


_TAKERS: dict[str, Callable[[State, Result], None]] = {
    "identify_patient": _take_identity,
    "list_slots": _take_slots,
    "list_doctors": _take_doctors,
    "list_my_appointments": _take_appointments,
}


def _take_outcome(state: State, result: Result) -> None:
    told = visits([result.content.get("appointment")], "appointment_id")
    state.outcome = Outcome(_OPERATIONS[result.call.name], str(result.content.get("state", "done")), told[0] if told else None)
    state.appointments = None


def _take_failure(state: State, result: Result) -> None:
    """Forget what the failure shows to be wrong, so that the next step asks for it again."""
    search, code = state.search, result.error
    if code in ("slot_taken", "slot_past", "patient_busy"):
        state.taken.add(result.call.arguments.get("slot_id", 0))
        search.chosen = None
    if code in ("slot_taken", "slot_past"):
        state.search = replace(search, found=None, emptied=0, notice="just_taken")
    if code == "not_identified":
        state.patient = None
    if code in ("phone_needed", "phone_invalid"):
        state.phone_needed, state.person.phone = True, None
    if code == "date_of_birth_invalid":
        state.person = Person(state.person.name, None, state.person.phone)
    if code == "not_found" and result.call.name in ("list_slots", "list_doctors"):
        state.search = Search(wish=Details(days=search.wish.days, times=search.wish.times), refused_doctor=search.wish.doctor or "")
