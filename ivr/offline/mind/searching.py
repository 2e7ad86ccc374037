"""The search for a free slot: what is asked of list_slots, which of its slots are offered, which one the caller means."""

from datetime import date, datetime, time
from typing import Any

from ivr.offline.mind.dates import Days
from ivr.offline.mind.plain import likeness, plain
from ivr.offline.mind.state import State
from ivr.offline.mind.times import Clock, Times
from ivr.offline.mind.tools import Visit
from ivr.offline.mind.understanding import Details, Utterance

OFFERED_AT_ONCE = 2
_FEW, _MANY = 6, 20
_FAR_DAYS = 35
"""Slots further ahead than this are rare."""
_SAME_NAME = 0.7


def effective_wish(state: State) -> Details:
    """The wish; when moving, with the appointment's doctor unless another is named, and its day for a time alone."""
    wish = state.search.wish
    if state.task != "move" or state.target is None:
        return wish
    days = wish.days or (Days(state.target.day, state.target.day) if wish.times.exact else None)
    doctor = wish.doctor or (state.target.doctor if not wish.specialty else None)
    return Details(wish.specialty, doctor, days, wish.times)


def widths(state: State) -> list[Details]:
    """The wish, then the wider ones that are tried when nothing is free: those days at any time, any day from then on, any day."""
    wish = effective_wish(state)
    wider = [wish]
    if wish.times:
        wider.append(Details(wish.specialty, wish.doctor, wish.days))
    if wish.days and wish.days.last and (wish.days.first - state.today).days <= _FAR_DAYS:
        wider.append(Details(wish.specialty, wish.doctor, Days(wish.days.first, None)))
    if wish.days and wish.days.first > state.today:
        wider.append(Details(wish.specialty, wish.doctor))
    return wider


def may_search(state: State) -> bool:
    """Whether there is a search to be made: the first one, or a wider one after those that found nothing."""
    search = state.search
    return search.found is None or (not search.found and search.emptied < len(widths(state)))


def search_arguments(state: State) -> dict[str, Any]:
    """What list_slots is asked next."""
    search, tried = state.search, widths(state)
    wish = tried[min(search.emptied, len(tried) - 1)]
    exact = wish.times.exact.at if wish.times.exact else None
    first = wish.days.first if wish.days and (wish.days.last or wish.days.first != state.today) else None
    many = search.emptied > 0 or search.after or search.before
    return {
        "specialty": wish.specialty if not (wish.doctor or search.doctor_id) else None,
        "doctor": wish.doctor if not search.doctor_id else None,
        "doctor_id": search.doctor_id,
        "date_from": _iso(first),
        "date_to": _iso(wish.days.last) if wish.days else None,
        "part_of_day": wish.times.part if not exact else None,
        "not_before": _iso_time(exact or wish.times.not_before),
        "not_after": _iso_time(exact or wish.times.not_after),
        "limit": _MANY if many else _FEW,
    }


def narrowed(state: State) -> list[Visit]:
    """The free slots that were found, later or earlier than those offered before if that was asked for."""
    search = state.search
    return [slot for slot in free(state) if _between(slot.starts, search.after, search.before)]


def free(state: State) -> list[Visit]:
    """The slots that were found, without those that turned out to be taken."""
    return [slot for slot in state.search.found or [] if slot.id not in state.taken]


def offer(state: State) -> list[Visit]:
    """At most two slots of the first doctor; those next to the wished time if that itself is not free."""
    pool = narrowed(state) or free(state)
    if not pool:
        return []
    exact = effective_wish(state).times.exact
    fitting = [slot for slot in pool if exact and exact.fits(slot.starts.time())]
    if exact and not fitting:
        return _nearest(pool, exact)
    pool = fitting or pool
    return [slot for slot in pool if slot.doctor == pool[0].doctor][:OFFERED_AT_ONCE]


def exact_slot(state: State) -> Visit | None:
    """The slot at exactly the day and time that were wished, if it is free."""
    wish = state.search.wish
    if not (wish.times.exact and wish.days and wish.days.single):
        return None
    return next((slot for slot in free(state) if wish.times.exact.at == slot.starts.time() and wish.days.holds(slot.day)), None)


def picked(state: State, utterance: Utterance) -> Visit | None:
    """The slot that an utterance chooses: by its time, its day, its doctor, or its place in the offer."""
    offered, details = offer(state), utterance.details
    if details.times.exact:
        return _fitting(offered, details) or _fitting(free(state), details)
    if utterance.choice is not None:
        return offered[utterance.choice] if -1 <= utterance.choice < len(offered) else None
    if utterance.number is not None and not details:
        return _by_number(offered, utterance.number)
    if details.days and not details.times:
        days = [slot for slot in offered if details.days.holds(slot.day)]
        return days[0] if len(days) == 1 and len(offered) > 1 else None
    return offered[0] if "any" in utterance.signals and offered else None


def same_doctor(one: str, other: str) -> bool:
    """Whether two names, with or without a title, may be one doctor's."""
    ones, others = (plain(name).replace("dra ", "").replace("dr ", "").split() for name in (one, other))
    return any(likeness(a, b) >= _SAME_NAME for a in ones for b in others)


def _fitting(slots: list[Visit], details: Details) -> Visit | None:
    exact = details.times.exact
    for slot in slots:
        right_day = details.days is None or details.days.holds(slot.day)
        right_doctor = details.doctor is None or same_doctor(details.doctor, slot.doctor)
        if exact and exact.fits(slot.starts.time()) and right_day and right_doctor:
            return slot
    return None


def _by_number(offered: list[Visit], number: int) -> Visit | None:
    """ "Three" is three o'clock if that was offered, else the third."""
    hour = Times(exact=Clock(time(number), sure=False))
    place = offered[number - 1] if number <= len(offered) else None
    return _fitting(offered, Details(times=hour)) or place


def _nearest(pool: list[Visit], exact: Clock) -> list[Visit]:
    first = [slot for slot in pool if slot.doctor == pool[0].doctor and slot.day == pool[0].day]
    wished = exact.at.hour * 60 + exact.at.minute
    first.sort(key=lambda slot: abs(slot.starts.hour * 60 + slot.starts.minute - wished))
    return sorted(first[:OFFERED_AT_ONCE], key=lambda slot: slot.starts)


def _between(moment: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or moment > after) and (before is None or moment < before)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _iso_time(at: time | None) -> str | None:
    return at.strftime("%H:%M") if at else None
