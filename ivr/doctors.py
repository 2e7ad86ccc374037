"""Find doctors and specialties by the words that callers use for them."""

from collections.abc import Iterable

from ivr.everyday import GOOD_ENOUGH, mentions
from ivr.models import Doctor, Specialty
from ivr.names import fold, similarity, untitled
from ivr.schemas import ListDoctors

AS_GOOD = 0.05
"""Names within this of the best are equally meant."""


def find_doctors(query: ListDoctors) -> list[Doctor]:
    """Active doctors by specialty, name and language, each left out if not asked for; nothing known is an empty list."""
    doctors = active_doctors()
    if query.specialty:
        specialty = resolve_specialty(query.specialty)
        doctors = [doctor for doctor in doctors if specialty and doctor.specialty.id == specialty.id]
    if query.language:
        doctors = [doctor for doctor in doctors if query.language in doctor.languages]
    return best_matches(query.name, doctors) if query.name else doctors


def active_doctors() -> list[Doctor]:
    """Every doctor who sees patients, each with the specialty, in one query."""
    query = Doctor.select(Doctor, Specialty).join(Specialty).where(Doctor.active)
    return list(query.order_by(Specialty.name, Doctor.family_name, Doctor.id))


def best_matches(name: str, doctors: Iterable[Doctor]) -> list[Doctor]:
    """The doctors who may be meant by a name as it was heard, the best first; usually one or none."""
    words = untitled(name)
    scored = sorted(((_score(words, doctor), doctor) for doctor in doctors), key=lambda pair: -pair[0])
    if not scored or scored[0][0] < GOOD_ENOUGH:
        return []
    return [doctor for score, doctor in scored if score >= scored[0][0] - AS_GOOD]


def _score(words: list[str], doctor: Doctor) -> float:
    if not words:
        return 0.0
    given, family = fold(doctor.given_name).replace(" ", ""), fold(doctor.family_name).replace(" ", "")
    # One name, which recognition may have heard as two words ("same ear"); given and family name; a wrong given name.
    alone = max(similarity("".join(words), family), 0.9 * similarity("".join(words), given))
    both = min(similarity(words[0], given), similarity("".join(words[1:]), family)) + 0.1
    return max(alone, both, 0.95 * similarity(words[-1], family))


def resolve_specialty(words: str) -> Specialty | None:
    """The specialty meant by everyday words in English or Spanish: a heart doctor, pediatra, someone for my skin."""
    best: tuple[float, Specialty | None] = (0.0, None)
    for specialty in Specialty.select():
        for phrase in {specialty.name, *specialty.labels.values(), *specialty.words}:
            score = mentions(words, phrase)
            if score > best[0]:
                best = (score, specialty)
    return best[1]
