"""The telephone line of one call: 20 ms frames from the patient, Lilly's audio played out, and what was noticed.

One task ticks on a monotonic clock from the moment the call is placed; frame n leaves at n x 20 ms, late or not, so that
the line never drifts and both tracks stay aligned.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.offline.telephone.playout import SAMPLES_PER_MS, Playout
from ivr.offline.telephone.stream import Clear, Instruction, MediaStream, PlayMedia, SetMark
from ivr.offline.telephone.timeline import Event, EventKind, Turn
from ivr.offline.telephone.utterances import Frame, Utterance, line_noise
from ivr.voice.audio import FRAME_MS


class Line:
    """Both directions of one call's sound. `on_event` is told of everything as it happens."""

    def __init__(self, noise_dbfs: float | None, on_event: Callable[[Event], None]) -> None:
        self.playout = Playout()
        self.patient = bytearray()
        self.events: list[Event] = []
        self.turns: list[Turn] = []
        self.late_ms = 0.0
        self.furthest_ahead_ms = 0.0
        self._on_event = on_event
        self._noise = line_noise(noise_dbfs)
        self._stream: MediaStream | None = None
        self._speech: deque[Frame] = deque()
        self._utterance: Utterance | None = None
        self._said: asyncio.Event = asyncio.Event()
        self._began = time.perf_counter()

    @property
    def now(self) -> int:
        """Samples since the call was placed."""
        return int((time.perf_counter() - self._began) * 1000 * SAMPLES_PER_MS)

    @property
    def now_ms(self) -> float:
        """Milliseconds since the call was placed."""
        return self.now / SAMPLES_PER_MS

    @property
    def quiet_ms(self) -> float:
        """For how long Lilly's queue has been empty; 0 while something plays."""
        return max(0.0, (self.now - self.playout.ends_at) / SAMPLES_PER_MS)

    def note(self, kind: EventKind, detail: str = "", at_ms: float | None = None) -> None:
        """Write an event down."""
        event = Event(self.now_ms if at_ms is None else at_ms, kind, detail)
        self.events.append(event)
        self._on_event(event)

    def attach(self, stream: MediaStream) -> None:
        """Carry the line's sound over a stream from now on."""
        self._stream = stream
        self.await_greeting()

    def await_greeting(self) -> None:
        """Begin the first turn, in which nothing was said, unless there is one."""
        if not self.turns:
            self._begin_turn("", ended_ms=self.now_ms)

    def detach(self) -> None:
        """The stream is over: what waits to be played is lost."""
        self._stream = None
        self.playout.clear(self.now)

    async def carry(self) -> None:
        """Move one frame each way every 20 ms, until cancelled."""
        number = 0
        while True:
            wait_s = self._began + number * FRAME_MS / 1000 - time.perf_counter()
            await asyncio.sleep(max(0.0, wait_s))
            self.late_ms = max(self.late_ms, -wait_s * 1000)
            await self._tick()
            number += 1

    async def say(self, utterance: Utterance) -> None:
        """Speak; returns when the last frame has left. One utterance at a time."""
        self._said.clear()
        self._utterance = utterance
        self._speech.extend(utterance.frames)
        await self._said.wait()

    async def press(self, digit: str) -> None:
        """Press a key, if a stream is there to take it."""
        self.note("keys", digit)
        if self._stream:
            with self._ending_with_the_socket():
                await self._stream.press(digit)

    def pressed(self, keys: str) -> None:
        """Begin the turn that answers keys."""
        self._begin_turn(f"keys {keys}", ended_ms=self.now_ms)

    async def obey(self, instruction: Instruction) -> None:
        """Do what Lilly sent."""
        now = self.now
        if isinstance(instruction, PlayMedia):
            self.playout.play(instruction.audio, now)
            self.furthest_ahead_ms = max(self.furthest_ahead_ms, (self.playout.ends_at - now) / SAMPLES_PER_MS)
        elif isinstance(instruction, SetMark):
            self.note("mark", instruction.name)
            self.playout.mark(instruction.name, now)
        elif isinstance(instruction, Clear):
            await self._clear(now)

    def finish(self) -> None:
        """Cut both tracks at the same moment, and each reply out of Lilly's."""
        end = min(self.now, len(self.patient))
        self.playout.finish(end)
        del self.patient[end:]
        ends = [turn.began_ms for turn in self.turns[1:]] + [end / SAMPLES_PER_MS]
        for turn, until_ms in zip(self.turns, ends, strict=False):
            if turn.sound_ms is not None:
                cut = slice(int(turn.sound_ms * SAMPLES_PER_MS), int(until_ms * SAMPLES_PER_MS))
                turn.reply = bytes(self.playout.track[cut])

    async def _tick(self) -> None:
        marks = self.playout.advance(self.now)
        self._notice_sound()
        frame = self._speech.popleft() if self._speech else next(self._noise)
        self.patient += frame.audio
        if self._stream:
            await self._send(self._stream, frame, marks)
        if self._utterance:
            self._follow(self._utterance)

    async def _send(self, stream: MediaStream, frame: Frame, marks: list[str]) -> None:
        with self._ending_with_the_socket():
            for name in marks:
                self.note("mark_returned", name)
                await stream.return_mark(name)
            await stream.send(frame)

    @contextmanager
    def _ending_with_the_socket(self) -> Iterator[None]:
        try:
            yield
        except ConnectionError:
            # Whoever reads the socket learns of its end too, and says so.
            self._stream = None

    def _follow(self, utterance: Utterance) -> None:
        sent = len(utterance.frames) - len(self._speech) - 1
        if sent == utterance.first_loud:
            self.note("utterance", utterance.name)
            self._begin_turn(utterance.name)
        if sent == utterance.last_loud:
            self._end_utterance()
        if not self._speech:
            self._utterance = None
            self._said.set()

    def _begin_turn(self, said: str, ended_ms: float | None = None) -> None:
        self.turns.append(Turn(said, self.now_ms, ended_ms, over=self.playout.ends_at > self.now))
        self.playout.listen()

    def _end_utterance(self) -> None:
        turn = self.turns[-1]
        turn.ended_ms = self.now_ms
        if self.playout.sound_at is not None and (not turn.over or turn.clear_ms is not None):
            turn.cut_in_ms = self.playout.sound_at / SAMPLES_PER_MS
        self.note("utterance_end", turn.said)
        self.playout.listen()

    def _notice_sound(self) -> None:
        sound_at = self.playout.sound_at
        if sound_at is None or not self.turns or self.turns[-1].ended_ms is None or self.turns[-1].sound_ms is not None:
            return
        turn = self.turns[-1]
        turn.sound_ms = sound_at / SAMPLES_PER_MS
        self.note("sound", f"{turn.gap_ms:.0f} ms", turn.sound_ms)

    async def _clear(self, now: int) -> None:
        self.note("clear")
        if self.turns:
            self._silenced(self.turns[-1], now / SAMPLES_PER_MS)
        for name in self.playout.clear(now):
            self.note("mark_returned", f"{name} (cleared)")
            if self._stream:
                await self._stream.return_mark(name)

    def _silenced(self, turn: Turn, at_ms: float) -> None:
        # What was still to be heard of an interrupted reply is not the answer to the interruption.
        turn.clear_ms = at_ms if turn.clear_ms is None else turn.clear_ms
        if turn.over:
            turn.sound_ms = None
            self.playout.listen()
