"""A wrong environment ends the start, once, with one readable list."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ("gunicorn", "-c", "python:ivr.web.gunicorn", "wsgi:app"),
        ("celery", "-A", "tasks.app", "worker"),
        ("python", "-m", "ivr", "migrate"),
        ("python", "-m", "ivr", "run"),
    ],
    ids=lambda command: command[0],
)
def test_it_ends_with_one_list_and_no_traceback(command: tuple[str, ...]) -> None:
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "production", "HOSPITAL_TIMEZONE": "Mars/Olympus"}
    ended = subprocess.run(
        (str(PROGRAMS / command[0]), *command[1:]), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=40
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0 and "Traceback" not in said
    assert said.count("The settings are wrong:") == 1
    assert "HOSPITAL_TIMEZONE" in said and "DATABASE_URL: is required in production" in said
