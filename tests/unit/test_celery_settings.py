"""Celery's settings fit together, and with what sends the tasks."""

import json
import os
import subprocess
import sys

from celery.app.defaults import DEFAULTS

import celeryconfig
from ivr import outbox, queue
from ivr.clients import n8n
from ivr.config import ROOT


def test_a_message_is_not_handed_out_again_while_its_task_may_still_run() -> None:
    longest_post_s = n8n.CONNECT_TIMEOUT_S + n8n.ANSWER_TIMEOUT_S
    hidden_s = celeryconfig.broker_transport_options["visibility_timeout"]

    assert hidden_s >= 2 * max(celeryconfig.task_time_limit, longest_post_s)
    assert 2 * longest_post_s <= outbox.CLAIM_S


def test_every_task_goes_to_the_queue_of_its_module() -> None:
    router = queue.celery_app.amqp.router
    names = (
        queue.CARRY_OUT,
        queue.CARRY_OUT_PILE,
        queue.DELIVER,
        queue.DELIVER_PILE,
        queue.SEND_SMS,
        queue.SEND_SMS_PILE,
        queue.SPEAK,
        queue.SWEEP,
    )

    assert {name: router.route({}, name)["queue"].name for name in names} == {name: name.split(".")[1] for name in names}


def test_every_setting_is_one_that_celery_knows() -> None:
    ours = {name for name in vars(celeryconfig) if name.islower() and not name.startswith(("_", "redbeat_"))}

    assert ours <= set(DEFAULTS)


def test_beat_sends_all_of_the_upkeep_and_what_comes_late_lapses() -> None:
    names = {queue.SWEEP, queue.REMIND, queue.TIDY, queue.MAKE_SLOTS, queue.WARM}
    assert {entry["task"] for entry in celeryconfig.beat_schedule.values()} == names
    for entry in celeryconfig.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]


def test_a_worker_that_books_knows_its_task_and_neither_the_voice_nor_twilio() -> None:
    loaded = modules_of_a_worker(["bookings"])
    assert "tasks.bookings" in loaded
    too_much = {"flask", "gevent", "openai", "twilio", "numpy", "ivr.web", "ivr.voice", "ivr.clients", "ivr.agent"}
    assert too_much & loaded == set()


def test_a_worker_that_is_told_no_queue_knows_the_tasks_of_all() -> None:
    assert {f"tasks.{name}" for name in queue.QUEUES} <= modules_of_a_worker([])


def modules_of_a_worker(queues: list[str]) -> set[str]:
    """What a worker of these queues has imported before its first task."""
    code = (
        "import json, sys, tasks.app; from celery.signals import celeryd_init;"
        f" celeryd_init.send(sender='w', options={{'queues': {queues}}}); print(json.dumps(sorted(sys.modules)))"
    )
    away = {"DATABASE_URL": "postgresql:///nowhere", "REDIS_URL": "redis://127.0.0.1:1/0", "APP_ENV": "test"}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **away}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))
