"""Speech held against its text while it is being made: nothing is let through that could have to be taken back. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from ivr.errors import ProviderError
from ivr.voice.critical import critical_until, needs_checking
from ivr.voice.faithful import agreement, same_words
from ivr.voice.speech import SpeechChunk


class Proof:
    """One synthesis of one text.

    Its audio is held until everything critical in the text was said as it is written; transcripts run ahead of the
    sound. What was reworded from there on passes, unless it brings in something critical of its own.
    """

    def __init__(self, text: str, language: str, names: Sequence[str] = ()) -> None:
        self._text, self._language, self._names = text, language, names
        self._critical = critical_until(text, names, language)
        self._held = bytearray()
        self._said: str | None = ""
        self._open = not self._critical
        self._begun = False
        self.verbatim = False

    def read(self, chunks: Iterable[SpeechChunk]) -> Iterator[bytes]:
        """Yield what may be heard after each chunk, empty while it is held, and once more at the end.

        Raises `ProviderError`: `reworded` if something critical is said wrongly, `garbage` if there was no audio.
        """
        for chunk in chunks:
            self._held += chunk.audio
            if chunk.said != self._said:
                self._said = chunk.said
                self._check()
            yield self._let_through()
        if not self._begun and not self._held:
            raise ProviderError("voice", "no audio came", code="garbage")
        self._check(final=True)
        yield self._let_through()

    def _check(self, *, final: bool = False) -> None:
        if self._said is None:
            self._open = self.verbatim = True
            return
        agreed = agreement(self._text, self._said, self._language, final=final)
        self._open = self._open or agreed.characters >= self._critical
        if needs_checking(agreed.instead, self._names, self._language) if self._open else agreed.diverged:
            raise ProviderError("voice", "it says something else than it was asked to", code="reworded")
        self.verbatim = final and same_words(self._text, self._said, self._language)

    def _let_through(self) -> bytes:
        passed = bytes(self._held) if self._open else b""
        self._begun = self._begun or bool(passed)
        self._held = self._held[len(passed) :]
        return passed
