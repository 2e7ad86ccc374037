"""Percentiles, limits and tables of the benchmarks, and histograms read off /metrics."""

from bench._figures import NO_LIMIT, Limit, Spread, share, shown, spread, table
from bench._metrics import Histogram, parse

EXPOSITION = """
# TYPE lag_seconds histogram
lag_seconds_bucket{le="0.01"} 90.0
lag_seconds_bucket{le="0.02"} 100.0
lag_seconds_bucket{le="+Inf"} 100.0
lag_seconds_count 100.0
lag_seconds_more_bucket{le="0.01"} 7.0
"""


def test_a_spread_leaves_out_what_is_not_known() -> None:
    assert spread([3.0, None, 1.0, 2.0]) == Spread(3, 2.0, 2.9)
    assert spread([None]) == Spread(0, None, None)


def test_a_limit_is_kept_only_if_both_of_its_figures_are() -> None:
    limit = Limit(750, 1000)
    assert limit.verdict(Spread(9, 750, 1000)) == "ok"
    assert limit.verdict(Spread(9, 700, 1001)) == "missed"
    assert Limit(p95=100).verdict(Spread(9, None, -8)) == "ok"


def test_nothing_is_said_of_what_was_not_measured_or_not_limited() -> None:
    assert Limit(750, 1000).verdict(Spread(0, None, None)) == "–"
    assert NO_LIMIT.verdict(Spread(9, 1, 2)) == "–"


def test_figures_are_shown_as_one_reads_them() -> None:
    assert [shown(value) for value in (None, 0.614, 9.6, 1234.5)] == ["–", "0.61", "9.6", "1,234"]
    assert (share(3, 4), share(0, 0)) == ("75%", "–")


def test_a_table_has_its_first_column_left_and_the_others_right() -> None:
    assert table(["row", "n"], [["one", "5"], ["another", "10"]]).splitlines() == [
        "row       n",
        "-------  --",
        "one       5",
        "another  10",
    ]


def test_a_histogram_is_told_from_others_whose_names_begin_alike() -> None:
    assert parse(EXPOSITION, "lag_seconds") == Histogram({0.01: 90.0, 0.02: 100.0, float("inf"): 100.0})


def test_a_quantile_lies_within_its_bucket() -> None:
    histogram = parse(EXPOSITION, "lag_seconds")
    assert histogram.quantile_ms(0.45) == 5.0
    assert histogram.quantile_ms(0.95) == 15.0


def test_only_what_came_since_the_last_look_counts() -> None:
    before, after = Histogram({0.01: 90.0, 0.02: 100.0}), Histogram({0.01: 90.0, 0.02: 110.0})
    assert after.since(before).total == 10
    assert after.since(before).quantile_ms(0.5) == 15.0
    assert before.since(before).quantile_ms(0.5) is None
