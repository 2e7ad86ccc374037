"""The stand-in's voices: early sound, plain texts, several at once, and English that its own ears understand."""

import threading
from pathlib import Path

import numpy as np
import pytest
import soxr

from bench._word_errors import errors, words
from ivr.offline.ears import load_ears
from ivr.offline.models import ModelUnusable
from ivr.offline.voices import Voices
from ivr.offline.voices.speakable import pieces, written_out


@pytest.fixture(scope="module")
def voices() -> Voices:
    return Voices()


def spoken(voices: Voices, text: str, language: str = "en", voice: str = "alloy") -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int16), *voices.speak(text, language, voice)])


def test_what_is_said_in_english_is_understood(voices: Voices) -> None:
    text = "Yes! Dr. Patel is available tomorrow at 2:30 PM. Would you like me to book it?"
    heard = load_ears("whisper").transcribe(soxr.resample(spoken(voices, text), voices.sample_rate_hz, 8000), "en")
    assert errors(words(text, "en"), words(heard.text, "en")) <= 2


def test_the_first_clause_is_heard_before_the_rest_is_made(voices: Voices) -> None:
    speech = voices.speak("Hello, this is Lilly at Riverside, how may I help you today? I am listening.", "en")
    first = next(speech)
    rest = list(speech)
    assert first.dtype == np.int16
    assert len(rest) >= 2
    assert len(first) < sum(map(len, rest))


def test_giving_up_a_speech_leaves_the_voice_usable(voices: Voices) -> None:
    speech = voices.speak("One moment, please. Let me look that up. It will not take long.", "en")
    next(speech)
    speech.close()  # type: ignore[attr-defined]
    assert len(spoken(voices, "Yes.")) > 0


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Good morning, how can I help you?"), ("es", "Buenos días, ¿en qué puedo ayudarle?")]
)
def test_speech_is_as_long_and_as_loud_as_speech_is(voices: Voices, language: str, text: str) -> None:
    samples = spoken(voices, text, language).astype(float)
    assert 1.0 < len(samples) / voices.sample_rate_hz < 4.0
    assert -30 < 20 * np.log10(np.sqrt(np.mean(samples**2)) / 32768) < -12


def test_a_language_without_a_voice_is_read_all_the_same(voices: Voices) -> None:
    assert len(spoken(voices, "Guten Tag", "de")) > 0
    assert len(spoken(voices, "Hello", "xx")) > 0


def test_nothing_to_say_is_silence(voices: Voices) -> None:
    assert [len(spoken(voices, text, language)) for text in ("", " ", "…", "?!") for language in ("en", "es")] == [0] * 8


def test_several_speak_at_once(voices: Voices) -> None:
    alone = {text: len(spoken(voices, text, "es")) for text in ("Sí.", "Muchas gracias por llamar.", "Espere un momento, por favor.")}
    lengths: dict[str, int] = {}
    jobs = [(text, "es") for text in alone] + [("Of course.", "en"), ("Thank you for calling.", "en")]
    threads = [threading.Thread(target=lambda job=job: lengths.update({job[0]: len(spoken(voices, *job))})) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    # eSpeak varies its pauses by some milliseconds with what it said before.
    assert {text: lengths[text] for text in alone} == pytest.approx(alone, rel=0.02)
    assert min(lengths.values()) > 0


def test_other_names_sound_a_little_different(voices: Voices) -> None:
    assert (
        len(spoken(voices, "Gracias.", "es", "shimmer"))
        < len(spoken(voices, "Gracias.", "es"))
        < len(spoken(voices, "Gracias.", "es", "onyx"))
    )


def test_titles_do_not_end_sentences() -> None:
    assert pieces("Dr. Samir is in. Mrs. Kim is not.", "en") == ["Doctor Samir is in.", "Missus Kim is not."]
    assert pieces("La Dra. Kim atiende hoy. ¿Le va bien?", "es") == ["La doctora Kim atiende hoy.", "¿Le va bien?"]


def test_full_hours_are_read_without_their_zeros() -> None:
    assert written_out("At 2:30 or 3:00 p.m. Is that fine?", "en") == "At 2:30 or 3 PM. Is that fine?"
    assert written_out("She is in from 9:00 a.m. on.", "en") == "She is in from 9 AM on."


def test_a_long_sentence_is_made_in_clauses_none_of_them_tiny() -> None:
    text = "So, your appointment with Dr. Kim is on Monday, November 23rd, at 2:30 PM, ok?"
    assert pieces(text, "en") == ["So, your appointment with Doctor Kim is on Monday,", "November 23rd, at 2:30 PM, ok?"]


def test_what_was_said_before_sounds_the_same_again(voices: Voices) -> None:
    assert np.array_equal(spoken(voices, "Of course. Let me look."), spoken(voices, "Of course. Let me look."))


def test_a_short_sentence_stays_in_one_piece() -> None:
    assert pieces("Yes, that is fine, thank you.", "en") == ["Yes, that is fine, thank you."]
    assert pieces("No commas in this sentence which is rather long anyway.", "en") == [
        "No commas in this sentence which is rather long anyway."
    ]


def test_a_folder_without_a_voice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="no voice"):
        Voices(tmp_path)
