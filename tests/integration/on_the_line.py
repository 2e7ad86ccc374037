"""A caller on the line, whose tools run on the real database, and bookings in this process."""

import json
from typing import Any

from ivr.agent.tools import CallContext, run_tool
from ivr.config import Settings
from ivr.models import Call, Patient
from ivr.queue import BookingStates


class OnTheLine:
    """One call and what the model does in it."""

    def __init__(self, states: BookingStates, sid: str = "CA1", patient: Patient | None = None) -> None:
        self.call = Call.create(sid=sid, from_number="+12025550143")
        self.context = CallContext(self.call, Settings(), states, "en", patient)

    def uses(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, as the model would."""
        return run_tool(self.context, tool, json.dumps(arguments))

    def fails(self, tool: str, **arguments: Any) -> str:
        """Call a tool that fails; returns the error's code."""
        result = self.uses(tool, **arguments)
        assert result["ok"] is False
        return str(result["error"]["code"])

    def books(self, slot_id: int) -> int:
        """Book a slot; returns the appointment's id."""
        return self._gets("book_appointment", slot_id=slot_id)

    def moves(self, appointment_id: int, slot_id: int) -> int:
        """Move an appointment; returns the new one's id."""
        return self._gets("reschedule_appointment", appointment_id=appointment_id, slot_id=slot_id)

    def cancels(self, appointment_id: int) -> int:
        """Cancel an appointment; returns its id."""
        return self._gets("cancel_appointment", appointment_id=appointment_id)

    def is_told_of(self, **wish: Any) -> list[int]:
        """Look for slots; returns the ids of those that were found."""
        return [slot["slot_id"] for slot in self.uses("list_slots", **wish)["slots"]]

    def _gets(self, tool: str, **arguments: Any) -> int:
        result = self.uses(tool, **arguments)
        assert result["ok"] and result["state"] == "done", result
        return int(result["appointment"]["appointment_id"])
