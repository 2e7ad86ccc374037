"""Recognition as a service: growing audio, the words of it that have settled, and the final text."""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np

from ivr.offline.stand_in import StandIn
from ivr.voice.audio import SAMPLE_RATE_HZ, dbfs

LOUD_DBFS = -45.0
"""What is quieter than this, 20 ms at a time, is taken for silence."""

FRAME_SAMPLES = SAMPLE_RATE_HZ // 50
KEPT_BEFORE_SPEECH = SAMPLE_RATE_HZ // 2
SPOKEN_LANGUAGES = ("en", "es")
"""What is listened for where the client names no language."""

MAX_NO_SPEECH = 0.7
"""Whisper invents words on silence: above this probability of no speech its words are dropped."""


async def hear(stand_in: StandIn, samples: np.ndarray, config: dict[str, Any]) -> str:
    """The words in int16 samples at 8 kHz, with the hints of a transcription's settings."""
    if not _any_loud(samples):
        return ""
    languages = [config["language"]] if config.get("language") else config.get("languages") or SPOKEN_LANGUAGES
    only = languages[0] if len(languages) == 1 else None
    heard = await stand_in.compute(stand_in.ears.transcribe, samples, only, languages, config.get("keywords") or ())
    return "" if heard.no_speech_prob > MAX_NO_SPEECH else heard.text.strip()


def _any_loud(samples: np.ndarray) -> bool:
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    return any(dbfs(frame) > LOUD_DBFS for frame in frames)


class GrowingAudio:
    """The audio of one item so far, without the silence before its speech. Positions are samples since its beginning."""

    def __init__(self) -> None:
        self.length = 0
        self.loud_begin = 0
        self.loud_end = 0
        self._kept: deque[np.ndarray] = deque()
        self._kept_samples = 0
        self._unmeasured = np.zeros(0, dtype=np.int16)

    @property
    def has_speech(self) -> bool:
        """Whether anything loud has come."""
        return self.loud_end > 0

    def append(self, samples: np.ndarray) -> None:
        """Take the next samples."""
        self.length += len(samples)
        self._measure(samples)
        self._kept.append(samples)
        self._kept_samples += len(samples)
        while not self.has_speech and self._kept_samples - len(self._kept[0]) >= KEPT_BEFORE_SPEECH:
            self._kept_samples -= len(self._kept.popleft())

    def speech(self) -> np.ndarray:
        """What is worth listening to."""
        return np.concatenate(self._kept) if self._kept else np.zeros(0, dtype=np.int16)

    def _measure(self, samples: np.ndarray) -> None:
        unmeasured = np.concatenate((self._unmeasured, samples))
        start = self.length - len(unmeasured)
        whole = len(unmeasured) // FRAME_SAMPLES * FRAME_SAMPLES
        for index in range(0, whole, FRAME_SAMPLES):
            if dbfs(unmeasured[index : index + FRAME_SAMPLES]) > LOUD_DBFS:
                self.loud_begin = self.loud_begin if self.has_speech else start + index
                self.loud_end = start + index + FRAME_SAMPLES
        self._unmeasured = unmeasured[whole:]


class StableWords:
    """Words that two consecutive partial transcripts agree on, as additions that are never taken back. Pure.

    `misheard` makes the first word come out wrong, as a stable partial of a real service sometimes is.
    """

    def __init__(self, misheard: bool = False) -> None:
        self.sent: list[str] = []
        self._seen: list[tuple[str, float]] = []
        self._misheard = misheard

    @property
    def settled(self) -> bool:
        """Whether every word of the last partial has been agreed on."""
        return len(self._seen) <= len(self.sent)

    def hear(self, text: str, at_s: float) -> list[tuple[str, float]]:
        """Take a partial transcript; returns the additions, each with the time its word was first heard."""
        words = text.split()
        agreed = _agreement([word for word, _ in self._seen], words)
        seen_s = [since for _, since in self._seen[:agreed]] + [at_s] * (len(words) - agreed)
        self._seen = list(zip(words, seen_s, strict=True))
        if _agreement(self._true_sent(), words) < len(self.sent):
            return []
        return [(self._say(word), since) for word, since in self._seen[len(self.sent) : agreed]]

    def rest(self, final: str) -> str:
        """What the final transcript adds to the words sent; nothing where it contradicts them."""
        words = final.split()
        if _agreement(self.sent, words) < len(self.sent):
            return ""
        return "".join(_spaced(word, index) for index, word in enumerate(words) if index >= len(self.sent))

    def _say(self, word: str) -> str:
        if self._misheard and not self.sent:
            word = _misheard(word)
        self.sent.append(word)
        return _spaced(word, len(self.sent) - 1)

    def _true_sent(self) -> list[str]:
        # The misheard word is compared by its place alone, so that it does not hold up the words after it.
        return [self._seen[0][0], *self.sent[1:]] if self._misheard and self.sent and self._seen else self.sent


def _spaced(word: str, index: int) -> str:
    return f" {word}" if index else word


def _misheard(word: str) -> str:
    letters = re.sub(r"\W", "", word)
    return word.replace(letters, letters[:-1] if len(letters) > 3 else f"{letters}s")


def _agreement(first: Iterable[str], second: Iterable[str]) -> int:
    """How many words two transcripts begin with in common, apart from case and punctuation."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if _bare(one) != _bare(other):
            break
        count += 1
    return count


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).lower()
