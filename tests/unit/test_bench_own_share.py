"""What of a turn is our own doing, told from the server's timeline and from when the providers answered."""

import pytest

from bench._own_share import Owed, covered, one_after_the_other, owed_in, own_share_ms
from bench._stand_in import Answer
from bench._turns import Turn

ZERO_MS = 50_000.0
"""When the caller's last loud frame was, on the machine's clock."""

SAID = "Which doctors do you have?"


def answer(kind: str, about: str, asked: float, *pieces: tuple[float, str]) -> Answer:
    """What a provider was asked and answered, in milliseconds after the last loud frame."""
    return Answer(kind, about, ZERO_MS + asked, ZERO_MS + pieces[0][0], [(ZERO_MS + at, text) for at, text in pieces])


FINAL = answer("final", SAID, 202, (350, SAID))
REPLY = answer("reply", SAID, 360, (660, "It"), (676, " has"), (692, "."), (708, " We"), (724, " have"))
SPEECH = answer("speech", "It has.", 712, (912, ""), (912, ""))
TIMELINE = {
    "commit": 201.0,
    "final": 352.0,
    "confirmed": 353.0,
    "model_request": 359.0,
    "first_token": 662.0,
    "first_clause": 710.0,
    "first_audio": 915.0,
    "first_sent": 920.0,
}


def test_what_providers_and_silence_take_is_not_ours() -> None:
    # 1 ms on the way to the recogniser; then 10, 4 and 8 between an answer and the next request, or the first sound.
    assert own_share_ms(TIMELINE, Owed([FINAL], [REPLY], [SPEECH])) == pytest.approx(1 + 10 + 4 + 8)


def test_a_turn_that_waits_for_more_silence_is_still_the_callers_time() -> None:
    patient = TIMELINE | {"confirmed": 500.0}
    early = answer("reply", SAID, 360, *((at - ZERO_MS, text) for at, text in REPLY.pieces))
    assert own_share_ms(patient, Owed([FINAL], [early], [SPEECH])) == pytest.approx(1 + 4 + 8)


def test_a_clip_needs_no_voice() -> None:
    clip = TIMELINE | {"first_audio": 711.0, "first_sent": 712.0}
    assert own_share_ms(clip, Owed([FINAL], [REPLY], [])) == pytest.approx(1 + 10 + 4)


def test_an_opening_that_was_said_before_needs_no_further_word() -> None:
    known = answer("reply", SAID, 360, (660, "Of"), (676, " course"), (692, "."), (708, " We"))
    clip = TIMELINE | {"first_clause": 694.0, "first_audio": 695.0, "first_sent": 696.0}
    assert own_share_ms(clip, Owed([FINAL], [known], [])) == pytest.approx(1 + 10 + 4)


def test_a_second_request_beside_a_late_one_counts_from_the_first_of_both() -> None:
    stuck = answer("reply", SAID, 360, (5260, "It"), (5280, " has"), (5300, "."), (5320, " We"))
    hedge = answer("reply", SAID, 1060, *((at - ZERO_MS + 700, text) for at, text in REPLY.pieces))
    late = TIMELINE | {"first_audio": 1411.0, "first_sent": 1412.0}
    assert own_share_ms(late, Owed([FINAL], [stuck, hedge], [])) == pytest.approx(1 + 10 + 4)


def test_other_calls_that_end_in_the_same_words_do_not_confuse_it() -> None:
    other = answer("final", "do you have?", 4000, (4150, "do you have?"))
    assert own_share_ms(TIMELINE, Owed([FINAL, other], [REPLY], [SPEECH])) == pytest.approx(1 + 10 + 4 + 8)


def test_a_turn_whose_answers_are_not_known_has_no_share() -> None:
    assert own_share_ms(TIMELINE, Owed([], [], [])) is None
    assert own_share_ms({"first_sent": 3.0}, Owed([FINAL], [], [])) is None


def test_the_answers_of_a_turn_are_found_by_its_words() -> None:
    second_half = answer("final", "you have?", 202, (350, "you have?"))
    carried = answer("reply", f"Yes please. {SAID}", 360, (660, "It"))
    others = [answer("reply", "Something else", 1, (2, "No")), answer("speech", "Yes.", 1, (2, "")), answer("final", "", 1, (2, ""))]
    found = owed_in([FINAL, second_half, REPLY, carried, SPEECH, *others], SAID, "It has.")
    assert found == Owed([FINAL, second_half], [REPLY, carried], [SPEECH])


def test_time_that_is_covered_twice_counts_once() -> None:
    assert covered([(50, 120), (0, 100), (110, 300)], until_ms=200) == 200
    assert covered([(20, 30), (40, 50)], until_ms=100) == 20


def test_the_parts_of_a_turn_add_up_to_it_whatever_ran_ahead() -> None:
    eager = TIMELINE | {"confirmed": 800.0, "final": 352.0}
    for timeline in (TIMELINE, eager, {"first_sent": 920.0}):
        turn = Turn("08", 920.0, None, None, 0.0, timeline, False, False, ())
        parts = turn.parts_ms()
        assert sum(parts.values()) == pytest.approx(920)
        assert all(part >= 0 for part in parts.values())


def test_the_plain_loop_is_taken_apart_by_the_providers_answers() -> None:
    speech = answer("speech", "It has. We have", 730, (930, ""))
    timeline = one_after_the_other(Owed([FINAL], [REPLY], [speech]), turn_ms=1000)
    assert timeline == {"commit": 272.0, "confirmed": 420.0, "first_token": 730.0, "first_clause": 794.0, "first_audio": 1000.0}
    assert one_after_the_other(Owed([FINAL], [], [speech]), 1000) == {}
