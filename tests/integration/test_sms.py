"""Text messages leave once, say what is true, and go to nobody who must not get them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ivr import appointments, bookings, call_ends, models, sms, waitlist
from ivr.breaker import Breaker
from ivr.config import Settings
from ivr.errors import ProviderError
from ivr.models import (
    Appointment,
    BookingRequest,
    Call,
    CallbackRequest,
    Hold,
    OutboxEvent,
    Patient,
    SmsKind,
    SmsMessage,
    Source,
    SpeechRetry,
    WaitlistEntry,
    database,
)
from ivr.sms import opting
from tests.integration.rows import NOW, a_doctor, a_patient, a_slot, an_appointment

pytestmark = pytest.mark.usefixtures("db")

SETTINGS = Settings(hospital_name="Mercy", hospital_address="1 Main Street")
NIGHT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""Eleven in the evening in New York."""


@dataclass
class Recording:
    """A carrier that keeps what it is given; `fails` are raised in turn, `taken_all_the_same` takes what it complains about."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    fails: list[ProviderError] = field(default_factory=list)
    taken_all_the_same: bool = False

    def send(self, to: str, body: str, message_id: int) -> str:
        if not self.fails or self.taken_all_the_same:
            self.sent.append((to, body))
        if self.fails:
            raise self.fails.pop(0)
        return f"SM{len(self.sent)}"

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        return [f"SM{place}" for place, one in enumerate(self.sent, 1) if one == (to, body)]


def refusing(code: str) -> ProviderError:
    return ProviderError("twilio", "refused", code="refused", retryable=False, provider_code=code)


def timeout() -> ProviderError:
    return ProviderError("twilio", "timeout", code="timeout")


@pytest.fixture
def appointment() -> Appointment:
    """A coming appointment of a patient whose number can get messages."""
    return an_appointment(a_patient(phone="+12025550143"), a_slot(a_doctor("Samir"), 48))


def a_message(appointment: Appointment, kind: SmsKind = SmsKind.BOOKED, key: str = "key", language: str | None = None) -> SmsMessage:
    return sms.write_for(kind, appointment, key, language, now=NOW)


def send(message: SmsMessage, carrier: sms.Carrier | None, now: datetime = NOW, breaker: Breaker | None = None) -> SmsMessage:
    """Try once, of a carrier of which nothing bad is known unless a breaker is given, and read the row again."""
    with models.frozen(now):
        sms.send(message.id, carrier, breaker or Breaker(), SETTINGS)
    return SmsMessage.get_by_id(message.id)


def a_request(operation: str, patient: Patient, **values: object) -> BookingRequest:
    row = {"patient": patient, "source": Source.PHONE, "idempotency_key": f"request {operation}"}
    return BookingRequest.create(operation=operation, **(row | values))


class TestWriting:
    def test_a_booking_a_move_and_a_cancellation_by_telephone_are_confirmed_in_the_call_s_language(self, appointment: Appointment) -> None:
        call = Call.create(sid="CA1", language="es")
        later = a_slot(appointment.slot.doctor, 72)

        with models.frozen(NOW):
            moved, _ = appointments.perform(a_request("move", appointment.patient, slot=later, appointment=appointment, call=call), NOW)
            appointments.perform(a_request("cancel", appointment.patient, appointment=moved, call=call), NOW)

        kinds = [(one.kind, one.appointment_id, one.language) for one in SmsMessage.select().order_by(SmsMessage.id)]
        assert kinds == [("moved", moved.id, "es"), ("cancelled", moved.id, "es")]

    def test_what_the_front_desk_books_is_not_texted(self, appointment: Appointment) -> None:
        appointments.perform(a_request("cancel", appointment.patient, appointment=appointment, source=Source.DESK), NOW)

        assert SmsMessage.select().count() == 0

    def test_what_is_rolled_back_is_never_sent(self, appointment: Appointment) -> None:
        with pytest.raises(RuntimeError), database.atomic():
            a_message(appointment)
            raise RuntimeError

        assert sms.due(now=NOW) == []

    def test_what_nobody_asks_for_is_told_in_the_language_of_the_call_that_booked_it(self, appointment: Appointment) -> None:
        Appointment.update(call=Call.create(sid="CA1", language="es")).execute()
        booked = Appointment.get()
        by_the_desk = an_appointment(appointment.patient, a_slot(appointment.slot.doctor, 72), replaces=booked)

        assert a_message(booked, SmsKind.REMINDER).language == "es"
        assert a_message(by_the_desk, SmsKind.REMINDER, "moved since").language == "es"
        Patient.update(language="en").execute()
        assert a_message(Appointment.get(), SmsKind.REMINDER, "the desk knows better").language == "en"

    def test_one_key_gives_one_message(self, appointment: Appointment) -> None:
        assert a_message(appointment).id == a_message(appointment).id


class TestWording:
    @pytest.mark.parametrize(
        ("language", "expected"),
        [
            ("en", "Mercy: your appointment with Dr. Samir is booked for Wed, Nov 25 at 9:00 AM. Address: 1 Main Street."),
            ("es", "Mercy: su cita con Dr. Samir está reservada para el miércoles 25 de noviembre a las 9:00. Dirección: 1 Main Street."),
            ("fr", "Mercy: your appointment with Dr. Samir is booked"),
        ],
    )
    def test_date_doctor_and_address_are_told_in_the_patient_s_language(
        self, appointment: Appointment, language: str, expected: str
    ) -> None:
        carrier = Recording()

        send(a_message(appointment, language=language), carrier)

        ((to, body),) = carrier.sent
        assert to == "+12025550143"
        assert body.startswith(expected)


class TestSending:
    def test_a_message_is_sent_once(self, appointment: Appointment) -> None:
        carrier, message = Recording(), a_message(appointment)

        assert sms.due(now=NOW) == [message.id]
        assert (send(message, carrier).state, send(message, carrier).sid) == ("sent", "SM1")
        assert len(carrier.sent) == 1
        assert sms.due(now=NOW) == []

    def test_after_a_time_out_twilio_is_asked_first_and_nothing_is_sent_twice(self, appointment: Appointment) -> None:
        carrier, message = Recording(fails=[timeout()], taken_all_the_same=True), a_message(appointment)

        first = send(message, carrier)
        assert (first.state, first.why, first.attempts) == ("pending", "timeout", 1)
        assert send(message, carrier).attempts == 1
        again = send(message, carrier, NOW + timedelta(days=1))

        assert (again.state, again.sid, len(carrier.sent)) == ("sent", "SM1", 1)

    def test_a_text_that_reads_like_an_earlier_one_is_not_taken_for_it(self, appointment: Appointment) -> None:
        carrier = Recording()
        earlier, later = a_message(appointment, SmsKind.CANCELLED, "first"), a_message(appointment, SmsKind.CANCELLED, "second")
        send(earlier, carrier)
        carrier.fails = [timeout()]
        send(later, carrier)

        after = send(later, carrier, NOW + timedelta(minutes=1))

        assert (after.state, after.sid, len(carrier.sent)) == ("sent", "SM2", 2)

    def test_a_message_whose_task_always_fails_is_given_up_and_the_next_one_leaves(self, appointment: Appointment) -> None:
        broken, following = a_message(appointment), a_message(appointment, SmsKind.CANCELLED, "second")
        SmsMessage.update(facts={}, attempts=sms.MAX_ATTEMPTS - 1).where(SmsMessage.id == broken.id).execute()
        with pytest.raises(KeyError):
            send(broken, Recording())

        later = NOW + timedelta(seconds=sms.CLAIM_S)

        assert send(broken, Recording(), later).state == "failed"
        assert send(following, Recording(), later).state == "sent"

    def test_a_message_whose_task_never_ends_is_given_up_and_the_next_one_leaves(self, appointment: Appointment) -> None:
        stuck, following = a_message(appointment), a_message(appointment, SmsKind.CANCELLED, "second")
        carrier = Recording()
        carrier.find = carrier.send = _crash_after(lambda *_: "")  # type: ignore[assignment,method-assign]
        now = NOW
        for _ in range(sms.MAX_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                send(stuck, carrier, now)
            now += timedelta(seconds=sms.CLAIM_S)

        given_up = send(stuck, carrier, now)

        assert (given_up.state, given_up.why, given_up.attempts) == ("failed", "unfinished", sms.MAX_ATTEMPTS)
        assert send(following, Recording(), now).state == "sent"

    def test_after_a_crash_before_the_sid_was_noted_nothing_is_sent_twice(self, appointment: Appointment) -> None:
        carrier, message = Recording(), a_message(appointment)
        crashing = Recording(carrier.sent)
        crashing.send = _crash_after(crashing.send)  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            send(message, crashing)

        send(message, carrier, NOW + timedelta(seconds=sms.CLAIM_S - 1))
        assert SmsMessage.get_by_id(message.id).state == "pending"
        after = send(message, carrier, NOW + timedelta(seconds=sms.CLAIM_S + 1))

        assert (after.state, len(carrier.sent)) == ("sent", 1)

    def test_what_twilio_did_not_take_is_sent_again_unless_it_is_no_longer_true(self, appointment: Appointment) -> None:
        carrier, message = Recording(fails=[timeout(), timeout()]), a_message(appointment)
        send(message, carrier)
        Appointment.update(status="cancelled").execute()

        after = send(message, carrier, NOW + timedelta(hours=1))

        assert (after.state, after.why, carrier.sent) == ("skipped", "overtaken", [])

    @pytest.mark.parametrize("code", sorted(sms.HOPELESS))
    def test_a_number_that_twilio_refuses_is_not_tried_again(self, appointment: Appointment, code: str) -> None:
        message = send(a_message(appointment), Recording(fails=[refusing(code)]))

        assert (message.state, message.why) == ("failed", code)
        assert opting.is_out("+12025550143") == (code == sms.OPTED_OUT)

    def test_wrong_credentials_are_waited_out(self, appointment: Appointment) -> None:
        message = send(a_message(appointment), Recording(fails=[refusing("20003")]))

        assert (message.state, message.why) == ("pending", "20003")

    def test_what_twilio_does_not_take_while_it_works_is_tried_for_hours_and_then_given_up(self, appointment: Appointment) -> None:
        carrier = Recording(fails=[timeout() for _ in range(sms.MAX_ATTEMPTS)])
        message, now = a_message(appointment), NOW
        while (message := send(message, carrier, now)).state == "pending":
            now = message.next_attempt_at

        assert (message.state, message.why, carrier.sent) == ("failed", "timeout", [])
        assert timedelta(hours=3) < now - NOW < timedelta(hours=9)

    def test_what_twilio_refuses_for_our_own_fault_is_given_up_when_nobody_has_mended_it(self, appointment: Appointment) -> None:
        carrier = Recording(fails=[refusing("20003") for _ in range(sms.MAX_REFUSALS)])
        message, now = a_message(appointment), NOW
        while (message := send(message, carrier, now)).state == "pending":
            now = message.next_attempt_at

        assert (message.state, message.why, carrier.fails) == ("failed", "20003", [])

    def test_confirmations_to_one_number_keep_their_order(self, appointment: Appointment) -> None:
        carrier = Recording(fails=[timeout()])
        booked, cancelled = a_message(appointment), a_message(appointment, SmsKind.CANCELLED, "second")
        send(booked, carrier)

        assert send(cancelled, carrier).attempts == 0
        with models.frozen(NOW + timedelta(hours=1)):
            assert sms.send(booked.id, carrier, Breaker(), SETTINGS) == cancelled.id, "it is this one's turn"
        assert send(cancelled, carrier, NOW + timedelta(hours=1)).state == "sent"


class TestWithADeadTwilio:
    def test_it_is_asked_only_now_and_then_and_no_message_counts_as_tried(self, appointment: Appointment) -> None:
        breaker, carrier = Breaker(failures=3, probe_s=60), Recording(fails=[timeout() for _ in range(3)])
        messages = [a_message(appointment, SmsKind.REMINDER, f"{number}") for number in range(5)]

        after = [send(message, carrier, breaker=breaker) for message in messages]

        assert breaker.is_open
        assert [(one.state, one.attempts) for one in after] == [("pending", 1)] * 3 + [("pending", 0)] * 2
        assert sms.due(now=NOW) == [message.id for message in messages[3:]]

    def test_an_outage_of_any_length_loses_nothing_and_once_it_is_over_all_follows_within_seconds(self, appointment: Appointment) -> None:
        breaker, carrier = Breaker(failures=3, probe_s=0), Recording(fails=[timeout() for _ in range(3 * sms.MAX_ATTEMPTS)])
        message, now = a_message(appointment), NOW
        waits: list[timedelta] = []
        while (message := send(message, carrier, now, breaker)).state == "pending":
            waits.append(message.next_attempt_at - now)
            now = message.next_attempt_at

        assert (message.state, len(carrier.sent), breaker.is_open) == ("sent", 1, False)
        assert max(waits[3:]) < timedelta(seconds=10)

    def test_what_has_been_due_longest_asks_so_that_one_which_always_fails_keeps_no_other_waiting(self, appointment: Appointment) -> None:
        breaker = Breaker(failures=1, probe_s=0)
        failing, other = a_message(appointment, SmsKind.REMINDER, "one"), a_message(appointment, SmsKind.REMINDER, "another")
        failing = send(failing, Recording(fails=[timeout()]), breaker=breaker)

        assert sms.due(1, failing.next_attempt_at) == [other.id]
        assert send(other, Recording(), failing.next_attempt_at, breaker).state == "sent"
        assert not breaker.is_open

    def test_what_it_has_taken_before_it_died_is_not_sent_again(self, appointment: Appointment) -> None:
        breaker = Breaker(failures=1, probe_s=0)
        carrier = Recording(fails=[timeout(), timeout()], taken_all_the_same=True)
        message = send(a_message(appointment), carrier, breaker=breaker)
        carrier.fails.clear()

        assert send(message, carrier, message.next_attempt_at, breaker).sid == "SM1"
        assert len(carrier.sent) == 1

    def test_a_refusal_shows_that_it_works(self, appointment: Appointment) -> None:
        breaker = Breaker(failures=1, probe_s=0)
        send(a_message(appointment, key="one"), Recording(fails=[timeout()]), breaker=breaker)

        send(a_message(appointment, SmsKind.REMINDER, "another"), Recording(fails=[refusing("21614")]), breaker=breaker)

        assert not breaker.is_open

    def test_a_message_that_is_not_to_be_sent_leaves_the_probe_to_the_next(self, appointment: Appointment) -> None:
        breaker = Breaker(failures=1, probe_s=60)
        sent = send(a_message(appointment, key="one"), Recording(fails=[timeout()]), breaker=breaker)
        breaker.withdraw()

        assert send(sent, Recording(), breaker=breaker).attempts == 1, "it is not due"
        assert send(a_message(appointment, SmsKind.REMINDER, "another"), Recording(), breaker=breaker).state == "sent"


class TestAtNight:
    EVENING = datetime(2026, 11, 24, 1, 59, 50, tzinfo=UTC)
    """Ten seconds before nine in New York."""

    MORNING = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)

    @staticmethod
    def a_failed(appointment: Appointment, kind: SmsKind, at: datetime) -> SmsMessage:
        """A message that was written then, and not taken by Twilio."""
        message = send(sms.write_for(kind, appointment, "key", now=at), Recording(fails=[timeout()]), at)
        assert (message.state, message.attempts) == ("pending", 1)
        return message

    def test_a_reminder_that_failed_in_the_evening_waits_for_the_morning(self, appointment: Appointment) -> None:
        message = self.a_failed(appointment, SmsKind.REMINDER, self.EVENING)

        put_off = send(message, Recording(), NIGHT)

        assert (put_off.state, put_off.next_attempt_at, put_off.attempts) == ("pending", self.MORNING, 1)
        assert send(message, Recording(), self.MORNING).state == "sent"

    def test_a_confirmation_follows_its_call_at_any_hour(self, appointment: Appointment) -> None:
        message = self.a_failed(appointment, SmsKind.BOOKED, NIGHT)

        assert send(message, Recording(), NIGHT + timedelta(minutes=1)).state == "sent"

    def test_hours_after_the_call_it_wakes_nobody(self, appointment: Appointment) -> None:
        message = self.a_failed(appointment, SmsKind.BOOKED, self.EVENING)

        assert send(message, Recording(), NIGHT).next_attempt_at == self.MORNING

    def test_nor_does_it_come_after_its_appointment(self, appointment: Appointment) -> None:
        at_eight = an_appointment(appointment.patient, a_slot(appointment.slot.doctor, 23))
        message = self.a_failed(at_eight, SmsKind.BOOKED, self.EVENING)

        assert send(message, Recording(), NIGHT).state == "sent"


class TestSkipping:
    def test_a_confirmation_that_is_not_true_any_more_is_not_sent(self, appointment: Appointment) -> None:
        message = a_message(appointment)
        Appointment.update(status="cancelled").execute()

        assert skipped(message) == "overtaken"

    def test_nobody_is_told_of_what_is_over(self, appointment: Appointment) -> None:
        assert skipped(a_message(appointment), now=NOW + timedelta(days=3)) == "too_late"

    def test_without_an_account_or_a_number_to_send_from_it_says_so(self, appointment: Appointment) -> None:
        assert send(a_message(appointment), None).why == "no_sender"

    def test_a_landline_gets_none(self, appointment: Appointment) -> None:
        Patient.update(phone="+34915550123").execute()

        assert skipped(a_message(Appointment.get())) == "not_a_mobile"

    def test_who_has_opted_out_gets_none_until_they_opt_in_again(self, appointment: Appointment) -> None:
        opting.note("+12025550143", "out")
        assert skipped(a_message(appointment)) == "opted_out"

        opting.note("+12025550143", "in")
        assert send(a_message(appointment, key="another"), Recording()).state == "sent"


class TestOffers:
    @pytest.fixture
    def event(self, appointment: Appointment) -> OutboxEvent:
        """A slot offered to a patient on the wait-list, and held for them."""
        doctor = appointment.slot.doctor
        WaitlistEntry.create(patient=appointment.patient, specialty=doctor.specialty, doctor=doctor)
        with models.frozen(NOW):
            event = waitlist.offer(a_slot(doctor, 24).id, NOW)
        assert event is not None
        return event

    def test_an_offer_is_texted_with_its_end(self, event: OutboxEvent) -> None:
        with models.frozen(NOW):
            assert sms.following(event.id) == sms.due() == [SmsMessage.get().id]
        carrier = Recording()

        send(SmsMessage.get(), carrier)

        ((_, body),) = carrier.sent
        assert "with Dr. Samir on Tue, Nov 24 at 9:00 AM. It is held for you until Mon, Nov 23 at 9:30 AM" in body

    def test_an_offer_that_has_lapsed_is_not_texted(self, event: OutboxEvent) -> None:
        Hold.delete().execute()

        assert skipped(SmsMessage.get()) == "overtaken"

    def test_at_night_it_waits_for_the_morning(self, event: OutboxEvent) -> None:
        put_off = send(SmsMessage.get(), Recording(), NIGHT)

        assert (put_off.state, put_off.next_attempt_at) == ("pending", datetime(2026, 11, 24, 13, 0, tzinfo=UTC))

    @pytest.mark.parametrize(
        ("happens", "next_in_line"),
        [
            (lambda one: send(one, Recording(fails=[refusing("21614")])), True),
            (lambda one: send(one, Recording(fails=[refusing(sms.OPTED_OUT)])), True),
            (lambda one: sms.note_status(one.id, "SM9", "undelivered", "30006"), True),
            (lambda one: send(one, Recording(fails=[timeout()])), False),
            (lambda one: send(one, None), False),
        ],
    )
    def test_whom_it_does_not_reach_keeps_the_slot_from_nobody(
        self, event: OutboxEvent, happens: Callable[[SmsMessage], object], next_in_line: bool
    ) -> None:
        with models.frozen(NOW):
            happens(SmsMessage.get())
            waitlist.lapse(SETTINGS.timezone)

        assert Hold.select().where(Hold.expires_at > NOW).exists() is not next_in_line


class TestPromises:
    """A caller was told that a text message will follow."""

    @pytest.fixture
    def message(self, appointment: Appointment) -> SmsMessage:
        """What was promised."""
        call = Call.create(sid="CA1", patient=appointment.patient)
        request = a_request("cancel", appointment.patient, appointment=appointment, call=call, created_at=NOW - timedelta(seconds=3))
        with models.frozen(NOW):
            bookings.carry_out(request.id)
        return SmsMessage.get()

    @pytest.mark.parametrize(
        ("happens", "why"),
        [
            (lambda one: SmsMessage.update(to_number="+34915550123").execute(), "not_a_mobile"),
            (lambda one: opting.note(one.to_number, "out"), "opted_out"),
        ],
    )
    def test_who_cannot_be_texted_is_called_back(self, message: SmsMessage, happens: Callable[[SmsMessage], object], why: str) -> None:
        happens(message)

        assert skipped(message) == why

        self.is_called_back(why)

    def test_who_is_not_reached_is_called_back(self, message: SmsMessage) -> None:
        sms.note_status(message.id, "SM9", "undelivered", "30006")

        self.is_called_back("30006")

    def test_without_a_number_to_send_from_they_are_called_back(self, message: SmsMessage) -> None:
        send(message, None)

        self.is_called_back("no_sender")

    def test_who_was_promised_nothing_is_not_called_back_unless_the_voice_could_not_tell_them(self, message: SmsMessage) -> None:
        BookingRequest.update(confirm_by_sms=False).execute()
        send(message, None)
        assert CallbackRequest.select().count() == 0

        SpeechRetry.create(call=Call.get(), text="It is cancelled.", language="en", confirms=True)
        call_ends.make_up("CA1")

        self.is_called_back("no_sender")

    @staticmethod
    def is_called_back(why: str) -> None:
        (asked,) = CallbackRequest.select()
        assert (asked.phone, asked.call, why in asked.reason) == ("+12025550143", Call.get(), True)
        assert OutboxEvent.select().where(OutboxEvent.event_type == "call.needs_follow_up").count() == 1


class TestSendingAnew:
    """What Twilio could not deliver is written once more."""

    @pytest.fixture
    def undelivered(self, appointment: Appointment) -> SmsMessage:
        """A message that Twilio has taken in vain."""
        message = send(a_message(appointment), self.carrier)
        sms.note_status(message.id, "SM1", "undelivered", "30005")
        return SmsMessage.get_by_id(message.id)

    @pytest.fixture(autouse=True)
    def _carrier(self) -> None:
        self.carrier = Recording()

    def test_a_time_out_does_not_take_the_one_that_was_not_delivered_for_it(self, undelivered: SmsMessage) -> None:
        anew = sms.write_again(undelivered)
        assert anew is not None
        self.carrier.fails = [timeout()]
        send(anew, self.carrier)

        after = send(anew, self.carrier, NOW + timedelta(minutes=1))

        assert (after.state, after.sid, len(self.carrier.sent)) == ("sent", "SM2", 2)
        assert sms.write_again(undelivered) is None

    def test_a_late_report_of_the_first_is_not_taken_for_one_of_it(self, undelivered: SmsMessage) -> None:
        anew = sms.write_again(undelivered)
        assert anew is not None

        assert sms.note_status(undelivered.id, "SM1", "undelivered", "30005")

        assert SmsMessage.get_by_id(anew.id).state == "pending"

    def test_it_keeps_the_rules_of_the_night_and_of_who_wants_none(self, undelivered: SmsMessage) -> None:
        anew = sms.write_again(undelivered)
        assert anew is not None
        assert send(anew, self.carrier, NIGHT).next_attempt_at > NIGHT
        opting.note(anew.to_number, "out")

        assert send(anew, self.carrier, NIGHT + timedelta(hours=10)).why == "opted_out"
        assert len(self.carrier.sent) == 1

    def test_what_was_delivered_is_not_written_again(self, appointment: Appointment) -> None:
        assert sms.write_again(send(a_message(appointment), self.carrier)) is None


class TestReports:
    def test_what_twilio_reports_is_noted_and_the_end_stays(self, appointment: Appointment) -> None:
        message = send(a_message(appointment), Recording())

        assert sms.note_status(message.id, "SM1", "delivered")
        assert sms.note_status(message.id, "SM1", "sent")

        assert SmsMessage.get_by_id(message.id).state == "delivered"

    def test_who_turns_out_to_have_opted_out_gets_no_more(self, appointment: Appointment) -> None:
        message = send(a_message(appointment), Recording())

        assert sms.note_status(message.id, "SM1", "undelivered", "21610")

        assert opting.is_out(message.to_number)
        assert skipped(a_message(appointment, key="next")) == "opted_out"

    def test_a_report_notes_the_sid_that_a_crash_has_lost(self, appointment: Appointment) -> None:
        message = a_message(appointment)

        assert sms.note_status(message.id, "SM9", "undelivered", "30003")

        after = SmsMessage.get_by_id(message.id)
        assert (after.state, after.sid, after.why) == ("undelivered", "SM9", "30003")
        assert sms.due(now=NOW) == []

    def test_a_sid_that_one_which_reads_the_same_has_found_is_its_own(self, appointment: Appointment) -> None:
        carrier = Recording(fails=[timeout()], taken_all_the_same=True)
        first, second = a_message(appointment, SmsKind.CANCELLED), a_message(appointment, SmsKind.CANCELLED, "second")
        send(first, carrier)
        SmsMessage.update(sid="SM1", state="sent").where(SmsMessage.id == second.id).execute()

        assert sms.note_status(first.id, "SM1", "delivered")

        assert [(one.id, one.state) for one in SmsMessage.select().order_by(SmsMessage.id)] == [
            (first.id, "pending"),
            (second.id, "delivered"),
        ]

    def test_a_report_of_another_message_changes_nothing(self, appointment: Appointment) -> None:
        message = send(a_message(appointment), Recording())

        assert not sms.note_status(message.id, "SM2", "delivered")
        assert SmsMessage.get_by_id(message.id).state == "sent"


@pytest.mark.parametrize(
    ("text", "kind", "wish"),
    [
        *[(word, "", "out") for word in ("STOP", " stop ", "Stop.", "PARAR", "baja", "UNSUBSCRIBE")],
        *[(word, "", "in") for word in ("START", "unstop", "Iniciar", "¡ALTA!")],
        *[(word, "", None) for word in ("Please stop by", "ok", "", "HELP")],
        ("anything", "STOP", "out"),
    ],
)
def test_replies_are_understood(text: str, kind: str, wish: str | None) -> None:
    assert opting.wish_of(text, kind) == wish


def skipped(message: SmsMessage, now: datetime = NOW) -> str | None:
    """Why a message is skipped; nothing is sent."""
    carrier = Recording()
    after = send(message, carrier, now)
    assert (after.state, carrier.sent) == ("skipped", [])
    return after.why


def _crash_after(work: Callable[..., str]) -> Callable[..., str]:
    def crashing(*arguments: object) -> str:
        work(*arguments)
        raise KeyboardInterrupt

    return crashing
