"""Celery's settings fit together, and with what sends the tasks."""

from celery.app.defaults import DEFAULTS

import celeryconfig
from ivr import outbox, queue
from ivr.clients import n8n


def test_a_message_is_not_handed_out_again_while_its_task_may_still_run() -> None:
    longest_post_s = n8n.CONNECT_TIMEOUT_S + n8n.ANSWER_TIMEOUT_S
    hidden_s = celeryconfig.broker_transport_options["visibility_timeout"]

    assert hidden_s >= 2 * max(celeryconfig.task_time_limit, longest_post_s)
    assert 2 * longest_post_s <= outbox.CLAIM_S


def test_every_task_goes_to_the_queue_of_its_module() -> None:
    router = queue.celery_app.amqp.router
    queues = {name: router.route({}, name)["queue"].name for name in (queue.CARRY_OUT, queue.DELIVER, queue.SEND_SMS, queue.SWEEP)}

    assert queues == {queue.CARRY_OUT: "bookings", queue.DELIVER: "notifications", queue.SEND_SMS: "notifications", queue.SWEEP: "upkeep"}


def test_every_setting_is_one_that_celery_knows() -> None:
    ours = {name for name in vars(celeryconfig) if name.islower() and not name.startswith(("_", "redbeat_"))}

    assert ours <= set(DEFAULTS)


def test_beat_sends_all_of_the_upkeep_and_what_comes_late_lapses() -> None:
    names = {queue.SWEEP, queue.REMIND, queue.TIDY, queue.MAKE_SLOTS, queue.WARM}
    assert {entry["task"] for entry in celeryconfig.beat_schedule.values()} == names
    for entry in celeryconfig.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]
