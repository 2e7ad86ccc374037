"""Turn-taking where it is hard: pauses inside sentences, "mm-hm", real interruptions, noise, somebody else in the room.

`python -m bench.scenes` prints a table and writes bench/results/scenes.json and .png. About eight minutes. Scenes are the same in
every run; `--set tuned` plays only those that may be tuned on, and writes nothing.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from bench._figures import Limit, share, spread, table
from bench._pictures import draw_scenes
from bench._results import picture, write
from bench._scene_calls import Outcome, judge, play
from bench._scenes import ASKS_OTHERWISE, Kind, Scene, backchannels, interruptions, noises, pauses, second_speakers
from bench._stand_in import StandInControl, rule
from ivr import embedded
from ivr.config import RUN_DIR
from ivr.demo import Records, target
from ivr.stack import Stack

CALLS = 10
CALLS_WITH_WHISPER = 6
WRITTEN_AFTER_S = 2.0
RESUME_LIMIT = Limit(p95=1200)
BACKGROUND: tuple[Kind, ...] = ("noise", "second speaker")

SO_FAR = {
    "unfinished": "after unfinished words",
    "asked": "in a name, date or number asked for",
    "complete": "after words that could be all",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a kind of scenes: the share that may fail at most, and what failing is."""

    what: str
    kind: Kind
    most: float | None
    failed: Callable[[Outcome], bool]
    so_far: str = ""

    def about(self, scene: Scene) -> bool:
        """Whether a scene is one of its kind."""
        return scene.kind == self.kind and self.so_far in ("", scene.so_far)


QUESTIONS = (
    Question("pauses: caller cut off", "pause", 0.05, lambda one: not one.ok),
    *(Question(f"  {of}", "pause", None, lambda one: not one.ok, so_far) for so_far, of in SO_FAR.items()),
    Question("backchannels: false stops", "backchannel", 0.05, lambda one: not one.ok),
    Question("interruptions: not taken", "interruption", 0.05, lambda one: not one.ok),
    Question("  taken, but not answered as said", "interruption", None, lambda one: one.ok and not one.answered),
    *(Question(f"{kind}: phantom turns", kind, 0.0, lambda one: bool(one.phantoms)) for kind in BACKGROUND),
    *(Question(f"{kind}: false stops", kind, 0.05, lambda one: one.stopped) for kind in BACKGROUND),
)

Say = Callable[[str], Any]
Set = Literal["tuned", "held-out", "all"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack on which scenes are played."""

    stack: Stack
    say: Say

    def play(self, scenes: Sequence[Scene], calls: int) -> list[Outcome]:
        """Play scenes of one kind; each sentence is said once a round, so that its reply can tell what comes next."""
        outcomes: list[Outcome] = []
        for number, part in enumerate(_rounds(scenes)):
            calls_now = min(calls, len(part))
            shares = [_in_order(part[index::calls_now]) for index in range(calls_now)]
            self._set_replies(shares)
            played = play(target(self.stack), shares)
            time.sleep(WRITTEN_AFTER_S)
            for actor, call in played:
                outcomes += judge(actor, Records().turns(call.sid))
            failed = [one for one in outcomes if not one.ok]
            self.say(f"   {scenes[0].kind}: round {number + 1}, {len(outcomes)} scenes so far, {len(failed)} failed")
        return outcomes

    def _set_replies(self, shares: Sequence[Sequence[Scene]]) -> None:
        """Each answer ends with the question before the next scene, or is long enough to be spoken over."""
        control, rules = StandInControl(self.stack.offline_url), []
        for scenes in shares:
            for scene, following in zip(scenes, [*scenes[1:], None], strict=True):
                if scene.question:
                    rules.append(rule(scene.question.text, scene.reply))
                elif scene.said:
                    rules.append(rule(scene.said, f"Thank you. {following.asked}" if following and following.asked else "Thank you."))
        control.reply_with({"rules": rules, "list": [{"text": "All right, thank you."}]})


def _rounds(scenes: Sequence[Scene]) -> list[list[Scene]]:
    """Scenes in rounds: one alone in a call where she hears nothing but noise, no sentence twice elsewhere."""
    rounds: list[list[Scene]] = []
    alone = scenes[0].kind in ("noise", "second speaker")
    for scene in scenes:
        fitting = (part for part in rounds if len(part) < CALLS_WITH_WHISPER) if alone else (p for p in rounds if not _says(p, scene))
        part = next(fitting, None)
        if part is None:
            part = []
            rounds.append(part)
        part.append(scene)
    return rounds


def _in_order(share: Sequence[Scene]) -> list[Scene]:
    """What answers a question of hers comes after something that lets her ask it."""
    return sorted(share, key=lambda scene: scene.asked not in ("", ASKS_OTHERWISE))


def _says(part: Sequence[Scene], scene: Scene) -> bool:
    return any((other.question or other.said) == (scene.question or scene.said) for other in part)


@contextmanager
def _stage(ears: str, say: Say) -> Iterator[Stage]:
    # A folder for each: this process keeps hold of the servers that it has used.
    run_dir = RUN_DIR / "bench" / ears
    embedded.clean(run_dir)
    with Stack(run_dir, ears=ears, profile="fixed", progress=say) as stack:
        yield Stage(stack, say)


def measure(wanted: Set, kinds: str, say: Say) -> list[Outcome]:
    """Play all scenes of a set: those with known words with `known` ears, noise with a recogniser that may invent some."""
    outcomes: list[Outcome] = []
    for ears, calls, makers in (
        ("known", CALLS, (pauses, backchannels, interruptions)),
        ("whisper", CALLS_WITH_WHISPER, (noises, second_speakers)),
    ):
        made = [[scene for scene in make() if wanted == "all" or scene.held_out == (wanted == "held-out")] for make in makers]
        chosen = [scenes for scenes in made if kinds in scenes[0].kind]
        if chosen:
            with _stage(ears, say) as stage:
                for scenes in chosen:
                    outcomes += stage.play(scenes, calls)
    return outcomes


def lines(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """The table's lines: what is asked of a kind of scene, tuned and held out apart."""
    for question in QUESTIONS:
        for held_out in (False, True):
            some = [one for one in outcomes if question.about(one.scene) and one.scene.held_out == held_out]
            failed = [one for one in some if question.failed(one)]
            if some:
                of = {"what": question.what, "set": "held out" if held_out else "tuned", "scenes": len(some), "failed": len(failed)}
                verdict = "" if question.most is None else "ok" if len(failed) <= question.most * len(some) else "missed"
                # Who reads what went wrong tunes on it: of what is held out only the count is told.
                told = [f"{one.scene.name}: {one.why}" for one in failed if not held_out]
                yield of | {"most": question.most, "verdict": verdict, "failures": told}


def show(outcomes: Sequence[Outcome], verbose: bool) -> None:
    """Print the table, and what went wrong if wanted."""
    cells = [
        [
            line["what"],
            line["set"],
            str(line["scenes"]),
            str(line["failed"]),
            share(line["failed"], line["scenes"]),
            "" if line["most"] is None else f"{line['most']:.0%}",
            line["verdict"],
        ]
        for line in lines(outcomes)
    ]
    print(table(["scenes", "set", "n", "failed", "share", "at most", ""], cells))
    resumed = spread(one.resumed_ms for one in outcomes if one.scene.kind == "backchannel")
    print(f"silent before she went on: {resumed} ms of {resumed.count} (at most {RESUME_LIMIT}): {RESUME_LIMIT.verdict(resumed)}")
    for line in lines(outcomes) if verbose else ():
        for failure in line["failures"]:
            print(f"{line['what']}, {line['set']} · {failure}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.scenes", description=__doc__)
    parser.add_argument("--set", choices=("tuned", "held-out", "all"), default="all", help="which scenes to play (default: all)")
    parser.add_argument("--kind", default="", help="only the kinds with this in their name")
    parser.add_argument("--verbose", action="store_true", help="print what went wrong, scene by scene, of those that may be tuned on")
    arguments = parser.parse_args()
    began_s = time.monotonic()
    outcomes = measure(arguments.set, arguments.kind, lambda text: print(f"{time.monotonic() - began_s:6.0f} s  {text}", flush=True))
    print()
    show(outcomes, arguments.verbose)
    if arguments.set == "all" and not arguments.kind:
        resumed = spread(one.resumed_ms for one in outcomes if one.scene.kind == "backchannel")
        write("scenes", {"lines": list(lines(outcomes)), "resumed_ms": [resumed.p50, resumed.p95]})
        draw_scenes(list(lines(outcomes)), picture("scenes"))


if __name__ == "__main__":
    main()
