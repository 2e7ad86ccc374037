"""What an utterance chooses of that which was offered, or wishes instead."""

from dataclasses import replace
from datetime import datetime

from ivr.offline.mind.appointments import picked_appointment
from ivr.offline.mind.dates import Days
from ivr.offline.mind.searching import offer, picked, same_doctor
from ivr.offline.mind.state import State
from ivr.offline.mind.times import Times
from ivr.offline.mind.understanding import Details, Utterance

_ABOUT_PERSON = frozenset(("identity", "name", "last_name", "birth", "phone"))
_ERRANDS = frozenset(("move", "cancel", "mine", "doctors"))


def take_choice(state: State, utterance: Utterance) -> bool:
    """Take the appointment, the doctor or the slot that the utterance chooses."""
    if utterance.intent in _ERRANDS:
        return False
    if state.asked in ("which_appointment", "confirm_cancel") and state.appointments:
        return _choose_appointment(state, utterance)
    if state.asked == "pick_doctor" and state.doctors:
        return _choose_doctor(state, utterance)
    # While a name, a date of birth or a number is being given, only a time of day can be about the slots.
    if not state.search.found or (state.search.chosen and state.asked in _ABOUT_PERSON and not utterance.details.times.exact):
        return False
    slot = picked(state, utterance)
    if slot is not None:
        state.search.chosen = slot
    return slot is not None


def take_refinement(state: State, utterance: Utterance) -> bool:
    """Something earlier, later or other than what was offered, or with another doctor."""
    offered, details, wish = offer(state), utterance.details, state.search.wish
    if not offered or utterance.intent in _ERRANDS:
        return False
    if "other_doctor" in utterance.signals and not details.doctor:
        specialty = offered[0].specialty or wish.specialty
        state.search.wish = replace(wish, doctor=None, specialty=specialty, days=details.days or wish.days)
        state.search.wants_other_doctor, state.search.refused_doctor = True, offered[0].doctor
        return True
    if details.days or details.times:
        return False
    if "earlier" in utterance.signals:
        state.search = state.search.wishing(replace(wish, days=Days(state.today, offered[0].day), times=Times()))
        state.search.before = offered[0].starts
        return True
    if utterance.signals & {"later", "other_time"}:
        state.search = state.search.wishing(replace(wish, days=Days(offered[-1].day, None), times=Times(part=wish.times.part)))
        state.search.after = _end_of_day(offered[-1].starts) if "other_day" in utterance.signals else offered[-1].starts
        return True
    return False


def take_details(state: State, utterance: Utterance) -> bool:
    """Take a doctor, a specialty, days and times: of the appointment in question, or of the slot that is wished."""
    if utterance.intent in ("cancel", "mine", "doctors", "mine_told") or (utterance.intent == "move" and state.task == "move"):
        return False
    details = _wished(state, utterance)
    if not details:
        return False
    if state.task in ("cancel", "mine") or (state.task == "move" and state.asked == "which_appointment"):
        state.hint = merged(state.hint, details)
        return True
    state.task = "move" if state.task == "move" else "book"
    if details.doctor or details.specialty:
        state.for_another = utterance.complaint == "pediatrics"
    wish = merged(state.search.wish, details)
    if wish == state.search.wish:
        return False
    state.search = state.search.wishing(wish)
    return True


def merged(old: Details, new: Details) -> Details:
    """What is new goes before what was wished; a doctor replaces a specialty and the other way round."""
    named = bool(new.doctor or new.specialty)
    return Details(
        new.specialty if named else old.specialty,
        new.doctor if named else old.doctor,
        new.days or old.days,
        new.times or old.times,
    )


def _wished(state: State, utterance: Utterance) -> Details:
    """The details, and the specialty that a complaint points to where none is known."""
    details, wish = (utterance.goal or utterance.details if utterance.intent == "move" else utterance.details), state.search.wish
    offered = offer(state)
    if details.doctor and offered and same_doctor(details.doctor, offered[0].doctor):
        details = replace(details, doctor=None)
    if details.times.exact and not details.days and len({slot.day for slot in offered}) == 1:
        details = replace(details, days=Days(offered[0].day, offered[0].day))
    known = details.specialty or details.doctor or wish.specialty or wish.doctor
    if state.task == "book" and utterance.complaint and not known:
        return replace(details, specialty=utterance.complaint)
    return details


def _end_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=23, minute=59)


def _choose_appointment(state: State, utterance: Utterance) -> bool:
    meant = picked_appointment(state, utterance)
    if meant is None or meant == state.target:
        return False
    state.target, state.sure = meant, state.asked == "which_appointment"
    return True


def _choose_doctor(state: State, utterance: Utterance) -> bool:
    names = [str(row["name"]) for row in state.doctors or []]
    index = utterance.choice
    if (named := utterance.details.doctor) is not None:
        index = next((at for at, name in enumerate(names) if same_doctor(name, named)), None)
    if index is None or not -1 <= index < len(names):
        return False
    state.task = "book"
    state.search = state.search.wishing(replace(utterance.details, specialty=None, doctor=names[index]))
    return True
