"""A turn's waterfall, and the parts that add up to it."""

from typing import Any

import pytest

from ivr.models import Turn
from ivr.trace import parts_ms, waterfall

QUICK = {
    "last_loud": 0.0, "commit": 200.0, "model_request": 210.0, "final": 350.0, "confirmed": 351.0, "first_token": 512.0,
    "first_clause": 561.0, "first_audio": 562.0, "first_sent": 564.0, "interrupted": 1864.0, "trick_eager": 1, "trick_clip": 1,
}  # fmt: skip
FILLED = {"last_loud": 0.0, "commit": 200.0, "confirmed": 700.0, "tool_named": 900.0, "first_audio": 902.0, "first_sent": 903.0}


def turn(timeline: dict[str, Any], caller: str = "Yes, please.") -> Turn:
    return Turn(ordinal=3, caller_text=caller, reply_text="Of course.", interrupted=True, timeline=timeline)


@pytest.mark.parametrize("timeline", [QUICK, FILLED, {"first_sent": 40.0}])
def test_the_parts_add_up_to_the_whole(timeline: dict[str, float]) -> None:
    assert sum(parts_ms(timeline).values()) == pytest.approx(timeline["first_sent"])
    assert all(part >= 0 for part in parts_ms(timeline).values())


def test_what_ran_beside_something_else_was_not_waited_for() -> None:
    parts = parts_ms(QUICK)
    assert (parts["silence"], parts["transcript"], parts["model"]) == (200, 151, 161)


def test_a_waterfall_says_what_was_said_what_helped_and_where_the_time_went() -> None:
    lines = list(waterfall(turn(QUICK)))
    assert lines[:3] == ["3. Yes, please.", "   → Of course.  [interrupted]", "   564 ms; clip, eager"]
    model = next(line for line in lines if "model, first token" in line)
    assert model.endswith("302 ms") and model.index("█") > lines[3].index("█")
    assert lines[-2].endswith("= 564 ms") and "silence 200 + transcript 151" in lines[-2]
    assert lines[-1] == "   interrupted after 1300 ms of speech"


def test_a_turn_without_a_sound_has_no_sum() -> None:
    lines = list(waterfall(turn({"last_loud": 0.0, "commit": 200.0})))
    assert "no sound" in lines[2] and "=" not in lines[-1]


def test_what_lilly_says_by_herself_waits_for_nobody() -> None:
    assert len(list(waterfall(turn({"stream_started": 0.0, "first_sent": 40.0}, caller="")))) == 3
