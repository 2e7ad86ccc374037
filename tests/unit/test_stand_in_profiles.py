"""The stand-in's waits."""

from statistics import median, quantiles

import pytest

from ivr.offline.profiles import PROFILES, Kind, Waits

MANY = 4000


def drawn_ms(profile: str, kind: Kind, count: int = MANY) -> list[float]:
    """Many waits of a kind."""
    waits = Waits(PROFILES[profile], seed=3)
    return [waits.draw_ms(kind) for _ in range(count)]


@pytest.mark.parametrize(
    ("profile", "kind", "p50_ms", "p95_ms"),
    [
        ("fast", "final", 60, 110),
        ("fast", "first_audio", 150, 300),
        ("openai", "final", 437, 765),
        ("openai", "first_token", 546, 1369),
        ("openai", "first_audio", 600, 1500),
    ],
)
def test_waits_have_the_published_percentiles(profile: str, kind: Kind, p50_ms: float, p95_ms: float) -> None:
    waits_ms = drawn_ms(profile, kind)
    assert median(waits_ms) == pytest.approx(p50_ms, rel=0.05)
    assert quantiles(waits_ms, n=20)[-1] == pytest.approx(p95_ms, rel=0.1)


def test_fixed_waits_are_always_the_same() -> None:
    assert {*drawn_ms("fixed", "final", 20)} == {150}
    assert {*drawn_ms("fixed", "first_token", 20)} == {300}
    assert {*drawn_ms("zero", "first_audio", 20)} == {0}


def test_a_few_first_tokens_come_at_the_published_maximum() -> None:
    latest = [wait_ms for wait_ms in drawn_ms("openai", "first_token", 20_000) if wait_ms == 4897]
    assert 30 <= len(latest) <= 90


def test_one_seed_gives_one_sequence_whatever_else_is_drawn() -> None:
    alone, mixed = Waits(PROFILES["openai"], 7), Waits(PROFILES["openai"], 7)
    expected = [alone.draw_ms("final") for _ in range(5)]
    drawn = []
    for _ in range(5):
        mixed.draw_ms("first_token")
        mixed.final_is_lost()
        drawn.append(mixed.draw_ms("final"))
    assert drawn == expected


@pytest.mark.parametrize(("profile", "share"), [("zero", 0), ("fixed", 0), ("fast", 0.007), ("openai", 0.007)])
def test_some_finals_are_lost_where_the_profile_says_so(profile: str, share: float) -> None:
    waits = Waits(PROFILES[profile])
    lost = sum(waits.final_is_lost() for _ in range(20_000))
    assert lost == pytest.approx(share * 20_000, rel=0.3)


@pytest.mark.parametrize(("profile", "share"), [("zero", 0), ("fixed", 0.1), ("openai", 0.1)])
def test_one_partial_in_ten_is_wrong_but_for_the_profile_without_waits(profile: str, share: float) -> None:
    waits = Waits(PROFILES[profile])
    assert sum(waits.partial_is_wrong() for _ in range(4000)) == pytest.approx(share * 4000, rel=0.15)
