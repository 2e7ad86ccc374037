"""What Lilly says on the line: paced, marked, and known to the frame how much of it was heard. Pure, time as an argument."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.voice.audio import FRAME_BYTES, FRAME_MS, SILENCE
from ivr.voice.media_stream import clear_message, mark_message, media_message

MESSAGE_BYTES = 5 * FRAME_BYTES
LEAD_MS = 300
"""How far ahead of what is being heard audio is sent: enough to ride out a stutter, little enough to stay in control."""


@dataclass(slots=True, eq=False)
class Clause:
    """One clause on its way to the caller's ear. Byte counts are mu-law bytes."""

    id: int
    text: str
    audio: bytearray = field(default_factory=bytearray)
    complete: bool = False
    sent: int = 0
    heard: int = 0
    heard_before: int = 0
    marked: bool = False
    first_sent_ms: float | None = None

    @property
    def finished(self) -> bool:
        """Whether all of it was heard."""
        return self.complete and self.marked and self.heard >= len(self.audio)

    def heard_text(self) -> str:
        """The words that were heard, cut by the share of the audio that was played."""
        heard = max(self.heard, self.heard_before)
        if not heard:
            return ""
        if self.complete and heard >= len(self.audio):
            return self.text
        words = self.text.split()
        # Until it is complete its length is not known; speech runs at about 70 ms a character.
        total = len(self.audio) if self.complete else max(len(self.audio), len(self.text) * 70 * 8)
        kept = int(len(words) * min(1.0, heard / total))
        return f"{' '.join(words[:kept])} —" if kept else ""

    def begin_anew(self) -> None:
        """Forget its audio, to be played from the beginning once there is another; what was heard stays heard."""
        self.rewind()
        self.audio.clear()

    def rewind(self) -> None:
        """Play it again from its beginning; what was heard of it stays heard."""
        self.heard_before = max(self.heard, self.heard_before)
        self.sent = self.heard = 0
        self.marked = False


class Playback:
    """The sole source of what is written to the media stream.

    Clauses are played in the order in which they were added. While the gate is closed nothing leaves; closing it
    over sounding speech sends `clear` and takes back what was not heard yet, so that opening it again goes on from there.
    """

    def __init__(self, stream_sid: str) -> None:
        self._stream_sid = stream_sid
        self.clauses: list[Clause] = []
        self._in_flight: deque[tuple[float, Clause, int]] = deque()
        self._urgent: list[str] = []
        self._plays_until_ms = 0.0
        self._generation = 0
        self.gate_open = True

    def add(self, clause: Clause, *, first: bool = False) -> None:
        """Queue a clause; its audio may follow later. `first` puts it before what has not begun to sound."""
        unsent = next((index for index, other in enumerate(self.clauses) if not other.sent and not other.marked), len(self.clauses))
        self.clauses.insert(unsent if first else len(self.clauses), clause)

    def drop(self) -> None:
        """Forget everything that was not heard; the clauses themselves stay as they are."""
        self.clauses.clear()
        self._in_flight.clear()

    def close_gate(self, now_ms: float) -> None:
        """Hold: nothing more is sent, and what the far end has not played yet is taken back."""
        self.gate_open = False
        self._take_back(now_ms)

    def open_gate(self) -> None:
        """Go on with what was not heard."""
        self.gate_open = True

    def clear(self, now_ms: float) -> None:
        """Stop the speech and forget it."""
        self._take_back(now_ms)
        self.drop()

    def rewind(self, clauses: Iterable[Clause], now_ms: float) -> None:
        """Stop, and begin these clauses anew."""
        self._take_back(now_ms)
        for clause in clauses:
            clause.rewind()

    def _take_back(self, now_ms: float) -> None:
        self._settle(now_ms)
        if not self._in_flight and not any(clause.sent and not clause.finished for clause in self.clauses):
            return
        self._in_flight.clear()
        for clause in self.clauses:
            if not clause.finished:
                clause.sent, clause.marked = clause.heard, False
        self._plays_until_ms = now_ms
        # Marks that come back because of this `clear` carry an older generation and count for nothing.
        self._generation += 1
        self._urgent.append(clear_message(self._stream_sid))

    def mark_returned(self, name: str, now_ms: float) -> None:
        """The far end has played everything before this mark."""
        clause_id, _, generation = name.partition(".")
        if generation != str(self._generation):
            return
        self._settle(now_ms)
        for clause in self.clauses:
            if str(clause.id) == clause_id and clause.marked:
                clause.heard = len(clause.audio)

    def take_due(self, now_ms: float) -> list[str]:
        """The messages that are to be written now."""
        self._settle(now_ms)
        due, self._urgent = self._urgent, []
        while self.gate_open and self._plays_until_ms - now_ms < LEAD_MS:
            clause = self._next_clause()
            if clause is None:
                break
            if clause.sent < len(clause.audio):
                due.append(self._message(clause, now_ms))
            else:
                clause.marked = True
                due.append(mark_message(self._stream_sid, f"{clause.id}.{self._generation}"))
        return due

    def _next_clause(self) -> Clause | None:
        for clause in self.clauses:
            if not clause.marked:
                ready = len(clause.audio) - clause.sent >= FRAME_BYTES
                return clause if ready or clause.complete else None
        return None

    def _message(self, clause: Clause, now_ms: float) -> str:
        """The next audio of a clause: 20 ms to begin with, so that nothing waits; then more at once, which costs less."""
        left = clause.audio[clause.sent : clause.sent + (MESSAGE_BYTES if clause.sent else FRAME_BYTES)]
        audio = bytes(left[: max(FRAME_BYTES, len(left) // FRAME_BYTES * FRAME_BYTES)])
        clause.sent += len(audio)
        if clause.first_sent_ms is None:
            clause.first_sent_ms = now_ms
        self._plays_until_ms = max(self._plays_until_ms, now_ms)
        for start in range(0, len(audio), FRAME_BYTES):
            self._plays_until_ms += FRAME_MS
            self._in_flight.append((self._plays_until_ms, clause, len(audio[start : start + FRAME_BYTES])))
        return media_message(self._stream_sid, audio.ljust(FRAME_BYTES, bytes((SILENCE,))))

    def _settle(self, now_ms: float) -> None:
        while self._in_flight and self._in_flight[0][0] <= now_ms:
            _, clause, count = self._in_flight.popleft()
            clause.heard = max(clause.heard, min(len(clause.audio), clause.heard + count))

    def next_due_ms(self, now_ms: float) -> float | None:
        """When something is to be written next, or None if only new audio can change that."""
        if self._urgent:
            return now_ms
        if not self.gate_open or self._next_clause() is None:
            return None
        return max(now_ms, self._plays_until_ms - LEAD_MS)

    def idle(self, now_ms: float) -> bool:
        """Whether everything that was added has been heard, by the playback clock."""
        self._settle(now_ms)
        return not self._in_flight and all(clause.complete and clause.marked for clause in self.clauses)

    def idle_from_ms(self) -> float:
        """When the last frame sent so far has been played."""
        return self._plays_until_ms
