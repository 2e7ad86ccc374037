"""Spanish numerals in words, in the form that stands before their noun. Pure."""

import re
from typing import Literal

Form = Literal["full", "short", "feminine"]
"""What becomes of a one at the end: "veintiuno", "veintiún" before a masculine noun, "veintiuna" before a feminine one."""

_SMALL = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve"
    " veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()
_SCALES = ((10**12, "billón", "billones"), (10**6, "millón", "millones"), (1000, "mil", "mil"))
_ORDINALS = (
    "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo undécimo duodécimo"
    " decimotercero decimocuarto decimoquinto decimosexto decimoséptimo decimoctavo decimonoveno"
).split()
_TENTHS = "vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo".split()

LARGEST = 10**15 - 1


def cardinal(value: int, form: Form = "full") -> str:
    """21 is "veintiuno", "veintiún" or "veintiuna". From 0 to `LARGEST`."""
    words = _cardinal(value)
    if form == "short":
        return re.sub("veintiuno$", "veintiún", words) if words.endswith("veintiuno") else re.sub("uno$", "un", words)
    if form == "feminine":
        words = re.sub("uno$", "una", words)
        return re.sub(r"(cient|quinient)os\b", r"\1as", words) if value < 10**6 else words
    return words


def ordinal(value: int, form: Form = "full") -> str:
    """1 is "primero", "primer" or "primera"; beyond 99 the cardinal number is said."""
    if not 1 <= value <= 99:
        return cardinal(value, form)
    tens, unit = divmod(value, 10)
    words = _ORDINALS[value - 1] if value < 20 else " ".join([_TENTHS[tens - 2], *_ORDINALS[unit - 1 : unit]][: 1 + bool(unit)])
    if form == "feminine":
        return re.sub(r"o\b", "a", words)
    return re.sub("(primer|tercer)o$", r"\1", words) if form == "short" else words


def digits(figures: str) -> str:
    """Digit by digit."""
    return " ".join(_SMALL[int(figure)] for figure in figures)


def _cardinal(value: int) -> str:
    if value < 30:
        return _SMALL[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return _TENS[tens - 3] + (f" y {_SMALL[unit]}" if unit else "")
    if value == 100:
        return "cien"
    if value < 1000:
        hundreds, remainder = divmod(value, 100)
        return _HUNDREDS[hundreds - 1] + (f" {_cardinal(remainder)}" if remainder else "")
    scale, one, many = next(each for each in _SCALES if each[0] <= value)
    count, remainder = divmod(value, scale)
    counted = many if count > 1 else one
    if count > 1 or scale > 1000:
        counted = f"{cardinal(count, 'short')} {counted}"
    return counted + (f" {_cardinal(remainder)}" if remainder else "")
