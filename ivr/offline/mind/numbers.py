"""Numbers in words become figures: "twenty third" is 23th, "mil novecientos noventa" is 1990."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Numbers:
    """A language's number words. Every ordinal is written with th: 1th, 2th, 23th."""

    units: Mapping[str, int]
    tens: Mapping[str, int]
    ordinals: Mapping[str, int]
    hundred: str
    thousand: str
    joiner: str
    hundreds: Mapping[str, int] = field(default_factory=dict)
    tens_need_joiner: bool = False

    def figures(self, text: str) -> str:
        """The same words with every number in figures; words that belong to no number stay."""
        tokens, at, said = text.split(), 0, []
        while at < len(tokens):
            value, ordinal, after = self._whole(tokens, at)
            said.append(tokens[at] if value is None else f"{value}{'th' if ordinal else ''}")
            at = max(after, at + 1)
        return " ".join(said)

    def _whole(self, tokens: Sequence[str], at: int) -> "_Read":
        value, ordinal, after = self._below_thousand(tokens, at)
        if ordinal or after >= len(tokens) or tokens[after] != self.thousand or (value or 0) >= 100:
            return value, ordinal, after
        rest, ordinal, end = self._below_thousand(tokens, self._skip_joiner(tokens, after + 1))
        return (value or 1) * 1000 + (rest or 0), ordinal, end if rest is not None else after + 1

    def _below_thousand(self, tokens: Sequence[str], at: int) -> "_Read":
        if at < len(tokens) and tokens[at] in self.hundreds:
            rest, ordinal, after = self._below_hundred(tokens, at + 1)
            return self.hundreds[tokens[at]] + (rest or 0), ordinal, after
        value, ordinal, after = self._below_hundred(tokens, at)
        if value is None or ordinal or after >= len(tokens) or tokens[after] != self.hundred:
            return value, ordinal, after
        rest, ordinal, end = self._below_hundred(tokens, self._skip_joiner(tokens, after + 1))
        return value * 100 + (rest or 0), ordinal, end if rest is not None else after + 1

    def _below_hundred(self, tokens: Sequence[str], at: int) -> "_Read":
        word = tokens[at] if at < len(tokens) else ""
        if word in self.ordinals:
            return self.ordinals[word], True, at + 1
        if word in self.units:
            return self.units[word], False, at + 1
        if word not in self.tens:
            return None, False, at
        unit, ordinal, after = self._unit_after_ten(tokens, at + 1)
        return self.tens[word] + unit, ordinal, after

    def _unit_after_ten(self, tokens: Sequence[str], at: int) -> tuple[int, bool, int]:
        after = self._skip_joiner(tokens, at) if self.tens_need_joiner else at
        if after >= len(tokens) or (self.tens_need_joiner and after == at):
            return 0, False, at
        for words, ordinal in ((self.units, False), (self.ordinals, True)):
            if 1 <= words.get(tokens[after], 0) <= 9:
                return words[tokens[after]], ordinal, after + 1
        return 0, False, at

    def _skip_joiner(self, tokens: Sequence[str], at: int) -> int:
        return at + 1 if at < len(tokens) and tokens[at] == self.joiner else at


_Read = tuple[int | None, bool, int]
