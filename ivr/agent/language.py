"""Which language the caller speaks, told from the words. Pure."""

import re
from collections.abc import Sequence
from copy import copy

_FUNCTION_WORDS = {
    "en": frozenset(
        "i the a an is are do does you have my me to of for and in on at with what when where which can could would want need like "
        "it's i'm i'd please thank thanks yes yeah this that there any not it appointment tomorrow".split()
    ),
    "es": frozenset(
        "el la los las un una es son está tiene tienen mi me de del para y en con qué cuándo dónde cuál puedo podría quiero quisiera "
        "necesito por favor gracias sí hola buenos buenas días tardes esto eso hay cita médico doctora mañana nací llamo soy".split()
    ),
}
"""Words that are frequent in one language; names and cognates such as doctor or hospital tell nothing and are in neither alone."""

_REQUESTS = {
    "en": re.compile(r"\b(?:english|inglés|ingles)\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:spanish|español|espanol|castellano)\b", re.IGNORECASE),
}
_ASKS = re.compile(r"\b(?:speak|talk|in|habla|hablar?|hablan|en|prefer|prefiero)\b", re.IGNORECASE)

CLEAR_WORDS = 3
"""So many words of another language, and none of the present one, are clear evidence."""


class CallerLanguage:
    """Follows the caller's language over the utterances of a call.

    It changes on an explicit request, on one utterance that is clearly in another language, or on two short ones in a row;
    a single name, number or cognate changes nothing.
    """

    def __init__(self, languages: Sequence[str], language: str) -> None:
        self.languages = tuple(languages)
        self.language = language
        self.is_certain = len(self.languages) == 1
        self._leaning: str | None = None

    def hear(self, words: str) -> str:
        """Take an utterance; returns the language from here on (ISO 639-1)."""
        requested = self._requested(words)
        if requested is not None:
            return self._settle_on(requested)
        scores = {language: score(words, language) for language in self.languages}
        best = max(scores, key=lambda language: (scores[language], language == self.language))
        lead = scores[best] - max((value for language, value in scores.items() if language != best), default=0)
        if lead <= 0:
            return self.language
        if best == self.language or lead >= CLEAR_WORDS or self._leaning == best:
            return self._settle_on(best)
        self._leaning = best
        return self.language

    def would_change(self, words: str) -> bool:
        """Whether an utterance of these words would change the language."""
        return copy(self).hear(words) != self.language

    def _settle_on(self, language: str) -> str:
        self._leaning = None
        self.is_certain = True
        self.language = language
        return language

    def _requested(self, words: str) -> str | None:
        if not _ASKS.search(words):
            return None
        named = [language for language in self.languages if language in _REQUESTS and _REQUESTS[language].search(words)]
        return named[0] if len(named) == 1 else None


def score(words: str, language: str) -> int:
    """How many of the words are frequent in a language and not in the other known ones."""
    others = frozenset().union(*(known for other, known in _FUNCTION_WORDS.items() if other != language))
    mine = _FUNCTION_WORDS.get(language, frozenset()) - others
    return sum(word in mine for word in re.findall(r"[\w']+", words.lower()))
