"""The benchmarks' pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from bench._playing import Measured
from ivr.trace import PARTS

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_COLOURS = ("#9aa5b1", "#5b8db8", "#2f6f9f", "#7fb08a", "#d98e4a", "#c0504d")


def draw_turns(results: Sequence[Measured], path: Path) -> None:
    """Stacked parts of each row, and how its turns are distributed."""
    shown = [result for result in results if result.turns]
    figure, (stacked, spread) = plt.subplots(1, 2, figsize=(15, 0.45 * len(shown) + 2.5), layout="constrained")
    _stack(stacked, shown)
    _distribute(spread, shown)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _stack(axes: Axes, results: Sequence[Measured]) -> None:
    places = np.arange(len(results))
    left = np.zeros(len(results))
    for part, colour in zip(PARTS, _COLOURS, strict=True):
        means = np.array([np.mean([turn.parts_ms()[part] for turn in result.turns]) for result in results])
        axes.barh(places, means, left=left, color=colour, label=part)
        left += means
    for place, result in zip(places, results, strict=True):
        p50, p95 = result.turn_ms.p50 or 0.0, result.turn_ms.p95 or 0.0
        axes.plot([p50, p95], [place, place], color="black", linewidth=0.8)
        axes.plot(p50, place, "o", color="black", markersize=4)
        axes.plot(p95, place, "|", color="black", markersize=10)
    axes.set_yticks(places, [result.row.name for result in results])
    axes.invert_yaxis()
    axes.set_xlabel("ms from the last loud frame: mean of each part, • p50, | p95")
    axes.legend(loc="lower right", fontsize=8)


def _distribute(axes: Axes, results: Sequence[Measured]) -> None:
    for result in results:
        if result.row.without is None:
            values = np.sort([turn.turn_ms for turn in result.turns])
            axes.step(values, np.arange(1, len(values) + 1) / len(values), where="post", label=result.row.name)
    axes.set_xlabel("ms from the last loud frame to the first one sent back")
    axes.set_ylabel("share of the turns")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)


def draw_scenes(lines: Sequence[dict[str, Any]], path: Path) -> None:
    """How many scenes of each kind failed, against how many may."""
    lines = [line for line in lines if line["verdict"]]
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(lines) + 1.5), layout="constrained")
    places = np.arange(len(lines))
    shares = [100 * line["failed"] / line["scenes"] for line in lines]
    axes.barh(places, shares, color=[_COLOURS[3] if line["verdict"] == "ok" else _COLOURS[5] for line in lines])
    axes.plot([100 * line["most"] for line in lines], places, "|", color="black", markersize=14, label="at most")
    axes.set_yticks(places, [f"{line['what']} ({line['set']}, {line['scenes']})" for line in lines])
    axes.invert_yaxis()
    axes.set_xlabel("% of the scenes")
    axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_limits(figures: Sequence[dict[str, Any]], path: Path) -> None:
    """How much of what is allowed each figure takes: its strictest limit is 100 %."""
    used = [(figure["what"], _used(figure)) for figure in figures]
    shown = [(what, share) for what, share in used if share is not None]
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(shown) + 1.5), layout="constrained")
    places = np.arange(len(shown))
    axes.barh(places, [share for _, share in shown], color=[_COLOURS[3] if share <= 100 else _COLOURS[5] for _, share in shown])
    axes.axvline(100, color="black", linewidth=0.8)
    axes.set_yticks(places, [what for what, _ in shown])
    axes.invert_yaxis()
    axes.set_xlabel("% of what is allowed")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_recoveries(lines: Sequence[dict[str, Any]], path: Path) -> None:
    """How long after each kind of break bookings were well again, and the receiver knew everything, at the longest."""
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(lines) + 1.5), layout="constrained")
    places = np.arange(len(lines))
    axes.barh(places - 0.2, [line["bookings_s"] for line in lines], height=0.4, color=_COLOURS[2], label="bookings done")
    axes.barh(places + 0.2, [line["events_s"] for line in lines], height=0.4, color=_COLOURS[4], label="events delivered")
    axes.set_yticks(places, [f"{line['what']} ({line['times']})" for line in lines])
    axes.invert_yaxis()
    axes.set_xlabel("s after the end of the break until all that was asked for before is done; the longest of its times")
    axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _used(figure: dict[str, Any]) -> float | None:
    pairs = [(figure[part], figure[f"limit_{part}"]) for part in ("p50", "p95")]
    return max((100 * value / limit for value, limit in pairs if value is not None and limit), default=None)
