"""Speech that a worker makes while a call waits: told over Redis, tried again, and never forgotten."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from ivr import call_ends, models, queue, speech_retries
from ivr.clients.clips import SPEECH_PREFIX, SPEECH_TTL_S, RedisClips
from ivr.errors import ProviderError
from ivr.models import BookingRequest, Call, SpeechOutcome, SpeechRetry, database
from ivr.web.metrics import SPEECH_RETRY_ATTEMPTS
from ivr.web.speech_retries import SpeechRetries
from tests.integration.broker import Valkey, wait_until
from tests.integration.rows import a_doctor_with_slots, a_patient, an_appointment

BUSY = ProviderError("voice", "unavailable (500)", code="unavailable")
REFUSED = ProviderError("voice", "refused (400)", code="refused", retryable=False)
CONFIRMATION = "You're booked with Dr. Samir."

Take = bytes | ProviderError


@pytest.fixture
def states(broker: Valkey) -> Iterator[queue.SpeechStates]:
    """This process's subscription."""
    states = queue.SpeechStates(broker.url)
    states.start()
    wait_until(lambda: states.listening, 5, "the subscription is up")
    yield states
    states.close()


@pytest.fixture
def shelf(broker: Valkey) -> RedisClips:
    """Where workers put what they have made."""
    return RedisClips(broker.url, SPEECH_PREFIX, SPEECH_TTL_S)


@pytest.fixture
def call(db: None) -> Call:
    """A patient's call."""
    return Call.create(sid="CA1", patient=a_patient())


class Voice:
    """Follows one take a request, and keeps what it was asked."""

    def __init__(self, *takes: Take) -> None:
        self._takes = list(takes)
        self.asked: list[tuple[str, str, list[str]]] = []

    def make(self, text: str, language: str, names: list[str]) -> bytes:
        """Speak."""
        self.asked.append((text, language, names))
        take = self._takes.pop(0)
        if isinstance(take, ProviderError):
            raise take
        return take


def while_waiting(retries: SpeechRetries, work: Callable[[int], object], text: str = CONFIRMATION) -> bytes | None:
    """What a call gets while somebody does `work` with the id that is in the queue."""
    came: list[bytes | None] = []
    waiting = threading.Thread(target=lambda: came.append(retries.speech(text, "en")))
    waiting.start()
    with database.connection_context():
        wait_until(lambda: SpeechRetry.select().count(), 5, "the retry is asked for")
        retry_id = SpeechRetry.get().id
    work(retry_id)
    waiting.join(10)
    return came[0]


def test_what_a_worker_makes_is_told_to_the_call_that_waits(
    call: Call, states: queue.SpeechStates, shelf: RedisClips, broker: Valkey
) -> None:
    voice = Voice(b"speech")

    def work(retry_id: int) -> None:
        wait_until(lambda: broker.client.llen("audio"), 5, "it is in its queue")
        assert speech_retries.attempt(retry_id, voice.make, shelf.put) == speech_retries.MADE
        queue.tell_speech_state(retry_id, speech_retries.MADE)

    tried = SPEECH_RETRY_ATTEMPTS._value.get()
    assert while_waiting(SpeechRetries(call, states, shelf), work) == b"speech"
    assert SPEECH_RETRY_ATTEMPTS._value.get() == tried + 1
    assert voice.asked == [(CONFIRMATION, "en", ["Maria Gonzalez"])]
    retry = SpeechRetry.get()
    assert (retry.outcome, retry.attempts, retry.confirms) == ("played", 1, True)
    assert 0 < broker.client.ttl(f"{SPEECH_PREFIX}{retry.id}") <= 60


def test_a_voice_that_is_busy_is_asked_again_ever_later_and_one_that_refuses_is_not(call: Call, shelf: RedisClips) -> None:
    retry = speech_retries.ask(call, "Of course.", "en", confirms=False)
    voice = Voice(BUSY, BUSY, b"speech")
    came = [speech_retries.attempt(retry.id, voice.make, shelf.put) for _ in range(3)]
    assert came == [0.25, 0.5, speech_retries.MADE]
    assert (SpeechRetry.get().attempts, SpeechRetry.get().last_error) == (3, "unavailable")

    refused = speech_retries.ask(call, "Of course.", "en", confirms=False)
    assert speech_retries.attempt(refused.id, Voice(REFUSED).make, shelf.put) == speech_retries.GIVEN_UP
    late = models.now() + timedelta(seconds=speech_retries.WAITED_FOR_S)
    assert speech_retries.attempt(retry.id, Voice(BUSY).make, shelf.put, late) == speech_retries.GIVEN_UP


def test_what_is_given_up_is_told_at_once(call: Call, states: queue.SpeechStates, shelf: RedisClips) -> None:
    came = while_waiting(SpeechRetries(call, states, shelf), lambda retry_id: queue.tell_speech_state(retry_id, speech_retries.GIVEN_UP))
    assert came is None
    assert SpeechRetry.get().outcome == "failed"


def test_with_the_broker_away_nobody_waits(call: Call, states: queue.SpeechStates, shelf: RedisClips, broker: Valkey) -> None:
    with broker.away():
        assert SpeechRetries(call, states, shelf).speech("Of course.", "en") is None
    assert SpeechRetry.get().outcome == "failed"


def test_nothing_is_made_once_nobody_waits(call: Call, shelf: RedisClips) -> None:
    retry = speech_retries.ask(call, "Of course.", "en", confirms=False)
    speech_retries.close(retry.id, SpeechOutcome.LAPSED)
    speech_retries.close(retry.id, SpeechOutcome.PLAYED)
    voice = Voice(b"speech")
    assert speech_retries.attempt(retry.id, voice.make, shelf.put) is None
    assert speech_retries.attempt(retry.id + 1, voice.make, shelf.put) is None
    assert (voice.asked, SpeechRetry.get().outcome) == ([], "lapsed")


def test_what_became_of_them_can_be_seen(call: Call, shelf: RedisClips) -> None:
    began = models.now()
    for outcome in (SpeechOutcome.PLAYED, SpeechOutcome.PLAYED, SpeechOutcome.FAILED):
        retry = speech_retries.ask(call, "Of course.", "en", confirms=False)
        speech_retries.attempt(retry.id, Voice(b"speech").make, shelf.put)
        speech_retries.close(retry.id, outcome)
    waits = speech_retries.ask(call, "Of course.", "en", confirms=False)
    assert speech_retries.figures(began) == {
        "outcomes": {"played": 2, "failed": 1, "waiting": 1},
        "attempts": 3,
        "oldest_waiting": SpeechRetry.get_by_id(waits.id).created_at,
    }
    assert speech_retries.close_forgotten() == 0
    assert speech_retries.close_forgotten(models.now() + timedelta(minutes=2)) == 1
    assert speech_retries.figures(began)["outcomes"] == {"played": 2, "failed": 1, "lapsed": 1}


@pytest.mark.parametrize(("outcome", "owed"), [("lapsed", True), ("failed", True), (None, True), ("played", False)])
def test_a_confirmation_that_was_never_heard_is_owed_by_text_message(call: Call, outcome: str | None, owed: bool) -> None:
    _, (slot, *_) = a_doctor_with_slots()
    done = an_appointment(call.patient or a_patient(), slot)
    values = {"operation": "book", "slot": slot, "source": "phone", "patient": call.patient, "finished_at": models.now()}
    BookingRequest.create(**values, idempotency_key="done", state="done", result=done, call=call)
    BookingRequest.create(**values, idempotency_key="refused", state="refused", error_code="slot_taken", call=call)
    results = {"call_1": '{"ok": true, "state": "done"}', "call_2": '{"ok": false, "error": {"code": "slot_taken"}}'}
    booking = {"name": "book_appointment", "arguments": f'{{"slot_id": {slot.id}}}'}
    asked = {"role": "assistant", "content": None, "tool_calls": [{"id": one, "function": booking} for one in results]}
    answers = [{"role": "tool", "tool_call_id": one, "content": result} for one, result in results.items()]
    Call.update(history=[asked, *answers, {"role": "assistant", "content": CONFIRMATION}]).execute()
    retry = speech_retries.ask(call, CONFIRMATION, "en", confirms=True)
    if outcome:
        speech_retries.close(retry.id, SpeechOutcome(outcome))

    call_ends.make_up("CA1")

    requests = BookingRequest.select().order_by(BookingRequest.id)
    assert [request.confirm_by_sms for request in requests] == [owed, False]
