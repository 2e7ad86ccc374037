"""What an utterance changes in the state of the conversation."""

from ivr.offline.mind.answers import take_answer
from ivr.offline.mind.appointments import target
from ivr.offline.mind.errands import take_errand
from ivr.offline.mind.names import joined_name
from ivr.offline.mind.plain import likeness, plain
from ivr.offline.mind.state import Person, State
from ivr.offline.mind.understanding import Details, Utterance, understand
from ivr.offline.mind.wishes import take_choice, take_details, take_refinement

_ASIDES = frozenset(("emergency", "attack", "human", "repeat", "still_there", "spell", "language", "bye"))
_SOFT_TOPICS = frozenset(("results", "referral", "prescription", "insurance", "location"))
"""What may also be the reason for an appointment: "I need an appointment for my blood test results"."""
_SAME_PERSON = 0.75


def listen(state: State, raw: str) -> None:
    """Take one utterance in."""
    utterance = understand(raw, state.language, state.today, state.asked)
    state.utterance, state.act, state.trail, state.search.notice = utterance, "", [], ""
    if _take_aside(state, utterance) or _take_content(state, utterance) or _take_manners(state, utterance):
        state.misses = 0
        return
    state.misses += 1
    state.act = "ask_again" if utterance.agrees or utterance.details else "miss"


def _take_aside(state: State, utterance: Utterance) -> bool:
    """Emergencies, attacks, small talk and questions that belong to no task."""
    asks_for_visit = "fresh" in utterance.signals and utterance.topic in _SOFT_TOPICS
    if utterance.intent in _ASIDES:
        state.act = utterance.intent or ""
    elif utterance.topic and not asks_for_visit and utterance.phone is None:
        state.act = "info"
    return bool(state.act)


def _take_content(state: State, utterance: Utterance) -> bool:
    """Who the caller is, what they want, which of the things offered, and when."""
    told_person = _take_person(state, utterance)
    took = take_errand(state, utterance)
    if not state.act:
        # Dates and numbers in an answer that tells who the caller is are about nothing else.
        may_wish = utterance.intent is not None or not told_person
        took = _take_wish(state, utterance, may_wish) or took
    if state.task in ("move", "cancel") and state.target is None and state.appointments:
        state.target = target(state)
    return told_person or took


def _take_wish(state: State, utterance: Utterance, may_wish: bool) -> bool:
    return take_choice(state, utterance) or take_refinement(state, utterance) or (may_wish and take_details(state, utterance))


def _take_person(state: State, utterance: Utterance) -> bool:
    person = state.person
    if utterance.introduced and state.patient and likeness(plain(utterance.name), plain(state.patient)) < _SAME_PERSON:
        state.patient, person = None, Person()
    if utterance.name:
        person.name = joined_name(person.name if state.asked == "last_name" else "", utterance.name)
    if utterance.birth:
        person.birth = utterance.birth.joined(person.birth)
    person.phone = utterance.phone or person.phone
    state.person = person
    return bool(utterance.name or utterance.birth or utterance.phone)


def _take_manners(state: State, utterance: Utterance) -> bool:
    """A correction, an answer, small talk, or a complaint that asks for nothing yet."""
    return (
        _take_signal(state, utterance, "wrong", "never_mind")
        or take_answer(state, utterance)
        or _take_signal(state, utterance, "wait", "thanks", "hello")
        or _take_complaint(state, utterance)
    )


def _take_signal(state: State, utterance: Utterance, *signals: str) -> bool:
    state.act = next((signal for signal in signals if signal in utterance.signals), "")
    if state.act == "never_mind":
        state.drop()
    if state.act == "wrong" and not state.person.name:
        state.search.chosen = None
    return bool(state.act)


def _take_complaint(state: State, utterance: Utterance) -> bool:
    """A complaint alone: the doctor who may help is suggested."""
    if not utterance.complaint or state.task:
        return False
    state.begin("")
    state.search.wish = Details(specialty=utterance.complaint)
    state.act, state.for_another = "complaint", utterance.complaint == "pediatrics"
    return True
