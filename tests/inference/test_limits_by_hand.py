"""Where a test changes its way or has no number, by hand: few events, equal values, unknown returns, short windows."""

from __future__ import annotations

from math import comb, exp, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from eventstudy.abnormal.windows import Window
from eventstudy.inference.designs import variance_ratio
from eventstudy.inference.diagnostics import LAGS, _ljung_box, diagnose
from eventstudy.inference.evidence import INDEPENDENT_SUMS, PlaceboCounts, tail_counts
from eventstudy.inference.intervals import Interval, _fieller
from eventstudy.inference.multiple import family_draws, holm
from eventstudy.inference.parametric import mean_over_sd, patell, skewness
from eventstudy.inference.placebo_test import _among_days
from eventstudy.inference.residual_bootstrap import _not_rejected
from eventstudy.inference.run_test import _without_pvalue
from eventstudy.inference.sample import one
from eventstudy.inference.sign import sample_quantile, sign, wilcoxon

NAN = float("nan")


class SingleFits(SimpleNamespace):
    def __len__(self) -> int:
        return len(self.residuals)


def sample(car: list[float], **others: object) -> SimpleNamespace:
    plain = {"car": np.array(car), "options": {"zeros": "keep"}, "alternative": "greater", "level": 0.95}
    return SimpleNamespace(**(plain | others))


def test_fifty_signs_are_counted_and_fifty_one_have_a_normal_distribution() -> None:
    # 32 of 50 positive: the binomial tail. 33 of 51: z = (33 - 25.5)/sqrt(51/4).
    found = sign(sample([1.0] * 32 + [-1.0] * 18))  # type: ignore[arg-type]
    assert found.pvalue[0] == pytest.approx(sum(comb(50, k) for k in range(32, 51)) / 2**50)
    found = sign(sample([1.0] * 33 + [-1.0] * 18))  # type: ignore[arg-type]
    assert found.pvalue[0] == pytest.approx(stats.norm.sf(7.5 / sqrt(51 / 4)))


def test_fifty_signed_ranks_are_counted_and_fifty_one_have_a_normal_distribution() -> None:
    # All positive: one of 2^50 assignments of signs; z = (51 * 52/4)/sqrt(51 * 52 * 103/24).
    for n, p in ((50, 2.0**-50), (51, stats.norm.sf(51 * 52 / 4 / sqrt(51 * 52 * 103 / 24)))):
        found = wilcoxon(sample([float(k) for k in range(1, n + 1)]))  # type: ignore[arg-type]
        assert found.pvalue[0] == pytest.approx(p, rel=1e-9)


def test_moves_that_are_all_zero_have_no_standard_deviation_to_divide_by() -> None:
    zeros = np.zeros(4)
    assert "all CARs are equal" in mean_over_sd(zeros, "CAR", zeros).reasons[0]
    assert np.isnan(skewness(sample([0.0] * 4))[:2]).all()  # type: ignore[arg-type]


def test_a_p_value_of_the_step_down_adjustment_is_at_most_one() -> None:
    # 3 * 0.01; 2 * 0.6 is above one; the last is no smaller than that before it.
    assert holm(np.array([0.6, 0.01, 0.7])).tolist() == pytest.approx([1, 0.03, 1])


def test_two_placebo_days_have_no_family() -> None:
    days = [np.array([5, 6])]
    found = family_draws([np.array([1.0])], [np.array([[1.0], [2.0]])], days, "two-sided")  # type: ignore[arg-type]
    assert np.isnan(found.statistics).all()


def test_why_a_placebo_test_has_no_number() -> None:
    # No day; no return; 1 of 3 days: (1 + 1)/(3 + 1), over the sd of 4.
    counts = np.array([0, 3, 3]), np.array([0, 0, 1]), np.array([0, 0, 2]), np.array([0, 0, 3])
    nothing = np.full(3, NAN)
    placebo = PlaceboCounts(*counts, np.array([NAN, 4.0, 4.0]), Interval(nothing, nothing))
    for side, p in (("two-sided", 0.5), ("greater", 0.75), ("less", 1.0)):
        found = _among_days(sample([1.0, NAN, 2.0], alternative=side), placebo, "no day")  # type: ignore[arg-type]
        assert found.reason.tolist() == [1, 2, 0]
        assert found.reasons == ("no day", "a return is missing")
        assert np.isnan(found.pvalue[:2]).all()
        assert (found.pvalue[2], found.statistic[2]) == (p, 0.5)


def test_why_a_quantile_has_no_number() -> None:
    # Columns: runs, two-sided, greater, less. No run; no return; 3 of 20 as large, 17 below; a single run.
    counts = np.array([[0.0, 0, 0, 0], [20, 0, 0, 0], [20, 5, 3, 17], [1, 0, 0, 1]])[:, None]
    window = Window(0, 0)
    evidence = SimpleNamespace(tail_counts=counts, windows=[window])
    found = sample_quantile(sample([1.0, NAN, 2.0, 3.0], evidence=evidence, window=window))  # type: ignore[arg-type]
    assert found.reason.tolist() == [1, 2, 0, 0]
    assert np.isnan(found.pvalue[0])
    assert found.pvalue[2:].tolist() == pytest.approx([4 / 21, 1 / 2])
    assert found.statistic[2:].tolist() == [0.85, 1]


def test_sums_of_residuals_are_compared_at_the_variance_of_a_car() -> None:
    # Twenty residuals of +-1 and one bar: a CAR of 1.05 over sqrt((1 + 1/20)/(1 - 1/20)) = 1.0513 is below 1, one of
    # 1.06 above: ten residuals are above the one, none above the other. Of nineteen residuals there is no number.
    residuals = np.resize([1.0, -1.0], (3, INDEPENDENT_SUMS))
    fit = SimpleNamespace(residuals=residuals, n=np.array([20, 20, 19]), coef=np.zeros((3, 1)))
    block = SimpleNamespace(n_bars=np.ones((3, 1), int), event_y=np.array([[1.05], [1.06], [0.5]]), event_X=[])
    found = tail_counts((slice(0, 1),), block, fit, np.ones(3, dtype=bool))  # type: ignore[arg-type]
    assert found[:, 0].tolist() == [[20, 20, 10, 10], [20, 0, 0, 20], [0, 0, 0, 0]]


def test_events_of_two_degrees_of_freedom_are_left_out_where_the_variance_of_t_is_needed() -> None:
    # SCARs 3 and 1 with df 4 have the variance 2 each: 4/sqrt 4. The third has none.
    four = np.array([4.0, 4.0, 2.0])
    found = patell(sample([3.0, 1.0, 9.0], variance=np.ones(3), df=four, alternative="two-sided"))  # type: ignore[arg-type]
    assert (found.n_events, found.statistic[0]) == (2, pytest.approx(2))
    # Of 3 and 1: variance 2 over 2.
    assert variance_ratio(np.array([3.0, 1.0, 9.0]), np.ones(3), four).ratio == pytest.approx(1)


def test_one_degree_of_freedom_is_enough_for_a_p_value() -> None:
    found, df = SimpleNamespace(pvalue=None, statistic=np.array([1.0, NAN, 1.0])), np.array([1.0, 1.0, 0.0])
    for distribution, without in (("t", [False, True, True]), ("normal", [False, True, False])):
        row = SimpleNamespace(distribution=distribution)
        assert _without_pvalue(found, df, row).tolist() == without  # type: ignore[arg-type]


def test_a_row_of_a_test_has_its_numbers_in_their_columns() -> None:
    found = one(1.0, 2.0, se=3.0, df=4.0, n_events=5)
    assert [float(v[0]) for v in (found.estimate, found.statistic, found.se, found.df, found.n)] == [1, 2, 3, 4, 5]
    assert found.n_events == 5


def test_the_autocorrelations_need_more_bars_than_lags() -> None:
    # Alternating signs: r_k = (-1)^k (n - k)/n, so Q = (n + 2)/n * sum (n - k); of 8 bars 10/8 * (7 + 6 + 5 + 4 + 3).
    first, Q = _ljung_box(np.resize([1.0, -1.0], (1, 8)), np.array([8]))
    assert (first[0], Q[0]) == (pytest.approx(-7 / 8), pytest.approx(10 / 8 * 25))
    assert np.isnan(_ljung_box(np.resize([1.0, -1.0], (1, LAGS)), np.array([LAGS]))).all()
    assert np.isfinite(_ljung_box(np.resize([1.0, -1.0], (1, LAGS + 1)), np.array([LAGS + 1]))).all()


def test_skewness_kurtosis_and_normality_of_residuals() -> None:
    # +-1: skewness 0, kurtosis 1 - 3; n * 4/24 = n/6, and P(chi2(2) >= q) = exp(-q/2). Of 3, -1, -1, -1: mean 0,
    # squares 3, cubes 6, fourth powers 21: skewness 6/3^1.5, kurtosis 21/9 - 3; n (4/3/6 + 4/9/24) = n 13/54.
    n = 12
    e = np.stack([np.resize([1.0, -1.0], n), np.resize([3.0, -1, -1, -1], n)])
    y = np.where(np.arange(n) < 3, 0.0, [[0.1], [-1.0]])
    fits = SingleFits(residuals=e)
    found = diagnose(SimpleNamespace(y=y, before=0), fits, np.ones(2, dtype=bool))  # type: ignore[arg-type]
    assert found[:, 0] == pytest.approx([0, 6 / 3**1.5])
    assert found[:, 1] == pytest.approx([-2, -2 / 3])
    assert found[:, 2] == pytest.approx([exp(-n / 12), exp(-n * 13 / 108)])
    assert found[:, 6].tolist() == [0.25, 0.25]


def test_which_t_the_resampled_ones_do_not_reject() -> None:
    # 39 of them at 95 %: the first and the last; one-sided the second. Of 38 there are too few for two sides.
    t = np.arange(1.0, 40.0)
    assert _not_rejected(t, 0.95, "two-sided") == pytest.approx((1, 39))
    assert _not_rejected(t[1:], 0.95, "two-sided") == (-np.inf, np.inf)
    assert _not_rejected(t, 0.95, "greater") == (-np.inf, pytest.approx(38))
    assert _not_rejected(t, 0.95, "less") == (pytest.approx(2), np.inf)


def test_the_interval_of_effects_in_standardized_returns() -> None:
    # S = 1, 3 and the same weight: mean 2 -+ c sqrt(2/2). Of weights 0 and 2 (mean 1, variance 2): 2 - 2 c^2 is a.
    S = np.array([1.0, 3.0])
    assert _fieller(S, np.ones(2), 2.0) == pytest.approx((0, 4))
    assert np.isnan(_fieller(S, np.array([0.0, 2.0]), 1.0)).all()
