"""Which transcript belongs to which committed segment, and which audio has none yet. Pure."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ivr.clients.realtime_events import append_event, commit_event, committed_number
from ivr.voice.audio import SAMPLE_RATE_HZ
from ivr.voice.speech import FinalTranscript, PartialTranscript, TranscriptEvent, TranscriptFailed

SHORTEST_COMMIT_BYTES = SAMPLE_RATE_HZ // 10
"""OpenAI refuses to commit less than 100 ms."""
KEPT_BYTES = 30 * SAMPLE_RATE_HZ
REPLAY_BYTES = SAMPLE_RATE_HZ

FINAL_LIMIT_S = 2.5
"""A final later than this is given up: the slowest of OpenAI's take 1.5 s (p99), and 0.7 % never come."""
ANSWER_LIMIT_S = 1.2
"""A living session answers a commit with some event much sooner than this."""

_TRANSCRIPTION = "conversation.item.input_audio_transcription."


@dataclass(slots=True, eq=False)
class _Segment:
    number: int
    audio: bytearray = field(default_factory=bytearray)
    text: str = ""
    item: str | None = None
    committed_at_s: float | None = None
    asked_at_s: float = 0.0
    asked: int = 0
    told: int = 0
    failed: bool = False
    over: bool = False


class Segments:
    """The segments of one call over however many connections; times are seconds of one monotonic clock.

    An item of the provider belongs to the first segment, in the order of the commits, that has none: live models name
    an item before its segment is committed, and a refused commit gets none.
    """

    def __init__(self, final_limit_s: float = FINAL_LIMIT_S, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        self._final_limit_s = final_limit_s
        self._answer_limit_s = answer_limit_s
        self._open = _Segment(0)
        self._waiting: list[_Segment] = []
        self._unanswered: deque[_Segment] = deque()
        self._of_item: dict[str, _Segment] = {}
        self._heard_at_s = 0.0
        self._owes_final = False

    def append(self, audio: bytes) -> None:
        """Keep audio of the open segment until it has its final."""
        kept = self._open.audio
        kept += audio
        del kept[:-KEPT_BYTES]

    @property
    def can_commit(self) -> bool:
        """Whether the open segment is long enough to be committed."""
        return len(self._open.audio) >= SHORTEST_COMMIT_BYTES

    def clear(self) -> None:
        """Forget the open segment's audio; what is still told of it belongs to nothing."""
        forgotten, self._open = self._open, _Segment(self._open.number)
        forgotten.over = True

    def commit(self, now_s: float) -> int:
        """Close the open segment and return its number."""
        segment = self._open
        segment.committed_at_s = now_s
        self._waiting.append(segment)
        self._ask(segment, now_s)
        self._open = _Segment(segment.number + 1)
        return segment.number

    def hear(self, message: dict[str, Any], now_s: float) -> list[TranscriptEvent]:
        """What a server event means."""
        self._heard_at_s = now_s
        kind = message["type"]
        if kind == "error":
            return self._refused(message.get("error"))
        item = message.get("item_id")
        if not isinstance(item, str):
            return []
        if kind == "input_audio_buffer.committed":
            self._claim_committed(item)
        elif kind.startswith(_TRANSCRIPTION) and (segment := self._claim(item)) and not segment.over:
            return self._transcribed(segment, kind.removeprefix(_TRANSCRIPTION), message)
        return []

    def overdue(self, now_s: float) -> list[TranscriptEvent]:
        """Give up the segments whose final has not come in time."""
        late = [segment for segment in self._waiting if now_s - (segment.committed_at_s or 0.0) >= self._final_limit_s]
        for segment in late:
            self._end(segment)
            self._owes_final = True
        return [TranscriptFailed(segment.number, "timeout") for segment in late]

    def want_replay(self, now_s: float) -> bool:
        """Whether another connection may do better: this one seems dead, or could not transcribe a segment.

        It seems dead when a final never came, when a commit was never acknowledged, or when not one event came since a
        commit that has not been repeated yet.
        """
        if self._owes_final or any(segment.failed for segment in self._waiting):
            return True
        silent_since_s = now_s - self._answer_limit_s
        return any(
            segment.over or (segment.asked == 1 and self._heard_at_s < segment.asked_at_s <= silent_since_s) for segment in self._unanswered
        )

    def replay(self, now_s: float) -> list[str]:
        """The client events that bring a new connection to where the old one was."""
        self._of_item.clear()
        self._unanswered.clear()
        self._owes_final = False
        events = []
        for segment in self._waiting:
            events += [*_appends(segment), commit_event(segment.number)]
            segment.item, segment.text, segment.failed = None, "", False
            self._ask(segment, now_s)
        self._open.item, self._open.text = None, ""
        return events + _appends(self._open)

    def _ask(self, segment: _Segment, now_s: float) -> None:
        segment.asked_at_s = now_s
        segment.asked += 1
        self._unanswered.append(segment)

    def _claim(self, item: str) -> _Segment | None:
        known = self._of_item.get(item)
        if known:
            return known
        segment = next((segment for segment in (*self._unanswered, self._open) if segment.item is None), None)
        if segment:
            segment.item = item
            self._of_item[item] = segment
        return segment

    def _claim_committed(self, item: str) -> None:
        """Match the event to the oldest unanswered commit, also if the provider has named its item otherwise before."""
        if self._unanswered:
            segment = self._unanswered.popleft()
            segment.item = item
            self._of_item[item] = segment

    def _transcribed(self, segment: _Segment, kind: str, message: dict[str, Any]) -> list[TranscriptEvent]:
        if kind == "delta":
            return self._told_so_far(segment, _text(message.get("delta")))
        if segment is self._open:
            # Only a commit ends a segment.
            return []
        self._acknowledge(segment)
        if kind == "completed":
            self._end(segment)
            return [FinalTranscript(segment.number, _text(message.get("transcript")).strip())]
        if kind == "failed" and segment.asked > 1:
            self._end(segment)
            return [TranscriptFailed(segment.number, "unavailable")]
        segment.failed = kind == "failed"
        return []

    def _told_so_far(self, segment: _Segment, more: str) -> list[TranscriptEvent]:
        segment.text += more
        if segment.asked > 1 and len(segment.text) <= segment.told:
            # The words of a segment that is transcribed again stand until there are more of them.
            return []
        segment.told = len(segment.text)
        return [PartialTranscript(segment.number, segment.text.strip())]

    def _refused(self, error: object) -> list[TranscriptEvent]:
        details = error if isinstance(error, dict) else {}
        number = committed_number(details.get("event_id"))
        segment = next((segment for segment in self._unanswered if segment.number == number), None)
        if segment is None:
            return []
        self._unanswered.remove(segment)
        if segment.item:
            # What was named for it will come with the next commit.
            del self._of_item[segment.item]
        if segment.over:
            return []
        self._end(segment)
        empty = details.get("code") == "input_audio_buffer_commit_empty"
        return [FinalTranscript(segment.number, "") if empty else TranscriptFailed(segment.number, "refused")]

    def _acknowledge(self, segment: _Segment) -> None:
        if segment in self._unanswered:
            self._unanswered.remove(segment)

    def _end(self, segment: _Segment) -> None:
        segment.over = True
        segment.audio.clear()
        self._waiting.remove(segment)


def _appends(segment: _Segment) -> list[str]:
    audio = segment.audio
    return [append_event(audio[start : start + REPLAY_BYTES]) for start in range(0, len(audio), REPLAY_BYTES)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
