"""Calls: who called, what was said, and which functions the model called."""

from ivr import call_log
from ivr.access import Scope
from ivr.models import Call, ToolCall, Turn
from ivr.paging import Page
from ivr.schemas.calls import (
    CallList,
    CallQuery,
    CallShown,
    CallToolsQuery,
    ToolCallList,
    ToolCallQuery,
    TurnList,
    TurnQuery,
)
from ivr.web.api.resource import Resource
from ivr.web.services import services

routes = Resource("calls", "Calls", "Telephone calls, their turns, and the function log.")


@routes.get("/calls", Scope.CALLS_READ, CallList)
def list_calls(query: CallQuery) -> Page[Call]:
    """Calls by patient, status, ending and day, the latest first."""
    return call_log.listed(query, services().settings.timezone)


@routes.get("/calls/<int:call_id>", Scope.CALLS_READ, CallShown)
def show_call(call_id: int) -> Call:
    """One call."""
    return call_log.get(call_id)


@routes.get("/calls/<int:call_id>/turns", Scope.CALLS_READ, TurnList)
def list_turns(call_id: int, query: TurnQuery) -> Page[Turn]:
    """What was said in a call, turn by turn, each with its timeline."""
    return call_log.turns(call_id, query)


@routes.get("/calls/<int:call_id>/tool-calls", Scope.CALLS_READ, ToolCallList)
def list_tool_calls_of_call(call_id: int, query: CallToolsQuery) -> Page[ToolCall]:
    """The functions that the model called in a call, in their order."""
    return call_log.tools_of(call_id, query)


@routes.get("/tool-calls", Scope.CALLS_READ, ToolCallList)
def list_tool_calls(query: ToolCallQuery) -> Page[ToolCall]:
    """The function log of all calls, the latest first."""
    return call_log.tools(query, services().settings.timezone)
