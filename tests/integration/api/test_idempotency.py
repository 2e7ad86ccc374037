"""POSTs with an Idempotency-Key: carried out once, answered alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from ivr import idempotency, models, outbox, queue, roster
from ivr.errors import Conflict
from ivr.idempotency import Answer, Claim
from ivr.models import AuditEntry, Call, CallbackRequest, Doctor, IdempotentAnswer, OutboxEvent, Specialty, database
from tests.integration.api.desk import Desk, a_user, bearer


@pytest.fixture
def body(db: None) -> dict[str, Any]:
    """A doctor to be made."""
    return {"given_name": "Ana", "family_name": "Ruiz", "specialty_id": Specialty.create(name="cardiology").id}


KEY = {"Idempotency-Key": "n8n run 1"}


def test_the_second_gets_the_first_one_s_answer(admin: Desk, body: dict[str, Any]) -> None:
    first, second = (admin.ask("POST", "/doctors", body, KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    assert [first.headers[name] == second.headers[name] for name in ("ETag", "Location", "Content-Type")] == [True] * 3
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert Doctor.select().count() == AuditEntry.select().count() == 1


def test_a_refusal_is_an_answer_too(admin: Desk, body: dict[str, Any]) -> None:
    admin.post("/doctors", body)
    assert admin.post("/doctors", body, status=409, headers=KEY)["code"] == "already_exists"
    Doctor.delete().execute()
    assert admin.post("/doctors", body, status=409, headers=KEY)["code"] == "already_exists"


def test_a_key_belongs_to_one_request(admin: Desk, body: dict[str, Any]) -> None:
    admin.post("/doctors", body, headers=KEY)
    for path, other in (("/doctors", body | {"given_name": "Eva"}), ("/doctors?", body | {"given_name": "Eva"})):
        refusal = admin.post(path, other, status=422, headers=KEY)
        assert (refusal["code"], refusal["errors"][0]["field"]) == ("idempotency_key_reused", "Idempotency-Key")


def test_a_key_belongs_to_whoever_sent_it(admin: Desk, body: dict[str, Any]) -> None:
    admin.post("/doctors", body, headers=KEY)
    another = Desk(admin.app, bearer(admin.app, a_user(email="another@hospital.example")))
    assert another.post("/doctors", body | {"given_name": "Eva"}, headers=KEY)["given_name"] == "Eva"


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "ü"])
def test_a_key_that_cannot_be_kept_is_refused(admin: Desk, body: dict[str, Any], key: str) -> None:
    assert admin.post("/doctors", body, status=422, headers={"Idempotency-Key": key})["errors"][0]["field"] == "Idempotency-Key"


def test_what_was_not_valid_may_be_mended_under_its_key(admin: Desk, body: dict[str, Any]) -> None:
    admin.post("/doctors", {}, status=422, headers=KEY)
    admin.post("/doctors", body, headers=KEY)


def test_a_fault_of_ours_leaves_no_answer_and_no_row(admin: Desk, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Claim, "keep", lambda *_: 1 / 0)
        admin.post("/doctors", body, status=500, headers=KEY)
    assert not Doctor.select().count() and not IdempotentAnswer.select().count()
    admin.post("/doctors", body, headers=KEY)


def to_file(admin: Desk) -> tuple[str, dict[str, Any] | None]:
    return "/callback-requests", {"phone": "(202) 555-0143", "reason": "a bill"}


def to_replay(admin: Desk) -> tuple[str, dict[str, Any] | None]:
    event = outbox.record("call.completed", Call.create(sid="CA1"), {})
    outbox.shelve(event.id)
    return f"/outbox-events/{event.id}/replay", None


@pytest.mark.parametrize(("prepare", "status"), [(to_file, 201), (to_replay, 200)])
def test_who_dies_before_the_answer_is_kept_has_done_nothing_and_who_repeats_it_does_it_once(
    admin: Desk, monkeypatch: pytest.MonkeyPatch, prepare: Any, status: int
) -> None:
    path, body = prepare(admin)
    before = [OutboxEvent.select().count(), *OutboxEvent.select().tuples()]
    with monkeypatch.context() as dying:
        dying.setattr(Claim, "keep", lambda *_: database.execute_sql("SELECT pg_terminate_backend(pg_backend_pid())"))
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(Desk(admin.app, admin.headers).ask, "POST", path, body, KEY).result().status_code == 503
    assert [OutboxEvent.select().count(), *OutboxEvent.select().tuples()] == before
    assert not CallbackRequest.select().count() and not AuditEntry.select().count()
    answers = [admin.post(path, body, status=status, headers=KEY) for _ in range(2)]
    assert answers[0] == answers[1] and AuditEntry.select().count() == 1


@pytest.mark.parametrize("prepare", [to_file, to_replay])
def test_the_worker_is_told_of_what_it_can_see(admin: Desk, monkeypatch: pytest.MonkeyPatch, prepare: Any) -> None:
    path, body = prepare(admin)
    seen = []

    def look(event_id: int) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            seen.append(elsewhere.submit(pending, event_id).result())

    def pending(event_id: int) -> int:
        with database.connection_context():
            return int(OutboxEvent.select().where(OutboxEvent.id == event_id, OutboxEvent.state == "pending").count())

    monkeypatch.setattr(queue, "send_outbox", look)
    admin.ask("POST", path, body, KEY)
    assert seen == [1]


def test_while_the_first_is_carried_out_the_second_is_told_so(admin: Desk, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    both, add = Barrier(2), roster.add

    def slowly(*arguments: Any) -> Any:
        both.wait(5)
        both.wait(5)
        return add(*arguments)

    monkeypatch.setattr(roster, "add", slowly)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(Desk(admin.app, admin.headers).ask, "POST", "/doctors", body, KEY)
        both.wait(5)
        refusal = admin.post("/doctors", body, status=409, headers=KEY)
        both.wait(5)
        assert first.result().status_code == 201
    assert refusal["code"] == "request_in_progress"
    assert admin.post("/doctors", body, headers=KEY) == first.result().get_json()


def test_what_died_with_its_process_may_be_carried_out_by_another(db: None) -> None:
    now = models.now()
    claim = idempotency.claim("user:1", "key", "print", now)
    assert isinstance(claim, Claim)
    with pytest.raises(Conflict):
        idempotency.claim("user:1", "key", "print", now + timedelta(seconds=59))
    assert isinstance(idempotency.claim("user:1", "key", "print", now + timedelta(seconds=61)), Claim)
    claim.keep(Answer(201, b"{}"))
    assert idempotency.claim("user:1", "key", "print", now + timedelta(seconds=200)) == Answer(201, b"{}", {})


def test_of_ten_that_claim_at_once_one_does(db: None) -> None:
    def claim(_: int) -> bool:
        with database.connection_context():
            try:
                return isinstance(idempotency.claim("user:1", "key", "print"), Claim)
            except Conflict:
                return False

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(claim, range(10))) == 1


def test_answers_are_forgotten_after_a_day(db: None) -> None:
    now = models.now()
    for number in range(3):
        idempotency.claim("user:1", f"key {number}", "print", now)
    idempotency.claim("user:1", "another", "print", now + timedelta(hours=23))
    assert IdempotentAnswer.select().count() == 4
    idempotency.claim("user:1", "last", "print", now + timedelta(hours=25))
    assert [row.key for row in IdempotentAnswer.select().order_by(IdempotentAnswer.id)] == ["another", "last"]
