"""How long it took, after each break, until everything that had been asked for before its end was done and told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bench._breaking import Break
from bench._figures import shown, table
from ivr.models import database

REQUESTS = "SELECT max(finished_at) FROM booking_request WHERE created_at BETWEEN %s AND %s"
EVENTS = "SELECT max(delivered_at) FROM outbox_event WHERE created_at BETWEEN %s AND %s"


def recoveries(breaks: Iterable[Break]) -> list[dict[str, Any]]:
    """A line for every kind of break: how often, how long it lasted, and the longest recoveries, in seconds after its end."""
    kinds: defaultdict[str, list[Break]] = defaultdict(list)
    for one in breaks:
        kinds[one.what].append(one)
    return [_line(what, of_kind) for what, of_kind in sorted(kinds.items())]


def recovery_table(lines: Sequence[dict[str, Any]]) -> str:
    """The lines, as they are printed."""
    header = ["what was broken", "times", "lasting s", "bookings well after s", "n8n knows all after s"]
    columns = ("lasted_s", "bookings_s", "events_s")
    return table(header, [[line["what"], str(line["times"]), *(shown(line[column]) for column in columns)] for line in lines])


def _line(what: str, breaks: Sequence[Break]) -> dict[str, Any]:
    lasted_s = max(one.ended_s - one.began_s for one in breaks)
    bookings_s, events_s = (max(_after_s(sql, one) for one in breaks) for sql in (REQUESTS, EVENTS))
    return {"what": what, "times": len(breaks), "lasted_s": round(lasted_s, 2), "bookings_s": bookings_s, "events_s": events_s}


def _after_s(sql: str, broken: Break) -> float:
    began_at, ended_at = (datetime.fromtimestamp(at_s, UTC) for at_s in (broken.began_s, broken.ended_s))
    with database.connection_context():
        (last,) = database.execute_sql(sql, (began_at, ended_at)).fetchone()
    return round(max(0.0, (last - ended_at).total_seconds()), 2) if last else 0.0
