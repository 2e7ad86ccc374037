"""Cutting a reply into clauses while it is being written."""

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from ivr.agent.sentences import ClauseCutter


def cut(text: str, piece: int = 1) -> list[str]:
    cutter = ClauseCutter()
    clauses = [clause for at in range(0, len(text), piece) for clause in cutter.feed(text[at : at + piece])]
    return clauses + cutter.flush()


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "Yes! Dr. Samir is available at 2:30 and 3:00 PM. Would you like me to book it?",
            ["Yes!", "Dr. Samir is available at 2:30 and 3:00 PM.", "Would you like me to book it?"],
        ),
        ("It is at 3 p.m. on Monday. Is that fine?", ["It is at 3 p.m. on Monday.", "Is that fine?"]),
        ("It is at 3 p.m. Shall I book it?", ["It is at 3 p.m.", "Shall I book it?"]),
        ("¡Sí! El Dr. Samir atiende a las 14:30. ¿Se la reservo?", ["¡Sí!", "El Dr. Samir atiende a las 14:30.", "¿Se la reservo?"]),
        ("Sure, let me look that up, one moment.", ["Sure, let me look that up,", "one moment."]),
        ("The fee is 2.50 dollars.", ["The fee is 2.50 dollars."]),
        ("Of course", ["Of course"]),
        ("", []),
    ],
)
def test_clauses_end_where_a_speaker_would_pause(text: str, clauses: list[str]) -> None:
    assert cut(text) == clauses


def test_the_first_clause_does_not_wait_for_the_second() -> None:
    assert ClauseCutter().feed("Of course. M") == ["Of course."]


def test_a_first_sentence_that_was_said_before_waits_for_nothing() -> None:
    cutter = ClauseCutter(known=lambda text: text in ("Of course.", "Let me look."))
    pieces = ("Of", " course", ".", " Let me look.", " When?")
    assert [cutter.feed(piece) for piece in pieces] == [[], [], ["Of course."], [], ["Let me look."]]
    assert cutter.flush() == ["When?"]


def test_what_only_looks_like_an_end_is_none_unless_it_was_said_before() -> None:
    cutter = ClauseCutter(known=lambda text: text == "Of course.")
    assert cutter.feed("See example.") == []
    assert cutter.feed("com. Yes.") == ["See example.com."]


def test_a_whole_reply_is_one_clause() -> None:
    cutter = ClauseCutter(whole=True)
    assert [*cutter.feed("Of course. "), *cutter.feed("When? "), *cutter.flush()] == ["Of course. When?"]


@seed(1)
@given(st.text(alphabet="ab,.!? 1:\nDr", max_size=80), st.integers(1, 9))
def test_no_word_is_lost_however_the_text_arrives(text: str, piece: int) -> None:
    assert " ".join(cut(text, piece)).split() == text.split()
