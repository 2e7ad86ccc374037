"""Who wants no messages: what they reply, and what follows from it."""

from datetime import datetime
from typing import Literal

from ivr import models
from ivr.models import SmsOptOut
from ivr.names import fold

OUT = frozenset("stop stopall unsubscribe cancel end quit revoke optout parar pare alto baja detener cancelar".split())
"""Twilio's own words for it, which its network obeys before we hear of them, and the Spanish ones."""

IN = frozenset("start unstop yes iniciar empezar comenzar alta".split())

Wish = Literal["out", "in"]


def wish_of(text: str, opt_out_type: str = "") -> Wish | None:
    """What a reply asks for: Twilio's own verdict (`OptOutType`) if there is one, else the whole text as one of the words."""
    word = fold(opt_out_type or text).replace(" ", "")
    if word in OUT:
        return "out"
    return "in" if word in IN else None


def note(number: str, wish: Wish, now: datetime | None = None) -> None:
    """Remember that a number (E.164) wants no messages, or wants them again."""
    if wish == "out":
        SmsOptOut.insert(number=number, created_at=now or models.now()).on_conflict_ignore().execute()
    else:
        SmsOptOut.delete().where(SmsOptOut.number == number).execute()


def is_out(number: str) -> bool:
    """Whether a number wants no messages."""
    return bool(SmsOptOut.select().where(SmsOptOut.number == number).exists())
