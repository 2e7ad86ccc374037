"""What one utterance says: the intention, the doctor, the days and times, the caller's name, birth and number."""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from ivr.offline.mind.dates import Birth, Days, birth_from_keys, find_birth, find_days
from ivr.offline.mind.english import ENGLISH
from ivr.offline.mind.language import Language, first_cue
from ivr.offline.mind.names import bare_name, doctor_name, introduced_name
from ivr.offline.mind.plain import plain
from ivr.offline.mind.spanish import SPANISH
from ivr.offline.mind.specialties import complained_of, find_specialty
from ivr.offline.mind.times import NO_TIMES, Times, find_times

LANGUAGES: dict[str, Language] = {"en": ENGLISH, "es": SPANISH}
_KEYS = re.compile(r"\[keys\]\s*([\d*#]+)")
_FEWEST_PHONE_DIGITS = 7


@dataclass(frozen=True)
class Details:
    """Which doctor or specialty, and when."""

    specialty: str | None = None
    doctor: str | None = None
    days: Days | None = None
    times: Times = NO_TIMES

    def __bool__(self) -> bool:
        return bool(self.specialty or self.doctor or self.days or self.times)


NOTHING = Details()
"""No details at all."""


@dataclass(frozen=True)
class Utterance:
    """One utterance, understood. `signals` are the language's small cues that occur in it.

    `choice` counts from 0, -1 is the last one. `goal` is where an appointment shall be moved to, if that was told apart
    from which one it is (`details`). `complaint` is a specialty that a complaint points to.
    """

    raw: str
    words: str
    intent: str | None = None
    topic: str | None = None
    signals: frozenset[str] = frozenset()
    details: Details = NOTHING
    goal: Details = NOTHING
    complaint: str | None = None
    choice: int | None = None
    number: int | None = None
    name: str = ""
    introduced: bool = False
    birth: Birth | None = None
    phone: str | None = None
    agrees: bool = False
    declines: bool = False


@lru_cache(maxsize=2048)
def understand(raw: str, code: str, today: date, asked: str) -> Utterance:
    """Understand an utterance in a language, as an answer to what was asked last (a question's key, or empty)."""
    language = LANGUAGES[code]
    if typed := _KEYS.search(raw):
        spoken = _KEYS.sub(" ", raw).strip()
        return _typed(understand(spoken, code, today, asked), typed[1], language, today, asked)
    return _with_details(_with_person(_gist(raw, language), language, today, asked), language, today)


def _gist(raw: str, language: Language) -> Utterance:
    """The intention and the small cues."""
    text = language.figures(raw)
    signals = frozenset(name for name, pattern in language.signals.items() if pattern.search(text))
    answer = _answer(text, language) if "unsure" not in signals else ""
    return Utterance(
        raw=raw,
        words=text,
        intent=first_cue(language.intents, text),
        topic=first_cue(language.topics, text),
        signals=signals,
        complaint=complained_of(text),
        agrees=answer == "yes",
        declines=answer == "no",
    )


def _answer(text: str, language: Language) -> str:
    """Yes or no, whichever is said first."""
    found = [(place.start(), name) for name in ("no", "yes") if (place := language.signals[name].search(text))]
    return min(found)[1] if found else ""


def _with_person(gist: Utterance, language: Language, today: date, asked: str) -> Utterance:
    """The gist with the caller's name, date of birth and telephone number; their words are taken out of the rest."""
    raw, text = gist.raw, gist.words
    phone = _phone(raw, text, language, asked)
    if phone:
        text = re.sub(r"\d+", "|", text)
    birth, text = find_birth(text, language, today, asked in ("identity", "birth"))
    name = introduced_name(raw, language)
    introduced = bool(name)
    if not name and gist.intent is None and asked in ("identity", "name", "last_name"):
        name = bare_name(raw, language)
    topic = None if introduced else gist.topic
    return replace(gist, words=text, phone=phone, birth=birth, name=name, introduced=introduced, topic=topic)


def _with_details(utterance: Utterance, language: Language, today: date) -> Utterance:
    raw, text, goal = utterance.raw, utterance.words, Details()
    found = language.signals["goal"].search(text) if utterance.intent == "move" else None
    if found:
        titles = list(re.finditer(language.doctor_titles, raw, re.IGNORECASE))
        cut = titles[-1].start() if titles and re.search(language.doctor_titles, found["goal"]) else len(raw)
        goal, _ = _details(raw[cut:], found["goal"], language, today)
        raw, text = raw[:cut], text[: found.start("goal")]
    details, left = _details(raw, text, language, today)
    return replace(utterance, details=details, goal=goal, choice=_choice(left, language), number=_lone_number(left))


def clear_language(raw: str, languages: tuple[str, ...]) -> str | None:
    """The language whose small words clearly prevail: at least two, and more than of any other."""
    words = set(plain(raw).split())
    counts = sorted(
        ((len(words & LANGUAGES[code].marks) + ("¿" in raw or "¡" in raw) * (code == "es"), code) for code in languages), reverse=True
    )
    best = counts[0] if counts else (0, "")
    rival = counts[1][0] if len(counts) > 1 else 0
    return best[1] if best[0] >= 2 and best[0] > rival else None


def _details(raw: str, text: str, language: Language, today: date) -> tuple[Details, str]:
    days, rest = find_days(text, language, today)
    times, rest = find_times(rest, language)
    doctor = doctor_name(raw, language) or None
    return Details(find_specialty(plain(raw)) if not doctor else None, doctor, days, times), rest


def _choice(text: str, language: Language) -> int | None:
    found = language.signals["choice"].search(text)
    if not found:
        return None
    if found["last"]:
        return -1
    return 0 if found["first"] else int(found["n"] or found["m"]) - 1


def _lone_number(text: str) -> int | None:
    """The only number in the words, if it can be an hour or the number of a choice."""
    found = re.findall(r"\b(?:1[0-2]|[1-9])\b", text)
    return int(found[0]) if len(found) == 1 and len(re.findall(r"\d+", text)) == 1 else None


def _phone(raw: str, text: str, language: Language, asked: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    wanted = asked == "phone" and len(digits) >= 5
    if not wanted and not (language.signals["phone"].search(text) and len(digits) >= _FEWEST_PHONE_DIGITS):
        return None
    return f"+{digits}" if re.search(r"\+\s?\d", raw) else digits


def _typed(spoken: Utterance, keys: str, language: Language, today: date, asked: str) -> Utterance:
    """Keys answer what was asked: a date of birth, a telephone number, or the number of a choice."""
    if keys in ("*", "0"):
        return replace(spoken, intent="repeat" if keys == "*" else "human")
    digits = re.sub(r"\D", "", keys)
    if asked == "phone":
        return replace(spoken, phone=digits)
    if birth := birth_from_keys(digits, language, today):
        return replace(spoken, birth=birth)
    return replace(spoken, choice=int(digits) - 1) if len(digits) == 1 else spoken
