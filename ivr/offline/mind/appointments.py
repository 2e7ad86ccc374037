"""Which of the caller's appointments is meant."""

from dataclasses import replace

from ivr.offline.mind.searching import same_doctor
from ivr.offline.mind.state import State
from ivr.offline.mind.times import NO_TIMES
from ivr.offline.mind.tools import Visit
from ivr.offline.mind.understanding import Details, Utterance


def candidates(state: State) -> tuple[list[Visit], bool]:
    """The appointments that fit what was said of them, and whether all of it fits; if nothing does, all of them."""
    known, hint = state.appointments or [], state.hint
    for wanted in (hint, replace(hint, doctor=None, specialty=None), Details(hint.specialty, hint.doctor)):
        if wanted and (fitting := [one for one in known if _fits(one, wanted)]):
            return fitting, wanted == hint
    return known, not hint


def target(state: State) -> Visit | None:
    """The appointment to be moved or cancelled, once there is no doubt."""
    if state.target is not None:
        return state.target
    fitting, _ = candidates(state)
    return fitting[0] if len(fitting) == 1 else None


def settle_hint(state: State) -> None:
    """Days and times that fit none of the appointments to be moved say where one of them shall go.

    Where a doctor was named, those with others are not meant, whatever day they are on.
    """
    hint, wish = state.hint, state.search.wish
    if state.task != "move" or not state.appointments or state.hint_is_sure:
        return
    if hint.days and not wish.days and not _any_fits(state, Details(days=hint.days)):
        hint, wish = replace(hint, days=None), replace(wish, days=hint.days)
    if hint.times and not wish.times and not _any_fits(state, Details(times=hint.times)):
        hint, wish = replace(hint, times=NO_TIMES), replace(wish, times=hint.times)
    if wish != state.search.wish:
        state.hint, state.search = hint, state.search.wishing(wish)


def _any_fits(state: State, hint: Details) -> bool:
    known, who = state.appointments or [], Details(state.hint.specialty, state.hint.doctor)
    meant = [one for one in known if _fits(one, who)] or known
    return any(_fits(one, hint) for one in meant)


def picked_appointment(state: State, utterance: Utterance) -> Visit | None:
    """The appointment that an utterance chooses among those that were told."""
    fitting, _ = candidates(state)
    if utterance.choice is not None and -1 <= utterance.choice < len(fitting):
        return fitting[utterance.choice]
    meant = [one for one in fitting if utterance.details and _fits(one, utterance.details)]
    return meant[0] if len(meant) == 1 else None


def _fits(appointment: Visit, hint: Details) -> bool:
    clock = hint.times.exact
    return (
        (hint.doctor is None or same_doctor(hint.doctor, appointment.doctor))
        and (hint.specialty is None or hint.specialty == appointment.specialty.lower())
        and (hint.days is None or _on_day(appointment, hint))
        and (clock is None or clock.fits(appointment.starts.time()))
        and (hint.times.part is None or clock is not None or _in_part(appointment, hint.times.part))
    )


def _on_day(appointment: Visit, hint: Details) -> bool:
    """A day of the week means any such day: "on Friday" may be said of the Friday after next."""
    if hint.days is None or hint.days.weekday is None:
        return hint.days is None or hint.days.holds(appointment.day)
    return appointment.day.weekday() == hint.days.weekday


def _in_part(appointment: Visit, part: str) -> bool:
    hour = appointment.starts.hour
    return {"morning": hour < 12, "afternoon": 12 <= hour < 18, "evening": hour >= 18}[part]
