"""Prices, percentages, extensions, ordinals and plain numbers in Spanish. Pure."""

import re

from ivr.agent.spoken.digits import grouped
from ivr.agent.spoken.es.agreement import form, noun_form
from ivr.agent.spoken.es.numerals import LARGEST, Form, cardinal, digits, ordinal
from ivr.agent.spoken.rules import DASH, DASHES, SPACE, Match, Rule, apart, gap, lead, rest

_UNITS: dict[str, tuple[str, str, str, str, Form]] = {
    "$": ("dólar", "dólares", "centavo", "centavos", "short"),
    "€": ("euro", "euros", "centavo", "centavos", "short"),
    "£": ("libra", "libras", "penique", "peniques", "feminine"),
}
_NAMED_UNITS = {"USD": "$", "EUR": "€", "GBP": "£"}
_FRACTIONS = {
    "1/2": "medio",
    "1/3": "un tercio",
    "2/3": "dos tercios",
    "1/4": "un cuarto",
    "3/4": "tres cuartos",
    "24/7": "veinticuatro siete",
}

_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*")
_PRICE = re.compile(rf"(?:US)?([$€£]){SPACE}?({_NUMBER.pattern})(?:{SPACE}(mil|mill(?:ón|ones))\b)?")
_PRICE_AFTER = re.compile(rf"(?<![\w.,])({_NUMBER.pattern}){SPACE}?([$€£]|(?:USD|EUR|GBP)\b)")
_PERCENT = re.compile(rf"{SPACE}?%")
_LABELLED = re.compile(r"\d(?<![\d.,:$€£-].)\d++(?![\w%]|[.,:]\d)")
_LABEL = re.compile(
    r"\b(?:extensión|marque|marcar|llame|llamar|oprima|presione|pulse|digite|código|clave|póliza|cuenta|confirmación|referencia|expediente)"
    r"(?:\s(?:número|es|al|a|el|código|postal|de emergencias?)){0,3}:?\s$",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(r"(?<![\w$€£.,-])(?:911|988|112|999)(?![\w%-]|[.,:]\d)")
_NUMBER_SIGN = re.compile(rf"(?:(?<![^\W_])(?:No\.|[Nn]\.?º\.?){SPACE}?|#{SPACE}?)(?=\d)")
_FRACTION = re.compile(rf"(?<![\w/.,])(?:(\d+){SPACE})?({'|'.join(_FRACTIONS)})(?![\w/]|[.,]\d)")
_OVER = re.compile(r"(?<=\d)/(?=\d)")
_RANGE = re.compile(rf"(?<=\d){SPACE}?{DASH}{SPACE}?(?=[$€£]?(?!0\d)\d)")
_MINUS = re.compile(r"(?<![\w).])[-−](?=\d)")
_ORDINAL = re.compile(r"(\d{1,15})\.?(?:(º|er|ro|do|to|vo|mo|no)|(ª|ra|da|ta|va|ma|na))(?![^\W_])", re.IGNORECASE)
_BEFORE_E = re.compile(r"\s?h?i(?!e)", re.IGNORECASE)


def number(written: str, agreed: Form = "full") -> str:
    """A number as it is written: 1,250.5 or 1.250,5; what is too long for a quantity is read digit by digit."""
    grouping = re.fullmatch(r"(\d{1,3}(?:([.,])\d{3})(?:\2\d{3})*)(?:[.,](\d+))?", written)
    if grouping:
        figures = re.sub(r"\D", "", grouping[1])
        decimals = [written[len(grouping[1])], grouping[3]] if grouping[3] else []
    else:
        figures, *decimals = re.split(r"([.,])", written)
    words = _quantity(figures, "full" if decimals else agreed, grouped_in_thousands=bool(grouping))
    for mark, part in zip(decimals[::2], decimals[1::2], strict=True):
        words += f" {'coma' if mark == ',' else 'punto'} {digits(part)}"
    return words


def _quantity(figures: str, agreed: Form, *, grouped_in_thousands: bool) -> str:
    is_code = len(figures) > 4 and not figures.endswith("000") and not grouped_in_thousands
    if is_code or (len(figures) > 1 and figures[0] == "0") or len(figures) > len(str(LARGEST)):
        return grouped(figures, digits)
    return cardinal(int(figures), agreed)


def _price(match: Match, sign: str, amount: str, scale: str | None) -> str:
    one, many, cent, cents, agreed = _UNITS[_NAMED_UNITS.get(sign, sign)]
    split = re.fullmatch(r"(.*?)[.,](\d\d)", amount)
    whole, fraction = (split[1], int(split[2])) if split else (amount, 0)
    if scale:
        return apart(match, f"{number(amount, 'short')} {scale} {'' if scale == 'mil' else 'de '}{many}")
    parts = [f"{number(whole, agreed)} {one if whole == '1' else many}"] if whole != "0" or not fraction else []
    if fraction:
        parts.append(f"{cardinal(fraction, noun_form(cents))} {cent if fraction == 1 else cents}")
    return apart(match, " con ".join(parts))


def _labelled(match: Match) -> str:
    return grouped(match[0], digits) if _LABEL.search(lead(match)) else match[0]


def _fraction(match: Match) -> str:
    words = _FRACTIONS[match[2]]
    if match[2] == "1/2" and form(True, "", rest(match)) == "feminine":
        words = "media"
    return apart(match, f"{number(match[1])} y {words}" if match[1] else words)


def _ordinal(match: Match) -> str:
    if match[3]:
        return apart(match, ordinal(int(match[1]), "feminine"))
    short = match[0].lower().endswith("er") or form(True, lead(match), rest(match)) == "short"
    return apart(match, ordinal(int(match[1]), "short" if short else "full"))


def _and(match: Match) -> str:
    return apart(match, "e" if _BEFORE_E.match(rest(match)) else "y")


def _number(match: Match) -> str:
    return apart(match, number(match[0], form(match[0] == "1", lead(match), rest(match))))


RULES = (
    Rule(_NUMBER_SIGN, lambda match: apart(match, "número"), "#Nn"),
    Rule(_LABELLED, _labelled),
    Rule(_EMERGENCY, lambda match: digits(match[0])),
    Rule(_FRACTION, _fraction, "/"),
    Rule(_RANGE, lambda match: " a ", DASHES),
    Rule(_PRICE, lambda match: _price(match, match[1], match[2], match[3]), "$€£"),
    Rule(_PRICE_AFTER, lambda match: _price(match, match[2], match[1], None), "$€£UEG"),
    Rule(_PERCENT, lambda match: " por ciento" + gap(match), "%"),
    Rule(_ORDINAL, _ordinal),
    Rule(_OVER, lambda match: " sobre ", "/"),
    Rule(_MINUS, lambda match: "menos ", "-−"),
    Rule(_NUMBER, _number),
    Rule(re.compile("&"), _and, "&"),
    Rule(re.compile("#"), lambda match: apart(match, "numeral"), "#"),
    Rule(re.compile("@"), lambda match: apart(match, "arroba"), "@"),
)
