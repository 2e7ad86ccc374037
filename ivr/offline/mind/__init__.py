"""A plain rule-based receptionist in place of OpenAI's chat model: a stand-in for demos and tests, not for patients.

It reads the messages and the tools of a request, as a model would, and nothing else: no clock, no memory, no chance.
"""

from collections.abc import Sequence
from typing import Any

from ivr.offline.mind.conversation import read
from ivr.offline.mind.receptionist import decide
from ivr.offline.mind.tools import Call, Reply, Toolbox
from ivr.offline.mind.wording import ask, joined, say

__all__ = ["Call", "Reply", "reply"]


def reply(messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> Reply:
    """The next message of the assistant, for messages and tools in the shape of Chat Completions."""
    state = read(messages)
    if state.utterance is None and not state.last_said:
        return Reply(joined(say(state, "greeting", hospital=state.facts.hospital), ask(state, "help")))
    return decide(state, Toolbox(tools))
