"""What can be switched off to see its worth, each thing alone."""

from dataclasses import asdict
from typing import get_args

import pytest

from ivr.config import Trick
from ivr.web.tuning import tuned


@pytest.mark.parametrize("trick", get_args(Trick))
def test_each_trick_is_one_parameter(trick: Trick) -> None:
    everything, without = asdict(tuned()), asdict(tuned([trick]))
    changed = [name for name, value in everything.items() if without[name] != value]
    assert len(changed) == 1


def test_tricks_can_be_switched_off_together() -> None:
    found = tuned(get_args(Trick))
    assert (found.most_guesses, found.whole_replies, found.fills, found.keeps_clips) == (0, True, False, False)
    assert found.chat.hedge_after_s is None
    assert found.endpointing.fixed_commit_ms == found.endpointing.fixed_silence_ms == 500
