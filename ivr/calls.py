"""The record of a call: its right to one media stream, who serves it, and what was said and done."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from peewee import Select, fn

from ivr import models, outbox, queue
from ivr.errors import Conflict, NotFound
from ivr.models import BookingRequest, Call, CallStatus, Patient, RequestState, StreamToken, ToolCall, Turn, database

TOKEN_LIFETIME_S = 60
LONGEST_CALL = timedelta(hours=4, minutes=10)
"""Twilio ends a call after four hours."""

WITHOUT_STREAM = timedelta(minutes=1)
LONG_CALL = timedelta(minutes=10)
"""A call that is older is asked about: the first if nobody speaks with it, the other whoever does, and may have died."""

ASKED_AT_ONCE = 50

ONGOING = (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS)


@dataclass(frozen=True)
class TurnRecord:
    """One utterance and its reply; `timeline` maps the names of stages to milliseconds."""

    ordinal: int
    caller_text: str = ""
    reply_text: str = ""
    heard_text: str = ""
    language: str | None = None
    interrupted: bool = False
    timeline: Mapping[str, float] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: models.now())


@dataclass(frozen=True)
class ToolCallRecord:
    """One function that the model called, with its result or its error."""

    name: str
    arguments: Mapping[str, Any]
    duration_ms: int
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


def begin(call_sid: str, from_number: str | None, to_number: str | None, now: datetime | None = None) -> str:
    """Note that a call rings, and return a token for its media stream; the same call may ring twice."""
    values = {"sid": call_sid, "from_number": from_number, "to_number": to_number}
    with database.atomic():
        Call.insert(**values, started_at=now or models.now()).on_conflict_ignore().execute()
        return _new_token(get(call_sid), now or models.now())


def resume(call_sid: str, now: datetime | None = None) -> str:
    """Free a call from a stream that has ended, and return a token for the next one; why that one ended is forgotten.

    Raises `NotFound`, and `Conflict` with call_ended.
    """
    with database.atomic():
        freed = Call.update(stream_sid=None, owner=None, ended_reason=None).where(Call.sid == call_sid, Call.ended_at.is_null())
        if not freed.execute():
            raise _why_not(call_sid)
        return _new_token(get(call_sid), now or models.now())


def spend_token(token: str, call_sid: str, now: datetime | None = None) -> bool:
    """Use a token up: true once, for its own call, while it is fresh."""
    now = now or models.now()
    own_call = Call.select(Call.id).where(Call.sid == call_sid)
    unspent = (StreamToken.token_hash == _hash(token)) & StreamToken.spent_at.is_null()
    spending = StreamToken.update(spent_at=now).where(unspent, StreamToken.expires_at > now, StreamToken.call.in_(own_call))
    return bool(spending.execute())


def open_stream(call_sid: str, stream_sid: str, *, owner: str, from_number: str | None = None, to_number: str | None = None) -> Call:
    """Give a call's one media stream to `owner`, the name of a process; a call that never rang here is noted now.

    Raises `Conflict` with already_streaming or call_ended.
    """
    values = {"sid": call_sid, "from_number": from_number, "to_number": to_number}
    opened = {"stream_sid": stream_sid, "owner": owner, "status": CallStatus.IN_PROGRESS}
    free = (Call.sid == call_sid) & Call.stream_sid.is_null() & Call.ended_at.is_null()
    with database.atomic():
        Call.insert(**values).on_conflict_ignore().execute()
        call: Call | None = next(iter(Call.update(**opened).where(free).returning(Call).execute()), None)
        if call is None:
            raise _why_not(call_sid)
        return call


def close_stream(call_sid: str, stream_sid: str, ended_reason: str | None = None, unsaid: str | None = None) -> bool:
    """Note that this stream is over, why the call is (if it is), and what Twilio is to say in Lilly's place.

    False, and nothing changes, when the call has another stream by now.
    """
    own = (Call.sid == call_sid) & (Call.stream_sid == stream_sid)
    over = {"stream_sid": None, "owner": None, "ended_reason": ended_reason, "unsaid": unsaid}
    return bool(Call.update(over).where(own).execute())


def take_unsaid(call: Call) -> str | None:
    """What Twilio is to say in Lilly's place, once."""
    unsaid = call.unsaid
    Call.update(unsaid=None).where(Call.id == call.id).execute()
    return unsaid


def get(call_sid: str) -> Call:
    """The call with this CallSid; raises `NotFound`."""
    call: Call | None = Call.get_or_none(Call.sid == call_sid)
    if call is None:
        raise NotFound("There is no such call.")
    return call


def bind_patient(call: Call, patient: Patient) -> None:
    """Note who is calling; from here on the call's tools act for this patient."""
    Call.update(patient=patient).where(Call.id == call.id).execute()
    call.patient = patient


def set_language(call: Call, language: str) -> None:
    """Note the language that the call is held in (ISO 639-1)."""
    Call.update(language=language).where(Call.id == call.id).execute()
    call.language = language


def save_history(call: Call, history: Sequence[Mapping[str, Any]]) -> bool:
    """Keep the conversation as the model sees it, so that another process can go on with it.

    `call` is what `open_stream` gave; false, and nothing changes, when that stream is over by now.
    """
    own = (Call.id == call.id) & (Call.stream_sid == call.stream_sid)
    return bool(Call.update(history=list(history)).where(own).execute())


def record_turn(call: Call, turn: TurnRecord) -> Turn:
    """Write a turn, or write it anew when more of it is known."""
    values = {name: getattr(turn, name) for name in TurnRecord.__dataclass_fields__} | {"timeline": dict(turn.timeline)}
    written = Turn.insert(call=call, **values).on_conflict(conflict_target=[Turn.call, Turn.ordinal], update=values)
    row: Turn = next(iter(written.returning(Turn).execute()))
    return row


def record_tool_call(call: Call, ordinal: int | None, made: ToolCallRecord) -> ToolCall:
    """Add a line to the function log; the turn with this ordinal need not be written yet."""
    with database.atomic():
        return ToolCall.create(
            call=call,
            turn=None if ordinal is None else _turn(call, ordinal),
            name=made.name,
            arguments=dict(made.arguments),
            result=made.result and dict(made.result),
            error=made.error and dict(made.error),
            duration_ms=made.duration_ms,
        )


def turns(call: Call) -> list[Turn]:
    """What was said, in order."""
    return list(Turn.select().where(Turn.call == call).order_by(Turn.ordinal))


def finish(call_sid: str, status: str, reason: str | None = None, now: datetime | None = None) -> bool:
    """Note Twilio's status of a call; true when the call ended by this very note, which the outside is told.

    A call that has ended does not begin again, whatever comes late. Unknown calls and statuses are passed over.
    """
    if status not in set(CallStatus):
        return False
    ongoing = (Call.sid == call_sid) & Call.ended_at.is_null()
    if status in ONGOING:
        Call.update(status=status).where(ongoing, Call.stream_sid.is_null()).execute()
        return False
    ending = {"status": status, "ended_at": now or models.now(), "stream_sid": None, "owner": None}
    with database.atomic():
        ended = Call.update(**ending, ended_reason=fn.COALESCE(reason, Call.ended_reason)).where(ongoing).returning(Call)
        call: Call | None = next(iter(ended.execute()), None)
        event = outbox.record("call.completed", call, _event_data(call)) if call is not None else None
    if event is not None:
        queue.send_outbox(event.id)
    return event is not None


def unaccounted(limit: int = ASKED_AT_ONCE, now: datetime | None = None) -> list[str]:
    """CallSids of calls that may have ended without our being told, in no order, so that where there are many each has its turn."""
    now = now or models.now()
    silent = Call.stream_sid.is_null() & (Call.started_at < now - WITHOUT_STREAM)
    open_ones = _open().where(silent | (Call.started_at < now - LONG_CALL))
    return [call.sid for call in open_ones.order_by(fn.RANDOM()).limit(limit)]


def forgotten(limit: int = 100, now: datetime | None = None) -> list[str]:
    """CallSids of calls that are longer than any can be, of whose end not even Twilio knows."""
    lost = _open().where(Call.started_at < (now or models.now()) - LONGEST_CALL)
    return [call.sid for call in lost.order_by(Call.id).limit(limit)]


def _open() -> Select:
    return Call.select(Call.sid).where(Call.ended_at.is_null(), Call.status.in_(ONGOING))


def _event_data(call: Call) -> dict[str, Any]:
    """What the outside is told of a call: ids, times (ISO 8601, with their zone), and nothing that was said."""
    assert call.ended_at is not None
    done = BookingRequest.select().where(BookingRequest.call == call, BookingRequest.state == RequestState.DONE).order_by(BookingRequest.id)
    return {
        "call_sid": call.sid,
        "status": call.status,
        "ended_reason": call.ended_reason,
        "started_at": call.started_at.isoformat(),
        "ended_at": call.ended_at.isoformat(),
        "language": call.language,
        "patient_id": call.patient_id,
        "bookings": [{"operation": one.operation, "appointment_id": one.result_id} for one in done],
    }


def _turn(call: Call, ordinal: int) -> Turn:
    Turn.insert(call=call, ordinal=ordinal).on_conflict_ignore().execute()
    return Turn.get(Turn.call == call, Turn.ordinal == ordinal)


def _new_token(call: Call, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    StreamToken.create(call=call, token_hash=_hash(token), expires_at=now + timedelta(seconds=TOKEN_LIFETIME_S))
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _why_not(call_sid: str) -> Conflict | NotFound:
    call: Call | None = Call.get_or_none(Call.sid == call_sid)
    if call is None:
        return NotFound("There is no such call.")
    if call.ended_at is not None:
        return Conflict("The call has ended.", code="call_ended")
    return Conflict("The call is streaming already.", code="already_streaming")
