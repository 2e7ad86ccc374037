"""Whole calls over the real socket that are about the telephone and the turns: the ears know every recording."""

from itertools import pairwise

import pytest

from ivr.demo import Records, target
from ivr.offline.scenario import Outcome
from ivr.offline.telephone.utterances import loud_spans_ms
from ivr.stack import Stack
from ivr.voice.closing import SILENCE_PROMPT_MS
from tests.calls.written import assert_as_written, play_written
from tests.contracts.offline_server import OfflineServer

ASKED_WITHIN_MS = 1500
AT_ONCE = 6
KNOWN = """
barge_in emergency front_desk_by_key hang_up keys not_understood number_again silent transfer_answered transfer_unanswered which_doctors
""".split()


@pytest.fixture(scope="module")
def outcomes(quick_stack: Stack, providers: OfflineServer, records: Records) -> dict[str, Outcome]:
    """Every such call; the mind gives its own answers."""
    return play_written(KNOWN, target(quick_stack), records, at_once=AT_ONCE)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", KNOWN)
def test_a_written_call_goes_as_it_is_written(outcomes: dict[str, Outcome], records: Records, name: str) -> None:
    assert_as_written(outcomes[name], records)


def test_a_silent_caller_is_asked_twice_and_then_bidden_goodbye(outcomes: dict[str, Outcome], allowance: float) -> None:
    spans = loud_spans_ms(outcomes["silent"].call.turns[0].reply, gap_ms=2000)
    silences = [after[0] - before[1] for before, after in pairwise(spans)]
    assert len(silences) == 3 and all(0 <= silence - SILENCE_PROMPT_MS <= ASKED_WITHIN_MS * allowance for silence in silences)
