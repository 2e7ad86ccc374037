"""Said is done: what a clause claims to have been booked, moved or cancelled, and what the tools' results bear out. Pure.

A claim is told by the verb that stands right before its word: "it is booked", "I've moved it", "queda reservada" say that it is
done; "shall I book it?", "it will be moved", "once it is cancelled" and "it isn't booked" do not. All languages are looked for in
every clause, whatever the call is held in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ivr.agent.claims import english, spanish
from ivr.agent.claims.grammar import Claim, Grammar
from ivr.agent.claims.named import contradict
from ivr.agent.history import Round

GRAMMARS: Mapping[str, Grammar] = {"en": english.GRAMMAR, "es": spanish.GRAMMAR}

CORRECTION = (
    "Nobody has heard your last answer: it says that something is booked, moved, cancelled or done, but no tool's result in this turn"
    " says so, or not with this doctor and time. If it is done, say it with the result's own doctor, day and time. If the caller wants"
    " it, call the tool now. To tell of appointments that exist, call list_my_appointments first."
    " Otherwise answer without saying that it is done."
)
"""What the model is told before it is asked again."""

_TITLE = re.compile(r"\b(dra?|mrs?|ms|sra?|st)\.", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?…¿]+[?]?|¿[^?]*[?]?")
_SEGMENT = re.compile(r"[,;()—–]|:(?!\d)|\s-\s|\b(?:and|but|so|y|pero|así que)\b")

_STANDS = {
    "book_appointment": frozenset[Claim](("booked", "is_booked", "done")),
    "reschedule_appointment": frozenset[Claim](("moved", "booked", "is_booked", "done")),
    "cancel_appointment": frozenset[Claim](("cancelled", "done")),
}
_STANDS_ALREADY: dict[str, frozenset[Claim]] = {
    "already_cancelled": frozenset(("cancelled",)),
    "already_moved": frozenset(("moved",)),
    "same_slot": frozenset(("is_booked",)),
    "patient_busy": frozenset(("is_booked",)),
}
_DETAILS = {"doctor", "time"}
_DO_SOMETHING = ("join_waitlist", "leave_waitlist", "transfer_to_human")


def unproven(text: str, rounds: Iterable[Round], earlier: Iterable[Round] = ()) -> bool:
    """Whether a clause claims something that the results in these rounds of tools do not bear out, or not with this doctor or time.

    "You're all set" leaves open what is done, and may also be said after what was done `earlier` in the call.
    """
    claimed, rounds = claims(text), list(rounds)
    if not claimed:
        return False
    return not claimed <= proven(rounds) | (proven(earlier) & {"done"}) or contradict(text, _appointments(rounds, claimed))


def claims(text: str) -> set[Claim]:
    """What a clause says to be done."""
    plain = _HALF_DAY.sub(r"\1m", _TITLE.sub(r"\1", text.lower().replace("’", "'")))
    return {claim for grammar in GRAMMARS.values() if grammar.any_word.search(plain) for claim in _claims(plain, grammar)}


def proven(rounds: Iterable[Round]) -> set[Claim]:
    """What may be said after these results."""
    return {claim for name, result in _results(rounds) for claim in _borne_out(name, result)}


def _appointments(rounds: Iterable[Round], claimed: set[Claim]) -> Iterator[Mapping[str, Any]]:
    """The appointments of the results that bear out what is claimed."""
    for name, result in _results(rounds):
        if claimed & _borne_out(name, result):
            yield from (one for one in (result.get("appointment"), *result.get("appointments", ())) if one and one.keys() >= _DETAILS)


def _results(rounds: Iterable[Round]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for done in rounds:
        yield from ((call.name, done.results[call.id]) for call in done.calls if call.id in done.results)


def _borne_out(name: str, result: Mapping[str, Any]) -> frozenset[Claim]:
    if not result.get("ok"):
        return _STANDS_ALREADY.get((result.get("error") or {}).get("code", ""), frozenset())
    if name in _STANDS:
        return _STANDS[name] if result.get("state") == "done" else frozenset()
    if name == "list_my_appointments" and result.get("appointments"):
        return frozenset(("is_booked",))
    return frozenset(("done",)) if name in _DO_SOMETHING else frozenset()


def _claims(plain: str, grammar: Grammar) -> Iterator[Claim]:
    for sentence in _SENTENCE.findall(plain):
        if sentence.startswith("¿"):
            continue
        said, waved_off = "", False
        for segment in filter(None, (part.strip() for part in _SEGMENT.split(sentence))):
            found = set(grammar.claims(segment, said, continues_harmless=waved_off))
            waved_off = not found and grammar.any_word.search(segment) is not None
            said += f"{segment} "
            yield from found
