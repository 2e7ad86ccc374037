"""Whether a voice said what it was asked to say, as far as its transcript tells. Pure."""

import re
from dataclasses import dataclass

from ivr.agent.spoken import spoken
from ivr.voice.spoken_words import Heard, heard_words

_LAST_WORD_IS_WHOLE = re.compile(r"(?:[?!…]|[^\W\d]\.|:\d\d\.)[\"'”’»)]*\s*$")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far what was said confirms a text.

    `characters` of the text are confirmed, always up to the end of a word; `diverged` tells that what follows was said
    otherwise, or that something was said after the end; `instead` are those words, the last included, in lower case and
    with digits.
    """

    characters: int
    diverged: bool
    complete: bool
    instead: str


def agreement(text: str, said: str, language: str = "en", *, final: bool = False) -> Agreement:
    """Hold a transcript against the text that was to be said, which is written out already, as it was sent to the voice.

    Contractions and the spelling of numbers do not matter. Until it is `final`, the transcript's last word or number
    may still grow and confirms nothing, and the one before may be read otherwise when more has come.
    """
    wanted = heard_words(text, language)
    heard = _words(said, language) if final or _LAST_WORD_IS_WHOLE.search(said) else _settled_words(said, language)
    same = _common(wanted, heard)
    complete = same == len(wanted)
    characters = len(text) if complete else wanted[same - 1].end if same else 0
    unsure = 0 if final or complete else 1
    diverged = len(heard) > same + unsure or (final and not complete)
    instead = _words(said, language)[same:] if diverged else []
    return Agreement(characters, diverged, complete, " ".join(each.word for each in instead))


def same_words(text: str, said: str, language: str = "en") -> bool:
    """Whether a transcript is the text, written out, word for word; case, punctuation, accents and digits do not matter."""
    wanted, heard = (heard_words(words, language, expand=False) for words in (text, spoken(said, language)))
    return [each.word for each in wanted] == [each.word for each in heard]


def _words(said: str, language: str) -> list[Heard]:
    return heard_words(spoken(said, language), language)


def _settled_words(said: str, language: str) -> list[Heard]:
    """The words of a transcript that stay as they are when it grows."""
    sure = said.split()[:-1]
    # The last word may belong to a number before it: "$2.5 m" is no dollars yet.
    if sure and any(character.isdigit() for character in sure[-1]):
        sure.pop()
    heard = _words(" ".join(sure), language)
    kept = heard[:-1] if heard and heard[-1].word in ("and", "y") else heard
    if kept and kept[-1].group:
        return [each for each in kept if each.group != kept[-1].group]
    return heard


def _common(wanted: list[Heard], heard: list[Heard]) -> int:
    same = 0
    for want, have in zip(wanted, heard, strict=False):
        if want.word != have.word:
            break
        same += 1
    return same
