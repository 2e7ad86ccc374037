"""Whether callers' everyday words mention something, recognition's spelling forgiven: pure."""

from ivr.names import fold, similarity, skeleton, sound

GOOD_ENOUGH = 0.8
"""Words below this similarity are different words."""


def mentions(heard: str, phrase: str) -> float:
    """How much of what was heard is this phrase: its letters, a little less if it only sounds like it, 0 if it does not occur.

    Longer phrases say more.
    """
    wanted, given = _words(phrase), _words(heard)
    length = len("".join(wanted))
    starts = range(len(given) - len(wanted) + 1)
    if any(given[start : start + len(wanted)] == wanted for start in starts):
        return length
    if any(all(map(_sounds_like, wanted, given[start:])) for start in starts):
        return length * 0.9
    return 0.0


def _words(text: str) -> list[str]:
    return [_singular(word) for word in fold(text).split()]


def _sounds_like(word: str, heard: str) -> bool:
    if word == heard:
        return True
    # Short words have too few consonants to be told apart by them.
    return len(word) > 5 and skeleton(word) == skeleton(heard) and similarity(sound(word), sound(heard)) > GOOD_ENOUGH


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
