"""Which task an utterance begins: a booking, a move, a cancellation, a question about appointments or doctors."""

from ivr.offline.mind.appointments import picked_appointment, settle_hint
from ivr.offline.mind.state import State
from ivr.offline.mind.understanding import Details, Utterance
from ivr.offline.mind.wishes import merged


def take_errand(state: State, utterance: Utterance) -> bool:
    """Begin the task that the utterance asks for, or take what it says of the one that runs; False if it asks for none."""
    taker = {
        "book": _take_booking,
        "move": _take_change,
        "cancel": _take_change,
        "mine": _take_question,
        "doctors": _take_doctors_question,
        "mine_told": _take_told,
    }.get(utterance.intent or "")
    return taker(state, utterance) if taker else False


def _take_booking(state: State, utterance: Utterance) -> bool:
    is_fresh = "fresh" in utterance.signals
    if state.task == "book" or (state.task == "move" and not (is_fresh and (utterance.details.doctor or utterance.details.specialty))):
        return is_fresh
    known = state.search.wish if state.task == "doctors" else Details()
    state.begin("book")
    state.search.wish = known
    return True


def _take_change(state: State, utterance: Utterance) -> bool:
    """A move or a cancellation, unless the words are about the offer that is open, or agree to what was asked."""
    task = utterance.intent or ""
    if task == "cancel" and state.asked == "confirm_cancel":
        state.sure = True
        return True
    if state.task == "book" and "mine_word" not in utterance.signals:
        return task == "cancel" and _leave_booking(state)
    if state.task == task and state.target is not None:
        state.search = state.search.wishing(merged(state.search.wish, utterance.goal or utterance.details))
        return True
    _begin_change(state, task, utterance)
    return True


def _leave_booking(state: State) -> bool:
    state.drop()
    state.act = "never_mind"
    return True


def _begin_change(state: State, task: str, utterance: Utterance) -> None:
    told = state.hint if state.asked == "move_or_cancel" or state.task == "mine" else Details()
    about_last = not utterance.details and "mine_word" not in utterance.signals
    state.begin(task)
    state.hint, state.hint_is_sure = utterance.details or told, not utterance.details
    state.search.wish = utterance.goal
    if about_last and not told and state.outcome and state.outcome.operation != "cancel":
        state.target = state.outcome.appointment
    elif state.appointments and utterance.choice is not None:
        state.target = picked_appointment(state, utterance)
    settle_hint(state)


def _take_question(state: State, utterance: Utterance) -> bool:
    state.begin("mine")
    state.hint = utterance.details
    return True


def _take_told(state: State, utterance: Utterance) -> bool:
    """A statement about an appointment: a hint in a task, else something to ask about."""
    if state.task in ("move", "cancel"):
        return False
    state.begin("")
    state.hint, state.act = utterance.details, "mine_told"
    return True


def _take_doctors_question(state: State, utterance: Utterance) -> bool:
    """Which doctors there are; with a day it is a search for a slot."""
    state.begin("book" if utterance.details.days else "doctors")
    state.search.wish = utterance.details
    return True
