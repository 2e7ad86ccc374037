"""What processes use of this machine, out of Linux's /proc, and what machine it is."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_AFTER_NAME_UTIME = 11


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds used so far, and memory held now."""

    cpu_s: float
    resident_mb: float


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def usage(pids: list[int]) -> Usage:
    """What some processes use together."""
    return Usage(sum(map(_cpu_s, pids)), sum(map(_resident_mb, pids)))


def _cpu_s(pid: int) -> float:
    # The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[_AFTER_NAME_UTIME : _AFTER_NAME_UTIME + 2]) / _TICKS_A_SECOND


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def described() -> dict[str, Any]:
    """The machine, for a results file."""
    model = next((line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine())
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
