"""Where results are kept: bench/results/NAME.json, and a picture beside it."""

import json
from pathlib import Path
from typing import Any

from bench._machine import described

RESULTS = Path(__file__).parent / "results"


def write(name: str, result: dict[str, Any], folder: Path = RESULTS) -> None:
    """Write a benchmark's figures, with the machine that they come from."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": described(), **result}, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def picture(name: str) -> Path:
    """Where a benchmark's picture goes."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    return RESULTS / f"{name}.png"
