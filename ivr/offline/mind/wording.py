"""The state of a conversation put into words: offers, appointments, outcomes, and the question that is open."""

from collections.abc import Sequence

from ivr.offline.mind.phrases import line, question
from ivr.offline.mind.searching import effective_wish, narrowed, offer
from ivr.offline.mind.specialties import label
from ivr.offline.mind.state import Outcome, State
from ivr.offline.mind.telling import TELLINGS, listed
from ivr.offline.mind.tools import Visit

_MOST_TOLD = 3
_AND = {"en": "and", "es": "y"}


def say(state: State, key: str, variant: int = 0, **values: str) -> str:
    """A statement in the caller's language."""
    return line(state.language, key, variant, **values)


def ask(state: State, key: str, variant: int = 0, **values: str) -> str:
    """A question in the caller's language."""
    return question(state.language, key, variant, **values)


def joined(*sentences: str) -> str:
    """Sentences one after the other; empty ones are left out."""
    return " ".join(sentence for sentence in sentences if sentence)


def titled(doctor: str) -> str:
    """A doctor's name with the title that belongs before it."""
    return doctor if doctor.lower().startswith("dr") else f"Dr. {doctor}"


def when(state: State, visit: Visit) -> str:
    """A slot's or an appointment's day and time."""
    return TELLINGS[state.language].at(visit.starts, state.today)


def told_offer(state: State) -> str:
    """What is free: the doctor with one or two times, after an excuse if it is not what was wished."""
    slots = offer(state)
    excuse = _excuse(state, slots)
    opening = excuse or say(state, "yes" if state.utterance and "asking" in state.utterance.signals else "sure")
    return joined(opening, say(state, "available", doctor=slots[0].doctor, when=_offered_times(state, slots, bool(excuse))))


def offer_question(state: State) -> str:
    """Whether it shall be booked, or the appointment moved there."""
    return ask(state, "offer", int(state.task == "move"))


def which_time(state: State) -> str:
    """Which of the times that are offered."""
    slots, telling = offer(state), TELLINGS[state.language]
    if len({slot.day for slot in slots}) > 1:
        return ask(state, "which_time", times=listed([when(state, slot) for slot in slots], telling.either))
    return ask(state, "which_time", times=telling.bare_clocks([slot.starts.time() for slot in slots]))


def told_appointments(state: State, appointments: Sequence[Visit]) -> str:
    """One appointment, or the first few."""
    if len(appointments) == 1:
        return say(state, "one_appointment", doctor=appointments[0].doctor, when=when(state, appointments[0]))
    told = [say(state, "with_doctor", doctor=one.doctor, when=when(state, one)) for one in appointments[:_MOST_TOLD]]
    return say(state, "appointments", count=str(len(appointments)), appointments=listed(told, _AND[state.language]))


def told_outcome(state: State, outcome: Outcome) -> str:
    """What has become of the request; only a state that says so is told as done."""
    key = {"book": "booked", "move": "moved", "cancel": "cancelled"}[outcome.operation]
    if outcome.state != "done" or outcome.appointment is None:
        return say(state, "pending")
    return say(state, key, doctor=outcome.appointment.doctor, when=when(state, outcome.appointment))


def told_doctors(state: State) -> str:
    """Who there is, in a specialty if one was named."""
    names = [str(doctor["name"]) for doctor in (state.doctors or [])[:5]]
    if not names:
        return say(state, "no_doctors")
    specialties = {str(doctor.get("specialty", "")) for doctor in state.doctors or []}
    doctors = listed(names, _AND[state.language])
    if len(specialties) > 1 or not state.search.wish.specialty:
        return say(state, "doctors_all", doctors=doctors)
    return say(state, "doctors", specialty=label(specialties.pop(), state.language), doctors=doctors)


def open_question(state: State) -> str:
    """The question that waits for an answer, with the offer if that was not heard; empty if none waits."""
    if state.asked in ("", "anything_else", "help") and offer(state) and not state.search.chosen:
        return joined(told_offer(state), offer_question(state))
    if state.asked in ("", "anything_else"):
        return ""
    if state.asked == "offer":
        return offer_question(state)
    if state.asked == "which_time":
        return which_time(state) if offer(state) else ""
    return ask(state, state.asked)


def _offered_times(state: State, slots: Sequence[Visit], has_excuse: bool) -> str:
    """The day goes without saying if the caller has just named it as today or tomorrow."""
    telling, days = TELLINGS[state.language], effective_wish(state).days
    named = days.single if days and not has_excuse else None
    times = [slot.starts.time() for slot in slots]
    if len({slot.day for slot in slots}) > 1:
        return listed([when(state, slot) for slot in slots], _AND[state.language])
    if named == slots[0].day and (named - state.today).days in (0, 1):
        return telling.clocks(times)
    return telling.at_times(slots[0].day, times, state.today)


def _excuse(state: State, slots: Sequence[Visit]) -> str:
    """Why the offer is not what was wished, if it is not."""
    search, wish, telling = state.search, effective_wish(state), TELLINGS[state.language]
    if search.notice:
        return say(state, search.notice)
    if (search.after or search.before) and not narrowed(state):
        return say(state, "latest" if search.after else "earliest")
    if not search.emptied:
        return ""
    if wish.times.exact and wish.days and wish.days.holds(slots[0].day):
        return say(state, "not_at", clock=telling.clock(wish.times.exact.at))
    if not (wish.days and wish.days.single):
        return say(state, "none_then", then={"en": "then", "es": "en esas fechas"}[state.language])
    part = telling.part(wish.times.part) if wish.times.part else ""
    return say(state, "none_then", then=joined(telling.day(wish.days.single, state.today), part))
