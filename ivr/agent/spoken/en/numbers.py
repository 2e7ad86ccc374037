"""Prices, percentages, room numbers, codes, ordinals and plain numbers in English. Pure."""

import re

from ivr.agent.spoken.digits import grouped
from ivr.agent.spoken.en.numerals import LARGEST, cardinal, digits, ordinal, pairs, plural, year
from ivr.agent.spoken.rules import DASH, DASHES, SPACE, Match, Rule, apart, gap, lead, rest

_UNITS = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
_NAMED_UNITS = {"USD": "$", "EUR": "€", "GBP": "£"}
_HALVES = {"1/2": "half", "1/3": "third", "2/3": "two thirds", "1/4": "quarter", "3/4": "three quarters"}

_AMOUNT = r"(\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
_PRICE = re.compile(rf"(?:US)?([$€£]){SPACE}?{_AMOUNT}(?:{SPACE}(thousand|million|billion)\b)?")
_PRICE_AFTER = re.compile(rf"(?<![\w.,]){_AMOUNT}{SPACE}?([$€£]|(?:USD|EUR|GBP)\b)")
_PERCENT = re.compile(rf"{SPACE}?%")
_EXTENSION = re.compile(r"[xX](?<![^\W_].)(?=\d{2,6}(?![^\W_]))")
_LABELLED = re.compile(r"\d(?<![\d.,:$€£-].)\d++(?![\w%]|[.,:]\d)")
_LABEL = re.compile(
    r"\b(?:(?P<room>room|suite|apartment|unit|bed|building|gate|box|bus|route|flight|highway)|(?P<extension>ext|extension)"
    r"|dial|call|press|text|code|pin|zip|id|account|policy|member|confirmation|reference|case|mrn)"
    r"(?:\s(?:number|code|id|is|at)){0,3}:?\s$",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(r"(?<![\w$€£.,-])(?:911|988|112|999)(?![\w%-]|[.,:]\d)")
_NUMBER_SIGN = re.compile(rf"(?:\b(?<=[a-z,] )No\.{SPACE}?|#{SPACE}?)(?=\d)")
_FRACTION = re.compile(rf"(?<![\w/.,])(?:(\d+){SPACE})?({'|'.join(_HALVES)})(?![\w/]|[.,]\d)")
_ALWAYS = re.compile(r"(?<![\w/.,])24/7(?![\w/]|[.,]\d)")
_OVER = re.compile(r"(?<=\d)/(?=\d)")
_RANGE = re.compile(rf"(?<=\d){SPACE}?{DASH}{SPACE}?(?=[$€£]?(?!0\d)\d)")
_MINUS = re.compile(r"(?<![\w).])[-−](?=\d)")
_ORDINAL = re.compile(r"(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th)(?![^\W_])", re.IGNORECASE)
_DECADE = re.compile(r"(?<![\w.,])(\d{1,3}0)['’]?s(?![^\W_])")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*")
_CAPITAL_NEXT = re.compile(r"\s[A-Z][a-z]")


def number(written: str, *, before_name: bool = False) -> str:
    """A number as it is written, such as 1,250.5; what is too long for a quantity is read digit by digit.

    `before_name` is for a house's number.
    """
    whole, *decimals = written.split(".")
    figures = whole.replace(",", "")
    words = _whole(figures, before_name) if "," not in whole and not decimals else _quantity(figures)
    return " point ".join([words, *map(digits, decimals)])


def _whole(figures: str, before_name: bool) -> str:
    if len(figures) > 4 and not figures.endswith("000"):
        return grouped(figures, digits)
    if len(figures) == 4 and figures[0] != "0" and (before_name or 1100 <= int(figures) <= 2099):
        return year(int(figures))
    return _quantity(figures)


def _quantity(figures: str) -> str:
    if (len(figures) > 1 and figures[0] == "0") or len(figures) > len(str(LARGEST)):
        return grouped(figures, digits)
    return cardinal(int(figures))


def _price(match: Match, sign: str, amount: str, scale: str | None) -> str:
    one, many, cent, cents = _UNITS[_NAMED_UNITS.get(sign, sign)]
    whole, _, fraction = amount.replace(",", "").partition(".")
    if scale or len(fraction) not in (0, 2):
        return apart(match, " ".join(filter(None, (number(amount), scale, many))))
    hundredths = int(fraction or 0)
    parts = [f"{_quantity(whole)} {one if whole == '1' else many}"] if whole.strip("0") or not hundredths else []
    if hundredths:
        parts.append(f"{cardinal(hundredths)} {cent if hundredths == 1 else cents}")
    return apart(match, " and ".join(parts))


def _labelled(match: Match) -> str:
    figures = match[0]
    label = _LABEL.search(lead(match))
    if not label or (len(figures) < 3 and not label["extension"]):
        return figures
    return pairs(int(figures)) if label["room"] and len(figures) <= 4 and figures[0] != "0" else grouped(figures, digits)


def _fraction(match: Match) -> str:
    whole, part = match.groups()
    words = _HALVES[part]
    single = part.startswith("1")
    if whole:
        return apart(match, f"{number(whole)} and {'a ' if single else ''}{words}")
    return apart(match, f"{'one ' if single else ''}{words}")


def _ordinal(match: Match) -> str:
    return apart(match, ordinal(int(match[1].replace(",", ""))))


def _number(match: Match) -> str:
    return apart(match, number(match[0], before_name=bool(_CAPITAL_NEXT.match(rest(match)))))


RULES = (
    Rule(_NUMBER_SIGN, lambda match: apart(match, "number"), "#N"),
    Rule(_EXTENSION, lambda match: apart(match, "extension"), "xX"),
    Rule(_LABELLED, _labelled),
    Rule(_EMERGENCY, lambda match: digits(match[0])),
    Rule(_ALWAYS, lambda match: "twenty-four seven", "/"),
    Rule(_FRACTION, _fraction, "/"),
    Rule(_RANGE, lambda match: " to ", DASHES),
    Rule(_PRICE, lambda match: _price(match, match[1], match[2], match[3]), "$€£"),
    Rule(_PRICE_AFTER, lambda match: _price(match, match[2], match[1], None), "$€£UEG"),
    Rule(_PERCENT, lambda match: " percent" + gap(match), "%"),
    Rule(_ORDINAL, _ordinal),
    Rule(_DECADE, lambda match: plural(number(match[1])), "s"),
    Rule(_OVER, lambda match: " over ", "/"),
    Rule(_MINUS, lambda match: "minus ", "-−"),
    Rule(_NUMBER, _number),
    Rule(re.compile("&"), lambda match: apart(match, "and"), "&"),
    Rule(re.compile("#"), lambda match: apart(match, "pound"), "#"),
    Rule(re.compile("@"), lambda match: apart(match, "at"), "@"),
)
