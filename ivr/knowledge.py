"""What the hospital tells everybody who asks: found by the words of the question, kept by the desk."""

from collections.abc import Container
from itertools import groupby

from ivr import records
from ivr.errors import NotFound
from ivr.everyday import mentions
from ivr.models import KnowledgeEntry
from ivr.paging import Page, page
from ivr.schemas import HospitalInformation
from ivr.schemas.knowledge import KnowledgeChange, KnowledgeQuery, NewKnowledge

MOST_ANSWERS = 2


def answers(question: HospitalInformation, language: str) -> list[KnowledgeEntry]:
    """What is known of a question, the best first, in this language where there is such; raises `NotFound` naming what is known."""
    entries = list(KnowledgeEntry.select().order_by(KnowledgeEntry.topic, KnowledgeEntry.id))
    topics = [list(group) for _, group in groupby(entries, key=lambda entry: entry.topic)]
    found = [topic for topic in topics if topic[0].topic == question.topic] or _mentioned(question, topics)
    if not found:
        raise NotFound(f"Nothing is known of this, only of: {', '.join(topic[0].topic for topic in topics) or 'nothing'}. Do not guess.")
    return [next((entry for entry in topic if entry.language == language), topic[0]) for topic in found[:MOST_ANSWERS]]


def listed(query: KnowledgeQuery) -> Page[KnowledgeEntry]:
    """Answers by topic and language."""
    found = KnowledgeEntry.select()
    for column in ("topic", "language"):
        if (value := getattr(query, column)) is not None:
            found = found.where(getattr(KnowledgeEntry, column) == value)
    return page(found, query, {"topic": KnowledgeEntry.topic, "id": KnowledgeEntry.id})


def get(entry_id: int) -> KnowledgeEntry:
    """One answer; raises `NotFound`."""
    return records.get(KnowledgeEntry, entry_id)


def add(wanted: NewKnowledge, by: str) -> KnowledgeEntry:
    """A new answer; raises `Conflict` with already_exists."""
    return records.create(KnowledgeEntry, wanted.model_dump(), by)


def change(entry_id: int, wanted: KnowledgeChange, unchanged: Container[str], by: str) -> KnowledgeEntry:
    """Change an answer; raises as `records.amend`."""
    return records.amend(KnowledgeEntry, entry_id, wanted.given(), unchanged, by)


def remove(entry_id: int, unchanged: Container[str], by: str) -> None:
    """Remove an answer; raises as `records.remove`."""
    records.remove(KnowledgeEntry, entry_id, unchanged, by)


def _mentioned(question: HospitalInformation, topics: list[list[KnowledgeEntry]]) -> list[list[KnowledgeEntry]]:
    heard = f"{question.topic or ''} {question.query or ''}"
    scores = [max(mentions(heard, phrase) for entry in topic for phrase in (entry.topic, *entry.words)) for topic in topics]
    ranked = sorted(zip(scores, topics, strict=True), key=lambda pair: -pair[0])
    return [topic for score, topic in ranked if score > 0]
