"""The rows of the turn benchmark: what is measured, for how long, and what it should come to. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bench._figures import NO_LIMIT, Limit
from bench._recordings import Recording, sentences
from bench._replies import Mix
from ivr.config import Trick

CALLS = 10
SENTENCES_A_ROUND = 60
FEW_SENTENCES = 40

Kind = Literal["ours", "tool", "sequential"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: so many calls at once over some rounds, each sentence once a round."""

    name: str
    profile: str
    mix: Mix
    kind: Kind = "ours"
    rounds: int = 2
    sentences: int = SENTENCES_A_ROUND
    calls: int = CALLS
    without: str | None = None
    limit: Limit = NO_LIMIT

    @property
    def turns(self) -> int:
        """How many turns it has."""
        return self.rounds * self.sentences

    def said(self) -> list[Recording]:
        """The sentences of a round: all sixty, or every third left out."""
        chosen = sentences()
        return chosen if self.sentences == SENTENCES_A_ROUND else _fewer(chosen, self.sentences)

    def shortened(self, turns: int) -> "Row":
        """The row with fewer turns, for a quick look."""
        if turns >= self.turns:
            return self
        few = max(self.calls, min(turns, self.sentences))
        return Row(self.name, self.profile, self.mix, self.kind, 1, few, self.calls, self.without, self.limit)


def _fewer(chosen: Sequence[Recording], count: int) -> list[Recording]:
    return [chosen[index * len(chosen) // count] for index in range(count)]


REFERENCE = Row("a plain sequential loop", "openai", "mixed", kind="sequential", rounds=1)
ONE_CALL = Row("fixed, mixed, one call", "fixed", "mixed", rounds=1, sentences=FEW_SENTENCES, calls=1)
TEN_CALLS = Row("fixed, mixed", "fixed", "mixed", limit=Limit(750, 1000))


def rows() -> Iterator[Row]:
    """All rows."""
    yield TEN_CALLS
    yield Row("fixed, warm", "fixed", "warm", limit=Limit(700, 850))
    yield Row("fast, mixed", "fast", "mixed", limit=Limit(850, 1200))
    yield Row("openai, mixed", "openai", "mixed", limit=Limit(1350, 2500))
    yield Row("openai, warm", "openai", "warm", limit=Limit(1100, 2000))
    yield Row("openai, tool turn", "openai", "mixed", kind="tool", limit=Limit(1150, 1800))
    for trick in get_args(Trick):
        kind: Kind = "tool" if trick == "fillers" else "ours"
        yield Row(f"openai, without {trick}", "openai", "mixed", kind, rounds=1, sentences=FEW_SENTENCES, without=trick)
    yield REFERENCE
    yield ONE_CALL
