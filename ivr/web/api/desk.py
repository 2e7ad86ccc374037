"""The desk of this request: who works at it, in which hospital."""

from ivr.hours import Desk
from ivr.web.auth import principal
from ivr.web.services import services


def desk() -> Desk:
    """Who changes hours in this request."""
    return Desk(principal().actor, services().settings.timezone)
