"""Who has changed what."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ivr.schemas.lists import Listed, ListQuery
from ivr.schemas.types import Id, Instant, Shown

Named = Annotated[str, Field(max_length=100, pattern=r"^[a-z_]+(:[A-Za-z0-9]+)?$")]


class AuditShown(Shown):
    """One change of one row; `before` is null when it was made, `after` when it was removed."""

    id: Id
    actor: str = Field(examples=["user:3"])
    action: str = Field(examples=["changed"])
    subject: str = Field(examples=["doctor:7"])
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None
    created_at: Instant


class AuditList(Listed[AuditShown]):
    """Changes."""


class AuditQuery(ListQuery):
    """Changes by who made them, and of what."""

    actor: Named | None = None
    subject: Named | None = None
    sort: Literal["id", "-id"] = "-id"
