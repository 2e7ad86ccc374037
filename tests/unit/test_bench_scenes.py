"""The scenes of the turn-taking benchmark: what they are made of, and how they are judged."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from bench._recordings import recordings
from bench._scene_audio import NOISES, noise, samples_of, talk
from bench._scene_calls import Actor, judge
from bench._scenes import Scene, backchannels, interruptions, noises, pauses, second_speakers
from ivr.models import Call, now
from ivr.models import Turn as TurnRow
from ivr.offline.telephone.timeline import Turn as HeardTurn
from ivr.offline.telephone.utterances import load_utterance
from ivr.voice.audio import FRAME_MS, dbfs

CALL = Call(sid="CA1", started_at=now())
MAKERS = {pauses: 60, backchannels: 60, interruptions: 40, noises: 24, second_speakers: 20}


@pytest.mark.parametrize(("make", "least"), MAKERS.items(), ids=[make.__name__ for make in MAKERS])
def test_there_are_enough_scenes_the_same_every_time_and_half_held_out(make: Callable[[], list[Scene]], least: int) -> None:
    scenes, again = make(), make()
    assert len(scenes) >= least
    assert len({scene.name for scene in scenes}) == len(scenes)
    assert [(scene.name, scene.held_out) for scene in scenes] == [(scene.name, scene.held_out) for scene in again]
    assert scenes[0].speech.frames == again[0].speech.frames
    assert abs(sum(scene.held_out for scene in scenes) - len(scenes) / 2) <= len(scenes) / 10


def test_no_place_to_pause_is_both_tuned_on_and_held_out() -> None:
    so_far = {
        held_out: {(scene.said, scene.name.partition("after ")[2]) for scene in pauses() if scene.held_out == held_out}
        for held_out in (True, False)
    }
    assert not so_far[True] & so_far[False]


def test_pauses_last_from_300_to_1200_ms_and_nothing_is_loud_in_them() -> None:
    for scene in pauses():
        frames = [dbfs(np.frombuffer(piece, dtype="<i2")) for piece in _frames(samples_of(scene.speech))]
        quiet = _longest_run([level <= -33 for level in frames[scene.speech.first_loud : scene.speech.last_loud]])
        assert 300 <= quiet * FRAME_MS <= 1200 + 700, scene.name


def test_ten_minutes_of_noise_are_made_of_every_kind_at_every_level() -> None:
    scenes = noises()
    assert sum(len(scene.speech.frames) for scene in scenes) * FRAME_MS >= 10 * 60_000
    assert {scene.name.split(" at ")[0] for scene in scenes} == set(NOISES)


@pytest.mark.parametrize("kind", ["hiss", "rumble", "fan", "hum", "music"])
def test_steady_noise_has_the_level_that_was_asked_for(kind: str) -> None:
    assert dbfs(noise(kind, 2000, -30.0, np.random.default_rng(1))) == pytest.approx(-30, abs=0.5)


def test_another_speaker_is_as_soft_as_was_asked_for() -> None:
    said = load_utterance(recordings("es")[0].path)
    loud, soft = (dbfs(talk([said], len(said.frames) * FRAME_MS, level)) for level in (-28.0, -37.0))
    assert loud - soft == pytest.approx(9, abs=0.5)


def row(ordinal: int, caller: str, reply: str, heard: str | None = None, interrupted: bool = False, at_s: float = 60) -> TurnRow:
    """A turn that began so long after the call, and whose caller spoke for a second."""
    return TurnRow(
        call=CALL,
        ordinal=ordinal,
        caller_text=caller,
        reply_text=reply,
        heard_text=reply if heard is None else heard,
        interrupted=interrupted,
        timeline={"speech_began": -1000, "last_loud": 0},
        started_at=CALL.started_at + timedelta(seconds=at_s),
    )


def judged(scene: Scene, heard: HeardTurn, *rows: TurnRow) -> Any:
    actor = Actor([scene])
    actor.played.append((scene, heard))
    return judge(actor, rows)[0]


def test_a_caller_is_cut_off_when_she_sounds_before_the_last_word() -> None:
    scene = pauses()[0]
    assert judged(scene, HeardTurn("", 0, 3000, sound_ms=3700)).ok
    assert not judged(scene, HeardTurn("", 0, 3000, cut_in_ms=1800)).ok


def test_a_backchannel_must_not_cost_the_rest_of_the_reply() -> None:
    scene = backchannels()[0]
    assert scene.question
    heard = HeardTurn("", 5000, 5300, sound_ms=5900, clear_ms=5050, over=True)
    whole = judged(scene, heard, row(1, scene.question.text, scene.reply))
    assert (whole.ok, whole.resumed_ms) == (True, 850)
    assert not judged(scene, heard, row(1, scene.question.text, scene.reply, "Of course. The —", interrupted=True)).ok


def test_an_interruption_must_stop_her_for_good() -> None:
    scene = interruptions()[0]
    assert scene.question
    stopped = row(1, scene.question.text, scene.reply, "Of course.", interrupted=True)
    assert not judged(scene, HeardTurn("", 0), row(1, scene.question.text, scene.reply)).ok
    taken = judged(scene, HeardTurn("", 0), stopped, row(2, scene.said, "All right."))
    unanswered = judged(scene, HeardTurn("", 0), stopped)
    assert (taken.ok, taken.answered) == (True, True)
    assert (unanswered.ok, unanswered.answered) == (True, False)


def test_noise_must_neither_be_answered_nor_stop_her() -> None:
    scene = noises()[0]
    greeting, goodbye = row(0, "", "Hello, how can I help you?"), row(2, "", "Goodbye.", interrupted=True)
    assert judged(scene, HeardTurn("", 0), greeting, goodbye).ok
    assert judged(scene, HeardTurn("", 0), greeting, row(1, "Thank you.", "You are welcome."), goodbye).phantoms == ("Thank you.",)
    assert judged(scene, HeardTurn("", 0), row(0, "", "Hello", interrupted=True), goodbye).stopped


def test_what_the_caller_said_is_no_phantom_though_it_was_misheard() -> None:
    scene = second_speakers()[0]
    misheard = " ".join(scene.said.split()[:-1]) + " por favor"
    spoken = HeardTurn("", 5000, 6200)
    assert judged(scene, spoken, row(1, misheard, "All right.")).ok
    assert judged(scene, spoken, row(1, "Whistles who spit all", "All right.", at_s=5.1)).ok
    for at_s in (3.9, 6.3):
        assert not judged(scene, spoken, row(1, "Me duele mucho la cabeza", "All right.", at_s=at_s)).ok


def test_a_caller_who_goes_on_before_an_answer_was_heard_has_not_been_stopped() -> None:
    scene = second_speakers()[0]
    first = row(1, "I want an appointment.", "All right.", heard="", interrupted=True, at_s=5)
    on, other = "I want an appointment. As soon as possible.", "Something else."
    goes_on, turned = (row(2, said, "Thank you.", at_s=5.9) for said in (on, other))
    spoken = HeardTurn("", 5000, 7000)
    assert not judged(scene, spoken, first, goes_on).stopped
    assert judged(scene, spoken, first, turned).stopped
    first.heard_text = "All"
    assert judged(scene, spoken, first, goes_on).stopped


def _frames(samples: np.ndarray) -> list[bytes]:
    return [samples[start : start + 160].astype("<i2").tobytes() for start in range(0, len(samples) - 159, 160)]


def _longest_run(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
