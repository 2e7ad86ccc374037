"""Who works for a speaker: a mind that thinks, a mouth that speaks, a journal that remembers."""

from collections.abc import Sequence
from typing import Any, Protocol

from ivr.agent.model import ToolCall
from ivr.voice.reply import Reply


class Mind(Protocol):
    """Thinks and runs tools in the background; news comes by mail."""

    def think(self, reply: int, messages: Sequence[dict[str, Any]]) -> None:
        """Ask the model; `Thought` and `ThinkingFailed` follow. `messages` lack the system prompt."""

    def forget(self, reply: int) -> None:
        """Stop thinking about a reply; nothing follows."""

    def run(self, calls: Sequence[ToolCall], turn: int) -> None:
        """Run tools at once, each to its end; a `ToolDone` follows for each."""


class Mouth(Protocol):
    """Makes speech in the background; news comes by mail."""

    def say(self, clause: int, text: str, language: str) -> None:
        """Synthesize, in the order of the calls; `SpeechAudio`, then `SpeechDone` or `SpeechFailed` follow."""

    def retry(self, clause: int, text: str, language: str) -> None:
        """Have a clause that failed made in another way; `SpeechAudio` and `SpeechDone`, or `SpeechFailed` follow."""

    def hush(self) -> None:
        """Drop everything that is not done; nothing follows."""


class Journal(Protocol):
    """Keeps what happened."""

    def turn(self, reply: Reply, heard: str, interrupted: bool, language: str, history: list[dict[str, Any]]) -> None:
        """Keep a turn that is over, and the conversation as it stands."""
