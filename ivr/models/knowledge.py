"""What the hospital tells everybody who asks."""

from peewee import JSONField, TextField

from ivr.models.connection import InstantField, Row, now


class KnowledgeEntry(Row):
    """The answer to one kind of question in one language; `words` are words and phrases by which callers ask it."""

    topic = TextField()
    language = TextField()
    words = JSONField(default=list)
    text = TextField()
    created_at = InstantField(default=now)

    class Meta:
        indexes = ((("topic", "language"), True),)
