"""How long a patient waits for an answer: every profile of the providers, every trick switched off, and the plain way beside it.

`python -m bench.turns` prints a table and writes bench/results/turns.json and .png. At most 20 minutes.

Ten calls at a time say recorded sentences. Each reply is cut off one second after its first sound by the next sentence, spoken
over it: every turn but a call's first thus begins as a barge-in. A turn counts from the last loud frame of its sentence, long after
that, and only if the server answered this sentence as one turn; sentences that were split or not answered are told as lost.
A filler is a sound too; where it came first, the reply behind it was cut off unheard, and its sentence is answered with the next.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench._figures import Limit, Spread, share, spread, table
from bench._pictures import draw_turns
from bench._playing import Measured, Stage
from bench._results import RESULTS, picture, write
from bench._rows import ONE_CALL, TEN_CALLS, Row, rows
from ivr import embedded
from ivr.config import RUN_DIR
from ivr.demo import Records
from ivr.stack import Stack


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of several rows together, and what it should be."""

    what: str
    spread: Spread
    limit: Limit

    def cells(self) -> list[str]:
        """For the table."""
        return [self.what, str(self.spread.count), str(self.spread), str(self.limit), self.limit.verdict(self.spread)]


def overall(results: Sequence[Measured]) -> list[Line]:
    """What is asked of all rows together."""
    regular = [one for one in results if one.row.kind == "ours" and one.row.without is None]
    rounds = [one for result in regular for one in result.rounds]
    ten = [one for one in regular if one.row.name == TEN_CALLS.name]
    return [
        Line("our own share", spread(turn.own_ms for one in regular for turn in one.turns), Limit(20, 50)),
        Line("barge-in, onset to clear", spread(ms for one in rounds for ms in one.barge_in_ms), Limit(120, 150)),
        Line("greeting after stream start", spread(ms for one in rounds for ms in one.greeting_ms), Limit(150, 300)),
        Line("ten calls at once: p95 above one call's", _above_one_call(regular), Limit(p95=100)),
        Line("web processor s a call minute, ten calls, replies cut off", spread(one.cpu_s_a_call_minute for one in ten), Limit(p50=1)),
    ]


def _above_one_call(results: Sequence[Measured]) -> Spread:
    """How much longer the slow turns are with ten calls at once, on the sentences that both rows have."""
    turns = {one.row.name: one.turns for one in results}
    one_call, ten_calls = turns.get(ONE_CALL.name, []), turns.get(TEN_CALLS.name, [])
    said = {turn.number for turn in one_call}
    alone, together = (spread(turn.turn_ms for turn in some if turn.number in said) for some in (one_call, ten_calls))
    if alone.p95 is None or together.p95 is None:
        return Spread(0, None, None)
    return Spread(together.count, None, round(together.p95 - alone.p95, 1))


def _cells(result: Measured) -> list[str]:
    turns, limit = result.turns, result.row.limit
    clips = sum(turn.opened_with_clip for turn in turns)
    eager = sum("eager" in turn.tricks for turn in turns)
    fillers = sum(turn.opened_with_filler for turn in turns)
    rates = ["–"] * 3 if result.row.kind == "sequential" else [share(part, len(turns)) for part in (clips, eager, fillers)]
    late = "late" if result.machine_late else ""
    measured = [str(result.turn_ms), str(limit), limit.verdict(result.turn_ms), str(result.heard_ms), str(result.own_ms)]
    return [result.row.name, str(len(turns)), *measured, *rates, str(len(result.lost)), late]


_HEADER = [
    "ms from last loud frame to first sent",
    "n",
    "p50 / p95",
    "at most",
    "",
    "heard",
    "own",
    "clip",
    "eager",
    "filler",
    "lost",
    "machine",
]


def show(results: Sequence[Measured]) -> None:
    """Print the tables."""
    print()
    print(table(_HEADER, map(_cells, results)))
    print()
    print(table(["over all profiles, no trick switched off", "n", "p50 / p95", "at most", ""], [line.cells() for line in overall(results)]))


def as_dict(results: Sequence[Measured]) -> dict[str, Any]:
    """For the results file."""
    lines = [
        {"what": line.what, "p50": line.spread.p50, "p95": line.spread.p95, "verdict": line.limit.verdict(line.spread)}
        for line in overall(results)
    ]
    return {"rows": [_row_dict(result) for result in results], "overall": lines}


def _row_dict(result: Measured) -> dict[str, Any]:
    row, turns = result.row, result.turns
    return {
        "row": row.name,
        "profile": row.profile,
        "mix": row.mix,
        "calls": row.calls,
        "turns": len(turns),
        "turn_ms": [result.turn_ms.p50, result.turn_ms.p95],
        "limit_ms": [row.limit.p50, row.limit.p95],
        "verdict": row.limit.verdict(result.turn_ms),
        "heard_ms": [result.heard_ms.p50, result.heard_ms.p95],
        "own_ms": [result.own_ms.p50, result.own_ms.p95],
        "opened_with_clip": sum(turn.opened_with_clip for turn in turns),
        "eager": sum("eager" in turn.tricks for turn in turns),
        "opened_with_filler": sum(turn.opened_with_filler for turn in turns),
        "lost": result.lost,
        "cpu_s_a_call_minute": result.cpu_s_a_call_minute,
        "machine_late": result.machine_late,
        "each": [turn.as_dict() for turn in turns],
    }


def _named(wanted: str, known: list[Row]) -> list[Row]:
    """The row of this name, or all with it in their name."""
    return [row for row in known if row.name == wanted] or [row for row in known if wanted in row.name]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.turns", description=__doc__)
    parser.add_argument("--rows", default="", help="only the row of this name, or those with it in their name; the figures go to .run then")
    parser.add_argument("--turns", type=int, help="at most so many turns a row; the figures go to .run then")
    arguments = parser.parse_args()
    began_s = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began_s:6.0f} s  {text}", flush=True)

    chosen = _named(arguments.rows, list(rows()))
    run_dir = RUN_DIR / "bench"
    embedded.clean(run_dir)
    results = []
    with Stack(run_dir, ears="known", profile="zero", progress=say) as stack:
        stage = Stage(stack, Records().turns, say)
        for row in chosen:
            results.append(stage.play(row.shortened(arguments.turns or row.turns)))
    show(results)
    whole = not arguments.rows and not arguments.turns
    write("turns" if whole else "part_of_turns", as_dict(results), RESULTS if whole else RUN_DIR)
    if whole:
        draw_turns(results, picture("turns"))


if __name__ == "__main__":
    main()
