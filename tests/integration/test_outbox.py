"""Events leave in order, signed, under one key each, whatever the receiver answers."""

import hashlib
import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog
from pydantic import SecretStr

from ivr import bookings, models, outbox, queue, settling
from ivr.breaker import Breaker
from ivr.clients.n8n import Webhook
from ivr.errors import Conflict
from ivr.models import Appointment, Call, OutboxEvent, Source, database
from ivr.processes import free_port
from ivr.receiver import LONGEST_WAIT_FOR_A_PROBE_S, Answer, Delivery, Post
from ivr.schemas import BookAppointment, CancelAppointment
from tests.integration.broker import Received, Receiver, Valkey, Worker, wait_until
from tests.integration.rows import a_doctor_with_slots, some_patients

pytestmark = pytest.mark.usefixtures("db")

SECRET = "a secret"


@pytest.fixture
def appointment() -> Appointment:
    """An appointment of which nothing has been told yet."""
    _, (slot, *_) = a_doctor_with_slots()
    (patient,) = some_patients(1)
    times = {"starts_at": slot.starts_at, "ends_at": slot.ends_at}
    return Appointment.create(patient=patient, slot=slot, source="seed", idempotency_key="seeded", **times)


def tell(about: Appointment | Call, *event_types: str) -> list[OutboxEvent]:
    """Write events, each in a transaction of its own."""
    return [outbox.record(event_type, about, {"n": number}) for number, event_type in enumerate(event_types)]


def state_of(event: OutboxEvent) -> tuple[str, int]:
    """State and attempts in the database now."""
    row = OutboxEvent.get_by_id(event.id)
    return row.state, row.attempts


def answering(*statuses: int) -> Post:
    """A receiver that gives these answers in turn."""
    answers = iter(statuses)
    return lambda _: Answer(next(answers))


class Recording:
    """A receiver that takes everything and keeps it."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> Answer:
        self.deliveries.append(delivery)
        return Answer(200)


def deliver(event: OutboxEvent, post: Post, breaker: Breaker | None = None) -> outbox.Due | None:
    """Deliver to a receiver of which nothing bad is known, unless a breaker is given."""
    return outbox.deliver(event.id, post, breaker or Breaker())


def never(_: Delivery) -> Answer:
    """A receiver that must not be asked."""
    raise AssertionError("nothing is to be delivered now")


def make_due(event: OutboxEvent) -> None:
    """Let the wait before the next attempt be over."""
    OutboxEvent.update(next_attempt_at=models.now()).where(OutboxEvent.id == event.id).execute()


def others_are_taken() -> None:
    """Let the receiver take an event of another subject."""
    (other,) = tell(Call.create(sid=f"CA{Call.select().count()}"), "call.completed")
    deliver(other, answering(200))


def is_signed(received: Received, secret: str = SECRET) -> bool:
    """Check the signature as a receiver would, from what it has got alone."""
    timestamp, digest = (part.partition("=")[2] for part in received.headers["X-Lilly-Signature"].split(","))
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, expected) and abs(time.time() - int(timestamp)) < 60


class TestDelivering:
    def test_an_event_is_delivered_once_and_the_next_of_its_subject_follows(self, appointment: Appointment) -> None:
        booked, cancelled = tell(appointment, "appointment.booked", "appointment.cancelled")

        due = deliver(booked, answering(200))

        assert state_of(booked) == ("delivered", 1)
        assert due is not None
        assert (due.event_id, due.in_s) == (cancelled.id, 0)
        assert deliver(booked, never) is None

    def test_an_event_waits_for_an_earlier_one_of_its_subject_and_for_no_other(self, appointment: Appointment) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")
        (other,) = tell(Call.create(sid="CA1"), "call.completed")

        deliver(first, answering(500))

        assert deliver(second, never) is None
        assert outbox.due() == [other.id]
        make_due(first)
        assert outbox.due() == [other.id, first.id], "what has been due longest comes first"

    def test_a_failed_attempt_is_repeated_later_and_not_before(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")

        due = deliver(event, answering(503))

        assert due is not None
        assert due.event_id == event.id
        assert 0.8 <= due.in_s <= 1.2
        assert deliver(event, never) is None
        assert OutboxEvent.get_by_id(event.id).last_error == "HTTP 503"

    def test_a_receiver_that_names_a_time_is_obeyed(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")

        due = deliver(event, lambda _: Answer(429, retry_after_s=120))

        assert due is not None
        assert due.in_s == 120
        with models.frozen(models.now() + timedelta(seconds=119)):
            assert outbox.due() == []
        with models.frozen(models.now() + timedelta(seconds=121)):
            assert outbox.due() == [event.id]

    def test_a_receiver_that_is_away_does_not_say_for_how_long(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")

        due = deliver(event, lambda _: Answer(503, retry_after_s=3600))

        assert due is not None
        assert due.in_s == LONGEST_WAIT_FOR_A_PROBE_S

    def test_a_dead_letter_blocks_nothing_and_can_be_replayed_under_its_key(self, appointment: Appointment) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")

        due = deliver(first, answering(400))

        assert state_of(first) == ("dead", 1)
        assert due is not None
        assert due.event_id == second.id
        deliver(second, answering(200))
        outbox.replay(first.id)
        receiver = Recording()
        deliver(first, receiver)
        assert state_of(first) == ("delivered", 2)
        assert [delivery.key for delivery in receiver.deliveries] == [first.idempotency_key]

    def test_what_was_delivered_is_replayed_with_the_same_body_and_the_next_of_its_subject_waits(self, appointment: Appointment) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")
        receiver = Recording()
        deliver(first, receiver)

        outbox.replay(first.id)

        assert outbox.due() == [first.id]
        assert deliver(second, never) is None
        with pytest.raises(Conflict, match="pending"):
            outbox.replay(first.id)
        outbox.deliver(first.id, receiver, Breaker(), ("name",))
        deliver(second, receiver)
        before, again, following = receiver.deliveries
        assert (before.key, before.body, again.attempt) == (again.key, again.body, 2)
        assert following.key == second.idempotency_key
        assert (state_of(first), state_of(second)) == (("delivered", 2), ("delivered", 1))

    @pytest.mark.parametrize("answer", [200, 500])
    def test_a_replayed_event_waits_for_a_later_one_of_its_subject_that_is_in_flight(self, appointment: Appointment, answer: int) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")
        deliver(first, answering(400))

        def meanwhile(_: Delivery) -> Answer:
            with database.connection_context():
                outbox.replay(first.id)
                assert outbox.due() == []
            outbox.deliver(first.id, never, Breaker())
            return Answer(answer)

        deliver(second, meanwhile)

        assert outbox.due() == [first.id]
        deliver(first, answering(200))
        assert state_of(first) == ("delivered", 2)

    def test_a_replayed_event_does_not_wait_for_a_later_one_whose_claim_has_lapsed(self, appointment: Appointment) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")
        deliver(first, answering(400))
        with pytest.raises(KeyboardInterrupt):
            deliver(second, lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        outbox.replay(first.id)

        assert outbox.due() == []
        with models.frozen(models.now() + timedelta(seconds=outbox.CLAIM_S + 1)):
            assert outbox.due() == [first.id]

    def test_what_the_receiver_never_takes_while_it_takes_others_is_given_up(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")

        for minute in range(outbox.MAX_REFUSALS):
            with models.frozen(models.now() + timedelta(minutes=6 * minute + 1)):
                assert state_of(event) == ("pending", minute)
                others_are_taken()
                deliver(event, answering(500))

        assert state_of(event) == ("dead", outbox.MAX_REFUSALS)

    @pytest.mark.parametrize("busy", [Answer(429), Answer(429, retry_after_s=1), Answer(503, retry_after_s=1)])
    def test_a_receiver_that_takes_others_and_cannot_take_any_more_just_now_makes_no_dead_letter(
        self, appointment: Appointment, busy: Answer
    ) -> None:
        (event,) = tell(appointment, "appointment.booked")

        for minute in range(outbox.MAX_REFUSALS + 1):
            with models.frozen(models.now() + timedelta(minutes=6 * minute + 1)):
                others_are_taken()
                due = deliver(event, lambda _: busy)
                assert due is not None
                assert due.in_s < 5

        assert state_of(event) == ("pending", outbox.MAX_REFUSALS + 1)

    @pytest.mark.parametrize("status", [404, 408, 429, 500, 503])
    def test_an_outage_of_a_night_and_a_restart_make_no_dead_letter(self, appointment: Appointment, status: int) -> None:
        others_are_taken()
        (event,) = tell(appointment, "appointment.booked")
        OutboxEvent.update(attempts=5000, failed_at=models.now()).where(OutboxEvent.id == event.id).execute()

        for _ in range(outbox.MAX_REFUSALS + 1):
            make_due(event)
            due = deliver(event, answering(status))
            assert due is not None
            assert due.in_s < 5, "whoever comes back has it soon"
        others_are_taken()
        make_due(event)
        deliver(event, answering(429))

        assert state_of(event)[0] == "pending"

    def test_of_many_who_deliver_one_event_at_once_one_does(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")
        receiver = Recording()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: deliver(event, receiver), range(8)))

        assert len(receiver.deliveries) == 1

    def test_a_claim_that_was_never_finished_lapses(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")
        with pytest.raises(KeyboardInterrupt):
            deliver(event, lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

        assert deliver(event, never) is None
        with models.frozen(models.now() + timedelta(seconds=outbox.CLAIM_S + 1)):
            assert outbox.due() == [event.id]
            deliver(event, answering(200))
        assert state_of(event) == ("delivered", 2)

    def test_without_a_receiver_an_event_is_kept_and_not_tried_in_vain(self, appointment: Appointment) -> None:
        first, second = tell(appointment, "appointment.booked", "appointment.cancelled")

        outbox.shelve(first.id)

        assert state_of(first) == ("unsent", 0)
        assert outbox.due() == [second.id]
        outbox.replay(first.id)
        assert outbox.due() == [first.id]

    def test_what_is_rolled_back_is_never_told(self, appointment: Appointment) -> None:
        with pytest.raises(RuntimeError), database.atomic():
            tell(appointment, "appointment.booked")
            raise RuntimeError

        assert OutboxEvent.select().count() == 0
        assert [event.sequence for event in tell(appointment, "appointment.cancelled")] == [1]


class TestWithADeadReceiver:
    def test_it_is_asked_only_now_and_then(self, appointment: Appointment) -> None:
        events = [tell(Call.create(sid=f"CA{number}"), "call.completed")[0] for number in range(8)]
        breaker = Breaker(failures=3, probe_s=60)

        for event in events[:3]:
            deliver(event, answering(503), breaker)

        assert breaker.is_open
        for event in events[3:]:
            deliver(event, never, breaker)
        assert outbox.due() == [event.id for event in events[3:]]

    def test_once_it_is_back_everything_is_due_within_seconds(self, appointment: Appointment) -> None:
        events = [tell(Call.create(sid=f"CA{number}"), "call.completed")[0] for number in range(4)]
        breaker = Breaker(failures=2, probe_s=0)

        for event in events[:3]:
            deliver(event, answering(500), breaker)
        assert outbox.due() == [events[3].id]
        deliver(events[3], answering(200), breaker)

        assert not breaker.is_open
        with models.frozen(models.now() + timedelta(seconds=5)):
            assert sorted(outbox.due()) == [event.id for event in events[:3]]

    def test_an_event_that_always_fails_keeps_no_other_from_being_tried(self, appointment: Appointment) -> None:
        (failing,) = tell(appointment, "appointment.booked")
        breaker = Breaker(failures=2, probe_s=0)
        for _ in range(2):
            make_due(failing)
            due = deliver(failing, answering(500), breaker)
        (other,) = tell(Call.create(sid="CA1"), "call.completed")
        make_due(failing)

        assert due is None, "it does not ask for the next attempt by itself"
        assert outbox.due() == [other.id, failing.id]
        deliver(other, answering(200), breaker)
        assert not breaker.is_open

    def test_whatever_is_due_is_delivered_each_subject_s_events_in_order(self, appointment: Appointment) -> None:
        told = tell(appointment, "appointment.booked", "appointment.rescheduled", "appointment.cancelled")
        told += [tell(Call.create(sid=f"CA{number}"), "call.completed")[0] for number in range(3)]
        taken: list[str] = []

        def post(delivery: Delivery) -> Answer:
            taken.append(delivery.key)
            return Answer(200)

        assert len(list(outbox.deliver_due(post, Breaker()))) == len(told)
        assert sorted(taken) == sorted(event.idempotency_key for event in told)
        in_order = [event.idempotency_key for event in told[:3]]
        assert [key for key in taken if key in in_order] == in_order
        assert outbox.due() == []

    def test_several_who_deliver_what_is_due_share_it_and_meet_at_no_event(self, appointment: Appointment) -> None:
        told = [tell(Call.create(sid=f"CA{number}"), "call.completed")[0] for number in range(60)]
        receiver = Recording()

        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(lambda _: len(list(outbox.deliver_due(receiver, Breaker()))), range(4)))

        assert sum(taken) == len(told)
        assert sorted(delivery.key for delivery in receiver.deliveries) == sorted(event.idempotency_key for event in told)

    def test_a_receiver_that_is_away_is_not_asked_with_all_that_is_due(self, appointment: Appointment) -> None:
        for number in range(8):
            tell(Call.create(sid=f"CA{number}"), "call.completed")
        breaker = Breaker(failures=3)

        assert len(list(outbox.deliver_due(answering(500, 500, 500), breaker))) == 3
        assert breaker.is_open
        assert list(outbox.deliver_due(answering(200), breaker)) == []

    def test_an_answer_that_asks_to_come_later_does_not_let_all_others_loose(self, appointment: Appointment) -> None:
        events = [tell(Call.create(sid=f"CA{number}"), "call.completed")[0] for number in range(3)]
        breaker = Breaker(failures=2, probe_s=0)

        for event, status in zip(events, (503, 503, 429), strict=True):
            deliver(event, answering(status), breaker)

        assert breaker.is_open


class TestPosting:
    def test_an_event_arrives_signed_with_its_key_attempt_and_envelope(self, appointment: Appointment, receiver: Receiver) -> None:
        receiver.forget()
        (event,) = tell(appointment, "appointment.booked")

        deliver(event, Webhook(SecretStr(receiver.url), SecretStr(SECRET)).post)

        (received,) = receiver.requests
        assert is_signed(received)
        assert not is_signed(received, "another secret")
        assert received.headers["Idempotency-Key"] == event.idempotency_key
        assert received.headers["X-Lilly-Attempt"] == "1"
        assert received.headers["X-Lilly-Timestamp"] in received.headers["X-Lilly-Signature"]
        assert received.event == {
            "id": event.idempotency_key,
            "type": "appointment.booked",
            "version": 1,
            "subject": f"appointment:{appointment.id}",
            "sequence": 1,
            "occurred_at": event.created_at.isoformat(),
            "data": {"n": 0},
        }

    def test_without_a_secret_it_arrives_unsigned(self, appointment: Appointment, receiver: Receiver) -> None:
        receiver.forget()
        (event,) = tell(appointment, "appointment.booked")

        deliver(event, Webhook(SecretStr(receiver.url), None).post)

        assert "X-Lilly-Signature" not in receiver.requests[0].headers

    @pytest.mark.parametrize(("wished_s", "waits_s"), [("120", 120), ("0", 1)])
    def test_the_wait_that_a_busy_receiver_names_is_kept(
        self, appointment: Appointment, receiver: Receiver, wished_s: str, waits_s: float
    ) -> None:
        receiver.forget()
        receiver.answers.append((429, {"Retry-After": wished_s}))
        (event,) = tell(appointment, "appointment.booked")

        due = deliver(event, Webhook(SecretStr(receiver.url), None).post)

        assert due is not None
        assert due.in_s == pytest.approx(waits_s, rel=0.2)
        assert state_of(event) == ("pending", 1)

    @pytest.mark.parametrize(
        ("status", "state"),
        [*((status, "pending") for status in (404, 408, 425)), *((status, "dead") for status in (400, 401, 403, 409, 410, 413, 422))],
    )
    def test_of_the_4xx_only_those_that_may_pass_are_tried_again(
        self, appointment: Appointment, receiver: Receiver, status: int, state: str
    ) -> None:
        receiver.forget()
        receiver.answers.append((status, {}))
        (event,) = tell(appointment, "appointment.booked")

        deliver(event, Webhook(SecretStr(receiver.url), None).post)

        assert state_of(event) == (state, 1)
        assert OutboxEvent.get_by_id(event.id).last_error == f"HTTP {status}"

    @pytest.mark.parametrize("location", ["", "http://[bad", "http://\xff\xfe:x/"])
    def test_a_redirect_is_a_failure_wherever_it_leads(self, appointment: Appointment, receiver: Receiver, location: str) -> None:
        receiver.forget()
        receiver.answers.append((302, {"Location": location or receiver.url}))
        (event,) = tell(appointment, "appointment.booked")

        deliver(event, Webhook(SecretStr(receiver.url), None).post)

        assert len(receiver.requests) == 1
        assert OutboxEvent.get_by_id(event.id).last_error == "HTTP 302"

    def test_a_receiver_that_is_not_there_is_an_answer_that_does_not_name_its_address(self, appointment: Appointment) -> None:
        (event,) = tell(appointment, "appointment.booked")
        webhook = Webhook(SecretStr(f"http://127.0.0.1:{free_port()}/webhook/secret-path"), None)

        deliver(event, webhook.post)

        assert OutboxEvent.get_by_id(event.id).last_error == "ConnectionError"
        assert "secret-path" not in repr(webhook)


class TestThroughAWorker:
    @pytest.fixture(autouse=True)
    def _working(self, worker: Worker, valkey: Valkey, receiver: Receiver) -> None:
        receiver.forget()

    def test_a_booking_and_its_cancellation_arrive_in_order_though_the_receiver_fails_at_first(
        self, receiver: Receiver, states: queue.BookingStates
    ) -> None:
        receiver.answers += [(500, {}), (404, {})]
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = bookings.request_booking(patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, idempotency_key="book")
        appointment_id = settling.settle(request, states).result_id
        assert appointment_id is not None
        wanted = CancelAppointment(appointment_id=appointment_id)
        settling.settle(bookings.request_cancellation(patient, wanted, source=Source.PHONE, idempotency_key="cancel"), states)

        wait_until(lambda: len(receiver.requests) == 4, 8, "both events arrive")

        assert [(received.event["type"], received.headers["X-Lilly-Attempt"]) for received in receiver.requests] == [
            ("appointment.booked", "1"),
            ("appointment.booked", "2"),
            ("appointment.booked", "3"),
            ("appointment.cancelled", "1"),
        ]
        assert len({received.headers["Idempotency-Key"] for received in receiver.requests}) == 2
        assert all(is_signed(received) for received in receiver.requests)
        wait_until(lambda: OutboxEvent.select().where(OutboxEvent.state == "delivered").count() == 2, 2, "both are noted")

    def test_an_event_whose_task_was_lost_is_found_by_the_sweep(self, appointment: Appointment, receiver: Receiver) -> None:
        (event,) = tell(appointment, "appointment.booked")

        queue.celery_app.send_task(queue.SWEEP, ignore_result=True)

        wait_until(lambda: state_of(event) == ("delivered", 1), 5, "it is delivered")
        assert len(receiver.requests) == 1

    def test_what_is_said_of_an_event_in_the_pile_names_the_request_that_sent_it(
        self, appointment: Appointment, receiver: Receiver, worker: Worker
    ) -> None:
        receiver.answers.append((500, {}))
        (event,) = tell(appointment, "appointment.booked")

        with structlog.contextvars.bound_contextvars(request_id="asked-at-noon"):
            assert queue.send_outbox(event.id)

        wait_until(lambda: state_of(event) == ("delivered", 2), 5, "it is delivered")
        said = [line for line in worker.said().splitlines() if f"event {event.id} not delivered in attempt 1" in line]
        assert ["request_id=asked-at-noon" in line for line in said] == [True]
