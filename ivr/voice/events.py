"""The mail that a call's session receives besides Twilio's messages and transcripts."""

from dataclasses import dataclass
from typing import Any

from ivr.agent.agent import AgentEvent
from ivr.errors import ProviderError


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """The media stream's socket is gone."""


@dataclass(frozen=True, slots=True)
class Draining:
    """This process stops; the call is to go on in another."""


@dataclass(frozen=True, slots=True)
class Thought:
    """News of the model's answer for one reply."""

    reply: int
    event: AgentEvent


@dataclass(frozen=True, slots=True)
class ThinkingFailed:
    """The model did not answer, or broke off."""

    reply: int
    error: ProviderError


@dataclass(frozen=True, slots=True)
class ToolDone:
    """A tool has run."""

    call_id: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpeechAudio:
    """Audio of a clause: mu-law, 8 kHz."""

    clause: int
    audio: bytes


@dataclass(frozen=True, slots=True)
class SpeechDone:
    """A clause has all of its audio."""

    clause: int
    cached: bool


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    """A clause could not be spoken, or not to its end."""

    clause: int
    error: ProviderError


Mail = SocketClosed | Draining | Thought | ThinkingFailed | ToolDone | SpeechAudio | SpeechDone | SpeechFailed
