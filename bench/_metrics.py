"""Reading a Prometheus histogram off /metrics: what was observed between two looks. Pure but for the fetching."""

import math
import re
from dataclasses import dataclass
from urllib.request import urlopen

_BUCKET = re.compile(r'_bucket\{.*?le="([^"]+)"\} ([0-9.e+]+)')


@dataclass(frozen=True, slots=True)
class Histogram:
    """Observations by upper bound (seconds), each count including those below it."""

    counts: dict[float, float]

    def since(self, earlier: "Histogram") -> "Histogram":
        """What was observed after an earlier look."""
        return Histogram({bound: count - earlier.counts.get(bound, 0.0) for bound, count in self.counts.items()})

    @property
    def total(self) -> float:
        """How many observations."""
        return max(self.counts.values(), default=0.0)

    def quantile_ms(self, share: float) -> float | None:
        """The value under which this share lies, in ms, spread evenly within its bucket; the last bound stands for what is above."""
        wanted, below, lower = self.total * share, 0.0, 0.0
        if not self.total:
            return None
        for bound, count in sorted(self.counts.items()):
            if count >= wanted:
                if math.isinf(bound):
                    return lower * 1000
                return (lower + (bound - lower) * (wanted - below) / max(count - below, 1e-9)) * 1000
            below, lower = count, bound
        return lower * 1000


def parse(text: str, name: str) -> Histogram:
    """One histogram, without labels, of an exposition."""
    counts: dict[float, float] = {}
    for line in text.splitlines():
        found = _BUCKET.fullmatch(line.removeprefix(name)) if line.startswith(f"{name}_bucket") else None
        if found:
            counts[float(found[1])] = float(found[2])
    return Histogram(counts)


def fetch(url: str, name: str) -> Histogram:
    """A histogram as a web process shows it now."""
    with urlopen(f"{url}/metrics", timeout=5) as answer:
        return parse(answer.read().decode(), name)
