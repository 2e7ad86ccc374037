"""Spanish as it is said in Latin America: its rules, in the order in which they apply."""

from ivr.agent.spoken.addresses import address_rule
from ivr.agent.spoken.digits import telephone_rule
from ivr.agent.spoken.es import abbreviations, dates, numbers, times
from ivr.agent.spoken.es.numerals import digits

_SIGNS = {".": "punto", "@": "arroba", "/": "barra", "-": "guion", "_": "guion bajo", "+": "más"}

WORDS = abbreviations.RULES
"""For every text."""

NUMBERS = (
    address_rule(digits, _SIGNS),
    *dates.RULES,
    telephone_rule(digits, "más"),
    *times.RULES,
    *numbers.RULES,
)
"""For a text with digits or signs in it."""
