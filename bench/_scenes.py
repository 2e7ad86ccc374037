"""Scenes of turn-taking, made from the recorded patients: the same ones every time, half of them held out of tuning."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bench import _scene_audio as sound
from bench._recordings import BACKCHANNELS, Recording, recordings, sentences
from bench._replies import follow_up
from ivr.offline.telephone.utterances import Utterance, load_utterance, utterance

Kind = Literal["pause", "backchannel", "interruption", "noise", "second speaker"]

SEED = 20
PAUSE_MS = (300, 1200)
PLACES = Path(__file__).parent / "pauses.tsv"
"""Between which words the pauses are; `so_far`: the words before are unfinished, part of what was asked for, or could be all."""

INTERRUPTING = ("106", "107", "14", "126", "32", "05", "15", "06", "127", "121", "11", "33")
INTERRUPTED = 40
NOISE_MS = 26_000
NOISE_DBFS = (-38.0, -32.0, -26.0)
SECOND_SPEAKER_MS = 13_000
SECOND_SPEAKER_DBFS = (-34.0, -37.0, -40.0)
"""12 to 18 dB under the caller, who speaks at -22."""

SECOND_SPEAKERS = 20

ASKS = {
    "May I have your name and date of birth?": ("02",),
    "What is your date of birth?": ("111",),
    "What is your telephone number?": ("16",),
    "May I have your name, please?": ("36", "112"),
    "Would you like me to book it?": ("04", "05", "26", "27"),
    "Which time would you like?": ("12", "13", "22", "34", "38", "108", "109", "110", "124", "130"),
}
"""What Lilly asks before a sentence that answers it."""

ASKS_OTHERWISE = "What else can I do for you?"


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that a caller does, in the course of a call.

    `question` is said first where there is one, and `speech` comes `after_ms` over the reply to it; otherwise it is the
    caller's turn. `asked` is what Lilly has just asked, `so_far` what the words before a pause are.
    """

    kind: Kind
    name: str
    held_out: bool
    speech: Utterance
    said: str = ""
    question: Recording | None = None
    after_ms: float = 0.0
    asked: str = ""
    so_far: str = ""

    @property
    def reply(self) -> str:
        """What the model answers to the question: long enough to be spoken over."""
        number = [one.number for one in sentences()].index(self.question.number) if self.question else 0
        return f"Of course. {follow_up(number)} {follow_up(number + 7)}"


def _chance(what: str) -> np.random.Generator:
    return np.random.default_rng([SEED, *what.encode()])


def _split(count: int, what: str) -> list[bool]:
    """Which of so many are held out: half, by chance."""
    held_out = np.arange(count) % 2 == 1
    _chance(f"{what}, held out").shuffle(held_out)
    return [bool(one) for one in held_out]


def question_before(recording: Recording) -> str:
    """What Lilly asks so that a sentence is the answer."""
    return next((question for question, numbers in ASKS.items() if recording.number in numbers), ASKS_OTHERWISE)


def pauses() -> list[Scene]:
    """Sentences with a pause between two words."""
    known = {one.number: one for one in sentences()}
    with PLACES.open(newline="", encoding="utf-8") as table:
        return [_pause(known[place["number"]], place) for place in csv.DictReader(table, delimiter="\t")]


def _pause(recording: Recording, place: dict[str, str]) -> Scene:
    chance = _chance(f"pause {recording.number} {place['frame']}")
    pause_ms = int(chance.integers(PAUSE_MS[0] // 20, PAUSE_MS[1] // 20 + 1)) * 20
    name = f"{recording.number}, {pause_ms} ms after {place['before']!r}"
    speech = sound.with_pause(name, load_utterance(recording.path), int(place["frame"]), pause_ms, chance)
    return Scene(
        "pause", name, place["set"] == "held out", speech, recording.text, asked=question_before(recording), so_far=place["so_far"]
    )


def backchannels() -> list[Scene]:
    """Short sounds of listening over a long reply, at several moments and levels."""
    short = [one for one in recordings("en") if one.number in BACKCHANNELS]
    return list(_over_replies("backchannel", short, sentences()))


def interruptions() -> list[Scene]:
    """Callers who mean it."""
    meant = [one for one in recordings("en") if one.number in INTERRUPTING]
    asking = [one for one in sentences() if one.number not in INTERRUPTING]
    return list(_over_replies("interruption", meant, asking[:INTERRUPTED]))


def _over_replies(kind: Kind, said: Sequence[Recording], questions: Sequence[Recording]) -> Iterator[Scene]:
    for index, (question, held_out) in enumerate(zip(questions, _split(len(questions), kind), strict=True)):
        chance, one = _chance(f"{kind} {question.number}{' again' if held_out else ''}"), said[index % len(said)]
        gain_db, after_ms = float(chance.uniform(-6, 2)), float(chance.uniform(600, 4000))
        name = f"{one.text} {gain_db:+.0f} dB, {after_ms:.0f} ms into the reply to {question.number}"
        speech = utterance(name, sound.louder(sound.samples_of(load_utterance(one.path)), gain_db))
        yield Scene(kind, name, held_out, speech, one.text, question, after_ms)


def noises() -> list[Scene]:
    """Ten minutes in which nobody speaks."""
    combinations = [(kind, level) for level in NOISE_DBFS for kind in sound.NOISES]
    scenes = []
    for (kind, level), held_out in zip(combinations, _split(len(combinations), "noise"), strict=True):
        name = f"{kind} at {level:.0f} dBFS"
        made = sound.noise(kind, NOISE_MS, level, _chance(name))
        scenes.append(Scene("noise", name, held_out, sound.as_utterance(name, made)))
    return scenes


def second_speakers() -> list[Scene]:
    """Somebody else in the room who goes on talking while the caller speaks and listens."""
    others = [load_utterance(one.path) for one in recordings("es")]
    callers = sentences()[::3][:SECOND_SPEAKERS]
    scenes = []
    for index, (caller, held_out) in enumerate(zip(callers, _split(len(callers), "second speaker"), strict=True)):
        level = SECOND_SPEAKER_DBFS[index % len(SECOND_SPEAKER_DBFS)]
        name = f"{caller.number}, another at {level:.0f} dBFS"
        behind = sound.talk(others[index % len(others) :] + others[: index % len(others)], SECOND_SPEAKER_MS, level)
        scenes.append(Scene("second speaker", name, held_out, sound.over(name, load_utterance(caller.path), behind), caller.text))
    return scenes
