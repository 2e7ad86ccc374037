"""The fixed list of sixty replies that a turn benchmark's model gives, one to each recorded sentence. Pure but for reading the list."""

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench._recordings import Recording, sentences
from bench._stand_in import rule

Mix = Literal["mixed", "warm"]
KNOWN_SHARE: dict[Mix, float] = {"mixed": 0.6, "warm": 0.95}
"""How many of the replies open with a clause that was said before."""

_LIST: dict[str, Any] = tomllib.loads((Path(__file__).parent / "replies.toml").read_text(encoding="utf-8"))
KNOWN_OPENINGS: tuple[str, ...] = tuple(_LIST["known"])
PLACES: tuple[str, ...] = tuple(_LIST["places"].split())
ROUNDS = len(PLACES)
"""So often the list can be given with fresh openings that were never said before."""

_SEED = 3
_TOOL_CALL = {"name": "list_doctors", "arguments": {"specialty": "cardiology", "name": None, "language": None}}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers to one recorded sentence: an opening clause, and the rest."""

    recording: Recording
    opening: str
    rest: str
    known: bool

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.opening} {self.rest}"


def replies(mix: Mix, round_number: int, recordings: Sequence[Recording] | None = None) -> list[Reply]:
    """The replies to some of the sentences (all sixty if left out) in one round.

    The mix's share of them opens with a known clause, the others with one that no other round has.
    """
    chosen = list(recordings or sentences())
    order = sorted(range(len(chosen)), key=lambda index: random.Random(f"{_SEED}:{chosen[index].number}").random())
    known = set(order[: round(KNOWN_SHARE[mix] * len(chosen))])
    place, all_numbers = PLACES[round_number], [one.number for one in sentences()]
    made = []
    for index, recording in enumerate(chosen):
        number = all_numbers.index(recording.number)
        opening = KNOWN_OPENINGS[number % len(KNOWN_OPENINGS)] if index in known else _fresh(number, place)
        made.append(Reply(recording, opening, follow_up(number), index in known))
    return made


def follow_up(number: int) -> str:
    """What follows an opening."""
    return str(_LIST["follow_ups"][number % len(_LIST["follow_ups"])])


def _fresh(number: int, place: str) -> str:
    # Sixty sentences share the forms, so that the sentence's number goes into the place to tell them apart.
    forms = _LIST["fresh"]
    word = place if number < len(forms) else f"{place} {PLACES[-1 - number // len(forms)]}"
    return str(forms[number % len(forms)].format(place=word))


def as_rules(wanted: Sequence[Reply], *, with_tool: bool = False) -> dict[str, Any]:
    """What is posted to the stand-in: a rule a sentence, and a known opening for whatever else is heard.

    With a tool, every sentence is answered by a call first, and by the reply once its result is there.
    """
    rules = [rule(reply.recording.text, reply.text) | {"after": "tool" if with_tool else "user"} for reply in wanted]
    if with_tool:
        rules += [{"match": rule(reply.recording.text, "")["match"], "calls": [_TOOL_CALL]} for reply in wanted]
    return {"rules": rules, "list": [{"text": f"{KNOWN_OPENINGS[0]} {follow_up(0)}"}]}
