"""Parts that tests share, called one by one: draws, correlations on common bars, designs, intervals, adjustments."""

from __future__ import annotations

from math import exp, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from eventstudy.abnormal.windows import Window
from eventstudy.inference.bootstrap import DRAWS_PER_BLOCK, _resampled, _sizes, empirical, wild_t
from eventstudy.inference.clustering import CommonDates, _pairs, common_dates, distinct, mean_correlations, unit_length
from eventstudy.inference.designs import Design, VarianceRatio, count_distinct, sharing, variance_ratio, violated
from eventstudy.inference.distributions import critical_value, pvalue
from eventstudy.inference.evidence import KEPT_CELLS, Context, Evidence, collectors, diagnosed, portfolio
from eventstudy.inference.intervals import beyond, critical_of
from eventstudy.inference.multiple import event_draws, family_draws, max_t, romano_wolf, without_each
from eventstudy.inference.parametric import hall, johnson
from eventstudy.inference.placebo_test import count_placebo
from tests.inference.test_hand_studies import finding, strong, study, value

NAN = float("nan")


def test_the_corrections_for_skewness() -> None:
    # S = 3, g = 2, N = 4: 2 (3 + 2 * 9/3 + 2/24) and 2 * 4 * 27/27 more.
    assert johnson(3.0, 2.0, 4) == pytest.approx(2 * (3 + 6 + 1 / 12))
    assert hall(3.0, 2.0, 4) == pytest.approx(2 * (3 + 6 + 1 / 12) + 8)


def test_a_resample_is_centered_at_the_sample_and_corrected_for_its_own_skewness() -> None:
    # Of (0, 0, 3), whose mean is 1, the resample (3, 3, 0): mean 2, s^2 = 3, S = 1/sqrt 3; cubes 1, 1, -8, of which
    # the mean is -2, so g = -2/3^1.5.
    car, pick = np.array([0.0, 0.0, 3.0]), np.array([[2, 2, 0]])
    S, g = 1 / sqrt(3), -2 / 3**1.5
    plain = sqrt(3) * (S + g * S**2 / 3 + g / 18)
    assert _resampled(car, pick, johnson)[0] == pytest.approx(plain, rel=1e-14)
    assert _resampled(car, pick, hall)[0] == pytest.approx(plain + sqrt(3) * g**2 * S**3 / 27, rel=1e-14)


def test_draws_are_made_in_blocks_that_add_up() -> None:
    assert _sizes(5, DRAWS_PER_BLOCK // 2) == [2, 2, 1]
    assert _sizes(3, 2 * DRAWS_PER_BLOCK) == [1, 1, 1]
    assert _sizes(7, 3) == [7]


def test_wild_weights_give_the_t_statistics_of_the_signs() -> None:
    # (1, 2) and (-1, -2) have t = +-3; (1, -2) and (-1, 2) have mean 1/2 and sd 3/sqrt 2: t = +-1/3.
    found = wild_t(np.array([1.0, 2.0]), [("a", "A"), ("b", "B")], "rademacher", seed=1, draws=64)
    assert sorted(set(found.round(12).tolist())) == [-3, -0.333333333333, 0.333333333333, 3]


def test_draws_that_equal_the_statistic_count_on_every_side() -> None:
    # Of -1, 0, 1 (and a rounding below 1): equal sizes count, at zero as well.
    near = 1 - 1e-14
    assert empirical(1.0, np.array([-1.0, 0.0, near, 2.0]), "two-sided") == (1 + 3) / 5
    assert empirical(1.0, np.array([-1.0, 0.0, near, 2.0]), "greater") == (1 + 2) / 5
    assert empirical(-1.0, np.array([-near, 0.0, 1.0, -2.0]), "less") == (1 + 2) / 5
    for side in ("greater", "less"):
        assert empirical(0.0, np.array([-1.0, 0.0, 1.0]), side) == (1 + 2) / 4
    assert empirical(1.0, np.array([]), "greater") != empirical(1.0, np.array([0.0]), "greater") == 1 / 2


def test_distinct_pairs_of_negative_places() -> None:
    rows, which = distinct(np.array([[2, -3], [-3, 2], [2, -3], [-3, -3]]))
    assert rows.tolist() == [[-3, -3], [-3, 2], [2, -3]]
    assert which.tolist() == [2, 1, 2, 0]


def test_residuals_of_length_one() -> None:
    # (1, 3) less its mean is (-1, 1), of length sqrt 2; a flat row has no length; a missing bar counts for nothing.
    e, has_length = unit_length(np.array([[1.0, 3.0, NAN], [2.0, 2.0, 2.0], [1.0, 1.0, 4.0]]), np.array([2, 3, 3]))
    assert has_length.tolist() == [True, False, True]
    root = sqrt(6)
    assert np.abs(e - [[-1 / sqrt(2), 1 / sqrt(2), 0], [0, 0, 0], [-1 / root, -1 / root, 2 / root]]).max() < 1e-15


@pytest.mark.parametrize(("start", "gap"), [(1, 0), (0, 1), (7, 0)])
def test_residuals_of_a_date_end_with_the_last_close_before_the_news(start: int, gap: int) -> None:
    # Four bars from ``start``: the news follows the last of them, or the one after it. Two events of one date add up.
    reference = np.full(2, start + 3 + gap)
    block = SimpleNamespace(reference=reference, first=reference + 1, start=np.full(2, start))
    fit = SimpleNamespace(residuals=np.array([[3.0, -3, 3, -3], [4.0, 4, -4, -4]]), n=np.full(2, 4))
    found = common_dates(None, block, fit, np.ones(2, dtype=bool))  # type: ignore[arg-type]
    assert found.windows.tolist() == [[start + 3 + gap, start + 4 + gap]]
    assert found.residuals.tolist() == [[1.0, 0, 0, -1] + [0.0] * gap]
    assert found.counts.tolist() == [2]


def test_windows_of_different_lengths_are_weighted_by_the_bars_in_common() -> None:
    # The same residuals: correlation 1. Windows of one bar and of two merged ones share one: 1/sqrt(1 * 2).
    unit = np.array([[0.5, -0.5, 0.5, -0.5]] * 2)
    dates = CommonDates(np.array([[4, 5], [4, 6]]), unit, np.ones(2))
    assert mean_correlations(dates, [Window(0, 0)], 4) == pytest.approx((1 / sqrt(2),))


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e8])
def test_pairs_with_gaps_are_correlated_on_the_bars_in_common(scale: float) -> None:
    # B has all bars. A equals it on three: 1 in place of the product of rows of length one, which is
    # (2/3 + 4/3 + 2/3)/2 over sqrt(24/9), that is sqrt(2/3).
    B, A, C = [1.0, -1, 1, -1], [1.0, -1, 1, NAN], [NAN, 1.0, -1, 1]
    one = _pairs(np.array([A, B]) * scale, np.array([True, False]))
    assert one == pytest.approx(2 * (1 - sqrt(2 / 3)), rel=1e-12)
    # C is -B on three bars: -1 in place of -sqrt(2/3). A and C share two bars, too few: 0 in place of -2/3, twice.
    all_three = _pairs(np.array([A, B, C]) * scale, np.array([True, False, True]))
    assert all_three == pytest.approx(2 * 2 / 3, rel=1e-12)


def test_three_bars_in_common_are_enough_and_a_flat_row_is_uncorrelated() -> None:
    # A is flat on the bars that it shares with B: 0 in place of the product of rows of length one.
    A, B = [1.0, 1, 1, NAN, 5], [1.0, 2, 4, 8, NAN]
    a, b = np.array([1.0, 1, 1, 5]) - 2, np.array([1.0, 2, 4, 8]) - 3.75
    product = (a[:3] @ b[:3]) / sqrt((a @ a) * (b @ b))
    for rows in ([A, B], [B, A]):
        assert _pairs(np.array(rows), np.array([True, True])) == pytest.approx(-2 * product, rel=1e-12)


def design(**changes: object) -> Design:
    plain = {
        "events": 20,
        "dates": 20,
        "instruments": 20,
        "names": 20,
        "shared": "none",
        "bar_noun": "day",
        "variance": True,
        "residuals": True,
    }
    return Design(**(plain | changes))  # type: ignore[arg-type]


def test_one_event_or_one_name_is_a_single_one() -> None:
    assert design(events=1).single
    assert design(names=1).single
    assert not design(events=2, names=2).single


def test_what_events_share() -> None:
    assert count_distinct(np.array([3, 1, 3])) == 2
    assert count_distinct(np.array([], dtype=np.int64)) == 0
    assert sharing(np.array([4]), np.array([5]), [Window(0, 0)]) == ("none", 1)
    assert sharing(np.array([4, 4]), np.array([5, 5]), [Window(0, 0)]) == ("all", 1)
    # Windows [0, 1] of first closes 5 and 6 both hold bar 6; 5 and 7 share none.
    assert sharing(np.array([4, 5]), np.array([5, 6]), [Window(0, 1)]) == ("some", 2)
    assert sharing(np.array([4, 6]), np.array([5, 7]), [Window(0, 1)]) == ("none", 2)


def test_the_variance_ratio_of_two_and_three_scars() -> None:
    # SCARs 1, 3: variance 2 over df/(df - 2) = 2; of (1, 3, NaN) the same. P(chi2(1) >= 1).
    variance, df = np.ones(3), np.full(3, 4.0)
    for scar in ([1.0, 3.0], [1.0, 3.0, NAN]):
        found = variance_ratio(np.array(scar), variance[: len(scar)], df[: len(scar)])
        assert found.ratio == pytest.approx(1)
        assert found.pvalue == pytest.approx(stats.chi2.sf(1, 1))
    # 2, 4, 6 with the variance 4: SCARs 1, 2, 3 of variance 1, over 2; P(chi2(2) >= 1) = exp(-1/2).
    assert variance_ratio(np.array([2.0, 4, 6]), 4 * variance, df).pvalue == pytest.approx(exp(-0.5))
    assert np.isnan(variance_ratio(np.array([1.0]), variance[:1], df[:1]).ratio)


def test_a_changed_variance_is_named_where_its_p_value_is_small() -> None:
    assert "variance" in violated(design(), VarianceRatio(3.0, 1e-6))
    assert "variance" not in violated(design(), VarianceRatio(1.1, 0.5))
    assert "variance" not in violated(design(events=1), VarianceRatio(3.0, 1e-6))


def test_tails_and_critical_values() -> None:
    # t(1) is Cauchy's distribution: P(T >= 1) = 1/4, quantile 0.75 is 1, quantile 0.95 is tan(0.45 pi).
    one, df = np.array([1.0]), np.array([1.0])
    assert pvalue(one, df, "t", "two-sided")[0] == pytest.approx(0.5)
    assert pvalue(one, df, "t", "greater")[0] == pytest.approx(0.25)
    assert pvalue(one, df, "t", "less")[0] == pytest.approx(0.75)
    assert np.isnan(pvalue(one, np.array([0.0]), "t", "greater")[0])
    assert float(critical_value(0.5, 1.0)) == pytest.approx(1)
    assert float(critical_of(0.95, 1.0, "greater")) == pytest.approx(np.tan(0.45 * np.pi))
    assert critical_value(0.95, np.array([np.inf]))[0] == pytest.approx(1.959963984540054)


def test_intervals_of_draws_by_counting() -> None:
    # 19 draws at 95 %: the largest one; at 90 % the second. One draw fewer: no test at 95 % is possible.
    draws = np.arange(1.0, 20.0)
    assert beyond(45.0, draws, 0.95, 0.0) == (26, 64)
    assert beyond(45.0, draws, 0.90, 0.0) == (27, 63)
    assert beyond(45.0, draws, 0.95, 0.0, alternative="greater") == (26, np.inf)
    assert beyond(45.0, -draws, 0.95, 0.0, alternative="less") == (-np.inf, 64)
    assert np.isnan(beyond(45.0, draws[1:], 0.95, 0.0)).all()
    assert np.isnan(beyond(NAN, draws, 0.95, 0.0)).all()


@pytest.mark.parametrize("way", [1, -1])
def test_moves_that_differ_by_rounding_count_as_far(way: int) -> None:
    # 0.1 + 0.2 is above 0.3 by a rounding; 0.1 is not as far, and on the side of "less" (or "greater") it is beyond.
    found = count_placebo(np.array([way * (0.1 + 0.2)]), (way * np.array([0.3, 0.1]),))
    assert 0.1 + 0.2 > 0.3
    assert (found.days[0], found.two_sided[0]) == (2, 1)
    assert (found.greater[0], found.less[0]) == ((1, 2) if way > 0 else (2, 1))
    assert found.sd[0] == pytest.approx(0.2 / sqrt(2))


def test_a_day_a_little_less_far_than_a_small_move_is_less_far() -> None:
    # A billionth of 0.01 is rounding: 1e-11. A day at 0.01 less 1e-10 is less far, one at 0.01 less 1e-12 as far.
    for way in (1, -1):
        found = count_placebo(np.array([way * 0.01]), (way * np.array([0.01 - 1e-10, 0.01 - 1e-12]),))
        assert found.two_sided[0] == 1
        assert (found.greater[0], found.less[0]) == ((1, 2) if way > 0 else (2, 1))


def test_a_missing_residual_adds_nothing_to_the_portfolio_of_its_bar() -> None:
    # 1 and 2 of the first bar, 3 alone of the second; the third event is not used.
    fit = SimpleNamespace(residuals=np.array([[1.0, NAN], [2.0, 3.0], [7.0, 7.0]]), n=np.array([1, 2, 2]))
    found = portfolio(None, fit, np.array([True, True, False]))  # type: ignore[arg-type]
    assert found.tolist() == [[3, 3], [2, 1]]


def test_adjustments_by_counting_draws() -> None:
    # Statistics 3 and 1; draws (2, 0), (4, 0), (0, 2). The first against the larger of both: one of three draws. The
    # second alone, step-down: one of three; single-step: all three.
    statistics, draws = np.array([3.0, 1.0]), np.array([[2.0, 0], [4, 0], [0, 2]])
    assert romano_wolf(statistics, draws).tolist() == [0.5, 0.5]
    assert max_t(statistics, draws).tolist() == [0.5, 1.0]
    assert romano_wolf(statistics[::-1], draws[:, ::-1]).tolist() == [0.5, 0.5]
    # The smaller p-value of a smaller statistic is raised to that before it.
    assert romano_wolf(np.array([3.0, 1.0]), np.array([[4.0, 0], [4, 0], [4, 0]])).tolist() == [1.0, 1.0]


def test_the_standard_deviation_of_the_other_days() -> None:
    # Without 1: 2 and 4; without 2: 1 and 4; without 4: 1 and 2.
    found = without_each(np.array([[1.0], [2.0], [4.0]]))
    assert np.abs(found[:, 0] - np.array([2, 3, 1]) / sqrt(2)).max() < 1e-12
    assert np.isnan(without_each(np.array([[1.0], [2.0]]))).all()


def test_each_alternative_has_its_side_of_a_family() -> None:
    # Placebo CARs 1, 2, 3 have sd 1, so a CAR of -2 is -2, or 2 on the other side. Without 1 the sd is 1/sqrt 2,
    # without 2 sqrt 2, without 3 1/sqrt 2.
    paths, days = [np.array([[1.0], [2.0], [3.0]])], [np.array([5, 6, 7])]
    draws = np.sqrt(2) * np.array([1, 1, 3])
    for side, statistic, sign in (("two-sided", 2, 1), ("greater", -2, 1), ("less", 2, -1)):
        found = family_draws([np.array([-2.0])], paths, days, side)  # type: ignore[arg-type]
        assert found.statistics.tolist() == pytest.approx([statistic])
        assert found.draws[:, 0] == pytest.approx(sign * draws)


def test_two_instants_are_enough_for_a_calendar_time_portfolio() -> None:
    # The hand study on [0, 1]: means 3 and 0 of the two bars, sd 3/sqrt 2: t = 1.5/(3/2).
    rows = {"A": [1, -1, 1, -1, 2, 1], "B": [1, 1, -1, -1, 1, 2], "C": [2, -2, 2, -2, 6, -3]}
    settings = {"calendar_time": {"standardize": False}}
    assert value("calendar_time", (0, 1), rows=rows, test_options=settings) == pytest.approx(1)
    assert "1 instants" in finding("calendar_time", rows=rows, test_options=settings)[0].reason


def test_two_events_can_be_drawn_again() -> None:
    # 1 and 2: mean 3/2, sd 1/sqrt 2, t = 3. Draws of the centered (-1/2, 1/2): one event twice has no sd.
    found = event_draws([np.array([1.0, 2.0]), np.array([NAN, 1.0])[::-1]], 1, "two-sided", 9)
    assert np.isnan(found.statistics).all()  # one event with both windows
    found = event_draws([np.array([1.0, 2.0])], 1, "two-sided", 9)
    assert found.statistics[0] == pytest.approx(3)
    assert found.draws.shape == (9, 1)
    assert {0.0} >= set(found.draws[np.isfinite(found.draws)].round(12).tolist())


def test_what_a_study_keeps() -> None:
    small, large = Context(None, (), 2_000, 1_000), Context(None, (), 2_000, 1_001)  # type: ignore[arg-type]
    assert small.events * small.bars == KEPT_CELLS
    assert diagnosed("on", large) == frozenset({"diagnostics"})
    assert not diagnosed("auto", large)
    assert not diagnosed("off", small)
    assert not diagnosed("on", Context(None, ()))  # type: ignore[arg-type]
    # One calendar for all: residuals of small studies are kept for the correlation on common bars.
    needs, shared = frozenset({"common_dates"}), SimpleNamespace(shared=True)
    at_most, above = (Context(shared, (), 2_000, bars) for bars in (1_000, 1_001))  # type: ignore[arg-type]
    assert sorted(collectors(needs, at_most)) == ["common_dates", "residuals"]
    assert sorted(collectors(needs, above)) == ["common_dates"]
    assert Evidence().portfolio.size == Evidence().tail_counts.size == 0


def test_uncorrelated_events_need_no_correction() -> None:
    # A and B of the hand study have residuals without correlation: Kolari and Pynnonen's t is that of BMP.
    rows = {"A": [1, -1, 1, -1, 2, 1], "B": [1, 1, -1, -1, 1, 2]}
    assert value("kp_bmp", rows=rows) == pytest.approx(value("bmp", rows=rows))
    assert value("kp_patell", rows=rows) == pytest.approx(value("patell", rows=rows))


def test_ranks_need_three_estimation_bars() -> None:
    rows = {"A": [9, 1, -1, 0, 2, 0.5], "B": [9, 1, -1, 0, 3, 0.5]}
    # Ranks of 1, -1, 0 | 2, 0.5 less 3: 1, -2, -1 | 2, 0 for both events: squares 4 * 10 on five bars.
    settings = {"estimation": (-3, -1), "rows": rows}
    assert value("corrado_rank", **settings) == pytest.approx(4 / sqrt(4 * 10 / 5))
    found = finding("corrado_rank", estimation=(-2, -1), rows=rows)
    assert "estimation" in found[0].reason


@pytest.mark.parametrize("test", ["corrado_rank", "campbell_wasley"])
def test_a_bar_that_no_event_has_is_not_counted_by_rank_tests(test: str) -> None:
    # Ranks of -1, 1, -1 | 2, 1 less 3: -1.5, 0.5, -1.5 | 2, 0.5 for each of the events, on five bars: squares 9.
    rows = {name: [NAN, -1, 1, -1, 2, 1] for name in "ABC"}
    assert value(test, rows=rows, missing="return") == pytest.approx(2 / sqrt(9 / 5))


def test_a_single_buy_and_hold_return_has_no_test_across_events() -> None:
    rows = {"A": [1, -1, 1, -1, 2, 1]}
    settings = {"measure": "bhar", "returns": "simple"}
    assert "a single one has no test here" in finding("patell", rows=rows, **settings)[0].reason
    both = rows | {"B": [1, 1, -1, -1, 1, 2]}
    assert "overlap_t" in finding("patell", rows=both, **settings)[0].reason


def test_buy_and_hold_returns_are_those_of_the_wealth_less_its_expectation() -> None:
    # A mean of 1 % is expected: 1.03 * 1.01 - 1.01^2 = 2.02 %, and 1.05 * 1.01 - 1.01^2 = 4.04 %.
    rows = {"A": [2, 0, 2, 0, 3, 1], "B": [2, 0, 0, 2, 5, 1]}
    result = study(("cross_sectional_t",), rows, measure="bhar", returns="simple")
    assert result.abnormal.held("simple") == pytest.approx(np.array([[0.02, 0.0202], [0.04, 0.0404]]))
    found = result.findings("cross_sectional_t")[1]
    assert found.estimate[0] == pytest.approx(0.0303)
    assert found.statistic[0] == pytest.approx(3)


def test_the_statistic_of_the_sample_quantile_is_the_share_of_residuals_below() -> None:
    # All thirty residuals are below the CARs of events that are strong on purpose.
    assert np.abs(strong().findings("sample_quantile")[0].statistic - 1).max() == 0
