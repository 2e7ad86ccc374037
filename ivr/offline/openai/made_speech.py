"""Speech that the stand-in has made before."""

from collections import OrderedDict
from collections.abc import Hashable

import numpy as np

SAMPLE_RATE_HZ = 24000


class MadeSpeech:
    """Keeps speech, so that saying it again costs no processor time; what was not asked for the longest goes first."""

    def __init__(self, limit_s: float = 600.0) -> None:
        self._limit_samples = int(limit_s * SAMPLE_RATE_HZ)
        self._samples = 0
        self._kept: OrderedDict[Hashable, list[np.ndarray]] = OrderedDict()

    def find(self, key: Hashable) -> list[np.ndarray] | None:
        """The pieces kept under a key."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Hashable, pieces: list[np.ndarray]) -> None:
        """Keep pieces, and let go of others if they are too many."""
        if key in self._kept:
            return
        self._kept[key] = pieces
        self._samples += sum(map(len, pieces))
        while self._samples > self._limit_samples:
            self._samples -= sum(map(len, self._kept.popitem(last=False)[1]))
