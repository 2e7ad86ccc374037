"""What callers ask of the hospital is told in their language, in the table's own words, and nothing besides."""

from collections.abc import Iterator
from typing import Any

import pytest

from ivr.models import KnowledgeEntry, database
from ivr.queue import BookingStates
from ivr.seed import seed
from tests.integration.conftest import NOBODY_LISTENS, emptied
from tests.integration.on_the_line import OnTheLine
from tests.integration.test_scheduling import TZ


@pytest.fixture(scope="module")
def hospital(migrated: str) -> Iterator[None]:
    """The seeded hospital."""
    with database.connection_context():
        emptied()
        seed(TZ)
        yield


@pytest.fixture
def caller(hospital: None) -> Iterator[OnTheLine]:
    """Somebody whom nobody knows, who calls the hospital; what a test changes in it is undone."""
    states = BookingStates(NOBODY_LISTENS)
    with database.atomic() as transaction:
        yield OnTheLine(states)
        transaction.rollback()
    states.close()


def told(caller: OnTheLine, **question: Any) -> Iterator[tuple[str, str]]:
    """(topic, language) of each answer, whose text is the table's."""
    for answer in caller.uses("hospital_information", **question)["information"]:
        entry = KnowledgeEntry.get(KnowledgeEntry.topic == answer["topic"], KnowledgeEntry.language == answer["language"])
        assert answer["text"] == entry.text
        yield entry.topic, entry.language


def test_where_the_hospital_is_follows_its_setting(caller: OnTheLine) -> None:
    KnowledgeEntry.delete().execute()
    seed(TZ, address="5 Mill Lane")
    texts = [entry.text for entry in KnowledgeEntry.select().where(KnowledgeEntry.topic == "address")]
    assert len(texts) == 2 and all("5 Mill Lane" in text and "{" not in text for text in texts)


def test_a_question_in_the_callers_words_is_answered(caller: OnTheLine) -> None:
    for question, topic in (
        ("What are your opening hours on Saturday?", "hours"),
        ("Where is the hospital located?", "address"),
        ("Do you have parking at the hospital?", "parking"),
        ("Do you accept Blue Cross insurance?", "insurance"),
        ("When can I visit a patient?", "visiting_hours"),
        ("What should I bring?", "preparation"),
        ("¿Tienen estacionamiento?", "parking"),
        ("¿Cuál es el horario de atención los sábados?", "hours"),
    ):
        assert next(told(caller, query=question)) == (topic, "en"), question


def test_a_topic_is_answered_alone_and_by_the_words_for_it_too(caller: OnTheLine) -> None:
    assert list(told(caller, topic="hours", query="Do you have parking?")) == [("hours", "en")]
    assert list(told(caller, topic="location")) == [("address", "en")]
    assert {topic for topic, _ in told(caller, query="parking, and insurance")} == {"parking", "insurance"}


def test_the_calls_language_is_told_or_else_another(caller: OnTheLine) -> None:
    caller.context.language = "es"
    assert list(told(caller, topic="hours")) == [("hours", "es")]
    KnowledgeEntry.delete().where(KnowledgeEntry.topic == "hours", KnowledgeEntry.language == "es").execute()
    assert list(told(caller, topic="hours")) == [("hours", "en")]


def test_what_is_not_known_is_no_answer_but_what_is(caller: OnTheLine) -> None:
    result = caller.uses("hospital_information", query="Do you sell bicycles?")
    assert result["error"]["code"] == "not_found" and "parking" in result["error"]["message"]
    assert caller.fails("hospital_information") == "not_found"
    KnowledgeEntry.delete().execute()
    assert caller.fails("hospital_information", topic="hours") == "not_found"
