"""The clients' tests once more in a process that gevent has patched, as the web process is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.offline_server import OfflineServer

ROOT = Path(__file__).resolve().parents[2]
PATCHED = "import sys; from gevent import monkey; monkey.patch_all(); import pytest; sys.exit(pytest.main(sys.argv[1:]))"


FILES = ("test_stt_client.py", "test_llm_client.py", "test_tts_clients.py", "killed_greenlets.py")


@pytest.mark.timeout(120)
def test_the_clients_work_under_gevent(stand_in: OfflineServer) -> None:
    command = [sys.executable, "-c", PATCHED, "-q", "-p", "no:cacheprovider", *(f"tests/contracts/{name}" for name in FILES)]
    environment = os.environ | {"LILLY_STAND_IN_URL": stand_in.url}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
