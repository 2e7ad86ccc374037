"""The record of a call is kept whatever a caller or a model puts into it."""

from datetime import timedelta

import gevent
import pytest

from ivr import calls
from ivr.agent.model import ToolCall
from ivr.models import ToolCall as LoggedCall
from ivr.models import now
from ivr.voice.actor import clock_ms
from ivr.voice.reply import Reply
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


def test_a_turn_began_when_the_caller_did_however_late_it_is_written(db: None) -> None:
    calls.begin(SID, None, None)
    journal, heard_ms = CallJournal(calls.get(SID)), clock_ms()
    reply = Reply(1, "Do you have parking?", {"speech_began": heard_ms - 6000, "last_loud": heard_ms - 5000, "heard": heard_ms}, turn=1)
    journal.turn(reply, "We do.", False, "en", [])
    journal.close()
    (turn,) = calls.turns(calls.get(SID))
    assert timedelta(seconds=6) <= now() - turn.started_at < timedelta(seconds=9)
    assert turn.timeline == {"speech_began": -1000, "last_loud": 0, "heard": 5000}
