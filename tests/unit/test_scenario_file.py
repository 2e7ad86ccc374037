"""Written calls: what is read from one, and what a malformed one is told."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.offline.scenario.file import HangUp, Hear, Keys, Query, Say, Silence, When, load
from ivr.offline.scenario.place import ScenarioError

WHOLE = """
name: everything
from: "+12025550143"
language: es
dial: [busy, answered]
noise_dbfs: null
turn_wait_ms: 500
steps:
  - hear: "/how can i help/"
  - say: words.wav
  - say: words.wav
    interrupt: {after_ms: 800}
  - keys: "04#"
    at: 9000
  - hear: Goodbye
    by: ears
  - silence: 2500
  - hang_up
expect:
  heard: [Hello, Goodbye]
  tools:
    - list_doctors
    - book_appointment: {slot_id: 12}
  no_tools: [cancel_appointment]
  database:
    - {sql: "SELECT count(*) FROM appointment", equals: 1}
    - {sql: "SELECT 1, 'a'", equals: [[1, a]]}
  ended_by: caller
  max_gap_ms: 1500
"""


def save_recording(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", ""))
        recording.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario's folder with one recording above it, in `audio`."""
    (tmp_path / "audio").mkdir()
    save_recording(tmp_path / "audio" / "words.wav", np.pad(np.tile(np.array([9000, -9000], dtype=np.int16), 800), 800))
    (tmp_path / "calls").mkdir()
    return tmp_path / "calls"


def written(folder: Path, text: str) -> Path:
    path = folder / "call.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_read_whole(folder: Path) -> None:
    scenario = load(written(folder, WHOLE))

    words = folder / ".." / "audio" / "words.wav"
    first, said, interrupted, keys, last, silence, end = scenario.steps
    assert first == Hear("/how can i help/")
    assert isinstance(said, Say)
    assert (said.recording.samefile(words), said.when) == (True, When())
    assert isinstance(interrupted, Say)
    assert interrupted.when == When(interrupt_after_ms=800.0)
    assert keys == Keys("04#", When(at_ms=9000.0))
    assert (last, silence, end) == (Hear("Goodbye", "ears"), Silence(2500.0), HangUp())
    assert (scenario.name, scenario.language, scenario.caller.from_number) == ("everything", "es", "+12025550143")
    assert (scenario.caller.noise_dbfs, scenario.caller.turn_wait_ms) == (None, 500.0)
    assert scenario.caller.telephony.dials == ("busy", "answered")


def test_what_is_expected_is_read_whole(folder: Path) -> None:
    expected = load(written(folder, WHOLE)).expected

    assert expected.heard == ["Hello", "Goodbye"]
    assert expected.tools == [("list_doctors", {}), ("book_appointment", {"slot_id": 12})]
    assert expected.no_tools == ["cancel_appointment"]
    assert expected.database == [Query("SELECT count(*) FROM appointment", [[1]]), Query("SELECT 1, 'a'", [[1, "a"]])]
    assert (expected.ended_by, expected.max_gap_ms) == ("caller", 1500.0)


def test_a_name_and_steps_are_enough(folder: Path) -> None:
    scenario = load(written(folder, "name: short\nsteps: [hang_up]"))

    assert scenario.steps == (HangUp(),)
    assert scenario.expected.ended_by is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("steps: [", "not YAML"),
        ("just words", "must be a mapping of"),
        ("steps: []", "name is missing"),
        ("name: x\nsteps: {}", "steps must be a list"),
        ("name: x\nsteps: []\nfrm: '1'", "unknown frm; allowed are dial, expect, from, language"),
        ("name: x\nfrom: 12025550143\nsteps: []", "from must be a text"),
        ("name: x\nsteps: [sing]", "step 1: must be hang_up, or a mapping with one of say, keys, hear, silence"),
        ("name: x\nsteps: [hang_up, {say: a.wav, hear: b}]", "step 2: must be hang_up, or a mapping with one of"),
        ("name: x\nsteps: [{say: none.wav}]", "step 1: none.wav is neither next to the scenario, nor in a folder audio"),
        ("name: x\nsteps: [{say: call.yaml}]", "step 1: call.yaml: not a WAV file"),
        ("name: x\nsteps: [{say: words.wav, loud: true}]", "step 1: unknown loud; allowed are at, interrupt, say"),
        ("name: x\nsteps: [{say: words.wav, interrupt: 800}]", "step 1, interrupt: must be a mapping of after_ms"),
        ("name: x\nsteps: [{say: words.wav, interrupt: {after_ms: 1}, at: 5}]", "step 1: has both interrupt and at"),
        ("name: x\nsteps: [{say: words.wav, at: -5}]", "step 1: at must be a number from 0"),
        ("name: x\nsteps: [{keys: 7}]", "step 1: keys must be a text"),
        ("name: x\nsteps: [{keys: 7a}]", "step 1: keys must be made of 0-9"),
        ("name: x\nsteps: [{hear: '/(/'}]", "step 1: /(/ is not a regular expression"),
        ("name: x\nsteps: [{hear: yes, by: guess}]", "step 1: hear must be a text"),
        ("name: x\nsteps: [{hear: Yes, by: guess}]".replace("Yes", "'Yes'"), "step 1: by must be one of transcript, ears"),
        ("name: x\nsteps: [{silence: long}]", "step 1: silence must be a number"),
        ("name: x\ndial: [engaged]\nsteps: []", "dial has engaged; allowed are answered, busy, no-answer, failed"),
        ("name: x\nnoise_dbfs: 3\nsteps: []", "noise_dbfs must be a number from -96 to -10"),
        ("name: x\nsteps: []\nexpect: {ended_by: me}", "expect: ended_by must be one of lilly, caller"),
        ("name: x\nsteps: []\nexpect: {tools: [{a: 1}]}", "expect: tools must be a list of names"),
        ("name: x\nsteps: []\nexpect: {database: [{sql: SELECT 1}]}", "expect, database 1: equals is missing"),
        ("name: x\nsteps: []\nexpect: {database: [{sql: SELECT 1, equals: [1]}]}", "expect, database 1: equals must be one value"),
    ],
)
def test_a_malformed_scenario_is_told_where_and_what_is_allowed(folder: Path, text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as error:
        load(written(folder, text))
    assert str(error.value).startswith(str(folder / "call.yaml"))
    assert complaint in str(error.value)


def test_a_scenario_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "none.yaml")


SCENARIOS = sorted((Path(__file__).parent.parent / "calls" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_written_scenario_can_be_read(path: Path) -> None:
    assert load(path).steps
