"""Where speech is loud, and how it is cut into frames."""

import wave
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from ivr.offline.telephone.utterances import frame_levels, line_noise, load_utterance, loud_frames, loud_spans_ms, utterance
from ivr.voice.audio import decode_ulaw, encode_ulaw


def noise(dbfs: float, length_ms: int) -> np.ndarray:
    return (np.random.default_rng(1).normal(0, 32768 * 10 ** (dbfs / 20), length_ms * 8)).astype(np.int16)


def speech(length_ms: int) -> np.ndarray:
    return noise(-20, length_ms)


def test_a_frame_is_loud_above_33_dbfs_on_a_quiet_line() -> None:
    samples = np.concatenate([noise(-60, 400), noise(-36, 200), noise(-30, 200)])

    assert loud_frames(samples).tolist() == [False] * 30 + [True] * 10


def test_on_a_noisy_line_it_must_be_eight_decibels_above_the_noise() -> None:
    samples = np.concatenate([noise(-30, 400), noise(-25, 200), noise(-15, 200)])

    assert loud_frames(samples).tolist() == [False] * 30 + [True] * 10


def test_an_utterance_knows_its_first_and_last_loud_frame() -> None:
    said = utterance("words", np.concatenate([noise(-60, 410), speech(610), noise(-60, 505)]))

    assert (said.first_loud, said.last_loud, said.lead_ms) == (20, 50, 400)
    assert len(said.frames) == 77
    assert {len(frame.audio) for frame in said.frames} == {160}


def test_an_utterance_without_speech_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing in it is loud"):
        utterance("nothing", noise(-60, 500))


def test_a_recording_of_another_kind_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "wide.wav"), "wb") as recording:
        recording.setparams((1, 2, 16000, 0, "NONE", ""))
        recording.writeframes(speech(100).tobytes())
    (tmp_path / "not.wav").write_bytes(b"ID3")

    with pytest.raises(ValueError, match=r"wide\.wav: must be 8 kHz"):
        load_utterance(tmp_path / "wide.wav")
    with pytest.raises(ValueError, match=r"not\.wav: not a WAV file"):
        load_utterance(tmp_path / "not.wav")


def test_the_lines_noise_has_its_level_and_never_ends() -> None:
    audio = b"".join(frame.audio for frame in islice(line_noise(-50.0), 200))

    assert frame_levels(decode_ulaw(audio)).mean() == pytest.approx(-50, abs=1)
    assert {frame.audio for frame in islice(line_noise(None), 10)} == {b"\xff" * 160}


def test_loud_spans_are_joined_over_short_pauses() -> None:
    parts = [speech(200), noise(-60, 200), speech(200), noise(-60, 600), speech(100)]
    assert loud_spans_ms(encode_ulaw(np.concatenate(parts))) == [(0, 600), (1200, 1300)]
    assert loud_spans_ms(encode_ulaw(noise(-60, 500))) == []
