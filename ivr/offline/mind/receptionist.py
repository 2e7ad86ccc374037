"""The policy: what is said and called next, given where the conversation stands."""

from collections.abc import Callable

from ivr.offline.mind import smalltalk
from ivr.offline.mind.appointments import candidates
from ivr.offline.mind.results import CALLED_BACK
from ivr.offline.mind.searching import may_search, offer, search_arguments
from ivr.offline.mind.state import State
from ivr.offline.mind.tools import Call, Reply, Result, Toolbox
from ivr.offline.mind.wording import ask, joined, offer_question, say, titled, told_appointments, told_doctors, told_offer, told_outcome

_MOST_CALLS = 8
"""More tool calls than this in one turn would be a loop."""
_LAST_CALLS = ("end_call", "transfer_to_human")
"""What was said with these is the last that is said in a turn."""


def decide(state: State, tools: Toolbox) -> Reply:
    """The next reply. A call that has already failed in this turn is not made again."""
    reply = _next_step(state, tools)
    if any(_is_stuck(state, call) for call in reply.calls):
        return Reply(joined(say(state, "trouble"), ask(state, "try_again")))
    return reply


def _next_step(state: State, tools: Toolbox) -> Reply:
    if state.trail and state.trail[-1].call.name in _LAST_CALLS and not state.failure:
        return _after_last_call(state, state.trail[-1])
    if state.unreported and state.act != "emergency":
        return Reply(joined(told_outcome(state, state.unreported), ask(state, "anything_else")))
    if state.failure and (excuse := _excuse(state, state.failure)):
        return Reply(excuse)
    if state.human_reason and state.utterance and state.utterance.phone and not state.trail:
        return _call(state, tools, "transfer_to_human", reason=state.human_reason, phone=state.utterance.phone)
    if state.act:
        return smalltalk.answer(state, tools)
    task = _TASKS.get(state.task)
    if task is None:
        return Reply(joined(say(state, "sure"), ask(state, "help", 1)))
    return task(state, tools)


def _after_last_call(state: State, result: Result) -> Reply:
    """Nothing, unless nobody could be put through; then that they call back, with thanks for the number if one was given."""
    if result.content.get("state") != CALLED_BACK:
        return Reply("")
    gave_number = bool(result.call.arguments.get("phone"))
    return Reply(joined(say(state, "called_back", int(gave_number)), ask(state, "anything_else")))


def _is_stuck(state: State, call: Call) -> bool:
    before = [result for result in state.trail if result.call == call]
    # A search may be repeated once: the slot that it found may have been taken since.
    return len(state.trail) >= _MOST_CALLS or any(result.error for result in before) or len(before) > (call.name == "list_slots")


def _call(state: State, tools: Toolbox, tool: str, **values: object) -> Reply:
    if tool not in tools:
        return Reply(joined(say(state, "cannot_tell"), ask(state, "anything_else")))
    return Reply("", [tools.call(tool, values)])


def _book(state: State, tools: Toolbox) -> Reply:
    if state.search.chosen is None:
        return _find(state, tools)
    if state.patient is None:
        return _identify(state, tools, "great")
    return _call(state, tools, "book_appointment", slot_id=state.search.chosen.id)


def _find(state: State, tools: Toolbox) -> Reply:
    """Search until something is free, and offer it."""
    search = state.search
    if search.wants_other_doctor:
        return _call(state, tools, "list_doctors", specialty=search.wish.specialty)
    if state.task == "book" and not (search.wish.specialty or search.wish.doctor or search.doctor_id):
        return Reply(joined(say(state, "sure"), ask(state, "who")))
    if may_search(state):
        return _call(state, tools, "list_slots", **search_arguments(state))
    if not offer(state):
        return Reply(joined(say(state, "none_at_all"), ask(state, "anything_else")))
    return Reply(joined(told_offer(state), offer_question(state)))


def _identify(state: State, tools: Toolbox, opening: str) -> Reply:
    """Ask for what is missing of the caller's name, date of birth and number, then look them up."""
    person = state.person
    if not person.name and not person.birth_date:
        return Reply(joined(say(state, opening), ask(state, "identity", int(state.for_another))))
    if not person.name:
        return Reply(joined(say(state, "thanks"), ask(state, "name")))
    if " " not in person.name:
        return Reply(joined(say(state, "thanks"), ask(state, "last_name")))
    if person.birth_date is None:
        return Reply(joined(say(state, "thanks"), ask(state, "birth", int(person.birth is not None))))
    if state.phone_needed and not person.phone:
        return Reply(joined(say(state, "thanks"), ask(state, "phone")))
    values = {"name": person.name, "date_of_birth": person.birth_date.isoformat(), "phone": person.phone}
    return _call(state, tools, "identify_patient", **values)


def _move(state: State, tools: Toolbox) -> Reply:
    chosen = state.search.chosen
    if (reply := _before_change(state, tools)) is not None:
        return reply
    if state.target is None:
        return _which_appointment(state, 1)
    wish = state.search.wish
    if chosen is None and not (wish.days or wish.times or wish.doctor or state.search.found):
        return Reply(joined(told_appointments(state, [state.target]), ask(state, "when", 1)))
    if chosen is None:
        return _find(state, tools)
    return _call(state, tools, "reschedule_appointment", appointment_id=state.target.id, slot_id=chosen.id)


def _cancel(state: State, tools: Toolbox) -> Reply:
    if (reply := _before_change(state, tools)) is not None:
        return reply
    if state.target is None:
        return _which_appointment(state, 2)
    _, fits = candidates(state)
    if state.sure or (fits and state.hint.doctor and state.hint.days):
        return _call(state, tools, "cancel_appointment", appointment_id=state.target.id)
    excuse = "" if fits or state.appointments is None else say(state, "none_like_that")
    return Reply(joined(excuse, told_appointments(state, [state.target]), ask(state, "confirm_cancel")))


def _mine(state: State, tools: Toolbox) -> Reply:
    if (reply := _before_change(state, tools)) is not None:
        return reply
    fitting, fits = candidates(state)
    excuse = "" if fits else say(state, "none_like_that")
    return Reply(joined(excuse, told_appointments(state, fitting), ask(state, "anything_else")))


def _before_change(state: State, tools: Toolbox) -> Reply | None:
    """Who the caller is, and which appointments they have; None once that is known and there are some."""
    if state.patient is None:
        return _identify(state, tools, "sure")
    if state.appointments is None and not (state.target and state.task != "mine"):
        return _call(state, tools, "list_my_appointments")
    if not state.appointments and state.target is None:
        return Reply(joined(say(state, "no_appointments", name=state.patient), ask(state, "anything_else")))
    return None


def _which_appointment(state: State, variant: int) -> Reply:
    fitting, _ = candidates(state)
    return Reply(joined(told_appointments(state, fitting), ask(state, "which_appointment", variant)))


def _doctors(state: State, tools: Toolbox) -> Reply:
    wish = state.search.wish
    if state.doctors is None:
        return _call(state, tools, "list_doctors", specialty=wish.specialty, name=wish.doctor)
    closing = ask(state, "pick_doctor", int(len(state.doctors) == 1)) if state.doctors else ask(state, "anything_else")
    return Reply(joined(told_doctors(state), closing))


_TASKS: dict[str, Callable[[State, Toolbox], Reply]] = {
    "book": _book,
    "move": _move,
    "cancel": _cancel,
    "mine": _mine,
    "doctors": _doctors,
}


def _excuse(state: State, failure: Result) -> str:
    """What is said of a failed call; empty if the next step is simply another one."""
    code, name = failure.error, failure.call.name
    if code in ("slot_taken", "slot_past", "not_identified") or name == "end_call":
        return ""
    if code in ("phone_needed", "phone_invalid"):
        return joined(say(state, "bad_phone" if code == "phone_invalid" else "thanks"), ask(state, "phone", int(code == "phone_invalid")))
    if code == "date_of_birth_invalid":
        return joined(say(state, "bad_birth"), ask(state, "birth", 1))
    if code == "patient_busy":
        return joined(say(state, "busy"), ask(state, "when"))
    if name in ("hospital_information", "transfer_to_human"):
        return ""
    if code == "not_found":
        return _not_found(state, failure)
    return joined(say(state, "trouble"), ask(state, "try_again"))


def _not_found(state: State, failure: Result) -> str:
    arguments = failure.call.arguments
    if arguments.get("doctor"):
        return joined(say(state, "unknown_doctor", doctor=titled(str(arguments["doctor"]))), ask(state, "who"))
    if "specialty" in arguments:
        return joined(say(state, "unknown_specialty"), ask(state, "who"))
    return joined(say(state, "none_like_that"), ask(state, "anything_else"))
