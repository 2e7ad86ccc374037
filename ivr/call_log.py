"""Calls as supervisors read them: who called and how it ended, what was said, and which functions the model called."""

from zoneinfo import ZoneInfo

from ivr import records
from ivr.models import Call, ToolCall, Turn
from ivr.paging import Page, days_of, matching, narrowed, page
from ivr.schemas.calls import CallQuery, CallToolsQuery, ToolCallQuery, TurnQuery

_TOLD = [field for field in Call._meta.sorted_fields if field not in (Call.history, Call.unsaid)]
"""Of a list's calls; the conversation is as long as the call, and is read turn by turn."""


def listed(query: CallQuery, tz: ZoneInfo) -> Page[Call]:
    """Calls by patient, status, how they ended, and the day on which they began."""
    filters = [
        *matching(query, sid=Call.sid, patient_id=Call.patient, status=Call.status, ended_reason=Call.ended_reason),
        *days_of(Call.started_at, query, tz),
    ]
    return page(narrowed(Call.select(*_TOLD), filters), query, {"started_at": Call.started_at})


def get(call_id: int) -> Call:
    """One call; raises `NotFound`."""
    return records.get(Call, call_id)


def turns(call_id: int, query: TurnQuery) -> Page[Turn]:
    """What was said in a call; raises `NotFound`."""
    return page(Turn.select().where(Turn.call == get(call_id)), query, {"ordinal": Turn.ordinal})


def tools_of(call_id: int, query: CallToolsQuery) -> Page[ToolCall]:
    """The functions that the model called in a call; raises `NotFound`."""
    return page(ToolCall.select().where(ToolCall.call == get(call_id)), query, {"id": ToolCall.id})


def tools(query: ToolCallQuery, tz: ZoneInfo) -> Page[ToolCall]:
    """The function log of all calls, by name, outcome, call and day."""
    filters = [
        *matching(query, name=ToolCall.name, call_id=ToolCall.call),
        (query.failed, lambda value: ToolCall.error.is_null(not value)),
        *days_of(ToolCall.created_at, query, tz),
    ]
    return page(narrowed(ToolCall.select(), filters), query, {"created_at": ToolCall.created_at})
