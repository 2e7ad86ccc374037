"""A call's record: one stream at a time, tokens that work once, and everything that was said and done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ivr import calls, models
from ivr.calls import ToolCallRecord, TurnRecord
from ivr.errors import Conflict, NotFound
from ivr.models import Call, StreamToken, ToolCall, Turn, database
from tests.integration.rows import NOW, a_patient

SID = "CA" + "0" * 32


def begin() -> str:
    return calls.begin(SID, "+15550198234", "+15550100000", now=NOW)


def test_a_token_works_once_for_its_call_while_it_is_fresh(db: None) -> None:
    token = begin()
    calls.begin("CA2", None, None, now=NOW)
    assert not calls.spend_token(token, "CA2", now=NOW)
    assert not calls.spend_token("guessed", SID, now=NOW)
    assert not calls.spend_token(token, SID, now=NOW + timedelta(seconds=60))
    assert calls.spend_token(token, SID, now=NOW + timedelta(seconds=59))
    assert not calls.spend_token(token, SID, now=NOW + timedelta(seconds=59))


def test_only_the_tokens_hash_is_kept(db: None) -> None:
    token = begin()
    assert token not in StreamToken.get().token_hash


def test_of_twenty_who_spend_one_token_at_once_one_may(db: None) -> None:
    token = begin()

    def spend(_: int) -> bool:
        with database.connection_context():
            return calls.spend_token(token, SID, now=NOW)

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(spend, range(20))) == 1


def test_a_call_that_rings_twice_is_one_call(db: None) -> None:
    assert begin() != begin()
    assert Call.get().from_number == "+15550198234"
    assert Call.get().started_at == NOW


def test_a_second_stream_is_refused_until_the_first_is_closed(db: None) -> None:
    begin()
    call = calls.open_stream(SID, "MZ1", owner="web-1")
    assert (call.from_number, call.owner, call.status) == ("+15550198234", "web-1", "in-progress")
    with pytest.raises(Conflict) as caught:
        calls.open_stream(SID, "MZ2", owner="web-2")
    assert caught.value.code == "already_streaming"
    assert not calls.close_stream(SID, "MZ2")
    assert calls.close_stream(SID, "MZ1")
    assert calls.open_stream(SID, "MZ2", owner="web-2").owner == "web-2"


def test_of_ten_streams_opened_at_once_one_is(db: None) -> None:
    begin()

    def open_one(number: int) -> bool:
        with database.connection_context():
            try:
                return bool(calls.open_stream(SID, f"MZ{number}", owner="web"))
            except Conflict:
                return False

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(open_one, range(10))) == 1


def test_a_call_resumes_elsewhere_with_its_history_though_its_first_process_died(db: None) -> None:
    begin()
    call = calls.open_stream(SID, "MZ1", owner="web-1")
    calls.bind_patient(call, a_patient())
    calls.set_language(call, "es")
    calls.save_history(call, [{"role": "assistant", "content": "Hola"}])
    assert calls.spend_token(calls.resume(SID, now=NOW), SID, now=NOW)
    again = calls.open_stream(SID, "MZ2", owner="web-2")
    assert again.history == [{"role": "assistant", "content": "Hola"}]
    assert again.language == "es" and again.patient is not None and again.patient.name == "Maria Gonzalez"
    assert not calls.save_history(call, [])
    assert not calls.close_stream(SID, "MZ1")
    assert calls.get(SID).stream_sid == "MZ2" and calls.get(SID).history


def test_a_stream_without_our_webhook_makes_its_call(db: None) -> None:
    with models.frozen(NOW):
        call = calls.open_stream(SID, "MZ1", owner="web-1", from_number="+15550190001")
    assert (call.from_number, call.to_number, call.started_at, call.history) == ("+15550190001", None, NOW, [])


def test_a_call_ends_once_and_stays_ended(db: None) -> None:
    begin()
    calls.open_stream(SID, "MZ1", owner="web-1")
    assert calls.finish(SID, "completed", "goodbye", now=NOW)
    assert not calls.finish(SID, "failed", "late", now=NOW + timedelta(seconds=1))
    assert not calls.finish(SID, "in-progress")
    call = calls.get(SID)
    assert (call.status, call.ended_at, call.ended_reason, call.stream_sid) == ("completed", NOW, "goodbye", None)
    for again in (lambda: calls.open_stream(SID, "MZ2", owner="web-1"), lambda: calls.resume(SID)):
        with pytest.raises(Conflict) as caught:
            again()
        assert caught.value.code == "call_ended"


def test_statuses_that_are_unknown_or_of_unknown_calls_are_passed_over(db: None) -> None:
    begin()
    assert not calls.finish(SID, "levitating")
    assert not calls.finish("CA-unknown", "completed")
    assert calls.get(SID).status == "ringing"
    for missing in (calls.get, calls.resume):
        with pytest.raises(NotFound):
            missing("CA-unknown")


def test_turns_are_written_anew_when_more_is_known(db: None) -> None:
    begin()
    call = calls.get(SID)
    calls.record_turn(call, TurnRecord(0, reply_text="Hello, this is Lilly."))
    calls.record_turn(call, TurnRecord(1, "yes", "Booked.", timeline={"first_audio": 412.5}))
    calls.record_turn(call, TurnRecord(1, "yes please", "Booked.", "Boo—", "en", True, {"first_audio": 412.5}))
    greeting, turn = calls.turns(call)
    assert (greeting.ordinal, greeting.caller_text, greeting.reply_text) == (0, "", "Hello, this is Lilly.")
    assert (turn.caller_text, turn.heard_text, turn.interrupted, turn.timeline) == ("yes please", "Boo—", True, {"first_audio": 412.5})


def test_a_tool_call_is_recorded_before_its_turn_is(db: None) -> None:
    begin()
    call = calls.get(SID)
    calls.record_tool_call(call, 1, ToolCallRecord("list_slots", {"doctor": "Kim"}, 12, result={"ok": True, "slots": []}))
    calls.record_tool_call(call, 1, ToolCallRecord("book_appointment", {}, 3, error={"code": "slot_taken"}))
    calls.record_tool_call(call, None, ToolCallRecord("end_call", {}, 0, result={"ok": True}))
    calls.record_turn(call, TurnRecord(1, "anything with Doctor Kim"))
    assert Turn.select().count() == 1
    logged = ToolCall.select().order_by(ToolCall.id)
    assert [(row.name, row.turn and row.turn.caller_text) for row in logged] == [
        ("list_slots", "anything with Doctor Kim"),
        ("book_appointment", "anything with Doctor Kim"),
        ("end_call", None),
    ]
    assert logged[0].result == {"ok": True, "slots": []} and logged[0].error is None
    assert logged[1].error == {"code": "slot_taken"} and logged[1].result is None
