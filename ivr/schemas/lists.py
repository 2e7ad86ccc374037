"""Lists: the same questions and the same shape everywhere."""

from typing import Annotated, Generic, TypeVar

from pydantic import Field

from ivr.schemas.types import Arguments, Day, Shown

Item = TypeVar("Item")

Cursor = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$", max_length=1000)]


class ListQuery(Arguments):
    """One page of a list; each list has its own `sort` and filters besides."""

    limit: int = Field(default=50, ge=1, le=100, description="How many at the most")
    cursor: Cursor | None = Field(default=None, description="The last page's next_cursor, with the same sort and filters")


class DaysQuery(ListQuery):
    """One page of what happened, or is to happen, on one day or from one through another."""

    day: Day | None = Field(default=None, description="One day in the hospital's zone")
    date_from: Day | None = None
    date_to: Day | None = None


class Listed(Shown, Generic[Item]):
    """A page; the next one begins at `next_cursor`, which is null on the last."""

    items: list[Item]
    next_cursor: str | None = Field(examples=[None])
