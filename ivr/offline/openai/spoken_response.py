"""One response of a speech session: its events, from `response.created` to `response.done`."""

import asyncio
import base64
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivr.offline.faults import Fault
from ivr.offline.openai.rewording import reworded, with_other_digits
from ivr.offline.openai.spoken_audio import SAMPLE_RATE_HZ, Encoder, spoken
from ivr.offline.openai.wire import Wire
from ivr.offline.stand_in import StandIn, Stopwatch, break_off, new_id

WORDS_AHEAD = 4
"""How many words of the transcript go out with each 200 ms of audio: it runs ahead of the sound."""

SAMPLES_PER_TOKEN = SAMPLE_RATE_HZ // 20
"""Spoken audio is counted as 20 tokens a second."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said, and in which wire format."""

    voice: str
    format: dict[str, Any]
    language: str
    model: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a response is to say; `conversation_id` is None out of band, `max_tokens` without a limit."""

    text: str
    manner: Manner
    conversation_id: str | None
    max_tokens: int | None
    metadata: dict[str, str] | None


def text_to_read(items: Sequence[dict[str, Any]], instructions: str) -> str | None:
    """What a model that was told to read aloud would read: the last text of the user, or what the instructions quote.

    A quotation stands between triple quotes or guillemets.
    """
    for item in reversed(items):
        if item.get("role") == "user":
            parts = [part["text"] for part in item["content"] if part.get("type") == "input_text" and part.get("text")]
            return " ".join(parts) or None
    quoted = re.search(r'"""(.+?)"""|«(.+?)»', instructions, re.DOTALL)
    return (quoted[1] or quoted[2]).strip() if quoted else None


class SpokenResponse:
    """Speaks one order. `run` is its only task; cancelling it ends the response with status `cancelled`."""

    def __init__(self, stand_in: StandIn, wire: Wire, order: Order) -> None:
        self.id = new_id("resp")
        self.order = order
        self._manner = order.manner
        self._stand_in = stand_in
        self._wire = wire
        self._clock = Stopwatch()
        self._fault = stand_in.faults.take("tts", about=order.text)
        self._item_id = new_id("item")
        self._text = self._as_said()
        self._words = deque(re.findall(r"\s*\S+", self._text))
        self._said = ""
        self._samples = 0
        self._place = {"response_id": self.id, "item_id": self._item_id, "output_index": 0, "content_index": 0}

    async def run(self) -> None:
        """Send every event of the response."""
        manner = {"voice": self._manner.voice, "language": self._manner.language, "model": self._manner.model}
        self._stand_in.traffic.spoken.append({"route": "realtime", "text": self.order.text, "said": self._text} | manner)
        with self._stand_in.traffic.opened("responses"):
            try:
                await self._respond()
            except asyncio.CancelledError:
                await self._end("cancelled", {"type": "cancelled", "reason": "client_cancelled"})
            except ConnectionResetError:
                self._wire.silenced = True

    async def _respond(self) -> None:
        await self._wire.send("response.created", response=self._as_dict("in_progress", []))
        if self._fault and self._fault.refusal:
            error = self._fault.refusal
            details = {"type": "failed", "error": {"type": error.type, "code": error.code, "message": error.message}}
            await self._wire.send("response.done", response=self._as_dict("failed", [], details))
            return
        item = self._item("in_progress")
        await self._wire.send("response.output_item.added", response_id=self.id, output_index=0, item=item | {"content": []})
        if self.order.conversation_id:
            await self._wire.send("conversation.item.added", item=item | {"content": []}, previous_item_id=None)
        await self._wire.send("response.content_part.added", **self._place, part={"type": "audio", "transcript": ""})
        if await self._speak():
            await self._end("completed")
        else:
            await self._end("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})

    async def _speak(self) -> bool:
        """Send the speech; False if the token limit cut it off."""
        if self._fault and self._fault.kind == "empty":
            self._words.clear()
            return True
        breaking = self._fault if self._fault and self._fault.kind in ("stall", "drop", "garbage") else None
        encoder, sent, first_ms = Encoder(self._manner.format["type"]), 0, self._stand_in.waits.draw_ms("first_audio")
        if breaking and breaking.after_ms is not None:
            first_ms = min(first_ms, breaking.after_ms)
        answer = self._stand_in.answers.begin("speech", self.order.text, first_ms, self._clock.elapsed_ms)
        async for chunk in spoken(self._stand_in, self._text, self._manner.language, self._manner.voice):
            await self._clock.reach(first_ms)
            if breaking and breaking.strikes(sent, self._clock.elapsed_ms):
                break
            await self._transcribe(WORDS_AHEAD)
            self._samples += len(chunk)
            await self._audio(encoder.encode(chunk))
            answer.piece()
            sent += 1
            if self.order.max_tokens is not None and self._tokens() > self.order.max_tokens:
                return False
        if breaking:
            await self._break(breaking)
        else:
            await self._audio(encoder.flush())
        return True

    def _tokens(self) -> int:
        return len(self._said) // 4 + self._samples // SAMPLES_PER_TOKEN

    async def _break(self, fault: Fault) -> None:
        if fault.kind == "garbage":
            await self._wire.send_text('{"type": "response.output_audio.delta", "delta": ')
            await self._wire.send("response.output_audio.delta", **self._place, delta="not base64!")
            return
        await break_off(fault, self._wire.transport)

    async def _transcribe(self, count: int) -> None:
        while self._words and count:
            word = self._words.popleft()
            self._said += word
            await self._wire.send("response.output_audio_transcript.delta", **self._place, delta=word)
            count -= 1

    async def _audio(self, audio: bytes) -> None:
        if audio:
            await self._wire.send("response.output_audio.delta", **self._place, delta=base64.b64encode(audio).decode())

    async def _end(self, status: str, details: dict[str, Any] | None = None) -> None:
        if status == "completed":
            await self._transcribe(len(self._words))
        await self._wire.send("response.output_audio.done", **self._place)
        await self._wire.send("response.output_audio_transcript.done", **self._place, transcript=self._said)
        await self._wire.send("response.content_part.done", **self._place, part={"type": "audio", "transcript": self._said})
        item = self._item("completed" if status == "completed" else "incomplete")
        await self._wire.send("response.output_item.done", response_id=self.id, output_index=0, item=item)
        if self.order.conversation_id:
            await self._wire.send("conversation.item.done", item=item, previous_item_id=None)
        await self._wire.send("response.done", response=self._as_dict(status, [item], details))

    def _item(self, status: str) -> dict[str, Any]:
        content = [{"type": "output_audio", "transcript": self._said}]
        return {
            "id": self._item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def _as_dict(self, status: str, output: list[dict[str, Any]], details: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": output,
            "conversation_id": self.order.conversation_id,
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": self._manner.format, "voice": self._manner.voice}},
            "metadata": self.order.metadata,
            "usage": None if status == "in_progress" else self._usage(),
        }

    def _usage(self) -> dict[str, Any]:
        into, text, audio = len(self.order.text) // 4, len(self._said) // 4, self._samples // SAMPLES_PER_TOKEN
        details = {"text_tokens": text, "audio_tokens": audio}
        return {"input_tokens": into, "output_tokens": text + audio, "total_tokens": into + text + audio, "output_token_details": details}

    def _as_said(self) -> str:
        if self._fault and self._fault.kind == "reword":
            return reworded(self.order.text)
        if self._fault and self._fault.kind == "reword_digits":
            return with_other_digits(self.order.text)
        return self.order.text
