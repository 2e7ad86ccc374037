"""Word errors between what was said and what was heard, however numbers, times and dates are written. Pure."""

import re
import unicodedata

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
_MONTHS = "january february march april may june july august september october november december".split()

_UNOS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve "
    "veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
).split()
_DIECES = "cero diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_CIENTOS = "cero ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()

_HESITATIONS = {"um", "uh", "eh"}


def words(text: str, language: str) -> list[str]:
    """A text's words, comparable: lower case, no accents or punctuation, numbers spelt out, hesitations left out."""
    text = unicodedata.normalize("NFKD", text.lower())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = _english(text) if language == "en" else _spanish(text)
    return [word for word in re.sub(r"[^\w\s]|_", " ", text.replace("'", "")).split() if word not in _HESITATIONS]


def errors(said: list[str], heard: list[str]) -> int:
    """The fewest insertions, deletions and substitutions between them."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(said, 1):
        corner, row[0] = row[0], index
        for column, other in enumerate(heard, 1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (word != other))
    return row[-1]


def _english(text: str) -> str:
    text = re.sub(r"\bdr\b\.?", "doctor", text)
    text = re.sub(r"\b([ap])\.?m\b\.?", r"\1 m", text)
    text = re.sub(r"(?<=[a-z])\.(?=[a-z])", " dot ", text).replace("@", " at ")
    text = re.sub(rf"\b({'|'.join(_MONTHS)}) (\d\d?)\b", r"\1 \2th", text)
    text = re.sub(r"(\d+)(?:st|nd|rd|th)\b", lambda found: _ordinal(int(found[1])), text)
    text = re.sub(r"\d{3,}(?:[- ]\d{3,})+", lambda found: " ".join(_ONES[int(digit)] for digit in found[0] if digit.isdigit()), text)
    return re.sub(r"\d+", lambda found: f" {_number(found[0])} ", text)


def _number(digits: str) -> str:
    """As people read numbers in this trade: 945 and 1015 are times, 1982 is a year."""
    if len(digits) > 4 or digits.startswith("0"):
        return " ".join(_ONES[int(digit)] for digit in digits)
    if len(digits) > 2:
        return f"{_number(digits[:-2])} {_number(digits[-2:])}"
    number = int(digits)
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")


def _ordinal(number: int) -> str:
    *before, last = _number(str(number)).split()
    return " ".join([*before, _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")])


def _spanish(text: str) -> str:
    text = re.sub(r"\b(dr|dra)\b\.?", lambda found: {"dr": "doctor", "dra": "doctora"}[found[1]], text)
    return re.sub(r"\d+", lambda found: f" {_numero(int(found[0]))} ", text)


def _numero(number: int) -> str:
    if number < 30:
        return _UNOS[number]
    if number < 100:
        return _DIECES[number // 10] + (f" y {_UNOS[number % 10]}" if number % 10 else "")
    if number < 1000:
        return "cien" if number == 100 else f"{_CIENTOS[number // 100]} {_numero(number % 100) if number % 100 else ''}"
    thousands = "mil" if number < 2000 else f"{_numero(number // 1000)} mil"
    return f"{thousands} {_numero(number % 1000) if number % 1000 else ''}"
