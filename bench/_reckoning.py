"""What must be true in the end, checked from the database, the receiver's log and what the callers were told."""

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bench._callers import Attempt
from bench._receiver import Received
from ivr.agent.claims import claims
from ivr.agent.claims.grammar import Claim
from ivr.models import database

LONGEST_S = 60
"""A request that is neither done nor refused so long after it was made is lost."""

DOUBLE_BOOKINGS = """
    SELECT count(*) FROM (SELECT slot_id FROM appointment WHERE status = 'booked' GROUP BY slot_id HAVING count(*) > 1) AS twice
"""
BOOKED_TWICE_IN_A_CALL = """
    SELECT count(*) FROM (
        SELECT call_id FROM booking_request WHERE state = 'done' GROUP BY call_id, operation, slot_id, appointment_id HAVING count(*) > 1
    ) AS twice
"""
WITHOUT_A_REQUEST = """
    SELECT count(*) FROM appointment WHERE source <> 'seed'
    AND NOT EXISTS (SELECT FROM booking_request WHERE booking_request.idempotency_key = appointment.idempotency_key AND state = 'done')
"""
LOST_REQUESTS = f"""
    SELECT count(*) FROM booking_request WHERE state = 'pending' OR finished_at > created_at + interval '{LONGEST_S} s'
"""
UNTOLD = """
    SELECT count(*) FROM booking_request WHERE state = 'done'
    AND (SELECT count(*) FROM outbox_event WHERE (payload->'data'->>'request_id')::int = booking_request.id) <> 1
"""
UNTEXTED = """
    SELECT count(*) FROM booking_request WHERE state = 'done' AND source = 'phone'
    AND NOT EXISTS (SELECT FROM sms_message WHERE sms_message.idempotency_key = 'request:' || booking_request.id AND state <> 'pending')
"""
UNTRUE_TEXTS = """
    SELECT count(*) FROM sms_message WHERE sid IS NOT NULL AND kind IN ('booked', 'moved', 'cancelled') AND NOT EXISTS (
        SELECT FROM booking_request
        WHERE sms_message.idempotency_key = 'request:' || booking_request.id AND state = 'done' AND result_id = sms_message.appointment_id
    )
"""
UNTOLD_ENDS = """
    SELECT count(*) FROM call WHERE ended_at IS NOT NULL
    AND (SELECT count(*) FROM outbox_event WHERE call_id = call.id AND event_type = 'call.completed') <> 1
"""
HEARD = """
    SELECT call_id, heard_text, coalesce(lead(turn.started_at) OVER (PARTITION BY call_id ORDER BY ordinal), call.ended_at, now())
    FROM turn JOIN call ON call.id = call_id
"""
"""What was heard, and when it had been said: before the caller's next turn."""
HAPPENED = """
    SELECT call_id, operation, finished_at FROM booking_request WHERE state = 'done' AND call_id IS NOT NULL
    UNION ALL SELECT call_id, error_code, finished_at FROM booking_request WHERE error_code IS NOT NULL AND call_id IS NOT NULL
    UNION ALL SELECT call.id, 'had', created_at FROM appointment JOIN call USING (patient_id)
    UNION ALL SELECT call_id, name, created_at FROM tool_call WHERE error IS NULL
"""
TEXTS = "SELECT to_number, body FROM sms_message WHERE body IS NOT NULL"
REQUESTS = """
    SELECT call.sid, array_agg(booking_request.state) FROM booking_request JOIN call ON call.id = call_id GROUP BY call.sid
"""
EVENTS = "SELECT idempotency_key, state FROM outbox_event"

BEARS_OUT: Mapping[str, frozenset[Claim]] = {
    "book": frozenset(("booked", "is_booked", "done")),
    "move": frozenset(("moved", "booked", "is_booked", "done")),
    "cancel": frozenset(("cancelled", "done")),
    "had": frozenset(("is_booked",)),
    "already_moved": frozenset(("moved",)),
    "already_cancelled": frozenset(("cancelled",)),
    **dict.fromkeys(("join_waitlist", "leave_waitlist", "transfer_to_human"), frozenset[Claim](("done",))),
}
"""What may be said in a call once this has happened in it."""


def found_wrong(attempts: Sequence[Attempt], log: Sequence[Received], texts: Sequence[dict[str, Any]], secret: str) -> dict[str, int]:
    """How often each thing that must not happen has happened; `texts` are the messages that Twilio was given."""
    events: dict[str, str] = dict(_rows(EVENTS))
    states: dict[str, list[str]] = dict(_rows(REQUESTS))
    taken = {one.key for one in log if one.taken}
    return {
        "double bookings": _count(DOUBLE_BOOKINGS) + _count(BOOKED_TWICE_IN_A_CALL) + _count(WITHOUT_A_REQUEST),
        "lost requests": _count(LOST_REQUESTS) + sum(_is_lost(one, states) for one in attempts),
        "lost events": _count(UNTOLD)
        + _count(UNTOLD_ENDS)
        + sum(state != "delivered" or key not in taken for key, state in events.items()),
        "events that nothing caused": len({one.key for one in log} - events.keys()),
        "confirmations spoken for bookings that do not exist": sum(_is_untrue(one, states) for one in attempts) + untrue_speech(),
        "confirmations sent for bookings that do not exist": _count(UNTRUE_TEXTS),
        "confirmations never sent": _count(UNTEXTED),
        "text messages sent twice, or by nobody": _too_many(texts),
        "events out of order": out_of_order(log),
        "repeats under another key or with another body": unlike(log),
        "events with a wrong signature": sum(not is_signed(one, secret) for one in log),
    }


def untrue_speech() -> int:
    """In how many turns something was said to be done that had not been done in that call by then."""
    happened: defaultdict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for call_id, what, at in _rows(HAPPENED):
        happened[call_id].append((what, at))
    wrong = 0
    for call_id, heard, said_at in _rows(HEARD):
        true = (BEARS_OUT.get(what, frozenset()) for what, at in happened[call_id] if at <= said_at)
        wrong += not claims(heard) <= frozenset().union(*true)
    return wrong


def out_of_order(log: Iterable[Received]) -> int:
    """How many events came for the first time before, or after, one of their subject that they should not have."""
    last: defaultdict[str, int] = defaultdict(int)
    seen: set[str] = set()
    wrong = 0
    for event in (one.event for one in log):
        if event["id"] not in seen:
            seen.add(event["id"])
            wrong += event["sequence"] != last[event["subject"]] + 1
            last[event["subject"]] = event["sequence"]
    return wrong


def unlike(log: Iterable[Received]) -> int:
    """How many repeats differ from what came first under their key, or have another key than their event's id."""
    first: dict[str, bytes] = {}
    return sum(one.key != one.event["id"] or first.setdefault(one.key, one.body) != one.body for one in log)


def is_signed(received: Received, secret: str) -> bool:
    """Check a signature as a receiver would, from what it has got alone."""
    timestamp, digest = (part.partition("=")[2] for part in received.signature.split(","))
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, expected)


def _too_many(texts: Sequence[dict[str, Any]]) -> int:
    """How many messages Twilio has beyond those that were written."""
    given = Counter((one["to"], one["body"]) for one in texts)
    return (given - Counter(_rows(TEXTS))).total()


def _is_lost(attempt: Attempt, states: dict[str, list[str]]) -> bool:
    """Whether the caller was told that it is done, or will be, and no request says so."""
    return bool({"done", "pending"} & {*attempt.said}) and attempt.call_sid not in states


def _is_untrue(attempt: Attempt, states: dict[str, list[str]]) -> bool:
    return "done" in attempt.said and "done" not in states.get(attempt.call_sid, [])


def _count(sql: str) -> int:
    return int(_rows(sql)[0][0])


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with database.connection_context():
        return list(database.execute_sql(sql).fetchall())
