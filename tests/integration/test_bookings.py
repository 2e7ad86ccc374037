"""A booking is a request with a state: carried out once, by a worker or without one, and never half."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest

from ivr import appointments, bookings, models, scheduling
from ivr.errors import LillyError
from ivr.models import Appointment, BookingRequest, Call, Hold, OutboxEvent, Patient, Slot, Source, database
from ivr.schemas import BookAppointment, CancelAppointment, RescheduleAppointment
from tests.integration.broker import somebody_waits_for_a_lock, wait_until
from tests.integration.rows import a_doctor_with_slots, a_slot, some_patients

T = TypeVar("T")

pytestmark = pytest.mark.usefixtures("db")


def ask(patient: Patient, slot: Slot, key: str = "key", call: Call | None = None) -> BookingRequest:
    """Ask for a slot by telephone."""
    return bookings.request_booking(
        patient, BookAppointment(slot_id=slot.id, reason="a cough"), source=Source.PHONE, call=call, idempotency_key=key
    )


def ask_to_move(patient: Patient, appointment: Appointment, slot: Slot, key: str = "move") -> BookingRequest:
    """Ask to move an appointment to a slot."""
    wanted = RescheduleAppointment(appointment_id=appointment.id, slot_id=slot.id)
    return bookings.request_move(patient, wanted, source=Source.PHONE, idempotency_key=key)


def ask_to_cancel(patient: Patient, appointment: Appointment, key: str = "cancel") -> BookingRequest:
    """Ask to cancel an appointment."""
    return bookings.request_cancellation(
        patient, CancelAppointment(appointment_id=appointment.id), source=Source.PHONE, idempotency_key=key
    )


def done(request: BookingRequest) -> Appointment:
    """Carry a request out here, and return what came of it."""
    carried_out = bookings.carry_out(request.id)
    assert carried_out.state == "done"
    assert carried_out.result is not None
    return carried_out.result


def book(patient: Patient, slot: Slot, key: str = "key") -> Appointment:
    """Ask for a slot and get it."""
    return done(ask(patient, slot, key))


def file_without_hold(patient: Patient, slot: Slot, key: str) -> BookingRequest:
    """A request as it would be if its slot's hold had run out."""
    return BookingRequest.create(operation="book", patient=patient, slot=slot, source=Source.PHONE, idempotency_key=key)


def refusal(of: Callable[[], object]) -> str:
    """The code with which something is refused."""
    with pytest.raises(LillyError) as raised:
        of()
    return raised.value.code


def at_once(what: Callable[[int], T], count: int) -> list[T]:
    """Results of so many threads that begin together, each with a connection of its own."""
    barrier = threading.Barrier(count)

    def run(index: int) -> T:
        barrier.wait(10)
        with database.connection_context():
            return what(index)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


class TestAsking:
    def test_a_slot_that_is_asked_for_is_held_for_its_request(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        mine, other = some_patients(2)

        request = ask(mine, slot)

        assert request.state == "pending"
        assert refusal(lambda: ask(other, slot, "other")) == "slot_taken"
        assert BookingRequest.select().count() == 1

    def test_a_slot_held_for_this_call_can_be_asked_for_in_it_and_not_in_another(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        mine, other = some_patients(2)
        call, another = Call.create(sid="CA1"), Call.create(sid="CA2")
        assert scheduling.hold(slot, "CA1", 120)

        assert refusal(lambda: ask(other, slot, "other", another)) == "slot_taken"
        assert ask(mine, slot, "mine", call).state == "pending"

    def test_what_is_clear_at_once_is_refused_at_once(self) -> None:
        doctor, (slot, later, *_) = a_doctor_with_slots()
        past = a_slot(doctor, -24, now=models.now())
        _, (same_time, *_) = a_doctor_with_slots("Kim")
        mine, other = some_patients(2)
        book(mine, slot)

        assert refusal(lambda: ask(other, slot, "taken")) == "slot_taken"
        assert refusal(lambda: ask(mine, slot, "mine already")) == "patient_busy"
        assert refusal(lambda: ask(mine, same_time, "at the same time")) == "patient_busy"
        assert refusal(lambda: ask(mine, past, "past")) == "slot_past"
        assert refusal(lambda: ask(mine, Slot(id=later.id + 99), "unknown")) == "not_found"
        assert BookingRequest.select().count() == 1
        assert Hold.select().count() == 0

    def test_one_key_is_one_request(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)

        first = ask(patient, slot)
        again = ask(patient, slot)
        bookings.carry_out(first.id)
        afterwards = ask(patient, slot)

        assert first.id == again.id == afterwards.id
        assert afterwards.state == "done"
        assert refusal(lambda: ask(patient, later)) == "idempotency_key_reused"

    def test_one_key_from_ten_at_once_is_one_request_and_one_appointment(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)

        results = at_once(lambda _: done(ask(patient, slot)).id, 10)

        assert len(set(results)) == 1
        assert Appointment.select().count() == 1
        assert OutboxEvent.select().count() == 1

    def test_yes_yes_is_one_wish_and_a_wish_that_was_undone_is_a_new_one(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        wanted = BookAppointment(slot_id=slot.id)
        first = bookings.intent_key("CA1", patient, wanted)
        request = ask(patient, slot, first)

        assert bookings.intent_key("CA1", patient, wanted) == first
        appointment = done(request)
        assert bookings.intent_key("CA1", patient, wanted) == first
        done(ask_to_cancel(patient, appointment))
        second = bookings.intent_key("CA1", patient, wanted)

        assert second != first
        assert book(patient, slot, second).status == "booked"
        assert bookings.intent_key("CA2", patient, wanted) not in (first, second)


class TestCarryingOut:
    def test_a_booking_leaves_an_appointment_an_event_and_no_hold(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)

        appointment = book(patient, slot)

        assert (appointment.slot.doctor.name, appointment.reason, appointment.status) == ("Dr. Samir", "a cough", "booked")
        assert [event.event_type for event in OutboxEvent] == ["appointment.booked"]
        assert Hold.select().count() == 0
        assert [appointment.id for appointment in bookings.list_appointments(patient)] == [appointment.id]

    def test_twice_is_once(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot)

        results = at_once(lambda _: done(request).id, 8)

        assert len(set(results)) == 1
        assert Appointment.select().count() == OutboxEvent.select().count() == 1

    def test_a_slot_whose_time_came_meanwhile_is_refused_and_not_held(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        request = ask(patient, slot)

        with models.frozen(slot.starts_at):
            refused = bookings.carry_out(request.id)

        assert (refused.state, refused.error_code, refused.result) == ("refused", "slot_past", None)
        assert Hold.select().count() == Appointment.select().count() == OutboxEvent.select().count() == 0

    def test_of_two_overlapping_wishes_of_a_patient_carried_out_at_once_one_comes_true(self) -> None:
        _, (slot, *_) = a_doctor_with_slots("Samir")
        _, (same_time, *_) = a_doctor_with_slots("Kim")
        (patient,) = some_patients(1)
        requests = [file_without_hold(patient, slot, "one"), file_without_hold(patient, same_time, "other")]

        ends = at_once(lambda index: bookings.carry_out(requests[index].id), 2)

        assert sorted((end.state, end.error_code) for end in ends) == [("done", None), ("refused", "patient_busy")]

    def test_a_deadlock_is_tried_again(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        appointment = book(patient, slot)
        request = ask_to_cancel(patient, appointment)
        ends: list[BookingRequest] = []
        with database.atomic():
            # PostgreSQL ends who first notices that each waits for the other: the request's own session.
            database.execute_sql("SET LOCAL deadlock_timeout = '30s'")
            Appointment.select().where(Appointment.id == appointment.id).for_update().get()
            thread = threading.Thread(target=lambda: ends.append(bookings.carry_out(request.id)))
            thread.start()
            wait_until(somebody_waits_for_a_lock, 5, "the request is being carried out")
            BookingRequest.select().where(BookingRequest.id == request.id).for_update().get()
        thread.join(5)

        assert ends[0].state == "done"


class TestMoving:
    def test_a_move_frees_the_old_slot_and_keeps_its_history(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        old = book(patient, slot)

        new = done(ask_to_move(patient, old, later))

        assert (new.slot_id, new.replaces_id, new.reason) == (later.id, old.id, "a cough")
        assert Appointment.get_by_id(old.id).status == "rescheduled"
        assert [appointment.id for appointment in bookings.list_appointments(patient)] == [new.id]
        assert ask(other, slot, "free again").state == "pending"

    def test_a_move_to_an_overlapping_time_of_ones_own_is_possible(self) -> None:
        _, (slot, *_) = a_doctor_with_slots("Samir")
        _, (same_time, *_) = a_doctor_with_slots("Kim")
        (patient,) = some_patients(1)
        old = book(patient, slot)

        assert done(ask_to_move(patient, old, same_time)).slot_id == same_time.id

    def test_a_move_that_is_refused_leaves_the_old_appointment(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        old = book(patient, slot)
        request = ask_to_move(patient, old, later)
        Hold.delete().execute()
        book(other, later, "faster")

        refused = bookings.carry_out(request.id)

        assert (refused.state, refused.error_code) == ("refused", "slot_taken")
        assert [appointment.id for appointment in bookings.list_appointments(patient)] == [old.id]
        assert [event.event_type for event in OutboxEvent.select().order_by(OutboxEvent.id)] == ["appointment.booked"] * 2

    def test_of_two_moves_of_one_appointment_at_once_one_comes_true(self) -> None:
        _, (slot, later, latest, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        old = book(patient, slot)
        requests = [ask_to_move(patient, old, later, "one"), ask_to_move(patient, old, latest, "other")]

        ends = at_once(lambda index: bookings.carry_out(requests[index].id), 2)

        assert sorted((end.state, end.error_code) for end in ends) == [("done", None), ("refused", "already_moved")]
        assert len(bookings.list_appointments(patient)) == 1

    def test_what_is_clear_at_once_is_refused_at_once(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        old = book(patient, slot)

        assert refusal(lambda: ask_to_move(patient, old, slot)) == "same_slot"
        assert refusal(lambda: ask_to_move(other, old, later)) == "not_found"
        bookings.carry_out(ask_to_move(patient, old, later).id)
        assert refusal(lambda: ask_to_move(patient, old, slot, "again")) == "already_moved"


class TestCancelling:
    def test_a_cancelled_appointment_is_not_listed_and_its_slot_is_free(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        appointment = book(patient, slot)

        cancelled = done(ask_to_cancel(patient, appointment))

        assert (cancelled.id, cancelled.status) == (appointment.id, "cancelled")
        assert bookings.list_appointments(patient) == []
        assert ask(other, slot, "free again").state == "pending"

    def test_what_is_clear_at_once_is_refused_at_once(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        patient, other = some_patients(2)
        appointment = book(patient, slot)

        assert refusal(lambda: ask_to_cancel(other, appointment)) == "not_found"
        with models.frozen(slot.starts_at):
            assert refusal(lambda: ask_to_cancel(patient, appointment)) == "appointment_past"
        bookings.carry_out(ask_to_cancel(patient, appointment).id)
        assert refusal(lambda: ask_to_cancel(patient, appointment, "again")) == "already_cancelled"

    def test_of_a_move_and_a_cancellation_at_once_one_comes_true(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        appointment = book(patient, slot)
        requests = [ask_to_move(patient, appointment, later), ask_to_cancel(patient, appointment)]

        ends = at_once(lambda index: bookings.carry_out(requests[index].id), 2)

        assert sorted(end.state for end in ends) == ["done", "refused"]


class TestEvents:
    def test_events_of_an_appointment_are_numbered_through_its_moves(self) -> None:
        _, (slot, later, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        old = book(patient, slot)
        done(ask_to_cancel(patient, done(ask_to_move(patient, old, later))))

        events = list(OutboxEvent.select().order_by(OutboxEvent.id))

        assert [(event.sequence, event.event_type) for event in events] == [
            (1, "appointment.booked"),
            (2, "appointment.rescheduled"),
            (3, "appointment.cancelled"),
        ]
        assert {event.subject for event in events} == {f"appointment:{old.id}"}
        assert events[1].payload["data"]["replaces"] == {"appointment_id": old.id, "starts_at": slot.starts_at.isoformat()}

    def test_an_event_holds_ids_and_times_and_nothing_else_of_the_patient(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        (patient,) = some_patients(1)
        appointment = book(patient, slot)

        payload = OutboxEvent.get().payload

        assert (payload["type"], payload["version"], payload["sequence"]) == ("appointment.booked", 1, 1)
        assert payload["data"] == {
            "appointment_id": appointment.id,
            "status": "booked",
            "starts_at": slot.starts_at.isoformat(),
            "ends_at": slot.ends_at.isoformat(),
            "doctor": {"id": slot.doctor_id, "name": "Dr. Samir"},
            "specialty": "cardiology",
            "patient_id": patient.id,
            "replaces": None,
            "request_id": BookingRequest.get().id,
            "call_sid": None,
            "source": "phone",
        }


class TestSweeping:
    def test_pending_requests_of_some_age_on_which_nobody_works_are_unfinished(self) -> None:
        _, (slot, later, latest, last) = a_doctor_with_slots()
        patients = some_patients(4)
        finished, worked_on, left, _young = (
            ask(patient, slot, str(slot)) for patient, slot in zip(patients, (slot, later, latest, last), strict=True)
        )
        done(finished)
        long_ago = models.now() - timedelta(seconds=10)
        BookingRequest.update(created_at=long_ago).where(BookingRequest.id.in_([finished.id, worked_on.id, left.id])).execute()
        begun, over = threading.Event(), threading.Event()

        def work() -> None:
            with database.connection_context(), database.atomic():
                BookingRequest.select().where(BookingRequest.id == worked_on.id).for_update().get()
                begun.set()
                over.wait(5)

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait(5)
        found = bookings.unfinished(5)
        over.set()
        thread.join()

        assert found == [left.id]
        assert BookingRequest.get_by_id(left.id).attempts == 1

    def test_attempts_are_counted_as_far_as_they_can_be(self) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        request = ask(some_patients(1)[0], slot)
        BookingRequest.update(created_at=models.now() - timedelta(days=1), attempts=2**15 - 1).execute()
        assert bookings.unfinished(5) == [request.id]

    def test_what_fails_for_no_known_reason_is_refused_before_it_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(appointments, "perform", lambda *_: 1 / 0)
        _, (slot, *_) = a_doctor_with_slots()
        request = ask(some_patients(1)[0], slot)
        with pytest.raises(ZeroDivisionError):
            bookings.carry_out(request.id)
        assert BookingRequest.get().state == "pending"

        BookingRequest.update(created_at=models.now() - timedelta(seconds=50)).execute()

        ended = bookings.carry_out(request.id)
        assert (ended.state, ended.error_code) == ("refused", "internal")
        assert not Hold.select().exists()
