"""The record of a call is kept whatever a caller or a model puts into it."""

import gevent
import pytest

from ivr import calls
from ivr.agent.model import ToolCall
from ivr.models import ToolCall as LoggedCall
from ivr.web.journal import CallJournal

SID = "CA" + "7" * 32


def test_a_nul_character_costs_only_itself(db: None, caplog: pytest.LogCaptureFixture) -> None:
    calls.begin(SID, None, None)
    journal = CallJournal(calls.get(SID))
    journal.note(lambda: 1 / 0)
    journal.tool_call(ToolCall("c1", "identify_patient", '{"name": "Maria\\u0000 Gonzalez"}'), 0, {"ok": True, "said": "a\0b"}, 5)
    with gevent.Timeout(5):
        journal.close()
    kept = LoggedCall.get()
    assert kept.arguments == {"name": "Maria Gonzalez"} and kept.result == {"ok": True, "said": "ab"}
