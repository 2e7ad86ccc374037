"""What the stand-in keeps of the speech that it has made."""

import numpy as np

from ivr.offline.openai.made_speech import SAMPLE_RATE_HZ, MadeSpeech

SECOND = np.zeros(SAMPLE_RATE_HZ, dtype=np.int16)


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    made = MadeSpeech(limit_s=2)
    made.keep("a", [SECOND])
    made.keep("b", [SECOND])
    assert made.find("a") is not None
    made.keep("c", [SECOND])
    assert [made.find(key) is not None for key in "abc"] == [True, False, True]


def test_keeping_a_thing_twice_counts_once() -> None:
    made = MadeSpeech(limit_s=2)
    for _ in range(3):
        made.keep("a", [SECOND])
    made.keep("b", [SECOND])
    assert made.find("a") is not None and made.find("b") is not None
