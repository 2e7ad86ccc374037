"""How a speech model rewords what it was asked to read. Pure."""

import re

_CONTRACTIONS = {
    "I am": "I'm",
    "I will": "I'll",
    "I have": "I've",
    "you are": "you're",
    "it is": "it's",
    "that is": "that's",
    "we are": "we're",
    "do not": "don't",
    "cannot": "can't",
    "would not": "wouldn't",
    "there is": "there's",
    "para el": "pal",
}
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta"
).split()
_NUMBER = re.compile(r"\b(" + "|".join(_NUMBERS) + r")\b|\d", re.IGNORECASE)


def reworded(text: str) -> str:
    """The same said a little differently: a contraction made or undone, or a word put before it."""
    for whole, short in _CONTRACTIONS.items():
        for said, instead in ((whole, short), (short, whole)):
            if found := re.search(rf"\b{re.escape(said)}\b", text, re.IGNORECASE):
                return text[: found.start()] + instead + text[found.end() :]
    return f"So, {text}"


def with_other_digits(text: str) -> str:
    """The same with its last number changed, which must never be heard; reworded where there is none."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return reworded(text)
    last = numbers[-1]
    said = last.group()
    other = str((int(said) + 3) % 10) if said.isdigit() else _NUMBERS[(_NUMBERS.index(said.lower()) + 1) % len(_NUMBERS)]
    return text[: last.start()] + other + text[last.end() :]
