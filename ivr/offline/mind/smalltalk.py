"""Answers that belong to no task: greetings, questions that no tool answers, a human, emergencies, attacks, goodbye."""

import re
from collections.abc import Callable

from ivr.offline.mind.searching import offer
from ivr.offline.mind.specialties import practitioner
from ivr.offline.mind.state import State
from ivr.offline.mind.tools import Reply, Toolbox, texts
from ivr.offline.mind.wording import ask, joined, offer_question, open_question, say, told_offer, told_outcome, which_time

CUT = "—"
MOST_QUESTION_CHARACTERS = 200
_LANGUAGE_NAMES = {"es": r"spanish|espanol|castellano", "en": r"english|ingles"}
_Answer = Callable[[State, Toolbox], Reply]


def answer(state: State, tools: Toolbox) -> Reply:
    """Answer the last utterance by its act."""
    return _ANSWERS[state.act](state, tools)


def _then_resume(state: State, *sentences: str) -> Reply:
    """Say something, then come back to the question that is open, or ask how to help."""
    return Reply(joined(*sentences, open_question(state) or ask(state, "help", 1)))


def _plain(key: str, question: str = "", variant: int = 0) -> _Answer:
    """An answer that is one statement, perhaps with a question."""
    return lambda state, _: Reply(joined(say(state, key), ask(state, question, variant) if question else ""))


def _resuming(key: str) -> _Answer:
    """An answer that is one statement, after which the open question is asked again."""
    return lambda state, _: _then_resume(state, say(state, key))


def _emergency(state: State, _: Toolbox) -> Reply:
    return Reply(say(state, "emergency", emergency=state.facts.emergency_number))


def _hello(state: State, _: Toolbox) -> Reply:
    return _then_resume(state, say(state, "hello", hospital=state.facts.hospital))


def _human(state: State, tools: Toolbox) -> Reply:
    if "transfer_to_human" not in tools or state.trail:
        return _then_resume(state, say(state, "cannot_connect"), "" if open_question(state) else say(state, "can_do"))
    reason = state.utterance.raw if state.utterance else ""
    return Reply("", [tools.call("transfer_to_human", {"reason": reason})])


def _info(state: State, tools: Toolbox) -> Reply:
    if told := [text for result in state.trail for text in texts(result.content.get("information"))]:
        return _then_resume(state, told[0])
    topic = state.utterance.topic if state.utterance else None
    if topic == "email":
        return _then_resume(state, say(state, "not_needed"))
    if "hospital_information" in tools and not state.trail:
        question = state.utterance.raw if state.utterance else ""
        return Reply("", [tools.call("hospital_information", {"topic": topic, "query": question[:MOST_QUESTION_CHARACTERS] or None})])
    if topic == "location" and state.facts.address:
        return _then_resume(state, say(state, "address", address=state.facts.address))
    excuse = say(state, "cannot_tell", int(say(state, "cannot_tell") in state.last_said))
    if open_question(state):
        return _then_resume(state, excuse)
    if "transfer_to_human" in tools:
        return Reply(joined(excuse, ask(state, "connect")))
    return _then_resume(state, excuse, say(state, "can_do"))


def _repeat(state: State, _: Toolbox) -> Reply:
    """What was said last; what was cut off is put together anew."""
    if state.last_said and not state.last_said.endswith(CUT):
        return Reply(state.last_said)
    if state.outcome and not state.task:
        return Reply(joined(told_outcome(state, state.outcome), ask(state, "anything_else")))
    if offer(state) and state.search.chosen is None:
        return Reply(joined(told_offer(state), offer_question(state)))
    return _then_resume(state)


def _spell(state: State, _: Toolbox) -> Reply:
    chosen, offered = state.search.chosen, offer(state)
    last = chosen or (offered[0] if offered else None) or state.target or (state.outcome.appointment if state.outcome else None)
    name = last.doctor if last else str((state.doctors or [{}])[0].get("name", ""))
    letters = ", ".join(re.sub(r"^Dra?\.? ", "", name).replace(" ", "").upper())
    return _then_resume(state, say(state, "spelled", letters=letters) if letters else say(state, "sure"))


def _language(state: State, _: Toolbox) -> Reply:
    words = state.utterance.words if state.utterance else ""
    named = next((code for code, names in _LANGUAGE_NAMES.items() if re.search(names, words)), state.language)
    if named in state.facts.languages:
        state.language = named
    return _then_resume(state, say(state, "speaks", int(len(state.facts.languages) < 2)))


def _complaint(state: State, _: Toolbox) -> Reply:
    who = practitioner(state.search.wish.specialty, state.language)
    return Reply(joined(say(state, "feel_better", int(not who), practitioner=who), ask(state, "look_for")))


def _thanks(state: State, tools: Toolbox) -> Reply:
    if say(state, "welcome") in state.last_said:
        return _bye(state, tools)
    if state.asked in ("", "help"):
        return Reply(joined(say(state, "welcome"), ask(state, "anything_else")))
    return Reply(joined(say(state, "welcome"), open_question(state) or ask(state, "anything_else")))


def _bye(state: State, tools: Toolbox) -> Reply:
    may_end = "end_call" in tools and not state.trail
    return Reply(say(state, "goodbye"), [tools.call("end_call", {})] if may_end else [])


def _miss(state: State, _: Toolbox) -> Reply:
    """Not understood: another wording each time, and the open question again where there is one."""
    turn = max(state.misses - 1, 0)
    if question := open_question(state):
        return Reply(joined(say(state, "missed", turn), question))
    return Reply(say(state, "not_understood", turn))


_ANSWERS: dict[str, _Answer] = {
    "emergency": _emergency,
    "attack": _resuming("refuse"),
    "human": _human,
    "info": _info,
    "repeat": _repeat,
    "still_there": _resuming("here"),
    "spell": _spell,
    "language": _language,
    "bye": _bye,
    "wrong": _plain("misheard"),
    "never_mind": _plain("no_problem", "anything_else"),
    "wait": _plain("take_your_time"),
    "thanks": _thanks,
    "hello": _hello,
    "complaint": _complaint,
    "miss": _miss,
    "ask_again": _resuming("all_right"),
    "resume": _resuming("all_right"),
    "help": _plain("sure", "help", 1),
    "kept": _plain("kept", "anything_else"),
    "anything_else": _plain("all_right", "anything_else"),
    "when": _plain("all_right", "when"),
    "which_time": lambda state, _: Reply(which_time(state)),
    "mine_told": _plain("all_right", "move_or_cancel"),
}
