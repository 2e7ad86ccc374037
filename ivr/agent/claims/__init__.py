"""Said is done: what a clause claims to have been booked, moved or cancelled, and what the tools' results bear out. Pure.

A claim is told by the verb that stands right before its word: "it is booked", "I've moved it", "queda reservada" say that it is
done; "shall I book it?", "it will be moved", "once it is cancelled" and "it isn't booked" do not. All languages are looked for in
every clause, whatever the call is held in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from ivr.agent.claims import english, results, spanish, told
from ivr.agent.claims.grammar import Claim, Grammar
from ivr.agent.claims.named import Appointment, named_in
from ivr.agent.history import Round

GRAMMARS: Mapping[str, Grammar] = {"en": english.GRAMMAR, "es": spanish.GRAMMAR}

CORRECTION = (
    "Nobody has heard your last answer: it says that something is booked, moved, cancelled or done, but no tool's result in this turn"
    " says so, or not with this doctor, day and time. If it is done, say it with the result's own doctor, day and time. If the caller wants"
    " it, call the tool now. To tell of appointments that exist, call list_my_appointments first."
    " Otherwise answer without saying that it is done."
)
"""What the model is told before it is asked again."""

_TITLE = re.compile(r"\b(dra?|mrs?|ms|sra?|st)\.")
_HALF_DAY = re.compile(r"\b([ap])\.\s?m\b\.?")
_SENTENCE = re.compile(r"[^.!?…¿]+[?]?|¿[^?]*[?]?")
_SEGMENT = re.compile(r"[,;()—–]|:(?!\d)|\s-\s|\b(?:and|but|so|y|pero|así que)\b")


def unproven(
    text: str,
    rounds: Iterable[Round],
    earlier: Iterable[Round] = (),
    caller: str | None = None,
    today: date | None = None,
    said: Sequence[str] = (),
) -> bool:
    """Whether a clause claims something that the results in these rounds of tools do not bear out, or not with this doctor, day or time.

    While none of these rounds is to change an appointment, what was done `earlier` in the call may be told again: with all that tells
    an appointment from others, or when the `caller` asks for nothing. The latter alone lets "you're all set" mean what was done then.

    A clause that claims nothing may go on to tell of what is claimed in those `said` before it in the same answer; "your appointment
    is" tells of none that has been cancelled.
    """
    claimed = claims(text)
    details = "" if claimed else _details_of_what_was(said, text)
    if not claimed and not details:
        return False
    evidence = results.evidence(rounds, earlier, quiet=_asks_nothing(caller or ""))
    if details:
        gone: set[Claim] = {"cancelled"} if told.details(text, right_after=False) else set()
        return named_in(details, today).contradict(one for clause in said for one in _meant(clause, claims(clause) - gone, evidence, today))
    named = named_in(text, today, moved="moved" in claimed)
    proofs = evidence.facts(named.tell)
    borne_out = {claim for one in proofs for claim in one.claims} - {"done"}
    if "done" in claimed and evidence.all_done(visit=_names_visit(text)):
        borne_out.add("done")
    return not claimed <= borne_out or named.contradict(results.appointments(proofs, claimed))


def _details_of_what_was(said: Sequence[str], text: str) -> str:
    """What a clause tells of an appointment that was claimed to be booked, moved or cancelled before it."""
    if not said or not told.details(text, right_after=True):
        return ""
    before = next((clause for clause in reversed(said) if not told.details(clause, right_after=True)), "")
    return told.details(text, right_after=bool(claims(before)))


def _meant(clause: str, claimed: set[Claim], evidence: results.Evidence, today: date | None) -> list[Appointment]:
    """The appointments of which a clause claims this."""
    return results.appointments(evidence.facts(named_in(clause, today).tell), claimed)


def claims(text: str) -> set[Claim]:
    """What a clause says to be done."""
    plain = _plain(text)
    return {claim for grammar in GRAMMARS.values() if grammar.any_word.search(plain) for claim in _claims(plain, grammar)}


def _plain(text: str) -> str:
    return _HALF_DAY.sub(r"\1m", _TITLE.sub(r"\1", text.lower().replace("’", "'")))


def _names_visit(text: str) -> bool:
    return any(grammar.visit.search(_plain(text)) for grammar in GRAMMARS.values())


def _asks_nothing(caller: str) -> bool:
    return any(grammar.asks_nothing(_plain(caller)) for grammar in GRAMMARS.values())


def _claims(plain: str, grammar: Grammar) -> Iterator[Claim]:
    for sentence in _SENTENCE.findall(plain):
        if sentence.startswith("¿"):
            continue
        said, waved_off = "", False
        for segment in filter(None, (part.strip(" ¡") for part in _SEGMENT.split(sentence))):
            found = set(grammar.claims(segment, said, continues_harmless=waved_off))
            waved_off = not found and grammar.topic.search(segment) is not None
            said += f"{segment} "
            yield from found
