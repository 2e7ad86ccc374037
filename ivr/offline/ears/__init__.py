"""The stand-in's speech recognition, of either kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from ivr.offline.ears.heard import LANGUAGES, Heard
from ivr.offline.ears.known import KnownEars
from ivr.offline.ears.whisper import WhisperEars

__all__ = ["Ears", "Heard", "load_ears"]

RECORDINGS = Path(__file__).parents[3] / "tests" / "audio"
"""The recorded patients that `known` ears recognise unless told otherwise."""


class Ears(Protocol):
    """Speech recognition. Blocks while it computes; safe to use from several threads."""

    def transcribe(
        self, samples: np.ndarray, language: str | None, languages: Sequence[str] = LANGUAGES, keywords: Sequence[str] = ()
    ) -> Heard:
        """The words in int16 samples at 8 kHz, in the language, or in one of the languages if it is None.

        `keywords` are names that may be said.
        """


def load_ears(kind: Literal["whisper", "known"], model_dir: Path | None = None, recordings: Path = RECORDINGS) -> Ears:
    """Load the ears; takes about two seconds for `whisper`.

    `model_dir` takes the place of Whisper's packages; `recordings` is the folder with the WAVs and the `refs.tsv` that
    `known` recognises. Raises `ModelUnusable`.
    """
    return KnownEars(recordings) if kind == "known" else WhisperEars(model_dir)
