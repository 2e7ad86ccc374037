"""The stand-in telephone company's books: its calls, what was ordered of each, and the messages sent."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"
ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
STATUSES = ENDED | {"queued", "ringing", "in-progress"}


def new_sid(prefix: str) -> str:
    """A Twilio-like identifier: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass(slots=True)
class CallRecord:
    """One call and what has been ordered of it over REST, oldest first."""

    sid: str
    account_sid: str
    from_number: str
    to_number: str
    direction: str = "inbound"
    status: str = "ringing"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    orders: list[dict[str, str]] = field(default_factory=list)
    _ordered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ended(self) -> bool:
        """Whether the call's status is final."""
        return self.status in ENDED

    def set_status(self, status: str) -> None:
        """Note where the call is; a call that has ended stays so."""
        if self.ended:
            return
        self.status = status
        if self.ended:
            self.ended_at = datetime.now(UTC)

    def order(self, order: dict[str, str]) -> None:
        """Tell the caller's side to end or redirect the call."""
        self.orders.append(order)
        self._ordered.set()
        self._ordered = asyncio.Event()

    async def orders_after(self, count: int, wait_s: float) -> list[dict[str, str]]:
        """The orders beyond the first `count`, waiting up to `wait_s` for one."""
        if len(self.orders) <= count:
            try:
                await asyncio.wait_for(self._ordered.wait(), wait_s)
            except TimeoutError:
                return []
        return self.orders[count:]

    def as_twilio(self) -> dict[str, Any]:
        """The call as Twilio's REST shows it."""
        duration = str(round((self.ended_at - self.created_at).total_seconds())) if self.ended_at else None
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "parent_call_sid": None,
            "from": self.from_number,
            "from_formatted": self.from_number,
            "to": self.to_number,
            "to_formatted": self.to_number,
            "status": self.status,
            "direction": self.direction,
            "duration": duration,
            "start_time": rfc_2822(self.created_at),
            "end_time": rfc_2822(self.ended_at),
            "date_created": rfc_2822(self.created_at),
            "date_updated": rfc_2822(self.ended_at or self.created_at),
            "answered_by": None,
            "api_version": API_VERSION,
            "caller_name": None,
            "forwarded_from": None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "uri": uri + ".json",
            "subresource_uris": {"events": uri + "/Events.json"},
        }


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One text message that was accepted for sending."""

    account_sid: str
    to_number: str
    from_number: str | None
    service_sid: str | None
    body: str
    sid: str = field(default_factory=lambda: new_sid("SM"))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_twilio(self) -> dict[str, Any]:
        """The message as Twilio's REST shows it."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": self.service_sid,
            "from": self.from_number,
            "to": self.to_number,
            "body": self.body,
            "status": "queued",
            "direction": "outbound-api",
            "num_segments": str(segments(self.body)),
            "num_media": "0",
            "date_created": rfc_2822(self.created_at),
            "date_updated": rfc_2822(self.created_at),
            "date_sent": None,
            "api_version": API_VERSION,
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "uri": uri + ".json",
            "subresource_uris": {"media": uri + "/Media.json"},
        }


def rfc_2822(instant: datetime | None) -> str | None:
    """An instant as Twilio writes it: Mon, 23 Nov 2026 14:30:00 +0000."""
    return format_datetime(instant) if instant else None


def segments(body: str) -> int:
    """How many text messages a body is sent as: 160 characters, or 70 if one of them is not ASCII."""
    alone, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= alone else -(-len(body) // joined)


@dataclass(slots=True)
class Exchange:
    """Every call and message since the start."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    messages: list[MessageRecord] = field(default_factory=list)

    def register(self, call: dict[str, str]) -> CallRecord:
        """Write down a call that is being placed, or where a known one is now.

        Raises `KeyError` if a new call lacks `sid`, `account_sid`, `from` or `to`.
        """
        record = self.calls.get(call["sid"])
        if record is None:
            record = CallRecord(call["sid"], call["account_sid"], call["from"], call["to"], call.get("direction", "inbound"))
            self.calls[record.sid] = record
        record.set_status(call.get("status", record.status))
        return record

    def calls_of(self, account_sid: str) -> Iterator[CallRecord]:
        """One account's calls, newest first."""
        return (call for call in reversed(self.calls.values()) if call.account_sid == account_sid)

    def forget(self) -> None:
        """Start with empty books."""
        self.calls.clear()
        self.messages.clear()
