"""What the hospital tells everybody who asks."""

from typing import Annotated, Literal

from pydantic import Field

from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import ABSENT, Arguments, Change, Id, Instant, Language, Shown, Text

Topic = Annotated[str, Field(pattern="^[a-z][a-z_]{0,49}$", examples=["parking"])]
Words = Annotated[list[Text], Field(max_length=100, description="Words and phrases by which callers ask this", examples=[["car park"]])]
Told = Annotated[str, Field(min_length=1, max_length=600, pattern=r"\S", description="What callers are told, word for word")]


class KnowledgeShown(Shown):
    """The answer to one kind of question in one language."""

    id: Id
    topic: str = Field(examples=["parking"])
    language: str = Field(examples=["en"])
    words: list[str]
    text: str
    created_at: Instant


class KnowledgeList(Listed[KnowledgeShown]):
    """Answers."""


class KnowledgeQuery(ListQuery):
    """Answers by topic and language."""

    topic: Topic | None = None
    language: Language | None = None
    sort: Literal["topic", "-topic", "id", "-id"] = "topic"


class NewKnowledge(Arguments):
    """An answer; there is one of each topic and language."""

    topic: Topic
    language: Language
    words: Words = Field(default=[])
    text: Told


class KnowledgeChange(Change):
    """What is to change."""

    topic: Topic = ABSENT
    language: Language = ABSENT
    words: Words = ABSENT
    text: Told = ABSENT
