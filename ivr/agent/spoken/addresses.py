"""Web and e-mail addresses, read out part by part. Pure."""

import re
from collections.abc import Mapping

from ivr.agent.spoken.digits import Digits
from ivr.agent.spoken.rules import Match, Rule, apart

_ADDRESS = re.compile(
    r"(?<![\w.+@-])(?:"
    r"[\w.+-]++@[\w-]++(?:\.[\w-]++)+"
    r"|(?:https?://|www\.)[^\s<>\"'“”‘’]+"
    r"|(?:[a-z0-9-]++\.)+(?:com|org|net|edu|gov|health|info|io)(?![\w@])(?:/[\w/.-]*)?"
    r")",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
_PART = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
_CLOSING = ".,;:!?)]/"


def address_rule(say: Digits, signs: Mapping[str, str]) -> Rule:
    """Addresses without https:// and www.; `signs` are the names of dot, at, slash and others, what has none is left out."""

    def write(match: Match) -> str:
        address = match[0].rstrip(_CLOSING)
        closing = match[0][len(address) :].removeprefix("/")
        parts = _PART.findall(_SCHEME.sub("", address))
        words = (say(part) if part.isdigit() else part if part.isalpha() else signs.get(part, "") for part in parts)
        return apart(match, " ".join(filter(None, words)) + closing)

    return Rule(_ADDRESS, write, ".@/")
