"""What n8n gets: every kind of event, as the documented schema says, signed, in order, whatever the receiver does."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import SecretStr

from bench._receiver import MoodyReceiver
from bench._reckoning import is_signed, out_of_order
from ivr import appointments, callbacks, calls, diary, models, outbox, queue, records, reminders, waitlist
from ivr.breaker import Breaker
from ivr.clients.n8n import Webhook, signature
from ivr.config import ROOT
from ivr.models import Appointment, AppointmentStatus, BookingRequest, Call, OutboxEvent, Source, WaitlistEntry
from ivr.processes import free_port
from ivr.schemas.callbacks import NewCallbackRequest
from tests.integration.broker import Received, Receiver
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db", "nobody_else_delivers")

DOCS = ROOT / "docs" / "n8n"
SCHEMA = json.loads((DOCS / "event.schema.json").read_text())
WORKFLOW = json.loads((DOCS / "workflow.json").read_text())
SECRET = "a secret"
LONG_AGO = NOW - timedelta(days=9)


@pytest.fixture
def nobody_else_delivers() -> None:
    """Let no other test's worker hear of these events."""
    queue.configure(f"redis://127.0.0.1:{free_port()}/0")


@pytest.fixture
def n8n() -> Iterator[MoodyReceiver]:
    """A receiver that takes everything until it is told to be unwell."""
    receiver = MoodyReceiver()
    yield receiver
    receiver.close()


def deliver_all(receiver: MoodyReceiver, fields: tuple[str, ...] = (), limit_s: float = 5.0) -> None:
    """Try once what is due."""
    webhook = Webhook(SecretStr(receiver.url), SecretStr(SECRET), limit_s)
    for event in OutboxEvent.select().order_by(OutboxEvent.id):
        outbox.deliver(event.id, webhook.post, Breaker(), fields)


def everything_happens() -> None:
    """A call in which an appointment is booked, moved, cancelled and asked about; a reminder of another one."""
    calls.begin("CA1", "+12025550143", "+12025550100", now=LONG_AGO)
    call, patient, doctor = calls.get("CA1"), a_patient(), a_doctor()
    calls.bind_patient(call, patient)
    first, second = a_slot(doctor, 24), a_slot(doctor, 48)
    origin = {"patient": patient, "call": call, "source": Source.PHONE}

    def carry_out(operation: str, at: datetime, **what: object) -> Appointment:
        request = BookingRequest.create(operation=operation, idempotency_key=f"{operation} {at}", **origin, **what)
        result, _ = appointments.perform(request, at)
        finished = {"state": "done", "result": result, "finished_at": at}
        BookingRequest.update(**finished).where(BookingRequest.id == request.id).execute()
        return result

    booked = carry_out("book", LONG_AGO, slot=first)
    reminders.write_due(ZoneInfo("America/New_York"), now=NOW)
    moved = carry_out("move", NOW, slot=second, appointment=booked)
    carry_out("cancel", NOW, appointment=moved)
    callbacks.request(call, "a bill", "US", now=NOW)
    calls.finish("CA1", "completed", now=NOW)
    callbacks.ask(NewCallbackRequest(patient_id=patient.id, reason="a bill"), "user:1", "US", NOW)


def test_every_kind_of_event_is_as_the_schema_says_and_signed_and_in_order(n8n: MoodyReceiver) -> None:
    everything_happens()

    deliver_all(n8n)

    events = [received.event for received in n8n.log]
    assert [event["type"] for event in events] == [
        "appointment.booked",
        "appointment.reminder_due",
        "appointment.rescheduled",
        "appointment.cancelled",
        "call.needs_follow_up",
        "call.completed",
        "callback.requested",
    ]
    for event in events:
        assert faults(event) == []
    assert all(is_signed(received, SECRET) for received in n8n.log)
    assert out_of_order(n8n.log) == 0


def test_what_the_wait_list_tells_is_as_the_schema_says(n8n: MoodyReceiver) -> None:
    samir, evening = a_doctor("Samir"), NOW + timedelta(hours=11, minutes=50)
    WaitlistEntry.create(patient=a_patient(phone="+12025550143"), specialty=samir.specialty, doctor=samir)
    waitlist.offer(a_slot(samir, 72).id, evening)

    waitlist.lapse(ZoneInfo("America/New_York"), evening + timedelta(minutes=15))
    deliver_all(n8n)

    offered, extended = (received.event for received in n8n.log)
    assert (offered["type"], extended["type"]) == ("waitlist.offered", "waitlist.extended")
    assert faults(offered) + faults(extended) == []
    assert (offered["subject"], offered["data"]["slot_id"]) == (extended["subject"], extended["data"]["slot_id"])
    assert offered["data"]["held_until"] < extended["data"]["held_until"]


@pytest.mark.parametrize("status", ["completed", "no_show"])
def test_what_the_desk_notes_of_a_visit_is_told_as_the_schema_says(n8n: MoodyReceiver, status: str) -> None:
    visit = an_appointment(a_patient(), a_slot(a_doctor(), -1))
    diary.conclude(visit.id, AppointmentStatus(status), records.ANY_VERSION, "user:1", NOW)

    deliver_all(n8n, ("name",))

    (received,) = n8n.log
    assert received.event["type"] == f"appointment.{status}" and faults(received.event) == []
    assert (received.event["data"]["status"], received.event["data"]["patient"]) == (status, {"name": "Maria Gonzalez"})


def test_the_end_of_a_call_tells_what_was_booked_in_it_and_nothing_that_was_said(n8n: MoodyReceiver) -> None:
    everything_happens()

    data = OutboxEvent.get(OutboxEvent.event_type == "call.completed").payload["data"]

    assert [booking["operation"] for booking in data["bookings"]] == ["book", "move", "cancel"]
    assert data["started_at"] == LONG_AGO.isoformat()
    assert not calls.finish("CA1", "failed"), "a call ends once"
    assert OutboxEvent.select().where(OutboxEvent.event_type == "call.completed").count() == 1


def test_a_call_whose_end_nobody_told_is_ended_later() -> None:
    calls.begin("CA1", None, None, now=NOW)

    assert calls.forgotten(now=NOW + timedelta(hours=4)) == []
    assert calls.forgotten(now=NOW + timedelta(hours=5)) == ["CA1"]


def test_of_the_patient_only_what_the_setting_allows_is_told_and_the_same_in_every_attempt(n8n: MoodyReceiver) -> None:
    everything_happens()
    n8n.feel("answers 500")
    deliver_all(n8n, ("name", "phone", "date_of_birth", "language"))
    models.Patient.update(phone="+12025550199").execute()
    n8n.feel("well")
    with models.frozen(models.now() + timedelta(minutes=1)):
        deliver_all(n8n, ("name", "phone", "date_of_birth", "language"))

    first, again = (received for received in n8n.log if received.event["type"] == "appointment.booked")
    told = {"name": "Maria Gonzalez", "phone": "+15550198234", "date_of_birth": "1982-03-04", "language": None}
    assert first.event["data"]["patient"] == told
    assert (first.key, first.body) == (again.key, again.body)
    assert faults(first.event) == []


@pytest.mark.parametrize("mood", ["answers 500", "hangs", "resets", "drips", "answers rubbish"])
def test_a_receiver_that_is_unwell_is_tried_again_and_never_waited_for_long(n8n: MoodyReceiver, mood: Any) -> None:
    event = outbox.record("call.completed", Call.create(sid="CA1"), {})
    n8n.feel(mood)

    began_at = datetime.now()
    deliver_all(n8n, limit_s=0.7)

    assert (datetime.now() - began_at).total_seconds() < 3
    after = OutboxEvent.get_by_id(event.id)
    assert (after.state, after.attempts) == ("pending", 1)
    assert re.fullmatch(r"HTTP 500|ReadTimeout|ConnectionError", after.last_error or "")


def test_a_receiver_that_answers_twice_has_it_once(n8n: MoodyReceiver) -> None:
    n8n.feel("answers twice")
    event = outbox.record("call.completed", Call.create(sid="CA1"), {})

    deliver_all(n8n)
    deliver_all(n8n)

    assert (len(n8n.log), OutboxEvent.get_by_id(event.id).state) == (1, "delivered")


class TestTheWorkflow:
    def test_it_verifies_then_drops_repeats_then_does_the_work_then_keeps_the_key_then_answers(self) -> None:
        way = ["Webhook"]
        while following := following_on(way[-1]):
            way.append(following[0])

        checked = ["Webhook", "Raw body", "HMAC", "Is it Lilly's?"]
        assert way == [*checked, "Table of keys", "Look for its key", "Is it new?", "The event", "Your work begins here"]
        assert following_on("Is it Lilly's?", 1) == ["Refuse"]
        assert following_on("Is it new?", 1) == ["Answer a repeat"]
        assert following_on("The event") == ["Your work begins here", "Keep its key"]
        assert following_on("Keep its key") == ["Answer"]

    def test_every_node_is_connected_and_none_holds_a_secret(self) -> None:
        targets = {end["node"] for outputs in WORKFLOW["connections"].values() for branch in outputs["main"] for end in branch}

        assert targets | {"Webhook"} == NODES.keys()
        assert NODES["Webhook"]["parameters"]["options"] == {"rawBody": True}
        assert NODES["HMAC"]["parameters"] | {"action": "hmac", "type": "SHA256", "encoding": "hex"} == NODES["HMAC"]["parameters"]
        assert "secret" not in NODES["HMAC"]["parameters"]


class TestWhatTheWorkflowMakesOfAPost:
    """Its expressions, read from the file, over what is really posted."""

    @pytest.fixture
    def posted(self, receiver: Receiver) -> Received:
        """An event as it arrives, with a letter outside of ASCII."""
        receiver.forget()
        event = outbox.record("call.completed", Call.create(sid="CA1"), {"reason": "mañana"})
        outbox.deliver(event.id, Webhook(SecretStr(receiver.url), SecretStr(SECRET)).post, Breaker())
        (received,) = receiver.requests
        return received

    def test_what_lilly_posts_is_hers(self, posted: Received) -> None:
        assert is_lillys(posted)

    @pytest.mark.parametrize(
        "changed",
        [
            lambda one: replace(one, body=one.body.replace(b"call", b"CALL")),
            lambda one: with_signature(one, f"t={int(time.time())},v1={64 * '0'}"),
            lambda one: with_signature(one, one.headers["X-Lilly-Signature"] + "0"),
            lambda one: with_signature(one, ""),
            lambda one: with_signature(one, f"t={int(time.time())},v1="),
            lambda one: with_signature(one, signature("another secret", int(time.time()), one.body)),
            lambda one: with_signature(one, signature(SECRET, int(time.time()) - 301, one.body)),
            lambda one: with_signature(one, signature(SECRET, int(time.time()) + 310, one.body)),
        ],
    )
    def test_what_somebody_else_posts_is_not(self, posted: Received, changed: Callable[[Received], Received]) -> None:
        assert not is_lillys(changed(posted))

    def test_work_that_is_done_is_not_done_again_and_work_that_failed_is(self, posted: Received) -> None:
        kept: set[str] = set()
        assert answered(posted, kept, works=False) == "nothing: Lilly sends it again"
        assert answered(posted, kept) == "Answer"
        assert answered(posted, kept) == "Answer a repeat"
        other = replace(posted, headers=posted.headers | {"Idempotency-Key": "another"})
        assert answered(other, kept) == "Answer"


NODES = {node["name"]: node for node in WORKFLOW["nodes"]}
OF_A_HEADER = re.compile(r"\(\$json\.headers\['(?P<header>[a-z-]+)'\] \?\? ''\)\.match\(/(?P<pattern>.+)/\)\?\.\[1\]")
"""The one thing that the expressions do with a header."""


def following_on(name: str, output: int = 0) -> list[str]:
    """The nodes that come after an output of a node, in the order in which n8n runs them: from the top down."""
    outputs = WORKFLOW["connections"].get(name, {"main": []})["main"]
    return sorted((end["node"] for end in outputs[output]), key=lambda one: NODES[one]["position"][1]) if outputs else []


def of_header(expression: str, headers: dict[str, str]) -> tuple[str, str | None]:
    """An expression with the part that reads a header put as H, and what that part gives."""
    part = OF_A_HEADER.search(expression)
    assert part is not None
    # To JavaScript $ is the very end, and a digit one of ten.
    found = re.search(part["pattern"].replace("$", r"\Z"), headers.get(part["header"], ""), re.ASCII)
    return expression.replace(part[0], "H"), found[1] if found else None


def is_lillys(received: Received) -> bool:
    """What the nodes HMAC and "Is it Lilly's?" make of a request."""
    headers = {name.lower(): value for name, value in received.headers.items()}
    signed, fresh = NODES["Is it Lilly's?"]["parameters"]["conditions"]["conditions"]
    value, timestamp = of_header(NODES["HMAC"]["parameters"]["value"], headers)
    claimed, digest = of_header(signed["leftValue"], headers)
    age, at = of_header(fresh["leftValue"], headers)
    assert (value, claimed, signed["rightValue"]) == ("={{ H }}.{{ $json.raw }}", "={{ H ?? '' }}", "={{ $json.expected }}")
    assert (age, fresh["operator"]["operation"]) == ("={{ Math.abs(Date.now() / 1000 - Number(H ?? 0)) }}", "lt")
    expected = hmac.new(SECRET.encode(), f"{timestamp or ''}.{received.body.decode()}".encode(), hashlib.sha256).hexdigest()
    return (digest or "") == expected and abs(time.time() - float(at or 0)) < fresh["rightValue"]


def answered(received: Received, kept: set[str], *, works: bool = True) -> str:
    """Which node answers a request of Lilly's, with the keys that the table has."""
    asked = NODES["Look for its key"]["parameters"]["filters"]["conditions"][0]
    stored = NODES["Keep its key"]["parameters"]["columns"]["value"]["key"]
    (new,) = NODES["Is it new?"]["parameters"]["conditions"]["conditions"]
    assert (asked["keyName"], asked["keyValue"], new["leftValue"]) == ("key", stored, "={{ $json.key ?? '' }}")
    assert new["operator"]["operation"] == "empty"
    header = re.fullmatch(r"=\{\{ \$\('HMAC'\)\.item\.json\.headers\['([a-z-]+)'\] \}\}", stored)
    assert header is not None
    key = next(value for name, value in received.headers.items() if name.lower() == header[1])
    if key in kept:
        return following_on("Is it new?", 1)[0]
    for node in following_on("The event"):
        if node == "Your work begins here" and not works:
            return "nothing: Lilly sends it again"
        if node == "Keep its key":
            kept.add(key)
    return following_on("Keep its key")[0]


def with_signature(received: Received, text: str) -> Received:
    """The same request, signed otherwise."""
    return replace(received, headers=received.headers | {"X-Lilly-Signature": text})


def faults(event: dict[str, Any]) -> list[str]:
    """What an event has that the schema does not allow."""
    return [
        f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(event)
    ]
