"""`/v1/audio/speech` and `/v1/audio/transcriptions`: speech and recognition in one request."""

import io
import struct
import wave
from typing import Any

import numpy as np
import soxr
from aiohttp import web
from openai.types.audio.speech_create_params import SpeechCreateParams
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsNonStreaming

from ivr.offline.faults import Fault
from ivr.offline.openai.catalogue import HINTED_MODELS, SPEECH_VOICES, require_model, require_voice
from ivr.offline.openai.errors import ApiError, invalid, not_offered
from ivr.offline.openai.hearing import hear
from ivr.offline.openai.request_body import read_json
from ivr.offline.openai.spoken_audio import SAMPLE_RATE_HZ, Encoder, language_of, spoken
from ivr.offline.openai.validation import check, check_form, check_range
from ivr.offline.stand_in import STAND_IN, StandIn, Stopwatch, break_off

MAX_INPUT_CHARACTERS = 4096
MAX_FILE_BYTES = 25 * 1024 * 1024
MIN_AUDIO_S = 0.1
CONTENT_TYPES = {"pcm": "audio/pcm", "wav": "audio/wav"}


def routes() -> list[web.RouteDef]:
    """The routes of this part."""
    return [web.post("/v1/audio/speech", create_speech), web.post("/v1/audio/transcriptions", create_transcription)]


async def create_speech(request: web.Request) -> web.StreamResponse:
    """Read a text aloud, verbatim, streamed as it is made."""
    stand_in, clock = request.app[STAND_IN], Stopwatch()
    body = await read_json(request)
    check_speech(body)
    fault = stand_in.faults.take("tts", about=body["input"])
    if fault and fault.refusal:
        raise fault.refusal
    said = {"text": body["input"], "said": body["input"], "voice": body["voice"], "language": language_of(body["input"])}
    stand_in.traffic.spoken.append({"route": "speech", "model": body["model"]} | said)
    with stand_in.traffic.opened("speech"):
        return await _stream_speech(request, body, fault, clock)


def check_speech(body: dict[str, Any]) -> None:
    """Raise `ApiError` unless the provider would take this request and the stand-in can serve it."""
    check(body, SpeechCreateParams)
    require_model(body["model"], "speech")
    require_voice(body["voice"], SPEECH_VOICES, "voice")
    check_range(body.get("speed"), 0.25, 4.0, "speed")
    length = len(body["input"])
    if not length:
        detail = "string too short. Expected a string with minimum length 1, but got an empty string instead."
        raise invalid(f"Invalid 'input': {detail}", "input", "string_below_min_length")
    if length > MAX_INPUT_CHARACTERS:
        detail = f"string too long. Expected a string with maximum length {MAX_INPUT_CHARACTERS}, but got a string with length {length}."
        raise invalid(f"Invalid 'input': {detail}", "input", "string_above_max_length")
    if body.get("response_format", "mp3") not in CONTENT_TYPES:
        raise not_offered(f"The format {body.get('response_format', 'mp3')}", "response_format")
    if body.get("speed", 1) != 1 or body.get("stream_format", "audio") != "audio":
        raise not_offered("Another speed or server-sent events", "speed" if body.get("speed", 1) != 1 else "stream_format")


async def _stream_speech(request: web.Request, body: dict[str, Any], fault: Fault | None, clock: Stopwatch) -> web.StreamResponse:
    stand_in: StandIn = request.app[STAND_IN]
    format_name = body["response_format"]
    response = web.StreamResponse(headers={"Content-Type": CONTENT_TYPES[format_name]})
    breaking = fault if fault and fault.kind in ("stall", "drop") else None
    encoder, sent, first_ms = Encoder("audio/pcm"), 0, stand_in.waits.draw_ms("first_audio")
    answer = stand_in.answers.begin("speech", body["input"], first_ms, clock.elapsed_ms)
    async for chunk in spoken(stand_in, body["input"], language_of(body["input"]), body["voice"]):
        if not sent:
            await clock.reach(min(first_ms, breaking.after_ms) if breaking and breaking.after_ms is not None else first_ms)
            await response.prepare(request)
            await response.write(_opening(format_name, fault))
        if breaking and breaking.strikes(sent, clock.elapsed_ms):
            await break_off(breaking, request.transport)
        if fault and fault.kind in ("empty", "garbage"):
            break
        await response.write(encoder.encode(chunk))
        answer.piece()
        sent += 1
    if breaking:
        await break_off(breaking, request.transport)
    await response.write_eof()
    return response


def _opening(format_name: str, fault: Fault | None) -> bytes:
    if fault and fault.kind == "garbage":
        return b"<html><body>upstream connect error</body></html>\n"[:-2]
    if format_name != "wav":
        return b""
    endless = 0xFFFFFFFF
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", endless, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * 2, 2, 16)
    return head + struct.pack("<4sI", b"data", endless)


async def create_transcription(request: web.Request) -> web.Response:
    """Transcribe a WAV file."""
    stand_in, clock = request.app[STAND_IN], Stopwatch()
    form, audio = await _read_form(request)
    check_form(form, TranscriptionCreateParamsNonStreaming, files=frozenset({"file"}))
    _check_transcription(form)
    samples = decode_wav(audio)
    fault = stand_in.faults.take("stt")
    if fault and fault.refusal:
        raise fault.refusal
    text = await hear(stand_in, samples, form)
    await clock.reach(stand_in.waits.draw_ms("final"))
    if fault and fault.kind in ("stall", "drop", "lost"):
        await break_off(fault, request.transport)
    if fault and fault.kind == "garbage":
        return web.Response(body=b'{"text": "', content_type="application/json")
    text = "" if fault and fault.kind == "empty" else text
    if form.get("response_format") == "text":
        return web.Response(text=text + "\n")
    return web.json_response({"text": text, "usage": {"type": "duration", "seconds": round(len(samples) / 8000, 2)}})


async def _read_form(request: web.Request) -> tuple[dict[str, Any], bytes]:
    if not request.content_type.startswith("multipart/"):
        raise invalid(f"Unsupported content type: '{request.content_type}'. This API method only accepts 'multipart/form-data' requests.")
    form: dict[str, Any] = {}
    audio: bytes | None = None
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            if name != "file":
                raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
            audio = value.file.read()
        elif name.endswith("[]"):
            form.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            form[name] = _typed(name, str(value))
    if audio is None:
        raise invalid("Missing required parameter: 'file'.", "file", "missing_required_parameter")
    return form, audio


def _typed(name: str, value: str) -> Any:
    if name == "stream":
        return {"true": True, "false": False}.get(value.lower(), value)
    if name == "temperature":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _check_transcription(form: dict[str, Any]) -> None:
    require_model(form["model"], "file_transcription")
    check_range(form.get("temperature"), 0.0, 1.0, "temperature")
    for name in ("languages", "keywords"):
        if name in form and form["model"] not in HINTED_MODELS:
            raise invalid(f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter")
    for name in ("chunking_strategy", "include", "known_speaker_names", "known_speaker_references", "timestamp_granularities"):
        if name in form:
            raise not_offered(f"'{name}'", name)
    allowed = ("json", "text") if form["model"] == "whisper-1" else ("json",)
    if form.get("response_format", "json") not in allowed:
        detail = f"response_format '{form['response_format']}' is not compatible with model '{form['model']}'. Use 'json' instead."
        raise invalid(detail, "response_format", "unsupported_value")


def decode_wav(audio: bytes) -> np.ndarray:
    """A WAV file as int16 samples at 8 kHz. Raises `ApiError` (400, 413)."""
    if len(audio) > MAX_FILE_BYTES:
        raise ApiError(413, f"Maximum content size limit ({MAX_FILE_BYTES}) exceeded ({len(audio)} bytes read)")
    try:
        with wave.open(io.BytesIO(audio)) as file:
            width, channels, rate_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        raise invalid("Invalid file format. This stand-in takes PCM in a WAV file.", "file") from None
    if (width, channels) != (2, 1):
        raise not_offered("Anything but 16-bit mono", "file")
    samples = np.frombuffer(frames, dtype="<i2")
    if len(samples) < MIN_AUDIO_S * rate_hz:
        raise invalid(f"Audio file is too short. Minimum audio length is {MIN_AUDIO_S} seconds.", "file", "audio_too_short")
    return samples if rate_hz == 8000 else soxr.resample(samples, rate_hz, 8000)
