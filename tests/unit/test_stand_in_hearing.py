"""The stand-in's partial transcripts and growing audio."""

import numpy as np

from ivr.offline.openai.hearing import GrowingAudio, StableWords

SECOND = 8000


def additions(words: StableWords, *partials: str) -> list[str]:
    """What each partial transcript adds."""
    return ["".join(text for text, _ in words.hear(partial, float(at_s))) for at_s, partial in enumerate(partials)]


def test_a_word_is_added_once_two_partials_agree_on_it() -> None:
    words = StableWords()
    assert additions(words, "I", "I would", "I would like", "I would like") == ["", "I", " would", " like"]
    assert words.settled


def test_a_word_that_was_revised_before_it_settled_is_never_sent() -> None:
    assert additions(StableWords(), "I wood", "I would", "I would like") == ["", "I", " would"]


def test_nothing_is_added_while_a_partial_contradicts_what_was_sent() -> None:
    words = StableWords()
    assert additions(words, "two", "two", "to see", "to see", "two three", "two three") == ["", "two", "", "", "", " three"]


def test_case_and_punctuation_do_not_hold_words_up() -> None:
    assert additions(StableWords(), "yes please", "Yes, please.") == ["", "Yes, please."]


def test_a_word_remembers_when_it_was_first_heard() -> None:
    words = StableWords()
    words.hear("yes", 1.0)
    assert words.hear("yes please", 2.0) == [("yes", 1.0)]
    assert words.hear("yes please", 3.0) == [(" please", 2.0)]


def test_the_final_adds_what_is_missing_and_nothing_where_it_differs() -> None:
    words = StableWords()
    additions(words, "yes please", "yes please")
    assert words.rest("Yes, please do.") == " do."
    assert words.rest("Yet please do.") == ""


def test_a_misheard_partial_differs_in_one_word_and_goes_on() -> None:
    words = StableWords(misheard=True)
    additions(words, "cardiologist", "cardiologist please", "cardiologist please", "cardiologist please now")
    assert words.sent == ["cardiologis", "please"]
    assert words.rest("cardiologist please now") == ""


def test_audio_before_speech_is_kept_for_half_a_second() -> None:
    audio = GrowingAudio()
    for _ in range(30):
        audio.append(np.zeros(800, dtype=np.int16))
    assert not audio.has_speech and audio.length == 3 * SECOND
    audio.append((np.sin(np.arange(SECOND)) * 8000).astype(np.int16))
    assert audio.has_speech and audio.loud_end == 4 * SECOND
    assert len(audio.speech()) == SECOND + SECOND // 2


def test_audio_is_measured_across_the_pieces_that_it_comes_in() -> None:
    audio = GrowingAudio()
    loud = (np.sin(np.arange(SECOND)) * 8000).astype(np.int16)
    for start in range(0, SECOND, 70):
        audio.append(loud[start : start + 70])
    assert audio.loud_end == SECOND
