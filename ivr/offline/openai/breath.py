"""Hearing on through commits: what one item says is understood together with what was said in the same breath. Pure.

A live recogniser decodes a stream; cutting that stream where the application commits costs it no context. So an item is
recognised with the audio before it, and the words that belong to the earlier items are taken off.
"""

import re
from difflib import SequenceMatcher

import numpy as np

from ivr.offline.openai.hearing import GrowingAudio
from ivr.voice.audio import SAMPLE_RATE_HZ

LONGEST_PAUSE_S = 2.0
LONGEST_BREATH_S = 15.0
_SLACK_WORDS = 3


class Breath:
    """The items of one breath that came before an item: their audio, and the words they gave."""

    def __init__(self, audio: np.ndarray, text: str, pause_samples: int) -> None:
        self.audio = audio
        self.text = text
        self._pause_samples = pause_samples

    def reaches(self, item: GrowingAudio) -> bool:
        """Whether an item goes on in this breath."""
        seconds = (len(self.audio) + item.length) / SAMPLE_RATE_HZ
        pause_s = (self._pause_samples + item.loud_begin) / SAMPLE_RATE_HZ
        return bool(self.text) and item.has_speech and pause_s <= LONGEST_PAUSE_S and seconds <= LONGEST_BREATH_S

    def and_then(self, item: GrowingAudio, text: str) -> "Breath":
        """The breath with this item, whose own words are `text`; a new one if the item does not reach back."""
        goes_on = self.reaches(item)
        audio = np.concatenate((self.audio, item.speech())) if goes_on else item.speech()
        return Breath(audio, f"{self.text} {text}".strip() if goes_on else text, item.length - item.loud_end)


NO_BREATH = Breath(np.zeros(0, dtype=np.int16), "", 0)


def words_after(earlier: str, together: str) -> str:
    """The part of `together`, a transcript of everything, that follows the words of `earlier`, however those were heard then."""
    known, words = [_bare(word) for word in _pieces(earlier)], _pieces(together)
    bare = [_bare(word) for word in words]
    cuts = range(max(0, len(known) - _SLACK_WORDS), min(len(words), len(known) + _SLACK_WORDS) + 1)
    cut = max(cuts, key=lambda at: (_likeness(known, bare[:at]), -abs(at - len(known))), default=len(words))
    return " ".join(words[cut:]).replace("- ", "-")


def _pieces(text: str) -> list[str]:
    """The words, a telephone number's groups apart."""
    return re.sub(r"(?<=\d-)(?=\d)", " ", text).split()


def _likeness(known: list[str], heard: list[str]) -> float:
    return SequenceMatcher(None, " ".join(known), " ".join(heard), autojunk=False).ratio()


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).lower()
