"""Speech is let through as far as nothing in it could have to be taken back."""

import pytest

from ivr.errors import ProviderError
from ivr.voice.proof import Proof
from ivr.voice.speech import SpeechChunk
from tests.unit.scripted_voice import TONE, reads, says


def let_through(text: str, chunks: list[SpeechChunk], names: tuple[str, ...] = ()) -> tuple[list[int], Proof]:
    """How many tenths of a second were let through after each chunk and at the end."""
    proof = Proof(text, "en", names)
    return [len(audio) // len(TONE) for audio in proof.read(chunks)], proof


def test_harmless_speech_passes_as_it_comes() -> None:
    heard, proof = let_through("Of course, let me look.", says("Of course,", " let me", " look."))
    assert (heard, proof.verbatim) == ([1, 1, 1, 0, 0], True)


def test_what_is_critical_is_held_until_it_was_said_and_what_follows_passes() -> None:
    text = "Doctor Samir is free, would that suit you?"
    heard, proof = let_through(text, says("Dr.", " Samir", " is", " free,", " would that suit you?"))
    assert (heard, proof.verbatim) == ([0, 0, 3, 1, 1, 0, 0], True)


def test_the_full_stop_after_a_time_sets_it_free_before_the_speech_is_over() -> None:
    heard, _ = let_through("At two thirty P M.", says("At 2:30", " PM", "."))
    assert heard == [0, 0, 3, 0, 0]


def test_a_transcript_that_comes_late_is_waited_for() -> None:
    heard, proof = let_through("At two thirty.", [SpeechChunk(TONE, ""), SpeechChunk(TONE, ""), SpeechChunk(b"", "At 2:30.")])
    assert (heard, proof.verbatim) == ([0, 0, 2, 0], True)


def test_a_voice_without_a_transcript_is_believed() -> None:
    heard, proof = let_through("At two thirty.", reads(3))
    assert (heard, proof.verbatim) == ([1, 1, 1, 0], True)


@pytest.mark.parametrize(
    "said",
    [
        ["So, at 2:30 on", " Monday."],
        ["At 2:30", " on Tuesday", " then."],
        ["At 3:30 on Monday."],
        ["At 2:30"],
        [""],
    ],
)
def test_nothing_is_heard_of_a_critical_text_that_is_reworded(said: list[str]) -> None:
    pieces = Proof("At two thirty on Monday.", "en").read(says(*said))
    heard = b""
    with pytest.raises(ProviderError, match="something else") as failure:
        for audio in pieces:
            heard += audio
    assert (heard, failure.value.code) == (b"", "reworded")


def test_harmless_words_may_be_said_otherwise_but_not_kept() -> None:
    for text, said in (("Of course.", "Sure."), ("At two thirty, does that suit you?", "At 2:30, would that work for you?")):
        heard, proof = let_through(text, says(said))
        assert (sum(heard), proof.verbatim) == (1, False)


@pytest.mark.parametrize(
    ("text", "added"), [("Of course.", " You are booked"), ("At two thirty.", " Or at 4:00"), ("Thanks.", " Goodbye, Maria")]
)
def test_what_is_critical_and_was_not_asked_for_is_not_heard(text: str, added: str) -> None:
    pieces = Proof(text, "en", ["Maria Gonzalez"]).read(says(text, added, " then, okay?"))
    heard = next(pieces)
    with pytest.raises(ProviderError, match="something else"):
        for audio in pieces:
            heard += audio
    assert heard == TONE


def test_no_audio_is_a_failure() -> None:
    for chunks in ([], [SpeechChunk(b"", "")], [SpeechChunk(b"", "At 2:30.")]):
        with pytest.raises(ProviderError, match="no audio"):
            list(Proof("At two thirty.", "en").read(chunks))
