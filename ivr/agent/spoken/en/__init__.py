"""English as Americans say it: its rules, in the order in which they apply."""

from ivr.agent.spoken.addresses import address_rule
from ivr.agent.spoken.digits import telephone_rule
from ivr.agent.spoken.en import abbreviations, dates, numbers, times
from ivr.agent.spoken.en.numerals import digits

_SIGNS = {".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", "+": "plus"}

WORDS = abbreviations.RULES
"""For every text."""

NUMBERS = (
    address_rule(digits, _SIGNS),
    *dates.RULES,
    telephone_rule(digits, "plus"),
    *times.RULES,
    *numbers.RULES,
)
"""For a text with digits or signs in it."""
