"""How a conversation with Lilly comes to its end: by a goodbye, or by putting the caller through. Pure."""

from typing import Literal

from ivr.agent.history import Round
from ivr.schemas import TRANSFER

END_CALL = "end_call"
LAST_CALLS = (END_CALL, TRANSFER)
"""Functions that are over at once, and of which nothing is said while they run."""

TRANSFERRING = "transferring"
"""The state in the result of a transfer that takes place."""

Leaving = Literal["goodbye", "transfer"]


def leaving(done: Round) -> Leaving | None:
    """What a round of the model's calls leads to, as far as their results are known; a transfer may be refused."""
    if any(call.name == END_CALL for call in done.calls):
        return "goodbye"
    states = [done.results.get(call.id, {}).get("state") for call in done.calls if call.name == TRANSFER]
    return "transfer" if TRANSFERRING in states else None
