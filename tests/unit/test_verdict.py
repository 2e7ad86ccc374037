"""Judging a call: what was heard, called and stored against what a scenario expects."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ivr.offline.scenario.file import Expected, Query, Scenario
from ivr.offline.scenario.matching import says, value_fits
from ivr.offline.scenario.verdict import ToolUse, failures_of_call, failures_of_records, violations
from ivr.offline.telephone.caller import Caller
from ivr.offline.telephone.timeline import Call, Event, Turn

TEXTS = ["Hello, how can I help?", "Yes! Dr. Samir is available at 2:30 and\n3:00 PM.", "Goodbye."]
TOOLS = [ToolUse("list_doctors", {"specialty": "cardiology"}), ToolUse("book_appointment", {"slot_id": 12, "reason": None})]


class Records:
    """Records that are already there."""

    def spoken(self, call_sid: str) -> Sequence[str]:
        return TEXTS

    def tools(self, call_sid: str) -> Sequence[ToolUse]:
        return TOOLS

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Sequence[Any]]:
        return [(sql % parameters, 1)]


def call(events: Sequence[Event] = (), turns: Sequence[Turn] = ()) -> Call:
    return Call("CA1", "lilly", list(turns), list(events), b"", b"")


def judged(**expected: Any) -> list[str]:
    scenario = Scenario("x", "en", Caller(), (), Expected(**expected))
    return failures_of_records(scenario, call([Event(0, "say", "Sorry, I have to go.")]), Records())


@pytest.mark.parametrize(
    ("expected", "text", "found"),
    [
        ("available at 2:30 and 3:00", TEXTS[1], True),
        ("DR. SAMIR", TEXTS[1], True),
        ("dr samir", TEXTS[1], False),
        ("/2:30 .* 3:00 pm\\.$/", TEXTS[1], True),
        ("/^available/", TEXTS[1], False),
    ],
)
def test_a_text_is_found_whatever_its_case_and_spacing(expected: str, text: str, found: bool) -> None:
    assert says(expected, text) is found


def test_what_ears_understood_is_compared_by_its_words() -> None:
    assert says("Yes! Dr. Samir", "yes, dr samir is", loosely=True)


def test_arguments_are_compared_by_value_expression_and_part() -> None:
    assert value_fits("maria gonzalez", "Maria Gonzalez")
    assert value_fits("/^maria/", "Maria Gonzales")
    assert value_fits({"a": 1}, {"a": 1, "b": 2})
    assert not value_fits({"a": 1}, {"b": 2})
    assert not value_fits(1, "1")


def test_what_is_as_expected_leaves_no_failure() -> None:
    query = Query("%(call_sid)s", [["CA1", 1]])

    assert judged(heard=["help", "2:30", "goodbye"], tools=[("book_appointment", {"slot_id": 12})], database=[query]) == []
    assert judged(heard=["Sorry, I have to go."], no_tools=["cancel_appointment"]) == []


def test_words_in_the_wrong_order_are_not_heard() -> None:
    assert judged(heard=["goodbye", "help"])[0].startswith("not heard: help")


def test_functions_that_were_not_called_in_that_order_are_told() -> None:
    assert judged(tools=[("book_appointment", {}), ("list_doctors", {})])[0].startswith("not called in its place: list_doctors")
    assert judged(tools=[("book_appointment", {"slot_id": 13})])[0].startswith("not called in its place: book_appointment")
    assert judged(no_tools=["list_doctors"]) == ["must not be called: list_doctors"]


def test_other_rows_are_told_with_their_query() -> None:
    assert "['CA1', 1]] instead of [['CA1', 2]] for: %(call_sid)s" in judged(database=[Query("%(call_sid)s", [["CA1", 2]])])[0]


def test_a_slow_answer_a_violation_and_the_wrong_end_are_failures() -> None:
    scenario = Scenario("x", "en", Caller(), (), Expected(ended_by="caller", max_gap_ms=1000))
    turns = [Turn("", 0, 0, 5000), Turn("a.wav", 6000, 7000, 7900), Turn("b.wav", 9000, 9500, 10600)]

    assert violations(call([Event(0, "violation", "31924: unknown event")])) == ["Twilio would have refused: 31924: unknown event"]
    assert failures_of_call(scenario, call(turns=turns)) == [
        "the call was ended by lilly, not by caller",
        "answered later than 1000 ms: b.wav: 1100 ms",
    ]
