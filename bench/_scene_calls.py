"""Playing scenes in calls, and judging each by what the caller heard and what the server kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

from bench._own_share import plain
from bench._patients import APART_MS
from bench._scenes import Scene
from bench._word_errors import words
from ivr.models import Turn as TurnRow
from ivr.offline.telephone.caller import Caller, Script, place_calls
from ivr.offline.telephone.patient import Patient, Unheard
from ivr.offline.telephone.timeline import Call
from ivr.offline.telephone.timeline import Turn as HeardTurn
from ivr.offline.telephone.utterances import load_utterance
from ivr.offline.telephone.webhooks import Target

PATIENCE_S = 12.0
SAME_WORDS = 0.5
"""A turn with this share of a sentence's words, or made up of them by this share, is that sentence or a part of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scene went: `ok`, or what was wrong.

    `answered` tells that an interruption was answered as it was said, `resumed_ms` how long she was silent before she went
    on, `phantoms` are turns that nobody spoke, `stopped` tells that noise made her give up a reply.
    """

    scene: Scene
    ok: bool
    why: str = ""
    answered: bool = True
    resumed_ms: float | None = None
    phantoms: tuple[str, ...] = ()
    stopped: bool = False


@dataclass
class Actor:
    """Plays scenes one after the other in one call; `played` are those that were begun, with the caller's turn of each."""

    scenes: Sequence[Scene]
    begins_after_ms: float = 0.0
    played: list[tuple[Scene, HeardTurn]] = field(default_factory=list)

    async def __call__(self, patient: Patient) -> None:
        """The script."""
        await patient.wait_ms(self.begins_after_ms)
        for scene in self.scenes:
            try:
                await self._play(patient, scene)
            except Unheard:
                continue
        if self.scenes and self.scenes[-1].kind != "noise":
            await _finishes(patient)

    async def _play(self, patient: Patient, scene: Scene) -> None:
        if scene.kind == "noise":
            await patient.lilly_begins()
        else:
            await patient.lilly_finishes()
        if scene.question:
            await patient.say(load_utterance(scene.question.path))
            began_ms = await patient.lilly_begins()
            await patient.until_ms(began_ms + scene.after_ms - scene.speech.lead_ms)
        await patient.say(scene.speech)
        turn = next(turn for turn in reversed(patient.line.turns) if turn.said == scene.speech.name)
        self.played.append((scene, turn))


async def _finishes(patient: Patient) -> None:
    try:
        await patient.lilly_finishes()
    except Unheard:
        return


def play(target: Target, shares: Sequence[Sequence[Scene]], noise_dbfs: float = -41.0) -> list[tuple[Actor, Call]]:
    """One call for each share of scenes, all at once."""
    actors = [Actor(share, number * APART_MS) for number, share in enumerate(shares)]
    caller = Caller(noise_dbfs=noise_dbfs, patience_s=PATIENCE_S)
    scripts: list[tuple[Caller, Script]] = [(replace(caller), actor) for actor in actors]
    return list(zip(actors, place_calls(target, scripts), strict=True))


def judge(actor: Actor, rows: Sequence[TurnRow]) -> list[Outcome]:
    """Every scene of a call; one that could not be begun has failed."""
    turns = {scene.name: turn for scene, turn in actor.played}
    return [
        _JUDGES[scene.kind](scene, turns[scene.name], rows) if scene.name in turns else _not_begun(scene, rows) for scene in actor.scenes
    ]


def _not_begun(scene: Scene, rows: Sequence[TurnRow]) -> Outcome:
    if scene.kind in ("noise", "second speaker"):
        # She may hang up before it is over.
        return _background(scene, None, rows)
    return Outcome(scene, False, "it could not be played: nothing was heard before")


def _pause(scene: Scene, turn: HeardTurn | None, _: Sequence[TurnRow]) -> Outcome:
    if turn is None or turn.cut_in_ms is None:
        return Outcome(scene, True)
    return Outcome(scene, False, f"cut off {(turn.ended_ms or 0.0) - turn.cut_in_ms:.0f} ms before the last word's end")


def _backchannel(scene: Scene, turn: HeardTurn | None, rows: Sequence[TurnRow]) -> Outcome:
    row = _row_of(scene, rows)
    resumed_ms = turn.sound_ms - turn.clear_ms if turn and turn.sound_ms and turn.clear_ms else None
    if row is None:
        return Outcome(scene, False, "its question was not answered")
    whole = not row.interrupted and plain(row.heard_text) == plain(row.reply_text)
    why = "" if whole else f"stopped after {len(row.heard_text.split())} words"
    return Outcome(scene, whole, why, resumed_ms=resumed_ms if whole else None)


def _interruption(scene: Scene, _: HeardTurn | None, rows: Sequence[TurnRow]) -> Outcome:
    row = _row_of(scene, rows)
    if row is None:
        return Outcome(scene, False, "its question was not answered")
    if not row.interrupted:
        return Outcome(scene, False, "she went on")
    answered = any(plain(scene.said) in plain(other.caller_text) for other in rows if other.ordinal > row.ordinal)
    return Outcome(scene, True, "" if answered else "she stopped, but did not answer it as it was said", answered)


def _background(scene: Scene, turn: HeardTurn | None, rows: Sequence[TurnRow]) -> Outcome:
    phantoms = tuple(row.caller_text for row in rows if row.caller_text and not _is_said(row, scene, turn))
    # The last reply is broken off by the end of the call, and one before the caller has gone on is given to all that was said.
    pairs = [(row, after) for row, after in pairwise(rows) if row.interrupted and row.caller_text not in phantoms]
    stopped = [row for row, after in pairs if row.heard_text or not _goes_on(row, after)]
    why = "; ".join([*(f"heard: {text}" for text in phantoms), *(f"stopped: {row.reply_text[:40]}" for row in stopped)])
    return Outcome(scene, not phantoms, why, phantoms=phantoms, stopped=bool(stopped))


def _row_of(scene: Scene, rows: Sequence[TurnRow]) -> TurnRow | None:
    text = plain(scene.question.text) if scene.question else plain(scene.said)
    return next((row for row in rows if plain(row.caller_text) == text), None)


def _is_said(row: TurnRow, scene: Scene, turn: HeardTurn | None) -> bool:
    """Whether a turn is the caller's: spoken while they spoke, however it was heard, or in their words."""
    if scene.said and turn is not None and turn.ended_ms is not None:
        began_ms = (row.started_at - row.call.started_at) / timedelta(milliseconds=1)
        spoken_ms = -row.timeline.get("speech_began", 0.0)
        if began_ms < turn.ended_ms and turn.began_ms < began_ms + spoken_ms:
            return True
    said, told = set(words(scene.said, "en")), set(words(row.caller_text, "en"))
    return bool(said) and len(said & told) >= SAME_WORDS * min(len(said), len(told))


def _goes_on(row: TurnRow, after: TurnRow) -> bool:
    return plain(after.caller_text).startswith(plain(row.caller_text))


_JUDGES: dict[str, Callable[[Scene, HeardTurn | None, Sequence[TurnRow]], Outcome]] = {
    "pause": _pause,
    "backchannel": _backchannel,
    "interruption": _interruption,
    "noise": _background,
    "second speaker": _background,
}
