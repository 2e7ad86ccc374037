"""Percentiles, and how they stand to what they should be. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Verdict = Literal["ok", "missed", "–"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How many values, their median and their 95th percentile; None where there are no values."""

    count: int
    p50: float | None
    p95: float | None

    def __str__(self) -> str:
        return f"{shown(self.p50)} / {shown(self.p95)}"


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that a figure's median and its 95th percentile may be; None where nothing is asked."""

    p50: float | None = None
    p95: float | None = None

    def verdict(self, spread: Spread) -> Verdict:
        """Whether a spread is within the limit; – without a limit or without values."""
        pairs = [(limit, value) for limit, value in ((self.p50, spread.p50), (self.p95, spread.p95)) if limit is not None]
        if not pairs or any(value is None for _, value in pairs):
            return "–"
        return "ok" if all(value <= limit for limit, value in pairs if value is not None) else "missed"

    def __str__(self) -> str:
        return "" if self.p50 is None and self.p95 is None else f"{shown(self.p50)} / {shown(self.p95)}"


NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table: what was measured, how it is spread, and how it should be."""

    what: str
    spread: Spread
    limit: Limit = NO_LIMIT

    def as_dict(self) -> dict[str, Any]:
        """For the results file."""
        of = {"what": self.what, "count": self.spread.count, "p50": self.spread.p50, "p95": self.spread.p95}
        limit = {"limit_p50": self.limit.p50, "limit_p95": self.limit.p95}
        return of | limit | {"verdict": self.limit.verdict(self.spread)}


def spread(values: Iterable[float | None]) -> Spread:
    """The spread of the values that there are."""
    known = [value for value in values if value is not None]
    if not known:
        return Spread(0, None, None)
    p50, p95 = (round(float(value), 2) for value in np.percentile(known, [50, 95]))
    return Spread(len(known), p50, p95)


def shown(value: float | None) -> str:
    """A figure for a table: whole from 10 on, – for none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def share(part: int, whole: int) -> str:
    """A percentage for a table."""
    return f"{part / whole:.0%}" if whole else "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines with aligned columns: the first to the left, the others to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def aligned(line: list[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
        return "  ".join([line[0].ljust(widths[0]), *padded[1:]]).rstrip()

    return "\n".join([aligned(lines[0]), "  ".join("-" * width for width in widths), *map(aligned, lines[1:])])
