"""What the model can do to the hospital in a call: hold, book, move and cancel, and nothing by mistake."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import gevent
import pytest
from peewee import OperationalError

from ivr import appointments, bookings, calls, models, queue, registry, scheduling, settling
from ivr.agent.model import ChatModel, ToolCall
from ivr.agent.tools import run_tool
from ivr.config import Settings
from ivr.models import Appointment, BookingRequest, Call, CallbackRequest, Hold, OutboxEvent, Patient, Slot, Source, WaitlistEntry
from ivr.queue import BookingStates
from ivr.schemas import BookAppointment
from ivr.voice.thinking import Thinking
from tests.integration.broker import Valkey
from tests.integration.on_the_line import OnTheLine
from tests.integration.rows import a_doctor_with_slots, a_patient, a_slot, an_appointment


@pytest.fixture
def maria(carried_out_here: BookingStates) -> OnTheLine:
    """A caller who has been identified."""
    return OnTheLine(carried_out_here, patient=a_patient())


@pytest.fixture
def john(carried_out_here: BookingStates) -> OnTheLine:
    """Another, at the same time."""
    return OnTheLine(carried_out_here, "CA2", a_patient("John Smith", date(1970, 1, 1), "+12025550199"))


def held() -> dict[int, str]:
    """For whom each slot is held now."""
    return {hold.slot_id: hold.holder for hold in Hold.select().where(Hold.expires_at > models.now())}


class TestHolds:
    def test_the_first_two_slots_that_are_found_are_held_and_others_are_told_of_the_next(self, maria: OnTheLine, john: OnTheLine) -> None:
        _, slots = a_doctor_with_slots(slots=6)
        first, second, third, fourth, fifth, sixth = [slot.id for slot in slots]

        told = maria.uses("list_slots")["slots"]

        assert [slot["slot_id"] for slot in told if slot["held_for_caller"]] == [first, second]
        assert john.is_told_of() == [third, fourth, fifth, sixth]
        assert maria.is_told_of() == [first, second, fifth, sixth]
        assert held() == dict.fromkeys((first, second), "CA1") | dict.fromkeys((third, fourth), "CA2")
        assert john.fails("book_appointment", slot_id=first) == "slot_taken"
        assert maria.books(first)

    def test_what_was_told_beyond_the_first_two_goes_to_whoever_is_first(self, maria: OnTheLine, john: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        assert slots[2].id in maria.is_told_of()
        assert john.books(slots[2].id)
        assert maria.fails("book_appointment", slot_id=slots[2].id) == "slot_taken"

    def test_after_two_minutes_it_is_free_by_itself(self, maria: OnTheLine, john: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        maria.is_told_of()
        assert slots[0].id not in john.is_told_of()
        with models.frozen(models.now() + timedelta(seconds=scheduling.HOLD_S)):
            assert slots[0].id in john.is_told_of()

    def test_a_caller_who_asks_around_holds_the_last_two_offers_and_no_more(self, maria: OnTheLine) -> None:
        for name in ("Samir", "Kim", "Chen", "Patel"):
            a_doctor_with_slots(name)
            maria.is_told_of(doctor=name)
        names = [Slot.get_by_id(slot).doctor.family_name for slot in held()]
        assert sorted(names) == ["Chen", "Chen", "Patel", "Patel"]

    def test_who_chooses_one_gives_the_others_up(self, maria: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        maria.is_told_of()
        maria.books(slots[1].id)
        assert held() == {}

    def test_a_refused_choice_keeps_what_else_is_held(self, maria: OnTheLine, john: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        maria.is_told_of()
        john.books(slots[3].id)
        assert maria.fails("book_appointment", slot_id=slots[3].id) == "slot_taken"
        assert held() == dict.fromkeys((slots[0].id, slots[1].id), "CA1")

    def test_at_the_end_of_the_call_all_is_given_up_but_what_is_being_booked(self, maria: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        maria.is_told_of()
        assert maria.context.patient
        bookings.request_booking(
            maria.context.patient, BookAppointment(slot_id=slots[0].id), source=Source.PHONE, call=maria.call, idempotency_key="pending"
        )
        assert scheduling.release_all("CA1") == 1
        assert held() == {slots[0].id: "CA1"}


class Hesitant:
    """Settings that let every other greenlet run before they answer."""

    def __getattr__(self, name: str) -> Any:
        gevent.sleep(0.01)
        return getattr(Settings(), name)


class FunctionLog:
    """What the tools answered, in order."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []

    def tool_call(self, call: ToolCall, turn: int, result: dict[str, Any], duration_ms: int) -> None:
        """Keep one call with its result."""
        self.made.append((call.name, result))


class TestIntents:
    def test_yes_yes_books_once(self, maria: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        assert maria.books(slots[0].id) == maria.books(slots[0].id)
        assert Appointment.select().count() == OutboxEvent.select().count() == 1

    def test_booked_cancelled_and_booked_again_is_booked(self, maria: OnTheLine) -> None:
        _, slots = a_doctor_with_slots()
        first = maria.books(slots[0].id)
        assert maria.cancels(first) == maria.cancels(first)
        second = maria.books(slots[0].id)
        assert second != first
        assert [(one.id, one.status) for one in Appointment.select().order_by(Appointment.id)] == [(first, "cancelled"), (second, "booked")]
        assert BookingRequest.select().count() == OutboxEvent.select().count() == 3

    def test_moved_there_and_back_and_there_again_is_there(self, maria: OnTheLine) -> None:
        _, (here, there, *_) = a_doctor_with_slots()
        booked = maria.books(here.id)
        moved = maria.moves(booked, there.id)
        assert maria.moves(booked, there.id) == moved
        again = maria.moves(maria.moves(moved, here.id), there.id)
        booked_now = list(Appointment.select().where(Appointment.status == "booked"))
        assert [(one.id, one.slot_id) for one in booked_now] == [(again, there.id)]

    def test_a_mother_books_for_two_children_in_one_call(self, carried_out_here: BookingStates) -> None:
        _, (first, second, *_) = a_doctor_with_slots()
        call = OnTheLine(carried_out_here)
        assert call.fails("book_appointment", slot_id=first.id) == "not_identified"
        for name, born, slot in (("Ana Ruiz", "2015-02-01", first), ("Luis Ruiz", "2018-05-09", second)):
            assert call.uses("identify_patient", name=name, date_of_birth=born)["patient"] == {"name": name, "known": False}
            call.books(slot.id)
        assert call.fails("cancel_appointment", appointment_id=Appointment.get(Appointment.slot == first).id) == "not_found"
        whose = Appointment.select(Appointment, Patient).join(Patient).order_by(Appointment.id)
        assert [(one.patient.name, one.slot_id, one.status) for one in whose] == [
            ("Ana Ruiz", first.id, "booked"),
            ("Luis Ruiz", second.id, "booked"),
        ]

    def test_who_is_merged_into_another_while_being_identified_is_that_one(
        self, carried_out_here: BookingStates, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, former = a_patient("Maria Gonzalez"), a_patient("Marya Gonzales", date(1990, 1, 1), "+12025550143")
        line, bind = OnTheLine(carried_out_here), calls.bind_patient

        def merged_first(call: Call, patient: Patient) -> None:
            if patient == former:
                registry.merge(kept.id, former.id, "user:1")
            bind(call, patient)

        monkeypatch.setattr(calls, "bind_patient", merged_first)
        result = line.uses("identify_patient", name=former.name, date_of_birth="1990-01-01")
        assert result["ok"] and line.context.identified == Call.get().patient
        assert former.id not in [patient.id for patient in Patient]

    def test_tools_that_are_called_together_know_for_whom(self, carried_out_here: BookingStates) -> None:
        _, (first, second, *_) = a_doctor_with_slots()
        line = OnTheLine(carried_out_here)
        line.context.settings = cast(Settings, Hesitant())
        log = FunctionLog()
        thinking = Thinking(cast(ChatModel, None), line.context, str, log, lambda _: None)
        calls = [
            ("identify_patient", {"name": "Ana Ruiz", "date_of_birth": "2015-02-01"}),
            ("book_appointment", {"slot_id": first.id}),
            ("identify_patient", {"name": "Luis Ruiz", "date_of_birth": "2018-05-09"}),
            ("book_appointment", {"slot_id": second.id}),
        ]
        thinking.run([ToolCall(f"c{index}", name, json.dumps(given)) for index, (name, given) in enumerate(calls)], turn=1)
        thinking.close()
        assert [(name, result["ok"]) for name, result in log.made] == [(name, True) for name, _ in calls]
        whose = Appointment.select(Appointment, Patient).join(Patient).order_by(Appointment.id)
        assert [(one.patient.name, one.slot_id) for one in whose] == [("Ana Ruiz", first.id), ("Luis Ruiz", second.id)]

    def test_who_calls_again_while_the_booking_is_pending_is_not_told_that_it_is_taken(
        self, maria: OnTheLine, carried_out_here: BookingStates
    ) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        patient = maria.context.identified
        pending = bookings.request_booking(
            patient, BookAppointment(slot_id=slot.id), source=Source.PHONE, call=maria.call, idempotency_key="pending"
        )
        again = OnTheLine(carried_out_here, "CA3", patient)
        assert again.fails("book_appointment", slot_id=slot.id) == "already_asked"
        assert bookings.carry_out(pending.id).state == "done"
        assert Appointment.select().count() == 1


class TestLateAnswers:
    def test_the_model_is_told_to_say_so(self, maria: OnTheLine, tmp_path: Path) -> None:
        broker = Valkey(tmp_path)
        broker.start()
        queue.configure(broker.url)
        _, (slot, *_) = a_doctor_with_slots()
        try:
            result = maria.uses("book_appointment", slot_id=slot.id)
        finally:
            broker.stop()
        assert (result["ok"], result["state"]) == (True, "pending")
        assert "text message" in result["message"] and "appointment" not in result

        late = bookings.carry_out(BookingRequest.get().id)
        assert (late.state, late.confirm_by_sms) == ("done", True)

    def test_an_answer_in_time_needs_no_text_message(self, maria: OnTheLine) -> None:
        _, (slot, *_) = a_doctor_with_slots()
        maria.books(slot.id)
        assert BookingRequest.get().confirm_by_sms is False

    def test_what_ends_after_the_caller_has_hung_up_does(self, maria: OnTheLine) -> None:
        request = self._asked(maria, seconds_ago=0)
        Call.update(ended_at=models.now()).where(Call.sid == "CA1").execute()
        assert bookings.carry_out(request.id).confirm_by_sms is True

    def test_what_was_promised_and_cannot_be_kept_is_told_by_a_person(self, maria: OnTheLine) -> None:
        request = self._asked(maria, seconds_ago=3)
        Hold.delete().execute()
        an_appointment(a_patient("Someone Faster", phone="+12025550198"), Slot.get())

        refused = bookings.carry_out(request.id)

        assert (refused.state, refused.error_code, refused.confirm_by_sms) == ("refused", "slot_taken", True)
        assert [(one.phone, one.patient_id) for one in CallbackRequest] == [("+15550198234", None)]
        assert [event.event_type for event in OutboxEvent] == ["call.needs_follow_up"]

    def test_what_was_promised_is_kept_however_soon_it_ends(self, maria: OnTheLine, handed_over: None) -> None:
        request = settling.settle(self._asked(maria, seconds_ago=0), maria.context.states, wait_s=0)
        assert request.state == "pending"
        Hold.delete().execute()
        an_appointment(a_patient("Someone Faster", phone="+12025550198"), Slot.get())

        assert bookings.carry_out(request.id).confirm_by_sms is True
        assert CallbackRequest.select().count() == 1

    def test_an_end_that_comes_before_the_promise_is_told_instead(self, maria: OnTheLine, handed_over: None) -> None:
        asked = self._asked(maria, seconds_ago=0)
        bookings.carry_out(asked.id)
        assert settling.settle(asked, maria.context.states, wait_s=0).state == "done"
        assert BookingRequest.get().confirm_by_sms is False

    def test_while_the_database_is_away_nothing_is_said_to_have_failed(self, maria: OnTheLine, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> None:
            raise OperationalError("server closed the connection unexpectedly")

        _, (slot, *_) = a_doctor_with_slots()
        with monkeypatch.context() as broken:
            broken.setattr(appointments, "perform", away)
            result = maria.uses("book_appointment", slot_id=slot.id)
        assert (result["ok"], result["state"]) == (True, "pending")
        # Whoever asks again asks for the same, and there is one appointment.
        assert maria.books(slot.id) == Appointment.get().id

    def test_a_look_that_fails_is_taken_again(self, maria: OnTheLine, monkeypatch: pytest.MonkeyPatch, handed_over: None) -> None:
        asked, read = self._asked(maria, seconds_ago=0), bookings.read
        away = iter([OperationalError("the database system is shutting down")])

        def look(request_id: int) -> BookingRequest:
            for error in away:
                raise error
            return read(request_id)

        bookings.carry_out(asked.id)
        monkeypatch.setattr(bookings, "read", look)
        assert settling.settle(asked, maria.context.states, wait_s=1).state == "done"

    @pytest.fixture
    def handed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests go to a worker, who takes their time."""
        monkeypatch.setattr(queue, "send_booking", lambda _: True)

    @staticmethod
    def _asked(line: OnTheLine, seconds_ago: float) -> BookingRequest:
        _, (slot,) = a_doctor_with_slots(slots=1)
        wanted, patient = BookAppointment(slot_id=slot.id), line.context.identified
        request = bookings.request_booking(patient, wanted, source=Source.PHONE, call=line.call, idempotency_key="late")
        BookingRequest.update(created_at=models.now() - timedelta(seconds=seconds_ago)).execute()
        return request


ROWS = (Appointment, BookingRequest, Hold, Patient, OutboxEvent, WaitlistEntry)
UNKNOWN = ((2**31 - 1, "not_found"), (2**31, "invalid_arguments"), (2**63, "invalid_arguments"))
"""The largest id that there can be, and what none can be."""
MARIA = {"name": "Maria Gonzalez", "date_of_birth": "1982-03-04"}


class TestBadInput:
    @pytest.fixture(autouse=True)
    def _a_hospital(self, maria: OnTheLine, john: OnTheLine) -> None:
        """Dr. Samir has a past slot, and two to come of which John has the first."""
        doctor, (slot, *_) = a_doctor_with_slots(slots=2)
        self.past = a_slot(doctor, -24, now=models.now())
        self.johns = an_appointment(john.context.identified, slot)
        self.free = Slot.get(Slot.starts_at == slot.ends_at)
        self.mine = an_appointment(maria.context.identified, a_slot(doctor, 96, now=models.now()))
        self.over = an_appointment(maria.context.identified, self.past)
        self.maria = maria

    def refused(self, tool: str, **arguments: Any) -> str:
        """The error's code; nothing may have changed."""
        before = [model.select().count() for model in ROWS]
        code = self.maria.fails(tool, **arguments)
        assert [model.select().count() for model in ROWS] == before
        assert Appointment.select().where(Appointment.status != "booked").count() == 0
        return code

    @pytest.mark.parametrize(("unknown", "code"), UNKNOWN)
    def test_unknown_ids(self, unknown: int, code: str) -> None:
        assert self.refused("book_appointment", slot_id=unknown) == code
        assert self.refused("reschedule_appointment", appointment_id=unknown, slot_id=self.free.id) == code
        assert self.refused("reschedule_appointment", appointment_id=self.mine.id, slot_id=unknown) == code
        assert self.refused("cancel_appointment", appointment_id=unknown) == code
        assert self.refused("list_slots", doctor_id=unknown) == code
        assert self.refused("join_waitlist", doctor_id=unknown) == code
        assert self.refused("join_waitlist", appointment_id=unknown) == code

    def test_somebody_elses_appointment(self) -> None:
        assert self.refused("cancel_appointment", appointment_id=self.johns.id) == "not_found"
        assert self.refused("reschedule_appointment", appointment_id=self.johns.id, slot_id=self.free.id) == "not_found"
        assert self.refused("join_waitlist", appointment_id=self.johns.id) == "not_found"

    def test_the_past(self) -> None:
        assert self.refused("book_appointment", slot_id=self.past.id) == "slot_past"
        assert self.refused("reschedule_appointment", appointment_id=self.mine.id, slot_id=self.past.id) == "slot_past"
        assert self.refused("cancel_appointment", appointment_id=self.over.id) == "appointment_past"
        assert self.refused("join_waitlist", appointment_id=self.over.id) == "not_found"

    def test_a_slot_that_somebody_has(self) -> None:
        assert self.refused("book_appointment", slot_id=self.johns.slot_id) == "slot_taken"

    @pytest.mark.parametrize("phone", ["12", "1" * 40, "not a number", "+1 555", "٣٣٣", "0" * 120])
    def test_telephone_numbers_that_are_none(self, phone: str) -> None:
        assert self.refused("identify_patient", name="New Person", date_of_birth="1990-01-01", phone=phone) == "phone_invalid"

    def test_dates_of_birth_that_are_none(self) -> None:
        next_year, long_ago = str(models.now().date() + timedelta(days=365)), "1850-01-01"
        assert self.refused("identify_patient", name="New Person", date_of_birth=next_year) == "date_of_birth_invalid"
        assert self.refused("identify_patient", name="New Person", date_of_birth=long_ago) == "date_of_birth_invalid"
        for nonsense in ("1990-02-30", "yesterday", "", 19900101, True, "9999999999-01-01"):
            assert self.refused("identify_patient", name="New Person", date_of_birth=nonsense) == "invalid_arguments"

    @pytest.mark.parametrize(
        "arguments",
        [
            "",
            "null",
            "[]",
            "{",
            '"slot"',
            '{"slot_id": null}',
            '{"slot_id": "first"}',
            '{"slot_id": 1.5}',
            '{"slot_id": -1}',
            '{"slot": 1}',
        ],
    )
    def test_arguments_that_are_none(self, arguments: str) -> None:
        result = run_tool(self.maria.context, "book_appointment", arguments)
        assert (result["ok"], result["error"]["code"]) == (False, "invalid_arguments")

    def test_a_slip_over_whom_one_waits_for(self) -> None:
        assert self.refused("join_waitlist") == "waitlist_target_needed"
        assert self.refused("join_waitlist", specialty="plumbing") == "not_found"

    def test_whoever_is_not_identified_may_do_none_of_it(self) -> None:
        self.maria.context.patient = None
        for tool, arguments in (
            ("book_appointment", {"slot_id": self.free.id}),
            ("cancel_appointment", {"appointment_id": self.mine.id}),
            ("reschedule_appointment", {"appointment_id": self.mine.id, "slot_id": self.free.id}),
            ("list_my_appointments", {}),
            ("join_waitlist", {"appointment_id": self.mine.id}),
            ("leave_waitlist", {}),
        ):
            assert self.refused(tool, **arguments) == "not_identified"

    def test_an_error_tells_the_model_what_to_do_and_no_more(self) -> None:
        result = self.maria.uses("identify_patient", **MARIA, phone="12")
        assert json.dumps(result).count("12") == 0
        assert result["error"]["message"] == "That cannot be a telephone number: ask for it again, digit by digit."
