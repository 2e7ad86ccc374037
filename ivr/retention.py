"""What is forgotten when its time has come: what was said, and what has no use any more. Each step is bounded, and may be repeated."""

from datetime import datetime, timedelta
from typing import Any

from peewee import CTE, SQL, Expression, Select

from ivr.models import (
    AuditEntry,
    BookingRequest,
    Call,
    CallbackRequest,
    Hold,
    OutboxEvent,
    Row,
    SmsMessage,
    SpeechRetry,
    StreamToken,
    ToolCall,
    Turn,
)

BATCH = 500
HOLDS_KEPT = timedelta(minutes=5)
TOKENS_KEPT = timedelta(days=1)
"""After these, holds and stream tokens that have lapsed are of no use even for a look at what happened."""

WORDLESS: dict[type[Row], dict[str, Any]] = {
    Turn: {"caller_text": "", "reply_text": "", "heard_text": ""},
    ToolCall: {"arguments": {}, "result": None, "error": None},
    Call: {"history": [], "unsaid": None},
    CallbackRequest: {"reason": ""},
    BookingRequest: {"reason": None},
    SpeechRetry: {"text": ""},
    SmsMessage: {"body": None},
    AuditEntry: {name: SQL(f"""jsonb_set("{name}", '{{reason}}', '""')""") for name in ("before", "after")},
    OutboxEvent: {"payload": SQL("payload #- '{data,patient}'")},
}
"""What rows hold once the words are forgotten, and the patient's own data in events."""


TELLS_A_WISH = AuditEntry.subject.startswith("callback_request:") & SQL("""coalesce("after", "before") ->> 'reason' <> ''""")
NAMES_A_PATIENT = SQL("payload #> '{data,patient}' IS NOT NULL")


def forget_transcripts(days: int, now: datetime, limit: int = BATCH) -> int:
    """Blank the words of what is older: turns, the model's history, functions' arguments and results, messages, reasons.

    Who called when, what was booked and which functions were called stays. Returns how many rows changed, at most `limit` a kind.
    """
    before = now - timedelta(days=days)
    old_calls = Call.select(Call.id).where(Call.started_at < before)
    spoken = (Turn.caller_text != "") | (Turn.reply_text != "") | (Turn.heard_text != "")
    told = ToolCall.result.is_null(False) | ToolCall.error.is_null(False) | (ToolCall.arguments != {})
    blanked = [
        _blank(Turn, Turn.call.in_(old_calls) & spoken, limit),
        _blank(ToolCall, ToolCall.call.in_(old_calls) & told, limit),
        _blank(Call, (Call.started_at < before) & (Call.history != []), limit),
        _blank(CallbackRequest, (CallbackRequest.created_at < before) & (CallbackRequest.reason != ""), limit),
        _blank(AuditEntry, (AuditEntry.created_at < before) & TELLS_A_WISH, limit),
        _blank(BookingRequest, (BookingRequest.created_at < before) & BookingRequest.reason.is_null(False), limit),
        _blank(SpeechRetry, (SpeechRetry.created_at < before) & (SpeechRetry.text != ""), limit),
        _blank(SmsMessage, (SmsMessage.created_at < before) & SmsMessage.body.is_null(False), limit),
        _blank(OutboxEvent, (OutboxEvent.created_at < before) & NAMES_A_PATIENT, limit),
    ]
    return sum(blanked)


def tidy(now: datetime, limit: int = BATCH) -> int:
    """Remove holds and stream tokens that lapsed a while ago; returns how many, at most `limit` of each."""
    holds = Hold.select(Hold.id).where(Hold.expires_at < now - HOLDS_KEPT)
    tokens = StreamToken.select(StreamToken.id).where(StreamToken.expires_at < now - TOKENS_KEPT)
    return _remove(Hold, holds, limit) + _remove(StreamToken, tokens, limit)


def _blank(model: type[Row], old: Expression, limit: int) -> int:
    rows = _chosen(model.select(model.id).where(old).order_by(model.id), limit)
    return int(model.update(WORDLESS[model]).where(model.id.in_(rows.select_from(rows.c.id))).with_cte(rows).execute())


def _remove(model: type[Row], query: Select, limit: int) -> int:
    rows = _chosen(query, limit)
    return int(model.delete().where(model.id.in_(rows.select_from(rows.c.id))).with_cte(rows).execute())


def _chosen(query: Select, limit: int) -> CTE:
    """The rows to be changed. As a plain subquery they might be chosen anew for each row, and more than `limit` in all.

    Who takes a hold over locks its row; what is locked now is looked at the next time.
    """
    return query.limit(limit).for_update(skip_locked=True).cte("chosen")
