"""The models and voices that the stand-in knows: what each serves, and when the provider switches it off."""

import re
from typing import Literal, get_args

from openai.types.audio.speech_model import SpeechModel
from openai.types.shared.chat_model import ChatModel

from ivr.offline.openai.errors import ApiError, invalid, no_such_model
from ivr.offline.openai.validation import supported

Use = Literal["chat", "speech", "realtime", "transcription", "file_transcription"]

LIVE_MODELS = frozenset({"gpt-live-transcribe", "gpt-realtime-whisper"})
"""Transcription models that send deltas while the caller speaks, and take no turn detection."""

HINTED_MODELS = frozenset({"gpt-live-transcribe", "gpt-transcribe"})
"""Transcription models that take `languages` and `keywords`."""

_FILE_MODELS = ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize", "whisper-1")
_REALTIME_MODELS = (
    "gpt-realtime",
    "gpt-realtime-1.5",
    "gpt-realtime-2",
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "gpt-realtime-mini",
)

MODELS: dict[Use, frozenset[str]] = {
    "chat": frozenset(get_args(ChatModel)),
    "speech": frozenset(get_args(SpeechModel)),
    "realtime": frozenset(_REALTIME_MODELS),
    "transcription": LIVE_MODELS | frozenset(_FILE_MODELS),
    "file_transcription": frozenset(_FILE_MODELS),
}

_SHUTDOWN_DATES = (
    ("2026-12-11", r"gpt-5(-mini|-nano)?(-\d.*)?|o3(-\d.*)?"),
    ("2027-01-06", r"tts-1(-hd)?|gpt-4o-mini-tts(-\d.*)?"),
    ("2027-01-14", r"gpt-4\.1(-mini)?(-\d.*)?|gpt-4o(-2024-(11-20|08-06))?|gpt-4o-mini(-2024-07-18)?"),
    ("2027-01-20", r"gpt-realtime(-mini)?|gpt-audio-mini(-\d.*)?"),
    ("2027-02-26", r"whisper-1|gpt-4o(-mini)?-transcribe(-\d.*)?|gpt-4o-transcribe-diarize"),
    ("2027-04-01", r"gpt-5\.4-nano(-\d.*)?|gpt-5\.1(-2025-11-13)?"),
)
"""OpenAI's deprecations page and the SDK's docstrings, as of November 2026."""

REALTIME_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
SPEECH_VOICES = (*REALTIME_VOICES, "fable", "onyx", "nova")


def require_model(model: str, use: Use, param: str | None = None) -> None:
    """Raise `ApiError` (404) unless the model exists and serves this use."""
    if model not in MODELS[use]:
        raise no_such_model(model, param)


def require_voice(voice: object, voices: tuple[str, ...], param: str) -> None:
    """Raise `ApiError` (400) unless the voice is one of the built-in ones; custom voices belong to accounts."""
    if voice not in voices:
        raise invalid(f"Invalid value: '{voice}'. {supported(voices)}", param, "invalid_value")


def shutdown_date(model: str) -> str | None:
    """The day on which the provider switches the model off, ISO 8601, if it has been announced."""
    return next((day for day, names in _SHUTDOWN_DATES if re.fullmatch(names, model)), None)


def reasons(model: str) -> bool:
    """Whether a chat model takes `reasoning_effort` and `verbosity`."""
    return bool(re.match(r"gpt-[5-9]|o\d", model))


def tools_need_no_reasoning(model: str) -> bool:
    """Whether a chat model takes function tools only without reasoning, and reasons unless told not to."""
    return bool(re.match(r"gpt-[6-9]|gpt-5\.6", model))


def refuse_effort(model: str) -> ApiError:
    """The refusal of function tools together with reasoning."""
    message = f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
    return invalid(message + "Please use /v1/responses instead, or set reasoning_effort to 'none'.", "reasoning_effort")
