"""What is done again and again: bounded, and the same when it is done twice."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr import models, outbox, queue, records, retention, scheduling
from ivr.models import (
    AuditEntry,
    Call,
    CallbackRequest,
    Hold,
    OutboxEvent,
    Schedule,
    Slot,
    SmsKind,
    SmsMessage,
    SpeechRetry,
    StreamToken,
    ToolCall,
    Turn,
)
from ivr.sms import write_for
from tests.integration.broker import Valkey, wait_until
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db")

OLD = NOW - timedelta(days=91)
YOUNG = NOW - timedelta(days=89)


def a_call_of(started_at: datetime, sid: str) -> Call:
    """A call in which something was said, done, wished and texted."""
    call = Call.create(sid=sid, started_at=started_at, history=[{"role": "user", "content": "my knee"}], from_number="+12025550143")
    Turn.create(call=call, ordinal=1, caller_text="my knee", reply_text="I see.", heard_text="I see.", started_at=started_at)
    ToolCall.create(call=call, name="identify_patient", arguments={"name": "Maria"}, result={"ok": True}, duration_ms=1)
    asked = CallbackRequest.create(call=call, reason="my knee", created_at=started_at)
    records.audit("user:1", "created", asked, None)
    records.audit("user:1", "changed", asked, records.snapshot(asked))
    AuditEntry.update(created_at=started_at).where(AuditEntry.subject == f"callback_request:{asked.id}").execute()
    appointment = an_appointment(a_patient(sid), a_slot(a_doctor(sid), 24))
    message = write_for(SmsKind.BOOKED, appointment, sid, now=started_at)
    SmsMessage.update(body="Maria, your knee").where(SmsMessage.id == message.id).execute()
    SpeechRetry.create(call=call, text="You are booked, Maria.", language="en", created_at=started_at)
    event = outbox.record("call.completed", call, {"patient_id": 1, "patient": {"name": "Maria"}})
    OutboxEvent.update(created_at=started_at).where(OutboxEvent.id == event.id).execute()
    return call


def words_of(call: Call) -> list[object]:
    """Everything of a call that somebody said."""
    turn, tool = Turn.get(Turn.call == call), ToolCall.get(ToolCall.call == call)
    said = [turn.caller_text, turn.reply_text, turn.heard_text, tool.arguments, tool.result]
    asked, message = CallbackRequest.get(CallbackRequest.call == call), SmsMessage.get(SmsMessage.idempotency_key == call.sid)
    told = OutboxEvent.get(OutboxEvent.call == call).payload["data"].get("patient")
    retried = SpeechRetry.get(SpeechRetry.call == call).text
    noted = [line.after["reason"] for line in AuditEntry.select().where(AuditEntry.subject == f"callback_request:{asked.id}")]
    return [*said, *noted, retried, Call.get_by_id(call.id).history, asked.reason, message.body, told]


def test_what_was_said_is_forgotten_when_its_time_has_come_and_what_was_done_stays() -> None:
    old, young = a_call_of(OLD, "CA1"), a_call_of(YOUNG, "CA2")
    before = words_of(young)

    assert retention.forget_transcripts(90, NOW) == 9
    assert retention.forget_transcripts(90, NOW) == 0

    assert [word for word in words_of(old) if word] == []
    assert words_of(young) == before
    assert (Call.get_by_id(old.id).from_number, ToolCall.get().name) == ("+12025550143", "identify_patient")


def test_no_more_than_the_limit_are_forgotten_at_a_time() -> None:
    for number in range(3):
        a_call_of(OLD, f"CA{number}")

    assert [retention.forget_transcripts(90, NOW, limit=2) for _ in range(4)] == [16, 9, 2, 0]


def test_holds_and_tokens_that_lapsed_a_while_ago_are_removed_and_others_stay() -> None:
    doctor, call = a_doctor(), Call.create(sid="CA1")
    for minutes in (-10, -1, 10):
        Hold.create(slot=a_slot(doctor, minutes), holder="CA1", expires_at=NOW + timedelta(minutes=minutes))
        expires_at = NOW + timedelta(minutes=minutes * 300)
        StreamToken.create(call=call, token_hash=str(minutes), expires_at=expires_at)

    assert retention.tidy(NOW) == 2
    assert retention.tidy(NOW) == 0
    assert Hold.select().count() == StreamToken.select().count() == 2


def test_slots_are_made_ahead_once() -> None:
    doctor, zone = a_doctor(), ZoneInfo("America/New_York")
    Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(10), slot_minutes=30)
    today = NOW.date()

    def make() -> int:
        return scheduling.generate_slots(doctor, today, today + timedelta(days=14), zone)

    assert [make(), make()] == [6, 0]
    assert Slot.select().count() == 6
    assert models.Appointment.select().count() == 0


@pytest.mark.usefixtures("worker")
def test_a_worker_makes_slots_and_tidies(valkey: Valkey) -> None:
    doctor, an_hour_ago = a_doctor(), models.now() - timedelta(hours=1)
    Hold.create(slot=a_slot(doctor, 24), holder="CA1", expires_at=an_hour_ago)
    Schedule.create(doctor=doctor, weekday=0, starts=time(9), ends=time(10), slot_minutes=30)

    for task in (queue.MAKE_SLOTS, queue.TIDY):
        queue.celery_app.send_task(task, ignore_result=True)

    wait_until(lambda: Slot.select().count() > 10 and not Hold.select().exists(), 10, "both are done")
