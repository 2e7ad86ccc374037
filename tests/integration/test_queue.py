"""Sending is bounded whatever the broker does, and states are heard over one subscription."""

import json
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from ivr import queue, sender
from ivr.backlog import UNACKED
from tests.integration.broker import ROOT, Valkey, wait_until

BOUND_S = sender.SEND_BOUND_S + 0.15
"""The bound, and what a busy machine adds to it."""

GEVENT_SENDER = """
from gevent import monkey; monkey.patch_all()
import sys, time
import gevent
from ivr import queue

lags_s = []

def beat():
    while True:
        before_s = time.monotonic()
        gevent.sleep(0.01)
        lags_s.append(time.monotonic() - before_s - 0.01)

queue.configure(sys.argv[1])
sent = queue.send_booking(1)
print("warm", sent, flush=True)
sys.stdin.readline()
gevent.spawn(beat)
before_s = time.monotonic()
results = [greenlet.value for greenlet in gevent.joinall([gevent.spawn(queue.send_booking, n) for n in range(20)])]
print(any(results), time.monotonic() - before_s, max(lags_s), flush=True)
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, which this process is configured to use, and has used."""
    server = Valkey(tmp_path)
    server.start()
    queue.configure(server.url)
    wait_until(lambda: queue.send_booking(1), 5, "the broker is used")
    yield server
    server.stop()


def timed_send() -> tuple[bool, float]:
    """What `send_booking` answered, and after how many seconds."""
    before_s = time.monotonic()
    return queue.send_booking(7), time.monotonic() - before_s


def test_a_task_carries_its_name_and_one_id_and_nothing_else(broker: Valkey) -> None:
    assert queue.send_sms(7, expires_s=5.0)

    message = json.loads(broker.client.lindex("notifications", 0) or "")

    assert message["headers"]["task"] == "tasks.notifications.send_sms"
    assert json.loads(b64decode(message["body"]))[:2] == [[7], {}]


def test_sending_to_a_stopped_broker_fails_at_once(broker: Valkey) -> None:
    with broker.away():
        sent, took_s = timed_send()

    assert not sent
    assert took_s < BOUND_S


def test_sending_to_a_stalled_broker_is_bounded_and_not_tried_again_for_a_while(broker: Valkey) -> None:
    with broker.stalled():
        first, first_s = timed_send()
        second, second_s = timed_send()

    assert (first, second) == (False, False)
    assert first_s < BOUND_S
    assert second_s < 0.1


def test_twenty_at_once_wait_no_longer_than_one(broker: Valkey) -> None:
    with broker.stalled(), ThreadPoolExecutor(20) as callers:
        results = list(callers.map(lambda _: timed_send(), range(20)))

    assert not any(sent for sent, _ in results)
    assert max(took_s for _, took_s in results) < BOUND_S


def test_a_broker_that_never_answered_is_bounded_too(broker: Valkey) -> None:
    with broker.stalled():
        queue.configure(broker.url)
        sent, took_s = timed_send()

    assert not sent
    assert took_s < BOUND_S


def test_under_gevent_sending_is_bounded_and_the_loop_goes_on(broker: Valkey) -> None:
    command = [sys.executable, "-c", GEVENT_SENDER, broker.url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "warm True\n"
        with broker.stalled():
            process.stdin.write("go\n")
            process.stdin.flush()
            sent, took_s, lag_s = process.stdout.readline().split()
            process.kill()

    assert sent == "False"
    assert float(took_s) < BOUND_S
    assert float(lag_s) < 0.2


def test_a_broker_that_is_back_is_used_again(broker: Valkey) -> None:
    with broker.away():
        assert not queue.send_booking(2)

    wait_until(lambda: queue.send_booking(3), sender.AWAY_S + 1, "the broker is used again")
    assert broker.client.llen("bookings") == 1


def test_a_broker_that_was_restarted_meanwhile_is_used_without_a_failure(broker: Valkey) -> None:
    with broker.away():
        pass

    assert queue.send_booking(2)


def rows_of(task_id: str, task: str = queue.DELIVER_PILE) -> Iterator[int]:
    """What a task of this id finds in its pile, one after the other."""
    return (piled.row_id for piled in queue.piled(task, task_id))


def test_events_of_a_burst_are_piled_up_and_cost_one_task(broker: Valkey) -> None:
    with ThreadPoolExecutor(20) as senders:
        assert all(senders.map(queue.send_outbox, range(20)))

    assert broker.client.llen("notifications") == 1
    assert sorted(rows_of("task")) == list(range(20))
    assert list(rows_of("another")) == []


def test_so_are_booking_requests_and_two_tasks_share_them(broker: Valkey) -> None:
    for request_id in range(2, 6):
        assert queue.send_booking(request_id)
    one, other = rows_of("one", queue.CARRY_OUT_PILE), rows_of("other", queue.CARRY_OUT_PILE)

    assert [next(one), next(other), next(other), next(one)] == [1, 2, 3, 4]
    assert (list(one), list(other)) == ([5], [])
    assert broker.client.llen("bookings") == 1


def test_while_a_task_works_its_pile_off_another_is_sent_for_what_comes_then(broker: Valkey) -> None:
    assert queue.send_outbox(1)
    assert queue.send_outbox(2)
    at_work = rows_of("task")
    assert next(at_work) == 1

    assert queue.send_outbox(3)
    assert queue.send_outbox(4)

    assert broker.client.llen("notifications") == 2
    assert (list(rows_of("another")), list(at_work)) == ([2, 3, 4], [])


def test_a_task_that_has_had_its_time_sends_another_for_what_is_left(broker: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    for event_id in range(3):
        assert queue.send_outbox(event_id)
    monkeypatch.setattr(sender, "PILE_S", 0.0)

    assert list(rows_of("task")) == [0]

    assert broker.client.llen("notifications") == 2
    assert list(rows_of("another")) == [1]


def test_a_task_that_is_handed_out_again_finds_what_it_had_in_hand_when_its_process_died(broker: Valkey) -> None:
    for event_id in range(3):
        assert queue.send_outbox(event_id)
    at_work = rows_of("task")
    assert [next(at_work), next(at_work)] == [0, 1]
    del at_work

    assert list(rows_of("task")) == [1, 2], "the first was done"
    assert list(broker.client.scan_iter("*:task")) == [], "nothing is left in hand"


def test_a_pile_whose_task_was_lost_is_woken_and_an_empty_one_is_not(broker: Valkey) -> None:
    assert queue.send_outbox(1)
    broker.client.delete("notifications", "lilly:woken:" + queue.DELIVER_PILE)

    queue.wake_piles()

    (message,) = broker.client.lrange("notifications", 0, -1)
    assert json.loads(message)["headers"]["task"] == queue.DELIVER_PILE


def test_rows_in_the_pile_are_counted_and_keep_the_request_that_sent_each(broker: Valkey) -> None:
    for event_id, request_id in ((1, "morning"), (2, "evening"), (3, None)):
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            assert queue.send_outbox(event_id)

    assert queue.count_piled(broker.url, queue.DELIVER_PILE) == 3
    assert list(queue.piled(queue.DELIVER_PILE, "task")) == [(1, "morning"), (2, "evening"), (3, None)]
    assert queue.count_piled(broker.url, queue.DELIVER_PILE) == 0


def test_an_event_that_is_put_off_or_swept_is_a_task_of_its_own(broker: Valkey) -> None:
    assert queue.send_outbox(1, delay_s=1.0)
    assert queue.send_outbox(2, expires_s=5.0)

    assert broker.client.llen("notifications") == 2
    assert list(rows_of("task")) == []


def test_a_state_reaches_everybody_who_expects_it_and_nobody_else(broker: Valkey) -> None:
    states = queue.BookingStates(broker.url)
    with states.expect(5) as one, states.expect(5) as other, states.expect(6) as third:
        wait_until(lambda: states.listening, 2, "the subscription is up")
        queue.tell_booking_state(5, "done")

        assert one.wait(1) == "done"
        assert other.wait(1) == "done"
        assert third.wait(0.05) is None
    states.close()


def test_the_subscription_comes_back_after_the_broker(broker: Valkey) -> None:
    states = queue.BookingStates(broker.url)
    states.start()
    wait_until(lambda: states.listening, 2, "the subscription is up")
    with broker.away():
        wait_until(lambda: not states.listening, 2, "the loss is noticed")

    wait_until(lambda: states.listening, 3, "the subscription is up again")
    queue.configure(broker.url)
    with states.expect(8) as expected:
        queue.tell_booking_state(8, "refused")
        assert expected.wait(1) == "refused"
    states.close()


def test_waiting_for_many_takes_one_subscription(broker: Valkey) -> None:
    states = queue.BookingStates(broker.url)
    barrier = threading.Barrier(10)

    def expect(request_id: int) -> int:
        with states.expect(request_id):
            barrier.wait(5)
            wait_until(lambda: states.listening, 2, "the subscription is up")
            return int(broker.client.pubsub_numsub(queue.STATES_CHANNEL)[0][1])

    with ThreadPoolExecutor(10) as callers:
        assert set(callers.map(expect, range(10))) == {1}
    states.close()


def test_how_queues_stand_is_seen(valkey: Valkey) -> None:
    valkey.client.delete("audio")
    before = {one.queue: one for one in queue.stand(valkey.url)}
    assert (before["audio"].waiting, before["audio"].waiting_s) == (0, None)

    with queue.celery_app.connection_for_write(valkey.url) as connection:
        for number in range(2):
            queue.celery_app.send_task("tasks.audio.nothing", (number,), connection=connection, ignore_result=True)
    queue.note_failure(valkey.url, "tasks.audio.nothing")

    after = {one.queue: one for one in queue.stand(valkey.url)}["audio"]
    assert (after.waiting, after.failed) == (2, before["audio"].failed + 1)
    assert after.waiting_s is not None
    assert 0 <= after.waiting_s < 5
    valkey.client.delete("audio")


def test_the_age_of_what_is_in_hand_is_seen(broker: Valkey) -> None:
    with queue.celery_app.connection_for_write(broker.url) as connection:
        queue.celery_app.send_task("tasks.audio.nothing", connection=connection, ignore_result=True)
    message = broker.client.rpop("audio")
    assert isinstance(message, bytes)
    sent = json.loads(message)
    sent["headers"]["sent_at_s"] -= 90
    broker.client.hset(UNACKED, "tag", json.dumps([sent, "", "audio"]))

    stands = {one.queue: one for one in queue.stand(broker.url)}

    assert (stands["audio"].waiting, stands["audio"].waiting_s, stands["audio"].in_hand) == (0, None, 1)
    assert stands["audio"].in_hand_s == pytest.approx(90, abs=5)
    assert (stands["bookings"].in_hand, stands["bookings"].in_hand_s) == (0, None)


def test_a_beat_that_has_stopped_is_missed_and_one_that_never_was_is_not(valkey: Valkey) -> None:
    valkey.client.delete("lilly:swept")
    assert not queue.is_beat_missing(valkey.url, 100.0)

    queue.note_beat(valkey.url, 100.0)

    assert [queue.is_beat_missing(valkey.url, now_s) for now_s in (105.0, 109.0)] == [False, True]
    valkey.client.delete("lilly:swept")
