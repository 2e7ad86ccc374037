"""Calls, and what was said and done in each."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ivr.schemas.lists import DaysQuery, Listed, ListQuery
from ivr.schemas.types import Id, Instant, Shown

CallStatus = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
CallSid = Annotated[str, Field(pattern="^[A-Za-z0-9]{1,64}$", description="Twilio's name for the call", examples=["CA0123456789abcdef"])]
Code = Annotated[str, Field(pattern="^[a-z0-9_]{1,64}$")]


class CallShown(Shown):
    """One telephone call; `patient_id` is who the caller turned out to be."""

    id: Id
    sid: str = Field(examples=["CA0123456789abcdef"])
    status: CallStatus
    from_number: str | None
    to_number: str | None
    language: str | None
    patient_id: Id | None
    started_at: Instant
    ended_at: Instant | None
    ended_reason: str | None = Field(examples=["goodbye"])


class CallList(Listed[CallShown]):
    """Calls."""


class CallQuery(DaysQuery):
    """Calls by patient, status, how they ended, and the day on which they began."""

    sid: CallSid | None = None
    patient_id: Id | None = None
    status: CallStatus | None = None
    ended_reason: Code | None = None
    sort: Literal["started_at", "-started_at"] = "-started_at"


class TurnShown(Shown):
    """One utterance and its reply; turn 0 is the greeting. Of the reply `heard_text` is what the caller heard."""

    id: Id
    ordinal: int
    caller_text: str
    reply_text: str
    heard_text: str
    language: str | None
    interrupted: bool
    timeline: dict[str, float] = Field(
        description="Stages by name, in milliseconds after the caller's last sound", examples=[{"last_loud": 0, "first_sent": 812.5}]
    )
    started_at: Instant


class TurnList(Listed[TurnShown]):
    """Turns."""


class TurnQuery(ListQuery):
    """The turns of one call."""

    sort: Literal["ordinal", "-ordinal"] = "ordinal"


class ToolCallShown(Shown):
    """One function that the model called, with its result or its error."""

    id: Id
    call_id: Id
    turn_id: Id | None
    name: str = Field(examples=["list_slots"])
    arguments: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    duration_ms: int
    created_at: Instant


class ToolCallList(Listed[ToolCallShown]):
    """Lines of the function log."""


class CallToolsQuery(ListQuery):
    """The functions of one call, in their order."""

    sort: Literal["id", "-id"] = "id"


class ToolCallQuery(DaysQuery):
    """The function log by name, outcome, call and day."""

    name: Code | None = None
    failed: bool | None = Field(default=None, description="true for errors, false for results")
    call_id: Id | None = None
    sort: Literal["created_at", "-created_at"] = "-created_at"
