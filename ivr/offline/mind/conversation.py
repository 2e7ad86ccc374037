"""The state of a conversation, read from its messages alone."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ivr.offline.mind.listening import listen
from ivr.offline.mind.phrases import LINES, asked_in
from ivr.offline.mind.results import take_result
from ivr.offline.mind.searching import offer
from ivr.offline.mind.smalltalk import CUT
from ivr.offline.mind.state import Facts, State
from ivr.offline.mind.telling import TELLINGS
from ivr.offline.mind.tools import Call, Result, parsed
from ivr.offline.mind.understanding import LANGUAGES, clear_language

Message = Mapping[str, Any]


def read(messages: Sequence[Message]) -> State:
    """Go through the conversation from its beginning."""
    facts = _facts("\n".join(content(message) for message in messages if message.get("role") in ("system", "developer")))
    state = State(facts=facts, language=_language(facts, messages))
    if not any(call.name == "identify_patient" for message in messages for call, _ in _calls(message)):
        state.patient = facts.patient
    called: dict[str, Call] = {}
    for message in messages:
        if message.get("role") == "user":
            listen(state, content(message))
        elif message.get("role") == "assistant":
            called |= {call_id: call for call, call_id in _calls(message)}
            _take_own_words(state, content(message).strip())
        elif message.get("role") == "tool" and message.get("tool_call_id") in called:
            take_result(state, Result(called[message["tool_call_id"]], parsed(message.get("content"))))
    return state


def content(message: Message) -> str:
    """A message's text, whether it is a string or comes in parts."""
    given = message.get("content") or ""
    return given if isinstance(given, str) else " ".join(str(part.get("text", "")) for part in given)


def _facts(prompt: str) -> Facts:
    told = {key: value.strip() for key, value in re.findall(r"^([A-Z][\w' ]+): *(.*)$", prompt, re.MULTILINE)}
    languages = tuple(code for code in re.findall(r"[a-z]{2}", told.get("Languages", "en")) if code in LANGUAGES)
    language = told.get("Caller's language", "en")[:2]
    emergency = re.search(r"(?:dial|call) (\d{2,4})\b", prompt)
    patient = told.get("Patient", "not identified")
    return Facts(
        now=datetime.fromisoformat(told.get("Now", "2000-01-01T00:00").split()[0]),
        language=language if language in LANGUAGES else "en",
        languages=languages or ("en",),
        hospital=told.get("Hospital") or "the hospital",
        address=told.get("Address", ""),
        emergency_number=emergency[1] if emergency else "911",
        patient=None if patient == "not identified" else patient,
    )


def _language(facts: Facts, messages: Sequence[Message]) -> str:
    """The language of the caller's newest words that are clearly in one; without such, the one that the prompt names."""
    spoken = (content(message) for message in reversed(messages) if message.get("role") == "user")
    return next((code for raw in spoken if (code := clear_language(raw, facts.languages))), facts.language)


def _calls(message: Message) -> list[tuple[Call, str]]:
    return [
        (Call(call["function"]["name"], _arguments(call["function"].get("arguments"))), str(call.get("id")))
        for call in message.get("tool_calls") or []
        if call.get("function")
    ]


def _arguments(given: Any) -> dict[str, Any]:
    try:
        arguments = json.loads(given or "{}")
    except (TypeError, ValueError):
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _take_own_words(state: State, text: str) -> None:
    """Note what was said to the caller, and the question in it; of a text that was cut off, the one that was on its way."""
    if not text:
        return
    cut = text.endswith(CUT)
    key = asked_in(text) or (_on_its_way(state) if cut else "")
    # A general "How can I help you?" after a silence does not take back what is being talked about.
    if key and not (key == "help" and state.task and state.asked):
        state.asked = key
    if key and key != "phone":
        state.human_reason = ""
    if text not in LINES[state.language]["take_your_time"]:
        state.last_said = text
    if state.unreported and not (cut and not _tells_outcome(state, text)):
        state.report()


def _on_its_way(state: State) -> str:
    if state.unreported:
        return "anything_else"
    if state.task in ("book", "move") and offer(state) and state.search.chosen is None:
        return "offer"
    if state.task == "cancel" and state.target and state.patient:
        return "confirm_cancel"
    if state.task and state.patient is None and (state.search.chosen or state.task != "book"):
        return "birth" if state.person.name else "identity"
    return ""


def _tells_outcome(state: State, text: str) -> bool:
    """Whether what was heard of the outcome includes its time."""
    appointment = state.outcome.appointment if state.outcome else None
    return appointment is not None and TELLINGS[state.language].bare_clocks([appointment.starts.time()]) in text
