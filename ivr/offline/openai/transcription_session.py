"""A Realtime transcription session: its settings, its audio buffer, and the items that come of its commits."""

import asyncio
import base64
import binascii
import re
import time
from typing import Any, ClassVar

import numpy as np
import soxr
from openai.types.realtime.input_audio_buffer_append_event_param import InputAudioBufferAppendEventParam
from openai.types.realtime.input_audio_buffer_clear_event_param import InputAudioBufferClearEventParam
from openai.types.realtime.input_audio_buffer_commit_event_param import InputAudioBufferCommitEventParam
from openai.types.realtime.session_update_event_param import SessionUpdateEventParam

from ivr.offline.faults import Fault, Moment
from ivr.offline.openai.catalogue import HINTED_MODELS, LIVE_MODELS, require_model
from ivr.offline.openai.errors import invalid, not_offered
from ivr.offline.openai.transcription_item import TranscriptionItem
from ivr.offline.openai.wire import Handler, Wire, log_failure
from ivr.offline.stand_in import StandIn, new_id
from ivr.voice.audio import SAMPLE_RATE_HZ, decode_ulaw

MAX_APPEND_BYTES = 15 * 1024 * 1024
MIN_COMMIT_MS = 100
SESSION_S = 3600

_SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500}
_INPUT = "session.audio.input"


class TranscriptionSession:
    """Listens: audio in, transcripts out."""

    params: ClassVar[dict[str, Any]] = {
        "session.update": SessionUpdateEventParam,
        "input_audio_buffer.append": InputAudioBufferAppendEventParam,
        "input_audio_buffer.commit": InputAudioBufferCommitEventParam,
        "input_audio_buffer.clear": InputAudioBufferClearEventParam,
    }

    def __init__(self, stand_in: StandIn, wire: Wire) -> None:
        self._stand_in = stand_in
        self._wire = wire
        self._id = new_id("sess")
        self._expires_at = int(time.time()) + SESSION_S
        self._input: dict[str, Any] = {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": _SERVER_VAD,
        }
        self._resampler = _resampler()
        self._item: TranscriptionItem | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_item_id: str | None = None
        self._last_item: TranscriptionItem | None = None

    def handler(self, kind: str) -> Handler:
        return {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
        }[kind]

    async def open(self) -> None:
        await self._wire.send("session.created", session=self._as_dict())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _as_dict(self) -> dict[str, Any]:
        head = {"id": self._id, "object": "realtime.transcription_session", "type": "transcription", "expires_at": self._expires_at}
        return head | {"audio": {"input": self._input}, "include": None}

    async def _update(self, event: dict[str, Any]) -> None:
        session = event["session"]
        if session["type"] != "transcription":
            raise invalid(
                "Passing a realtime session update event to a transcription session is not allowed.", "session.type", "invalid_value"
            )
        if session.get("include"):
            raise not_offered("Log probabilities", "session.include")
        given = session.get("audio", {}).get("input", {})
        settings = self._input | given
        check_input(settings, given)
        if settings["transcription"] and settings["transcription"]["model"] in LIVE_MODELS:
            settings["turn_detection"] = None
        self._input = settings
        self._resampler = _resampler()
        await self._wire.send("session.updated", session=self._as_dict())

    async def _append(self, event: dict[str, Any]) -> None:
        samples = self._decode(event["audio"])
        begins = self._item is None
        self._item = self._item or self._new_item()
        self._item.append(samples)
        asks = begins or self._stand_in.faults.choosy("stt", "audio")
        if asks and (fault := await self._fault("audio", self._item)):
            self._start(self._misbehave(fault))

    async def _fault(self, at: Moment, item: TranscriptionItem) -> Fault | None:
        faults = self._stand_in.faults
        return faults.take("stt", at, about=await item.words() if faults.choosy("stt", at) else "")

    async def _commit(self, _event: dict[str, Any]) -> None:
        held_ms = self._item.audio.length * 1000 / SAMPLE_RATE_HZ if self._item else 0.0
        if self._item is None or held_ms < MIN_COMMIT_MS:
            detail = f"buffer too small. Expected at least {MIN_COMMIT_MS}ms of audio, but buffer only has {held_ms:.2f}ms of audio."
            raise invalid(f"Error committing input audio buffer: {detail}", code="input_audio_buffer_commit_empty")
        item, self._item = self._item, None
        fault = await self._fault("request", item)
        await self._wire.send("input_audio_buffer.committed", item_id=item.id, previous_item_id=self._last_item_id)
        for kind in ("conversation.item.added", "conversation.item.done"):
            await self._wire.send(kind, item=item.as_dict(), previous_item_id=self._last_item_id)
        self._last_item_id, self._last_item = item.id, item
        item.commit(fault)
        if fault and fault.kind in ("stall", "drop"):
            self._start(self._misbehave(fault))

    async def _clear(self, _event: dict[str, Any]) -> None:
        # What comes after is not said in the same breath.
        self._last_item = None
        if self._item:
            self._item.abandon()
            self._item = None
        await self._wire.send("input_audio_buffer.cleared")

    def _new_item(self) -> TranscriptionItem:
        item = TranscriptionItem(self._stand_in, self._wire, self._input["transcription"], self._last_item)
        self._start(item.run())
        return item

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_failure)

    async def _misbehave(self, fault: Fault) -> None:
        await asyncio.sleep((fault.after_ms or 0) / 1000)
        if fault.refusal:
            await self._wire.refuse(fault.refusal)
        elif fault.kind == "garbage":
            await self._wire.send_text('{"type": "conversation.item.input_audio_transcr')
        elif fault.kind == "drop":
            self._wire.drop()
        else:
            self._wire.silenced = True

    def _decode(self, audio: str) -> np.ndarray:
        try:
            raw = base64.b64decode(audio, validate=True)
        except binascii.Error:
            raise invalid("Invalid 'audio'. Expected base64-encoded audio bytes.", "audio", "invalid_value") from None
        if len(raw) > MAX_APPEND_BYTES:
            raise invalid("Invalid 'audio': the audio is longer than the maximum of 15 MiB.", "audio", "string_above_max_length")
        if self._input["format"]["type"] == "audio/pcmu":
            return decode_ulaw(raw)
        if len(raw) % 2:
            raise invalid("Invalid 'audio'. Expected whole 16-bit samples.", "audio", "invalid_value")
        return self._resampler.resample_chunk(np.frombuffer(raw, dtype="<i2"))


def _resampler() -> soxr.ResampleStream:
    return soxr.ResampleStream(24000, SAMPLE_RATE_HZ, 1, dtype="int16")


def check_input(settings: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise `ApiError` unless these input settings can be had; `given` are those that the client just sent."""
    if settings["format"].get("type") not in ("audio/pcm", "audio/pcmu"):
        raise not_offered(f"The format {settings['format'].get('type')}", f"{_INPUT}.format.type")
    transcription = settings["transcription"]
    if transcription is None:
        return
    model = transcription.get("model")
    if model is None:
        path = f"{_INPUT}.transcription.model"
        raise invalid(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")
    require_model(model, "transcription", f"{_INPUT}.transcription.model")
    _check_hints(transcription, model)
    if model in LIVE_MODELS and given.get("turn_detection"):
        raise invalid(f"Turn detection is not supported with {model}; set it to null.", f"{_INPUT}.turn_detection", "invalid_value")
    if model not in LIVE_MODELS and settings["turn_detection"]:
        raise not_offered("Turn detection by the server", f"{_INPUT}.turn_detection")


def _check_hints(transcription: dict[str, Any], model: str) -> None:
    supported = {"languages": model in HINTED_MODELS, "keywords": model in HINTED_MODELS, "delay": model in LIVE_MODELS}
    supported["prompt"] = model != "gpt-realtime-whisper"
    for name, fits in supported.items():
        if name in transcription and not fits:
            path = f"{_INPUT}.transcription.{name}"
            raise invalid(f"Unsupported parameter: '{path}' is not supported with this model.", path, "unsupported_parameter")
    for language in [*transcription.get("languages", []), transcription.get("language", "en")]:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            path = f"{_INPUT}.transcription.language"
            raise invalid(
                f"Invalid language '{language}'. Language parameter must be specified in ISO-639-1 format.", path, "invalid_language_format"
            )
