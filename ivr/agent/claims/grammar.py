"""How a language says that something is done. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Claim = Literal["booked", "is_booked", "moved", "cancelled", "done"]
"""`booked` is the deed, `is_booked` tells of an appointment that may be older; `done` leaves open what."""

Pattern = re.Pattern[str]


def one_of(*phrases: str) -> Pattern:
    """A pattern that finds any of these at the beginning of a word, and tries them nowhere else."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})")


@dataclass(frozen=True)
class Grammar:
    """Patterns over lower-case text. A segment is cut at a claim's word into what stands before it and what follows.

    `words` are participles by what they claim. The first four are sought at the end of what stands before such a word:
    `is_done` (it is …), `has_done` (I have …), `has_it_done` (I have it …), `to_be_done` (be …, get it …), which is none; `alone` is
    all that may stand before one without a verb, where the segment before is not about the `topic`. `nothing` before it makes the
    whole harmless. Then, what follows: `adjective` (booked *slots*), `aside` (moved *to another building*), and `about` must follow a
    word in `needs_object`, which beside `undoing` (the cancellation is *confirmed*) is none. `others` are subjects whose being booked
    is no appointment of the patient's, unless `own` names one. `phrases` claim something in other words; after a `condition` "we'll
    see you" is none. `visit` tells whether what is done is said of an appointment.

    The last three are the caller's: `courtesies` ask for nothing, and neither do `assents`, which else may take up an offer, of
    somebody who takes `leave`.
    """

    words: Mapping[Claim, Pattern]
    is_done: Pattern
    has_done: Pattern
    has_it_done: Pattern
    to_be_done: Pattern
    alone: Pattern
    topic: Pattern
    nothing: Pattern
    condition: Pattern
    others: Pattern
    own: Pattern
    for_the_patient: Pattern
    adjective: Pattern
    undoing: Pattern
    aside: Pattern
    needs_object: Pattern
    about: Pattern
    phrases: Mapping[Claim, Pattern]
    any_word: Pattern
    visit: Pattern
    courtesies: frozenset[str]
    assents: frozenset[str]
    leave: Pattern

    def claims(self, segment: str, said: str, *, continues_harmless: bool) -> Iterator[Claim]:
        """What a segment claims after what the sentence has `said` so far; a bare word may go on with something harmless."""
        for claim, pattern in self.phrases.items():
            if claim == "is_booked" and self.condition.search(said):
                continue
            for match in pattern.finditer(segment):
                # An inverted question's verb stands before the phrase, and its subject is the first word of it.
                if not self.nothing.search(segment[: match.start()] + match[0].split(" ")[0]):
                    yield claim
        for claim, pattern in self.words.items():
            for match in pattern.finditer(segment):
                before, after = segment[: match.start()], segment[match.end() :]
                how = self._how(said, before, after, match[0], continues_harmless=continues_harmless)
                if how is not None:
                    yield "is_booked" if (claim, how) == ("booked", "state") else claim

    def asks_nothing(self, caller: str) -> bool:
        """Whether a caller only thanks, declines or takes leave."""
        words = set(re.findall(r"[\w'-]+", caller))
        return words <= self.courtesies or (words <= self.courtesies | self.assents and self.leave.search(caller) is not None)

    def _how(self, said: str, before: str, after: str, word: str, *, continues_harmless: bool) -> Literal["deed", "state"] | None:
        if self.nothing.search(before) or self.adjective.match(after) or self.aside.match(after):
            return None
        if self.needs_object.match(word) and self.undoing.search(before + after):
            return None
        if self.is_done.search(before):
            others = self.others.search(before) and not self.own.search(said + before) and not self.for_the_patient.search(after)
            return None if others else "state"
        if self.has_done.search(before):
            return "deed" if not self.needs_object.match(word) or self.about.search(after) else None
        if self.has_it_done.search(before) and not self.to_be_done.search(before):
            return "state"
        return "deed" if self.alone.match(before) and not continues_harmless else None
