"""A receiver that fails again and again is asked only now and then."""

from ivr.breaker import Breaker


def broken(at_s: float = 0) -> Breaker:
    """A breaker that opened at `at_s`."""
    breaker = Breaker(failures=3, probe_s=8)
    for _ in range(3):
        assert breaker.admits(at_s)
        breaker.note(False, at_s)
    return breaker


def test_it_opens_after_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker(failures=3)

    turned = [breaker.note(works, 0) for works in (False, False, True, False, False, False)]

    assert turned == [False, False, False, False, False, True]
    assert breaker.is_open


def test_while_open_it_admits_one_request_every_few_seconds() -> None:
    breaker = broken(at_s=100)

    assert [breaker.admits(now_s) for now_s in (100, 107.9, 108, 108, 115.9, 116)] == [False, False, True, False, False, True]


def test_a_probe_that_fails_keeps_it_open_and_one_that_works_closes_it() -> None:
    breaker = broken()

    assert breaker.admits(8)
    assert not breaker.note(False, 9)
    assert breaker.is_open
    assert breaker.admits(16)
    assert breaker.note(True, 16)
    assert [breaker.admits(16), breaker.admits(16)] == [True, True]


def test_a_probe_that_was_not_used_may_be_used_by_the_next() -> None:
    breaker = broken()

    assert breaker.admits(8)
    breaker.withdraw()

    assert breaker.admits(8)
