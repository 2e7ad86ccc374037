"""One item of a transcription session: its partial transcripts while it grows, and its final one after the commit."""

import asyncio
from collections import deque
from typing import Any

import numpy as np

from ivr.offline.faults import Fault
from ivr.offline.openai.breath import NO_BREATH, Breath, words_after
from ivr.offline.openai.catalogue import LIVE_MODELS
from ivr.offline.openai.hearing import GrowingAudio, StableWords, hear
from ivr.offline.openai.wire import Wire
from ivr.offline.stand_in import StandIn, new_id
from ivr.voice.audio import SAMPLE_RATE_HZ

PARTIAL_PAUSES_S = (0.06, 0.8)
"""The shortest and the longest time from one partial transcript to the next."""

PARTIAL_COST_SHARE = 0.15
"""How much of the time may go into the partial transcripts of one item: Whisper's come every 400 ms, known ones faster."""

PAUSE_BEFORE_LAST_S = 0.3
"""So soon after a partial transcript another one may be made because the caller seems to have finished."""

SETTLING_SAMPLES = SAMPLE_RATE_HZ // 10
"""A transcript made so long after the last loud frame is good for the final one too."""

_EVENT = "conversation.item.input_audio_transcription"


class TranscriptionItem:
    """One utterance, from its first audio to its final transcript. `run` is its only task."""

    def __init__(self, stand_in: StandIn, wire: Wire, config: dict[str, Any] | None, before: "TranscriptionItem | None" = None) -> None:
        self.id = new_id("item")
        self.audio = GrowingAudio()
        self._stand_in = stand_in
        self._wire = wire
        self._config = config
        self._before = before
        self._live = config is not None and config["model"] in LIVE_MODELS
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._committed_s: float | None = None
        self._abandoned = False
        self._fault: Fault | None = None
        misheard = stand_in.ears_kind == "known" and stand_in.waits.partial_is_wrong()
        self._words = StableWords(misheard)
        self._due: deque[tuple[float, str]] = deque()
        self._partial_wait_s = stand_in.waits.draw_ms("partial") / 1000
        self._heard = ""
        self._breath: Breath | None = None
        self.understood = asyncio.Event()
        self._heard_length = 0
        self._heard_s = 0.0
        self._next_partial_s = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The item as a user's message."""
        content = [{"type": "input_audio", "transcript": None}]
        return {"id": self.id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user", "content": content}

    def append(self, samples: np.ndarray) -> None:
        """Take more audio."""
        self.audio.append(samples)
        self._changed.set()

    def commit(self, fault: Fault | None) -> None:
        """End the audio; the final transcript follows, or what the fault makes of it."""
        self._committed_s = self._loop.time()
        self._fault = fault
        self._changed.set()

    async def words(self) -> str:
        """What is understood of the audio so far."""
        return await hear(self._stand_in, self.audio.speech(), self._config) if self._config else ""

    def abandon(self) -> None:
        """Forget it: nothing more is sent."""
        self._abandoned = True
        self._changed.set()

    async def run(self) -> None:
        """Send partial transcripts until the commit, then the final one."""
        while self._committed_s is None and not self._abandoned:
            if self._partial_is_due():
                await self._listen()
            await self._send_due()
            await self._wait(self._next_event_s())
        try:
            if self._config and not self._abandoned:
                await self._finish()
        finally:
            self.understood.set()

    def _partial_is_due(self) -> bool:
        if not self._live or not self.audio.has_speech or self.audio.length <= self._heard_length:
            return False
        settled_at = self.audio.loud_end + SETTLING_SAMPLES
        if self._heard_length < settled_at <= self.audio.length and self._loop.time() >= self._heard_s + PAUSE_BEFORE_LAST_S:
            return True
        if self._stand_in.computing:
            # Somebody waits for a final transcript, or for speech: partial ones take the time that is left.
            return False
        return (self._heard_length < settled_at or not self._words.settled) and self._loop.time() >= self._next_partial_s

    async def _listen(self) -> None:
        began_s, length = self._loop.time(), self.audio.length
        assert self._config
        self._heard = await self._hear(self._config)
        self._heard_length, self._heard_s = length, began_s
        shortest_s, longest_s = PARTIAL_PAUSES_S
        self._next_partial_s = began_s + min(longest_s, max(shortest_s, (self._loop.time() - began_s) / PARTIAL_COST_SHARE))
        if self._live:
            for text, heard_s in self._words.hear(self._heard, began_s):
                self._due.append((heard_s + self._partial_wait_s, text))

    async def _hear(self, config: dict[str, Any]) -> str:
        if self._before:
            await self._before.understood.wait()
        before = self._breath_before
        if not before.reaches(self.audio):
            return await hear(self._stand_in, self.audio.speech(), config)
        together = await hear(self._stand_in, np.concatenate((before.audio, self.audio.speech())), config)
        return words_after(before.text, together)

    @property
    def _breath_before(self) -> Breath:
        return self._before.breath if self._before else NO_BREATH

    @property
    def breath(self) -> Breath:
        """What an item after this one is heard together with; it is final once this item is."""
        return self._breath or self._breath_before.and_then(self.audio, self._heard)

    async def _send_due(self) -> None:
        while self._due and self._due[0][0] <= self._loop.time():
            await self._delta(self._due.popleft()[1])

    def _next_event_s(self) -> float | None:
        instants = [self._due[0][0]] if self._due else []
        if self.audio.length > self._heard_length and self._next_partial_s > self._loop.time():
            instants.append(self._next_partial_s)
        return min(instants, default=None)

    async def _wait(self, until_s: float | None) -> None:
        try:
            async with asyncio.timeout_at(until_s):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _finish(self) -> None:
        assert self._committed_s
        wait_ms = self._stand_in.waits.draw_ms("final")
        due_s = self._committed_s + wait_ms / 1000
        lost = self._stand_in.waits.final_is_lost()
        if self.audio.has_speech and not self._settled():
            await self._listen()
        self._breath, self._before = self.breath, None
        self.understood.set()
        while self._due and (lost or self._due[0][0] <= due_s):
            await self._sleep_until(self._due[0][0])
            await self._send_due()
        await self._sleep_until(due_s)
        if not lost:
            text = self._heard if self.audio.has_speech else ""
            answer = self._stand_in.answers.begin("final", text, wait_ms, (self._loop.time() - self._committed_s) * 1000)
            await self._send_final(text)
            answer.piece(text)

    def _settled(self) -> bool:
        return self._heard_length == self.audio.length or self._heard_length >= self.audio.loud_end + SETTLING_SAMPLES

    async def _sleep_until(self, instant_s: float) -> None:
        await asyncio.sleep(max(0.0, instant_s - self._loop.time()))

    async def _send_final(self, text: str) -> None:
        fault = self._fault
        if fault and fault.refusal:
            await self._wire.send(f"{_EVENT}.failed", item_id=self.id, content_index=0, error=fault.refusal.error())
        elif fault and fault.kind == "garbage":
            await self._wire.send_text(f'{{"type": "{_EVENT}.completed", "item_id": "{self.id}", "transcr')
        elif fault and fault.kind == "empty":
            await self._complete("")
        elif not (fault and (fault.kind == "lost" or (fault.kind in ("stall", "drop") and fault.after_ms is None))):
            await self._send_rest(text)
            await self._complete(text)

    async def _send_rest(self, text: str) -> None:
        for _, pending in self._due:
            await self._delta(pending)
        if rest := self._words.rest(text):
            await self._delta(rest)

    async def _delta(self, text: str) -> None:
        await self._wire.send(f"{_EVENT}.delta", item_id=self.id, content_index=0, delta=text)

    async def _complete(self, text: str) -> None:
        usage: dict[str, Any] = {"type": "duration", "seconds": round(self.audio.length / SAMPLE_RATE_HZ, 2)}
        if self._config and self._config["model"].startswith("gpt-4o"):
            heard, said = self.audio.length // 800, len(text) // 4
            usage = {"type": "tokens", "input_tokens": heard, "output_tokens": said, "total_tokens": heard + said}
        await self._wire.send(f"{_EVENT}.completed", item_id=self.id, content_index=0, transcript=text, usage=usage)
