"""Text as the words that are heard: without case, accents and punctuation, numbers as digits. Pure.

"2:30 p.m." and "two thirty P M" sound alike, and come out alike.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<half>\b[ap])(?:\.\s?| )m\b\.?|(?P<digits>\d+(?:[.,:]\d+)*)(?:st|nd|rd|th|[ºª°])?|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)",
    re.IGNORECASE,
)

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho"
    " diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_ORDINALS = {
    "en": "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth",
    "es": "primero segundo tercero cuarto quinto sexto septimo octavo noveno decimo",
}
_OTHERS = {
    "en": {"thirtieth": 30},
    "es": {"un": 1, "una": 1, "primer": 1, "primera": 1, "segunda": 2, "tercer": 3, "tercera": 3, "cuarta": 4, "quinta": 5, "veintiun": 21}
    | {"veintiuna": 21, "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400, "quinientos": 500}
    | {"seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900},
}
_SCALES = {"hundred": 100, "thousand": 1000, "mil": 1000}
_CONNECTORS = {"en": "and", "es": "y"}
_PARTS_OF_HOUR = {"media": "30", "cuarto": "15"}
_NOTHING = frozenset({"oclock"})
_SHORT = {
    "dr": "doctor",
    "dra": "doctora",
    "mr": "mister",
    "mrs": "missus",
    "sr": "señor",
    "sra": "señora",
    "ok": "okay",
}
_CONTRACTIONS = {"can't": "can not", "cannot": "can not", "won't": "will not", "let's": "let us", "gonna": "going to"}
_ENDINGS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am", "'d": "would", "'s": "is"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A word, or one digit of a number.

    `end` is how far in the text one has read when it has been heard: a number only counts as a whole. `group` tells
    the numbers apart, and is 0 for a word.
    """

    word: str
    end: int
    group: int = 0


def heard_words(text: str, language: str, *, expand: bool = True) -> list[Heard]:
    """The words of a text; `expand` makes "I'm" the same as "I am"."""
    reading = _Reading(language)
    for match in _TOKEN.finditer(text):
        if match["half"]:
            reading.word(match["half"].lower() + "m", match.end())
        elif match["digits"]:
            reading.digits(_plain_digits(match["digits"]), match.end())
        else:
            for word in _words(match["word"], expand):
                reading.word(word, match.end())
    reading.end_number()
    return reading.heard


def folded(text: str) -> str:
    """Lower case, without accents, with straight apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def number_words(language: str) -> dict[str, int]:
    """The number words of a language and their values, hundreds and thousands apart."""
    return _VALUES[language if language in _VALUES else "en"]


def _words(token: str, expand: bool) -> Iterator[str]:
    word = folded(token)
    whole = _CONTRACTIONS.get(word)
    ending = next((ending for ending in _ENDINGS if word.endswith(ending) and len(word) > len(ending)), None)
    if expand and whole:
        yield from whole.split()
    elif expand and ending:
        yield word.removesuffix(ending)
        yield _ENDINGS[ending]
    else:
        plain = word.replace("'", "")
        yield folded(_SHORT.get(plain, plain))


def _plain_digits(token: str) -> str:
    return re.sub(r"\D", "", token.removesuffix(":00"))


class _Reading:
    """Reads word by word; number words and digits that follow each other become one number, digit by digit."""

    def __init__(self, language: str) -> None:
        self.heard: list[Heard] = []
        self._values = number_words(language)
        self._connector = _CONNECTORS.get(language, "and")
        self._joining: int | None = None
        self._digits = ""
        self._value: int | None = None
        self._room = 1
        self._end = 0
        self._groups = 0

    def digits(self, digits: str, end: int) -> None:
        self._join()
        self._settle()
        self._digits += digits
        self._end = end

    def word(self, word: str, end: int) -> None:
        if word in _NOTHING:
            self._end = end
        elif word == self._connector and self._in_number:
            self._join_or_say()
            self._joining = end
        elif word in _SCALES and (self._in_number or word == "mil"):
            self._scale(_SCALES[word], end)
        elif word in _PARTS_OF_HOUR and self._joining and self._connector == "y":
            self.digits(_PARTS_OF_HOUR[word], end)
        elif word in self._values:
            self._number(self._values[word], end)
        elif word in ("oh", "o") and self._in_number and self._connector == "and":
            self.digits("0", end)
        else:
            self._say(word, end)

    def end_number(self) -> None:
        """Let a number that was being read stand as it is."""
        self._settle()
        if self._digits:
            self._groups += 1
            before = self.heard[-1].end if self.heard else 0
            ends = [before] * (len(self._digits) - 1) + [self._end]
            self.heard += [Heard(digit, end, self._groups) for digit, end in zip(self._digits, ends, strict=True)]
            self._digits = ""
        if self._joining is not None:
            self.heard.append(Heard(self._connector, self._joining))
            self._joining = None

    @property
    def _in_number(self) -> bool:
        return self._value is not None or bool(self._digits)

    def _say(self, word: str, end: int) -> None:
        self.end_number()
        self.heard.append(Heard(word, end))

    def _join(self) -> None:
        """Drop "and" between the parts of one number: always in Spanish, after hundreds and thousands in English."""
        if self._joining is not None and (self._connector == "y" or self._room >= 100):
            self._joining = None
        elif self._joining is not None:
            self.end_number()

    def _join_or_say(self) -> None:
        if self._joining is not None:
            self.end_number()

    def _number(self, value: int, end: int) -> None:
        self._join()
        if self._value is not None and 0 < value < self._room:
            self._value += value
        else:
            self._settle()
            self._value = value
        self._room = 100 if value >= 100 else 10 if value >= 20 and value % 10 == 0 else 1
        self._end = end

    def _scale(self, scale: int, end: int) -> None:
        self._join()
        value = self._value or 0
        last = value % 100 if scale == 100 else value
        self._value = value - last + max(last, 1) * scale
        self._room = scale
        self._end = end

    def _settle(self) -> None:
        if self._value is not None:
            self._digits += str(self._value)
            self._value = None
        self._room = 1


def _values(language: str) -> dict[str, int]:
    counted = {word: value for value, word in enumerate(_UNITS[language].split())}
    tens = {word: 20 + 10 * index for index, word in enumerate(_TENS[language].split())}
    ordinals = {word: value for value, word in enumerate(_ORDINALS[language].split(), start=1)}
    return counted | tens | ordinals | _OTHERS[language]


_VALUES = {language: _values(language) for language in _UNITS}
