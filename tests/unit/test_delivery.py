"""What an answer means for an event, when it is tried again, and how it is signed."""

from datetime import UTC, datetime

import pytest

from ivr.clients.n8n import LONGEST_RETRY_AFTER_S, retry_after_s, signature
from ivr.receiver import LONGEST_RETRY_S, LONGEST_WAIT_FOR_A_PROBE_S, Answer, retry_in_s, verdict

DIGEST = "3dd1b9aef568d75f6790a84bd2e5dfa1f44409eef3cbdbd3f10b837376100c11"
HUGE_ZONE = "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_success_is_a_delivery(status: int) -> None:
    assert verdict(Answer(status)) == "delivered"


@pytest.mark.parametrize(
    "answer", [Answer(404), Answer(408), Answer(425), Answer(429), Answer(500), Answer(503), Answer(302), Answer(failure="ReadTimeout")]
)
def test_what_may_pass_is_tried_again(answer: Answer) -> None:
    assert verdict(answer) == "retry"


@pytest.mark.parametrize("status", [400, 401, 403, 405, 410, 413, 422])
def test_what_trying_again_cannot_change_is_a_dead_letter(status: int) -> None:
    assert verdict(Answer(status)) == "dead"


def test_waits_double_up_to_the_longest() -> None:
    assert [retry_in_s(attempts, None, 0) for attempts in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert retry_in_s(10_000, None, 0) == LONGEST_RETRY_S


def test_waits_are_spread_by_a_fifth() -> None:
    assert [retry_in_s(3, None, jitter) for jitter in (-1, 0, 1)] == pytest.approx([3.2, 4, 4.8])


def test_a_receiver_may_ask_for_more_time_but_not_for_less() -> None:
    assert retry_in_s(1, 60, 0) == 60
    assert retry_in_s(5, 1, 0) == 16


@pytest.mark.parametrize(("status", "wished_s"), [(429, 3600), (503, LONGEST_WAIT_FOR_A_PROBE_S), (404, LONGEST_WAIT_FOR_A_PROBE_S)])
def test_only_a_receiver_that_works_knows_when_it_wants_to_be_asked_again(status: int, wished_s: float) -> None:
    assert Answer(status, retry_after_s=3600).wished_s == wished_s
    assert (Answer(status, retry_after_s=2).wished_s, Answer(status).wished_s) == (2, 0)


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert retry_after_s("120", NOW) == 120
    assert retry_after_s("Sun, 22 Nov 2026 09:01:30 GMT", NOW) == 90
    assert retry_after_s("Sun, 22 Nov 2026 08:00:00 GMT", NOW) == 0


@pytest.mark.parametrize("nonsense", [None, "", "soon", "-5", "1e9", "²", "Sun, 99 Nov 2026 09:01:30 GMT", HUGE_ZONE])
def test_nonsense_in_retry_after_is_as_if_it_were_absent(nonsense: str | None) -> None:
    assert retry_after_s(nonsense, NOW) is None


def test_retry_after_is_at_most_an_hour() -> None:
    assert retry_after_s("9" * 400, NOW) == LONGEST_RETRY_AFTER_S
    assert retry_after_s("Fri, 31 Dec 2100 00:00:00 GMT", NOW) == LONGEST_RETRY_AFTER_S


def test_a_signature_is_what_openssl_makes_of_time_dot_body() -> None:
    # printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac secret
    assert signature("secret", 1_700_000_000, b'{"id":1}') == f"t=1700000000,v1={DIGEST}"
