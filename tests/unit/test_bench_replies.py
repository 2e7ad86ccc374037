"""The fixed replies of the turn benchmark, and its rows."""

import re
from typing import get_args

from bench._recordings import sentences
from bench._replies import KNOWN_OPENINGS, ROUNDS, as_rules, replies
from bench._rows import CALLS, rows
from bench._stand_in import clauses_of
from ivr.config import Trick


def test_there_is_one_reply_to_each_of_sixty_sentences() -> None:
    given = replies("mixed", 0)
    assert len(given) == len({reply.text for reply in given}) == len({reply.recording.text for reply in given}) == 60


def test_the_share_of_known_openings_is_what_the_mix_says() -> None:
    assert sum(reply.known for reply in replies("mixed", 0)) == 36
    assert sum(reply.known for reply in replies("warm", 0)) == 57
    assert sum(reply.known for reply in replies("mixed", 0, sentences()[:40])) == 24


def test_what_is_said_for_the_first_time_is_said_in_one_round_alone() -> None:
    fresh = [reply.opening for number in range(ROUNDS) for reply in replies("mixed", number) if not reply.known]
    assert len(fresh) == len(set(fresh)) == 24 * ROUNDS
    assert not set(fresh) & set(KNOWN_OPENINGS)


def test_every_opening_is_a_clause_of_its_own() -> None:
    for reply in replies("mixed", 1) + replies("warm", 2):
        assert clauses_of(reply.text)[0] == reply.opening


def test_each_sentence_gets_its_own_reply_however_it_is_punctuated() -> None:
    rules = as_rules(replies("mixed", 0))["rules"]
    for reply in replies("mixed", 0):
        heard = re.sub(r"[.,?]", "", reply.recording.text.lower())
        matching = [rule["text"] for rule in rules if re.search(rule["match"], heard, re.IGNORECASE)]
        assert matching == [reply.text]


def test_with_a_tool_the_reply_comes_after_its_result() -> None:
    rules = as_rules(replies("mixed", 0), with_tool=True)["rules"]
    assert sum(rule.get("after") == "tool" for rule in rules) == 60
    assert sum("calls" in rule for rule in rules) == 60


def test_the_rows_are_as_long_as_they_must_be() -> None:
    for row in rows():
        assert row.turns >= (40 if row.without or row.calls == 1 or row.kind == "sequential" else 100)
        assert len(row.said()) == row.sentences == len({one.number for one in row.said()})


def test_every_trick_has_a_row_without_it() -> None:
    assert [row.without for row in rows() if row.without] == list(get_args(Trick))


def test_a_shortened_row_keeps_every_call_busy() -> None:
    for row in rows():
        assert row.shortened(3).turns >= row.calls
        assert row.shortened(10_000) is row
        assert row.shortened(40).calls in (1, CALLS)
