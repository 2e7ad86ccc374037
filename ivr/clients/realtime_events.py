"""The client events of OpenAI's Realtime API that a call needs, as JSON text. Pure."""

import base64
import re
from collections.abc import Sequence
from typing import Any

import orjson

_HINTED = re.compile(r"gpt-(live-)?transcribe\b")
"""The transcription models that take several languages, and keywords."""
_PROMPTED = re.compile(r"gpt-4o(-mini)?-transcribe(?!-diarize)|whisper")
_ULAW = {"type": "audio/pcmu"}

LONGEST_SPEECH_TOKENS = 4096
"""OpenAI's upper bound; audio takes 20 tokens a second, so about 1.5 a character of text."""


def event(kind: str, **fields: Any) -> str:
    """A client event."""
    return orjson.dumps({"type": kind, **fields}).decode()


def append_event(audio: bytes | bytearray) -> str:
    """`input_audio_buffer.append` with mu-law audio, built by hand: the SDK's way takes fifteen times as long."""
    return f'{{"type":"input_audio_buffer.append","audio":"{base64.b64encode(audio).decode()}"}}'


def commit_event(number: int) -> str:
    """`input_audio_buffer.commit`, named so that a refusal of it can be told from others."""
    return event("input_audio_buffer.commit", event_id=f"commit-{number}")


def clear_event() -> str:
    """Forget the audio that was not committed."""
    return event("input_audio_buffer.clear")


def committed_number(event_id: object) -> int | None:
    """The segment whose commit an event id names, if it names one."""
    prefix, _, number = event_id.partition("-") if isinstance(event_id, str) else ("", "", "")
    return int(number) if prefix == "commit" and number.isdecimal() else None


SESSION_EVENT_ID = "session"


def transcription_session(model: str, languages: Sequence[str], keywords: Sequence[str]) -> str:
    """`session.update` for live transcription of mu-law audio that we commit ourselves."""
    transcription: dict[str, Any] = {"model": model}
    if len(languages) == 1:
        transcription["language"] = languages[0]
    elif languages and _HINTED.match(model):
        transcription["languages"] = list(languages)
    if keywords and _HINTED.match(model):
        transcription["keywords"] = list(keywords)
    elif keywords and _PROMPTED.match(model):
        transcription["prompt"] = ", ".join(keywords)
    audio = {"format": _ULAW, "noise_reduction": None, "transcription": transcription, "turn_detection": None}
    return event("session.update", event_id=SESSION_EVENT_ID, session={"type": "transcription", "audio": {"input": audio}})


def speech_session(voice: str) -> str:
    """`session.update` for a session that reads texts aloud as mu-law audio."""
    audio = {"input": {"turn_detection": None}, "output": {"format": _ULAW, "voice": voice}}
    session = {"type": "realtime", "output_modalities": ["audio"], "audio": audio, "tool_choice": "none"}
    return event("session.update", event_id=SESSION_EVENT_ID, session=session)


def speech_response(text: str, instructions: str) -> str:
    """`response.create` for one text, outside of any conversation."""
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    response = {
        "conversation": "none",
        "output_modalities": ["audio"],
        "instructions": instructions,
        "input": [message],
        "max_output_tokens": min(LONGEST_SPEECH_TOKENS, 256 + 6 * len(text)),
    }
    return event("response.create", event_id="speech", response=response)
