"""How long each provider takes: lognormal waits drawn from published percentiles, seeded."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

Kind = Literal["partial", "final", "first_token", "first_audio"]

P95 = 1.6448536269514722
"""The standard normal's 95th percentile."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait by its median and its 95th percentile; fixed where they are equal."""

    p50_ms: float
    p95_ms: float

    def draw_ms(self, rng: random.Random) -> float:
        """One wait out of the lognormal distribution."""
        if self.p50_ms == self.p95_ms:
            return self.p50_ms
        return rng.lognormvariate(math.log(self.p50_ms), math.log(self.p95_ms / self.p50_ms) / P95)


def _fixed(wait_ms: float) -> Wait:
    return Wait(wait_ms, wait_ms)


@dataclass(frozen=True, slots=True)
class Profile:
    """A provider's speed; the figures are measurements that were published for hosted providers.

    `partial` counts from the spoken word, `final` from the commit, the others from the request.
    """

    name: str
    partial: Wait
    final: Wait
    first_token: Wait
    first_audio: Wait
    tokens_per_s: float
    slowest_token_ms: float = 0
    slowest_share: float = 0
    lost_finals: float = 0
    wrong_partials: float = 0

    def draw_ms(self, kind: Kind, rng: random.Random) -> float:
        """One wait of a kind."""
        if kind == "first_token" and self.slowest_share and rng.random() < self.slowest_share:
            return self.slowest_token_ms
        wait: Wait = getattr(self, kind)
        return wait.draw_ms(rng)


_TAILS = {"slowest_token_ms": 4897, "slowest_share": 0.003, "lost_finals": 0.007}

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("zero", _fixed(0), _fixed(0), _fixed(0), _fixed(0), 1000),
        Profile("fixed", _fixed(200), _fixed(150), _fixed(300), _fixed(200), 60, wrong_partials=0.1),
        Profile("fast", _fixed(150), Wait(60, 110), Wait(459, 731), Wait(150, 300), 90, wrong_partials=0.1, **_TAILS),
        Profile("openai", _fixed(300), Wait(437, 765), Wait(546, 1369), Wait(600, 1500), 60, wrong_partials=0.1, **_TAILS),
    )
}


class Waits:
    """The waits of one run of the stand-in: a profile, and a seeded source of chance for each kind of wait."""

    def __init__(self, profile: Profile, seed: int = 1) -> None:
        self.profile = profile
        self.seed = seed
        # A source each, so that the draws of one kind do not depend on how often another was asked.
        self._sources: defaultdict[str, random.Random] = defaultdict(random.Random)

    def draw_ms(self, kind: Kind) -> float:
        """The next wait of a kind."""
        return self.profile.draw_ms(kind, self._source(kind))

    def final_is_lost(self) -> bool:
        """Whether the next final transcript never comes."""
        return self._chance("lost_finals")

    def partial_is_wrong(self) -> bool:
        """Whether the next utterance's partial transcript differs from its final."""
        return self._chance("wrong_partials")

    def leading_silence_ms(self) -> float:
        """The silence that synthesized audio begins with."""
        return self._source("silence").uniform(150, 200)

    def _chance(self, share: Literal["lost_finals", "wrong_partials"]) -> bool:
        return self._source(share).random() < getattr(self.profile, share)

    def _source(self, name: str) -> random.Random:
        if name not in self._sources:
            self._sources[name] = random.Random(f"{self.seed}:{name}")
        return self._sources[name]
