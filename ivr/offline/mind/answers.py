"""What a yes or a no means, by the question that it answers."""

from collections.abc import Callable
from dataclasses import replace

from ivr.offline.mind.searching import offer
from ivr.offline.mind.state import State
from ivr.offline.mind.understanding import Utterance


def take_answer(state: State, utterance: Utterance) -> bool:
    """Take a yes or a no in; False if it is neither, or answers nothing that was asked."""
    if not (utterance.agrees or utterance.declines):
        return False
    taker = _TAKERS.get(state.asked)
    return taker(state, utterance.agrees) if taker else False


def _offer(state: State, agrees: bool) -> bool:
    offered = offer(state)
    if not offered:
        return False
    if agrees and len(offered) == 1:
        state.search.chosen = offered[0]
    else:
        state.act = "which_time" if agrees else "when"
    return True


def _which_time(state: State, agrees: bool) -> bool:
    offered = offer(state)
    if not offered:
        return False
    if agrees:
        state.search.chosen = offered[0]
    else:
        state.act = "when"
    return True


def _confirm_cancel(state: State, agrees: bool) -> bool:
    if agrees:
        state.sure = True
    else:
        state.drop()
        state.act = "kept"
    return True


def _anything_else(state: State, agrees: bool) -> bool:
    thanks = state.utterance is not None and "thanks" in state.utterance.signals
    state.act = ("thanks" if thanks else "help") if agrees else "bye"
    return True


def _help(state: State, agrees: bool) -> bool:
    state.act = "resume" if agrees else "bye"
    return True


def _look_for(state: State, agrees: bool) -> bool:
    if agrees:
        state.task = "book"
        return True
    return _leave(state, agrees)


def _pick_doctor(state: State, agrees: bool) -> bool:
    if not agrees:
        return _leave(state, agrees)
    state.task = "book"
    if state.doctors and len(state.doctors) == 1:
        state.search = state.search.wishing(replace(state.search.wish, specialty=None, doctor=str(state.doctors[0]["name"])))
    return True


def _connect(state: State, agrees: bool) -> bool:
    state.act = "human" if agrees else "resume"
    return True


def _leave(state: State, agrees: bool) -> bool:
    """A no ends the task; a yes to an open question answers nothing."""
    if agrees:
        return False
    state.drop()
    state.act = "anything_else"
    return True


def _try_again(state: State, agrees: bool) -> bool:
    return True if agrees else _leave(state, agrees)


_TAKERS: dict[str, Callable[[State, bool], bool]] = {
    "offer": _offer,
    "which_time": _which_time,
    "confirm_cancel": _confirm_cancel,
    "anything_else": _anything_else,
    "look_for": _look_for,
    "pick_doctor": _pick_doctor,
    "try_again": _try_again,
    "connect": _connect,
    "move_or_cancel": _leave,
    "when": _leave,
    "help": _help,
}
