"""Interruptions and backchannels."""

import pytest

from ivr.voice.barge_in import interruption


@pytest.mark.parametrize("words", ["Wait, stop.", "No.", "No, the other doctor.", "Hold on a second.", "Stop", "Yeah, but not on Monday."])
def test_real_words_always_win(words: str) -> None:
    assert interruption(words, "en", question_open=False, settled=False) == "real"


@pytest.mark.parametrize("words", ["Mm-hmm.", "Uh-huh.", "Okay.", "Right.", "Yeah.", "Oh, okay."])
def test_a_backchannel_is_none(words: str) -> None:
    assert interruption(words, "en", question_open=False, settled=True) == "backchannel"


def test_a_backchannel_may_still_become_more() -> None:
    assert interruption("Yeah", "en", question_open=False, settled=False) == "unclear"


@pytest.mark.parametrize("words", ["Righ.", "Oka.", "Yea."])
def test_a_word_that_was_nearly_one_is_waited_for_until_it_is_certain(words: str) -> None:
    assert interruption(words, "en", question_open=False, settled=False) == "unclear"
    assert interruption(words, "en", question_open=False, settled=True) == "real"


@pytest.mark.parametrize("words", ["Okay.", "Yes.", "Right."])
def test_while_a_question_is_open_it_is_an_answer(words: str) -> None:
    assert interruption(words, "en", question_open=True, settled=True) == "real"


def test_a_hum_is_no_answer_even_then() -> None:
    assert interruption("Mm-hmm.", "en", question_open=True, settled=True) == "backchannel"


@pytest.mark.parametrize(("words", "kind"), [("Ajá.", "backchannel"), ("Vale.", "backchannel"), ("Espere un momento.", "real")])
def test_spanish(words: str, kind: str) -> None:
    assert interruption(words, "es", question_open=False, settled=True) == kind


@pytest.mark.parametrize(
    ("words", "language"), [("Okay, thank you very much. Bye bye!", "en"), ("Thanks, goodbye.", "en"), ("Muchas gracias, adiós.", "es")]
)
def test_thanks_and_a_goodbye_do_not_keep_her_who_takes_leave(words: str, language: str) -> None:
    assert interruption(words, language, question_open=False, settled=True, leaving=True) == "backchannel"
    assert interruption(words, language, question_open=False, settled=True) == "real"


@pytest.mark.parametrize("words", ["Wait.", "No.", "Thank you, one more question.", "Actually no, thanks."])
def test_anything_else_does(words: str) -> None:
    assert interruption(words, "en", question_open=False, settled=True, leaving=True) == "real"
