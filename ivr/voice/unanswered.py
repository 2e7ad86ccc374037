"""What the caller has said and no answer was heard to, and which answers were begun on it before it was certain. Pure."""

from ivr.voice.words import split

MOST_GUESSES = 3
"""Replies begun on uncertain words in one turn."""


class Unanswered:
    """The words of turns that were talked over before a sound was heard belong to what comes next; at most `most_guesses` are made."""

    def __init__(self, most_guesses: int = MOST_GUESSES) -> None:
        self._most_guesses = most_guesses
        self._guesses: list[list[str]] = []
        self._carried: list[str] = []
        self._taken = ""
        self._before: tuple[str, ...] = ()

    def words(self, running: str) -> str:
        """All of it, the words of the running utterance last."""
        return _joined(*self._carried, running)

    def carry(self, words: str) -> None:
        """Keep the words of a turn that nobody heard an answer to."""
        self._carried.append(words)

    def may_guess(self, words: str) -> bool:
        """Whether an answer may be begun on these words: not on the same ones twice, and not without end."""
        return len(self._guesses) < self._most_guesses and split(words) not in self._guesses

    def guessed(self, words: str) -> None:
        """An answer was begun on these words."""
        self._guesses.append(split(words))

    def take(self, utterance: str) -> str:
        """An utterance is over: returns all that is to be answered now."""
        self._taken, self._before = utterance, tuple(self._carried)
        self._guesses.clear()
        return self.words(utterance)

    def worth_a_new_answer(self, corrected: str, *, answering: bool) -> bool:
        """Whether something is missing in the utterance taken last, and it is being answered, or has seemed to be nothing."""
        return len(split(corrected)) > len(split(self._taken)) and (answering or not self._taken)

    def correct(self, corrected: str) -> str:
        """The utterance taken last turns out to be another; returns all that was to be answered with it."""
        self._taken = corrected
        return _joined(*self._before, corrected)

    def answered(self) -> None:
        """An answer is being given."""
        self._guesses.clear()
        self._carried.clear()


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
