"""The stand-in's faults and rewordings."""

from typing import Any

import pytest

from ivr.offline.faults import Faults
from ivr.offline.openai.errors import ApiError
from ivr.offline.openai.rewording import reworded, with_other_digits
from ivr.offline.openai.spoken_audio import language_of
from ivr.offline.openai.spoken_response import text_to_read


def test_a_fault_strikes_its_target_at_its_moment_as_often_as_asked() -> None:
    faults = Faults()
    faults.add({"target": "stt", "kind": "drop", "count": 2})
    assert faults.take("llm") is None
    assert faults.take("stt", "connect") is None
    assert [bool(faults.take("stt")) for _ in range(3)] == [True, True, False]


def test_faults_of_one_target_strike_in_the_order_of_their_posting() -> None:
    faults = Faults()
    for kind in ("stall", "garbage"):
        faults.add({"target": "llm", "kind": kind})
    taken = [faults.take("llm"), faults.take("llm")]
    assert [fault.kind for fault in taken if fault] == ["stall", "garbage"]


def test_a_fault_with_a_match_strikes_only_what_is_about_it() -> None:
    faults = Faults()
    faults.add({"target": "tts", "kind": "drop", "match": "doctor (kim|chen)"})
    faults.add({"target": "tts", "kind": "stall"})
    assert (faults.choosy("tts", "request"), faults.choosy("tts", "connect"), faults.choosy("llm", "request")) == (True, False, False)
    taken = [faults.take("tts", about=text) for text in ("Doctor Samir.", "Doctor Samir.", "Doctor Chen is free.", "Doctor Kim.")]
    assert [fault and fault.kind for fault in taken] == ["stall", None, "drop", None]


def test_a_stream_breaks_in_the_middle_or_after_a_time() -> None:
    faults = Faults()
    middle = faults.add({"target": "llm", "kind": "stall"})
    timed = faults.add({"target": "llm", "kind": "stall", "after_ms": 100})
    assert [middle.strikes(sent, 0) for sent in (0, 2, 3)] == [False, False, True]
    assert [timed.strikes(9, elapsed_ms) for elapsed_ms in (0, 99, 100)] == [False, False, True]


@pytest.mark.parametrize(
    "body",
    [
        "drop",
        {"target": "stt"},
        {"target": "fax", "kind": "drop"},
        {"target": "stt", "kind": "explode"},
        {"target": "stt", "kind": "drop", "count": 0},
        {"target": "stt", "kind": "drop", "after_ms": -1},
        {"target": "stt", "kind": "drop", "at": "noon"},
        {"target": "stt", "kind": "drop", "match": "("},
        {"target": "stt", "kind": "drop", "match": 5},
        {"target": "stt", "kind": "drop", "colour": "red"},
        {"target": "llm", "kind": "reword"},
    ],
)
def test_what_is_no_fault_is_refused(body: Any) -> None:
    with pytest.raises(ApiError):
        Faults().add(body)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I am sorry.", "I'm sorry."),
        ("It's at three.", "it is at three."),
        ("Good morning.", "So, Good morning."),
    ],
)
def test_a_text_is_reworded_a_little(text: str, said: str) -> None:
    assert reworded(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("At 2:30 PM.", "At 2:33 PM."),
        ("At two thirty.", "At two forty."),
        ("A las tres.", "A las cuatro."),
        ("I am here.", "I'm here."),
    ],
)
def test_a_number_is_changed_into_another(text: str, said: str) -> None:
    assert with_other_digits(text) == said


@pytest.mark.parametrize(
    ("text", "instructions", "language"),
    [
        ("Doctor Samir is free at two thirty.", "", "en"),
        ("Su cita es el lunes a las tres.", "", "es"),
        ("¿Algo más?", "", "es"),
        ("Okay.", "Read the user's text aloud in Spanish.", "es"),
    ],
)
def test_the_language_is_what_is_named_or_else_the_texts_own(text: str, instructions: str, language: str) -> None:
    assert language_of(text, instructions) == language


def test_the_last_text_of_the_user_is_read_before_what_the_instructions_quote() -> None:
    items = [{"role": "user", "content": [{"type": "input_text", "text": text}]} for text in ("One.", "Two.")]
    assert text_to_read(items, 'Say """Three."""') == "Two."
    assert text_to_read([], 'Say """Three."""') == "Three."
    assert text_to_read([], "Di «Cuatro.»") == "Cuatro."
    assert text_to_read([], "Be nice.") is None
