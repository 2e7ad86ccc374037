"""The stand-in's ears: what Whisper understands, what it must not invent, and how recordings are found by their sound."""

import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench._word_errors import errors, words
from bench.ears import Utterance, recorded
from ivr.offline.ears import Ears, load_ears
from ivr.offline.ears.mel import log_mel
from ivr.offline.ears.speech_span import active_frames, around_speech, frame_levels
from ivr.offline.ears.whisper import LONGEST_PIECE_S, clock_times, pieces, without_echo
from ivr.offline.models import ModelUnusable, whisper_folder
from ivr.voice.audio import SAMPLE_RATE_HZ, decode_ulaw, encode_ulaw

RECORDED = {utterance.file.split("_")[0]: utterance for utterance in recorded()}


@pytest.fixture(scope="module")
def whisper() -> Ears:
    return load_ears("whisper")


@pytest.fixture(scope="module")
def known() -> Ears:
    return load_ears("known")


def speech_of(utterance: Utterance) -> tuple[int, int]:
    """Where its loud part begins and ends."""
    loud = np.flatnonzero(active_frames(utterance.samples) & (frame_levels(utterance.samples) > -33))
    return int(loud[0]) * 160, (int(loud[-1]) + 1) * 160


def as_in_a_call(utterance: Utterance) -> np.ndarray:
    """What is committed when 200 ms have passed since the last loud frame."""
    start, end = speech_of(utterance)
    return decode_ulaw(encode_ulaw(utterance.samples[max(0, start - 2403) : end + 1600]))


def noise(kind: str, seconds: float, level_dbfs: float) -> np.ndarray:
    count = int(seconds * SAMPLE_RATE_HZ)
    time_s = np.arange(count) / SAMPLE_RATE_HZ
    white = np.random.default_rng(1).normal(size=count)
    shapes = {
        "hiss": white,
        "hum": sum(np.sin(2 * np.pi * 50 * k * time_s) / k for k in range(1, 9)),
        "knocks": white * np.exp(-(((time_s % 0.9) - 0.2) ** 2) / 0.002),
        "tone": np.sin(2 * np.pi * 440 * time_s),
        "cough": white * np.exp(-np.maximum(0, time_s - 0.6) * 12) * (time_s > 0.6),
    }
    shape = np.asarray(shapes[kind])
    return np.clip(shape / np.sqrt(np.mean(shape**2)) * 10 ** (level_dbfs / 20) * 32768, -32000, 32000).astype(np.int16)


@pytest.mark.parametrize(("language", "rate"), [("en", 0.06), ("es", 0.08)])
def test_whisper_understands_the_recorded_patients_as_a_call_commits_them(whisper: Ears, language: str, rate: float) -> None:
    chosen = [utterance for utterance in RECORDED.values() if utterance.language == language][::4]
    said = [words(utterance.text, language) for utterance in chosen]
    heard = [words(whisper.transcribe(as_in_a_call(utterance), language).text, language) for utterance in chosen]
    assert sum(map(errors, said, heard)) / sum(map(len, said)) <= rate


@pytest.mark.parametrize("name", ["01", "05", "104", "es04", "es103"])
def test_whisper_finds_out_which_of_two_languages_is_spoken(whisper: Ears, name: str) -> None:
    heard = whisper.transcribe(as_in_a_call(RECORDED[name]), None)
    assert heard.language == RECORDED[name].language
    assert heard.text


def test_a_single_language_offered_is_the_language(whisper: Ears) -> None:
    assert whisper.transcribe(RECORDED["es05"].samples, None, languages=["es"]).language == "es"


def test_no_language_named_means_any_of_the_usual_ones(whisper: Ears, known: Ears) -> None:
    assert whisper.transcribe(RECORDED["es05"].samples, None, languages=[]).language == "es"
    assert known.transcribe(np.zeros(8000, np.int16), None, languages=[]).text == ""


def test_names_given_ahead_are_spelt_as_they_were_given(whisper: Ears) -> None:
    names = ["Dr. Samir", "Dra. Kim", "Dr. Patel"]
    assert "Kim" not in whisper.transcribe(RECORDED["es03"].samples, "es").text
    assert "Kim al jueves" in whisper.transcribe(RECORDED["es03"].samples, "es", keywords=names).text


@pytest.mark.parametrize("kind", ["hiss", "hum", "knocks", "tone", "cough"])
@pytest.mark.parametrize("level_dbfs", [-50, -30, -20])
def test_nobody_is_heard_in_noise(whisper: Ears, kind: str, level_dbfs: float) -> None:
    for language in ("en", "es"):
        assert whisper.transcribe(noise(kind, 1.5, level_dbfs), language).text == ""


def test_nothing_at_all_is_heard_as_nothing(whisper: Ears, known: Ears) -> None:
    for ears in (whisper, known):
        for samples in (np.zeros(0, np.int16), np.zeros(7, np.int16), np.zeros(900, np.int16), np.zeros(80000, np.int16)):
            assert ears.transcribe(samples, "en").text == ""


def test_speech_after_ten_seconds_of_silence_is_heard(whisper: Ears) -> None:
    silence = np.zeros(10 * SAMPLE_RATE_HZ, np.int16)
    assert whisper.transcribe(np.concatenate((silence, RECORDED["115"].samples)), "en").text == "Please cancel my appointment."


def test_speech_longer_than_the_models_context_is_heard_in_pieces(whisper: Ears) -> None:
    long = np.concatenate([RECORDED[name].samples for name in "02 10 23 24 122 123 31 40 113".split()])
    assert len(long) > LONGEST_PIECE_S * SAMPLE_RATE_HZ
    text = whisper.transcribe(long, "en").text
    assert all(word in text for word in ("Gonzalez", "pediatrician", "orthopedic", "dermatologist"))


def test_pieces_lose_nothing_and_are_cut_in_pauses() -> None:
    samples = np.concatenate([RECORDED["02"].samples] * 13)
    cut = pieces(samples)
    assert np.array_equal(np.concatenate(cut), samples)
    assert max(map(len, cut)) <= LONGEST_PIECE_S * SAMPLE_RATE_HZ
    assert all(frame_levels(piece[-800:]).max() < -33 for piece in cut[:-1])


def test_several_callers_are_understood_at_once(whisper: Ears) -> None:
    names = ["19", "21", "107", "127"]
    texts: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda name=name: texts.update({name: whisper.transcribe(RECORDED[name].samples, "en").text}))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts == {name: RECORDED[name].text for name in names}


def test_a_sentence_that_came_out_twice_is_told_once() -> None:
    assert without_echo("Hello, is this the hospital? Hello, is it the hospital?", 1.2) == "Hello, is this the hospital?"
    assert without_echo("Can I speak to a real person? Can I speak", 1.4) == "Can I speak to a real person?"
    assert without_echo("Never mind. Never mind.", 2.0) == "Never mind. Never mind."
    assert without_echo("No. I want Monday.", 0.7) == "No. I want Monday."


def test_times_of_day_are_written_with_a_colon() -> None:
    assert clock_times("Thursday at 3.30? Or 10-15.") == "Thursday at 3:30? Or 10:15."
    assert clock_times("It is 555-0199-8234, or 12-34-56, or 1.2.30.") == "It is 555-0199-8234, or 12-34-56, or 1.2.30."


def test_speech_is_framed_alike_whatever_lies_around_it() -> None:
    speech = RECORDED["04"].samples
    late = np.concatenate((np.zeros(16000, np.int16), speech, np.zeros(16000, np.int16)))
    assert abs(len(around_speech(late, 400, 500)) - len(around_speech(speech, 400, 500))) <= 160


def test_features_have_whispers_shape_and_range() -> None:
    features = log_mel(RECORDED["01"].samples, 900)
    assert features.shape == (1, 80, 900)
    assert features.dtype == np.float32
    assert features.max() - features.min() == pytest.approx(2.0, abs=1e-4)


def test_every_recording_is_known_as_a_call_commits_it(known: Ears) -> None:
    for utterance in RECORDED.values():
        assert known.transcribe(as_in_a_call(utterance), None).text == utterance.text


def test_known_speech_is_told_word_by_word_as_it_grows(known: Ears) -> None:
    utterance = RECORDED["02"]
    partials = [known.transcribe(utterance.samples[:end], "en").text for end in range(800, len(utterance.samples), 800)]
    assert all(later.startswith(earlier) for earlier, later in pairwise(partials))
    assert len(set(partials)) > 8
    _, end = speech_of(utterance)
    assert known.transcribe(utterance.samples[: end - 2400], "en").text != utterance.text
    assert partials[-1] == utterance.text


def test_known_utterances_in_a_row_are_told_in_a_row(known: Ears) -> None:
    names = ["41", "es05", "110", "110"]
    gap = np.zeros(1234, np.int16)
    samples = np.concatenate([part for name in names for part in (RECORDED[name].samples, gap)])
    assert known.transcribe(samples, None).text == " ".join(RECORDED[name].text for name in names)


def test_known_speech_with_a_pause_put_into_it_is_told_whole(known: Ears) -> None:
    for name in ("01", "111", "es02"):
        start, end = speech_of(RECORDED[name])
        before, after = np.split(RECORDED[name].samples, [(start + end) // 2])
        assert known.transcribe(np.concatenate((before, np.zeros(7000, np.int16), after)), None).text == RECORDED[name].text


def test_unknown_sounds_are_not_known(known: Ears) -> None:
    backwards = RECORDED["02"].samples[::-1]
    for samples in (backwards, noise("hiss", 3, -25), noise("hum", 3, -25), noise("knocks", 3, -20)):
        assert known.transcribe(samples, "en").text == ""


def test_known_ears_say_what_they_lack(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"refs\.tsv"):
        load_ears("known", recordings=tmp_path)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"model\.bin"):
        load_ears("whisper", tmp_path)


def test_processes_that_start_at_once_share_one_joined_model(tmp_path: Path) -> None:
    order = (
        "import sys, pathlib; from ivr.offline.models import whisper_folder; print(whisper_folder('base', None, pathlib.Path(sys.argv[1])))"
    )
    running = [subprocess.Popen([sys.executable, "-c", order, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = {process.communicate(timeout=30)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert told == {str(path) for path in tmp_path.iterdir()}


def test_a_damaged_joined_model_is_made_again(tmp_path: Path) -> None:
    folder = whisper_folder("base", cache=tmp_path)
    with (folder / "model.bin").open("r+b") as file:
        file.truncate(1000)
    assert whisper_folder("base", cache=tmp_path) == folder
    assert (folder / "model.bin").stat().st_size > 10**8
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
