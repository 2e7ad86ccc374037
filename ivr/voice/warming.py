"""Clips made ahead: the greeting and every fixed sentence in each of the hospital's languages."""

import logging
from collections.abc import Iterable, Sequence

from ivr.agent.lines import Lines
from ivr.errors import ProviderError
from ivr.voice.clips import Clips
from ivr.voice.mouth import speech_of
from ivr.voice.speech import Voice

logger = logging.getLogger(__name__)

MOST_FAILURES = 3


class Warming:
    """Makes what is missing, once; a voice that fails only costs a warning."""

    def __init__(self, voices: Sequence[Voice], clips: Clips, lines: Iterable[tuple[str, Lines]]) -> None:
        self._voices, self._clips, self._lines = voices, clips, tuple(lines)
        self.done = False
        self.failed = 0

    def run(self) -> None:
        """Make the clips; afterwards `done` is true, whether they were all made or some given up."""
        try:
            for language, lines in self._lines:
                for text in lines.all():
                    if self.failed < MOST_FAILURES:
                        self._make(text, language)
        finally:
            self.done = True

    def _make(self, text: str, language: str) -> None:
        try:
            speech_of(self._voices, self._clips, text, language)
        except ProviderError as error:
            self.failed += 1
            last = "; the rest is made when it is needed" if self.failed == MOST_FAILURES else ""
            logger.warning("clips: a line in %s could not be made ahead (%s)%s", language, error.code, last)
