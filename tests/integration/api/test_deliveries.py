"""What goes out, by REST: events listed, shown and replayed, text messages listed, reminders answered."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask_openapi.openapi import OpenAPI

from ivr import outbox, queue, reminders
from ivr.access import Role, Scope
from ivr.models import AuditEntry, Call, OutboxEvent, Patient, Reminder, SmsMessage, SmsState
from tests.integration.api.desk import Desk, a_user, bearer, key_of
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment


@pytest.fixture(autouse=True)
def _no_worker_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due stays so: another file's worker may be there."""
    for send in ("send_outbox", "send_sms"):
        monkeypatch.setattr(queue, send, lambda _: True)


@pytest.fixture
def dead_letter(db: None) -> OutboxEvent:
    """An event that n8n has refused, about a patient whose name it may tell."""
    told = {"call_sid": "CA1", "patient": {"name": "Maria Gonzalez"}}
    event = outbox.record("call.completed", Call.create(sid="CA1"), told)
    OutboxEvent.update(state="dead", attempts=3, last_error="HTTP 400").where(OutboxEvent.id == event.id).execute()
    return event


@pytest.fixture
def reminder(db: None) -> Reminder:
    """A reminder whose message has not been sent yet."""
    slot = a_slot(a_doctor(), 24)
    an_appointment(a_patient(phone="+12025550143"), slot, created_at=NOW - timedelta(days=30))
    reminders.write_due(ZoneInfo("America/New_York"), now=NOW)
    return Reminder.get()


def test_events_are_found_by_state_type_and_subject_and_shown_with_their_body(app: OpenAPI, dead_letter: OutboxEvent) -> None:
    supervisor = Desk(app, bearer(app, a_user(Role.SUPERVISOR)))
    other = outbox.record("call.completed", Call.create(sid="CA2"), {"call_sid": "CA2"})
    OutboxEvent.update(state="unsent").where(OutboxEvent.id == other.id).execute()
    for query in ({"state": "dead"}, {"subject": dead_letter.subject}, {"type": "call.completed", "sort": "id", "limit": 1}):
        (shown,) = supervisor.get("/outbox-events", **query)["items"]
        assert (shown["id"], shown["type"], shown["attempts"], shown["last_error"]) == (dead_letter.id, "call.completed", 3, "HTTP 400")
        assert "payload" not in shown
    assert supervisor.get("/outbox-events", type="appointment.booked")["items"] == []
    whole = supervisor.get(f"/outbox-events/{dead_letter.id}")
    assert whole["payload"] == dead_letter.payload and whole.items() > shown.items()


def test_a_dead_letter_is_due_again_once_under_its_old_key_and_the_audit_says_who_wished_it(admin: Desk, dead_letter: OutboxEvent) -> None:
    again = admin.post(f"/outbox-events/{dead_letter.id}/replay", status=200)
    assert (again["state"], again["attempts"], again["last_error"]) == ("pending", 3, None)
    assert again["idempotency_key"] == dead_letter.idempotency_key
    assert admin.post(f"/outbox-events/{dead_letter.id}/replay", status=409)["code"] == "not_replayable"
    (line,) = AuditEntry.select()
    assert (line.actor.partition(":")[0], line.action, line.subject) == ("user", "replayed", f"outbox_event:{dead_letter.id}")
    assert (line.before["state"], line.after["state"]) == ("dead", "pending")
    assert "Maria" not in str((line.before, line.after))


def test_what_was_delivered_is_sent_again_under_its_old_key_when_somebody_wishes_it(admin: Desk, dead_letter: OutboxEvent) -> None:
    OutboxEvent.update(state="delivered", delivered_at=NOW).execute()
    again = admin.post(f"/outbox-events/{dead_letter.id}/replay", status=200)
    assert (again["state"], again["delivered_at"]) == ("pending", None)
    assert again["idempotency_key"] == dead_letter.idempotency_key
    (line,) = AuditEntry.select()
    assert (line.action, line.before["state"], line.after["state"]) == ("replayed", "delivered", "pending")
    assert line.before["delivered_at"].startswith("2026-11-23")


def test_an_event_that_nobody_wrote_is_not_replayed(admin: Desk) -> None:
    assert admin.post("/outbox-events/1/replay", status=404)["code"] == "not_found"


def test_n8n_tells_a_patient_s_answer_and_the_first_one_stands(app: OpenAPI, reminder: Reminder) -> None:
    program = Desk(app, key_of(Scope.REMINDERS_WRITE))
    path = f"/reminders/{reminder.id}"
    first = program.ask("PATCH", path, {"answer": " confirmed "}).get_json()
    assert (first["answer"], first["lead"], first["appointment_id"]) == ("confirmed", "24h", reminder.appointment_id)
    assert program.ask("PATCH", path, {"answer": "will be late"}).get_json() == first
    desk = Desk(app, bearer(app, a_user(Role.DESK)))
    assert desk.get("/reminders", answered=True)["items"] == [first] == [desk.get(path)]
    assert desk.get("/reminders", answered=False)["items"] == []
    assert desk.get("/reminders", appointment_id=reminder.appointment_id)["items"] == [first]
    (line,) = AuditEntry.select().where(AuditEntry.subject == f"reminder:{reminder.id}")
    assert (line.actor.partition(":")[0], line.before["answer"], line.after["answer"]) == ("api_key", None, "confirmed")


@pytest.mark.parametrize("answer", ["", "  ", "x" * 201, "nul\0", None, 7])
def test_an_answer_that_is_none_is_refused_by_name(app: OpenAPI, reminder: Reminder, answer: object) -> None:
    refusal = Desk(app, key_of(Scope.REMINDERS_WRITE)).ask("PATCH", f"/reminders/{reminder.id}", {"answer": answer})
    assert refusal.status_code == 422 and [fault["field"] for fault in refusal.get_json()["errors"]] == ["answer"]
    assert Reminder.get().answer is None


def test_text_messages_are_found_by_state_kind_patient_and_appointment(app: OpenAPI, reminder: Reminder) -> None:
    desk, message = Desk(app, bearer(app, a_user(Role.DESK))), SmsMessage.get()
    found = (
        {"kind": "reminder"},
        {"patient_id": message.patient_id},
        {"appointment_id": reminder.appointment_id},
        {"state": message.state},
    )
    for query in found:
        (shown,) = desk.get("/sms-messages", **query)["items"]
        assert (shown["id"], shown["kind"], shown["to_number"]) == (message.id, "reminder", "+12025550143")
    for query in ({"kind": "booked"}, {"state": "delivered"}, {"patient_id": message.patient_id + 1}, {"appointment_id": 2147483647}):
        assert desk.get("/sms-messages", **query)["items"] == []


@pytest.mark.parametrize("state", [SmsState.FAILED, SmsState.SKIPPED])
def test_a_message_that_was_given_up_is_due_again_and_the_audit_tells_who_wished_it_and_not_what_it_says(
    app: OpenAPI, reminder: Reminder, state: str
) -> None:
    SmsMessage.update(state=state, why="20003", attempts=15, body="Mercy: a reminder").execute()
    desk, message_id = Desk(app, bearer(app, a_user(Role.DESK))), SmsMessage.get().id

    again = desk.post(f"/sms-messages/{message_id}/resend", status=200)

    assert (again["state"], again["why"], again["attempts"]) == ("pending", None, 1)
    assert desk.post(f"/sms-messages/{message_id}/resend", status=409)["code"] == "not_resendable"
    assert desk.post("/sms-messages/2147483647/resend", status=404)["code"] == "not_found"
    (line,) = AuditEntry.select()
    assert (line.action, line.subject) == ("resent", f"sms_message:{message_id}")
    assert (line.before, line.after) == (
        {"id": message_id, "state": state, "why": "20003"},
        {"id": message_id, "state": "pending", "why": None},
    )


def test_what_went_to_a_wrong_number_is_sent_again_to_the_right_one(app: OpenAPI, reminder: Reminder) -> None:
    SmsMessage.update(state=SmsState.FAILED, why="21211", attempts=1).execute()
    Patient.update(phone="+12025550199").execute()
    desk = Desk(app, bearer(app, a_user(Role.DESK)))

    again = desk.post(f"/sms-messages/{SmsMessage.get().id}/resend", status=200)

    assert (again["to_number"], again["attempts"]) == ("+12025550199", 0)


def test_a_message_that_was_not_delivered_stays_so_and_a_new_one_goes_to_the_patient_s_number_once(
    app: OpenAPI, reminder: Reminder
) -> None:
    SmsMessage.update(state="undelivered", why="30005", sid="SM1", attempts=1, body="Mercy: a reminder").execute()
    Patient.update(phone="+12025550199").execute()
    desk, message_id = Desk(app, bearer(app, a_user(Role.DESK))), SmsMessage.get().id

    anew = desk.post(f"/sms-messages/{message_id}/resend", status=200)

    assert (anew["state"], anew["attempts"], anew["to_number"], anew["kind"]) == ("pending", 0, "+12025550199", "reminder")
    assert (SmsMessage.get_by_id(message_id).state, SmsMessage.get_by_id(message_id).sid) == ("undelivered", "SM1")
    for again in (message_id, anew["id"]):
        assert desk.post(f"/sms-messages/{again}/resend", status=409)["code"] == "not_resendable"
    (line,) = AuditEntry.select()
    assert (line.action, line.subject) == ("resent", f"sms_message:{anew['id']}")
    assert (line.before, line.after) == (
        {"id": message_id, "state": "undelivered", "why": "30005"},
        {"id": anew["id"], "state": "pending", "why": None},
    )


@pytest.mark.parametrize("state", [SmsState.SKIPPED, SmsState.UNDELIVERED])
def test_what_was_written_to_an_erased_patient_is_not_sent_again(admin: Desk, reminder: Reminder, state: str) -> None:
    sid = "SM1" if state == SmsState.UNDELIVERED else None
    SmsMessage.update(state=state, sid=sid, why="erased", to_number="", facts={}).execute()
    assert admin.post(f"/sms-messages/{SmsMessage.get().id}/resend", status=409)["code"] == "not_resendable"
