"""English numerals in words, without the British "and". Pure."""

import re

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}

LARGEST = 10**15 - 1


def cardinal(value: int) -> str:
    """205 is "two hundred five". From 0 to `LARGEST`."""
    if value < 20:
        return _SMALL[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return _TENS[tens - 2] + (f"-{_SMALL[unit]}" if unit else "")
    scale, name = next(each for each in _SCALES if each[0] <= value)
    count, remainder = divmod(value, scale)
    return f"{cardinal(count)} {name}" + (f" {cardinal(remainder)}" if remainder else "")


def ordinal(value: int) -> str:
    """24 is "twenty-fourth"."""
    return re.sub(r"[a-z]+$", lambda last: _ordinal(last[0]), cardinal(value))


def year(value: int) -> str:
    """1982 is "nineteen eighty-two", 2009 "two thousand nine". From 1000 to 9999."""
    return cardinal(value) if value % 1000 < 10 else pairs(value)


def pairs(value: int) -> str:
    """A room's or a house's number: 205 is "two oh five", 4521 "forty-five twenty-one". From 100 to 9999."""
    high, low = divmod(value, 100)
    if low == 0:
        return cardinal(value) if high % 10 == 0 else f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' if low < 10 else ''}{cardinal(low)}"


def digits(figures: str) -> str:
    """Digit by digit."""
    return " ".join(_SMALL[int(figure)] for figure in figures)


def plural(words: str) -> str:
    """ "nineteen eighty" becomes "nineteen eighties"."""
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _ordinal(word: str) -> str:
    return _ORDINALS.get(word) or (word[:-1] + "ieth" if word.endswith("y") else word + "th")
