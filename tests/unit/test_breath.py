"""Words of one breath that was committed in pieces."""

import pytest

from ivr.offline.openai.breath import words_after


@pytest.mark.parametrize(
    ("earlier", "together", "rest"),
    [
        ("My name is Maria Gonzalez,", "My name is Maria Gonzalez, date of birth March 4, 1982.", "date of birth March 4, 1982."),
        ("The first one.", "The first one, please.", "please."),
        ("My name is Maria Gonzalez. State of", "My name is Maria Gonzalez, date of birth.", "birth."),
        ("March poor", "March 4, 1982.", "1982."),
        ("", "Yes.", "Yes."),
        ("Yes.", "Yes.", ""),
        ("Yes, please.", "", ""),
    ],
)
def test_only_the_new_words_are_left(earlier: str, together: str, rest: str) -> None:
    assert words_after(earlier, together) == rest
