"""Gunicorn's settings: `gunicorn -c python:ivr.web.gunicorn wsgi:app`.

Gunicorn's first process reads this unpatched, and its workers inherit what was imported: nothing of the application is imported
here, not even the settings, which a process of its own reads; and the metrics' folder is named before their library is.
"""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import gevent

LOOK_EVERY_S = 0.1

_read = subprocess.run((sys.executable, "-m", "ivr.config"), stdout=subprocess.PIPE, text=True)
if _read.returncode:
    # The list of what is wrong has been written; without this gunicorn would start worker after worker.
    sys.exit(_read.returncode)
_app_env, _port, _workers = _read.stdout.split()

# Without Twilio's token nothing proves who calls: development is for this machine alone.
bind = f"{'0.0.0.0' if _app_env == 'production' else '127.0.0.1'}:{_port}"
workers = int(_workers)
worker_class = "gevent"
worker_connections = 1000
# A dyno has 30 s from SIGTERM to SIGKILL; calls are handed over well before.
graceful_timeout = 20
# Twilio's sockets live for the length of a call; the worker shows that it lives by its own heartbeat.
timeout = 60
keepalive = 5
control_socket_disable = True
accesslog = None

if workers > 1:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="lilly-metrics-")

from prometheus_client import multiprocess  # noqa: E402


def post_worker_init(worker: Any) -> None:
    """Watch for the worker's end: gunicorn itself would cut the calls without a word."""
    # What lives as long as the process need not be looked through again and again while calls wait.
    gc.collect()
    gc.freeze()
    gevent.spawn(_hand_over, worker)


def _hand_over(worker: Any) -> None:
    while worker.alive:
        gevent.sleep(LOOK_EVERY_S)
    worker.wsgi.extensions["drain"]()


def child_exit(_: Any, worker: Any) -> None:
    """A worker that is gone has no live calls."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)


def on_exit(_: Any) -> None:
    """Leave nothing behind."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
