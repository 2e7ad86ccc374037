"""When the stand-in was asked and when it answered, so that a benchmark can tell its own time from a provider's."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

KEPT = 20_000
KEPT_PIECES = 60

Kind = Literal["final", "reply", "speech"]


def clock_ms() -> float:
    """Milliseconds on the clock that all processes of a machine share."""
    return time.monotonic() * 1000


@dataclass(slots=True)
class Answer:
    """One answer, piece by piece.

    `about` is the transcript, the last thing that the user said, or the text to be spoken; `due_ms` is when the first
    piece should have gone out by the profile. Pieces are (when, text).
    """

    kind: Kind
    about: str
    asked_ms: float
    due_ms: float
    pieces: list[tuple[float, str]] = field(default_factory=list)

    def piece(self, text: str = "") -> None:
        """Note that something goes out now."""
        if len(self.pieces) < KEPT_PIECES:
            self.pieces.append((clock_ms(), text))


class Answers:
    """The last answers, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Answer] = deque(maxlen=KEPT)

    def begin(self, kind: Kind, about: str, wait_ms: float, elapsed_ms: float = 0.0) -> Answer:
        """An answer to what was asked `elapsed_ms` ago, due `wait_ms` after that."""
        asked_ms = clock_ms() - elapsed_ms
        answer = Answer(kind, about, asked_ms, asked_ms + wait_ms)
        self._kept.append(answer)
        return answer

    def as_dicts(self) -> list[dict[str, Any]]:
        """All of them."""
        return [{name: getattr(answer, name) for name in ("kind", "about", "asked_ms", "due_ms", "pieces")} for answer in self._kept]

    def clear(self) -> None:
        """Forget them."""
        self._kept.clear()
