"""What fits share, called one by one with numbers worked out by hand: thin windows, R2, conditions, roots, weights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest

import eventstudy as es
from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.measure import subtract
from eventstudy.abnormal.models.fit_rules import distinct_values_needed, has_ties, r_squared, too_few_values
from eventstudy.abnormal.models.garch import garch_noise
from eventstudy.abnormal.models.multiple_ols import least_squares
from eventstudy.abnormal.models.ols import CELLS_PER_RUN, _runs_of, market_model
from eventstudy.abnormal.models.regressions import _correlation, capm, scholes_williams, with_line
from eventstudy.abnormal.models.simple import rolling
from eventstudy.abnormal.models.synthetic import _weights
from eventstudy.abnormal.windows import NewsBounds, locate_closes
from tests.study.made import intraday

NAN = float("nan")


def test_r2_over_the_bars_that_have_a_residual() -> None:
    # 1 and 3 about 2: squares 2; residuals +-1/2: squares 1/2. Of 0, 2, 4, 6: squares 20, residuals 1, -1, 1, -1.
    y = np.array([[1.0, 3.0, 7.0, NAN], [0.0, 2.0, 4.0, 6.0]])
    residuals = np.array([[0.5, -0.5, NAN, NAN], [1.0, -1.0, 1.0, -1.0]])
    assert r_squared(y, residuals).tolist() == pytest.approx([0.75, 0.8])


def test_which_windows_hold_too_few_distinct_returns() -> None:
    assert [distinct_values_needed(p) for p in (0, 1, 2, 3)] == [2, 2, 3, 4]
    assert has_ties(np.array([[1.0, 2, 2], [2.0, 1, 1], [1.0, 1, 2], [NAN, 1, 2]]), 2).tolist() == [0, 0, 1, 1]
    y = np.array([[1.0, 2, 1, 2, 1], [1.0, 2, 1, 3, 1], [2.0, 2, 1, 1, 3]])
    assert too_few_values((y,), 3).tolist() == [True, False, False]
    # Where the market misses the bar of the third value, there are two.
    x = np.array([[1.0, 2, 3, 4, 5], [1.0, 2, 3, NAN, 5], [1.0, 2, 3, 4, 5]])
    assert too_few_values((y, x), 3).tolist() == [True, True, False]


def test_a_line_needs_three_distinct_returns() -> None:
    x = np.array([[1.0, 2, 4, 3]] * 2)
    fit = market_model(np.array([[1.0, 2, 1, 2], [1.0, 2, 1, 3]]), x)
    assert fit.status.tolist() == [outcomes.DEGENERATE, 0]


def test_the_condition_of_a_line_has_no_unit() -> None:
    # x about its mean 1 with sd 1: the cosine with the constant is 1/sqrt 2; sqrt((1 + c)/(1 - c)) = 1 + sqrt 2.
    y = np.array([[1.0, 2, 4, 3]])
    for unit in (1.0, 100.0, 0.01):
        fit = market_model(y, unit * np.array([[0.0, 2, 0, 2]]))
        assert fit.condition[0] == pytest.approx(1 + sqrt(2))
    assert market_model(y, np.array([[-1.0, 1, -1, 1]])).condition[0] == pytest.approx(1)


def test_the_root_of_the_inverse_is_upper_triangular() -> None:
    # x = 0, 2, 0, 2: M = 4, Sxx = 4, mean 1: (X'X)^-1 = [[1/4 + 1/4, -1/4], [-1/4, 1/4]].
    fit = market_model(np.array([[1.0, 2, 4, 3]]), np.array([[0.0, 2, 0, 2]]))
    assert fit.xtx_inv_sqrt[0].tolist() == [[0.5, -0.5], [0.0, 0.5]]
    assert fit.xtx_inv[0].tolist() == [[0.5, -0.25], [-0.25, 0.25]]
    # (1, 3) and (1, -1) seen from the line: 1/4 + (x - 1)^2/4.
    assert fit.leverage([np.ones(1), np.array([3.0])]).tolist() == [1.25]
    grid = fit.leverage([np.ones((1, 2)), np.array([[3.0, -1.0]])])
    assert grid.tolist() == [[1.25, 1.25]]


def exact_beta(y: np.ndarray, x: np.ndarray) -> float:
    ys, xs = ([Fraction(float(v)) for v in values] for values in (y, x))
    my, mx = sum(ys) / len(ys), sum(xs) / len(xs)
    return float(sum((a - my) * (b - mx) for a, b in zip(ys, xs, strict=True)) / sum((b - mx) ** 2 for b in xs))


def test_a_mean_far_from_zero_costs_no_digits_of_beta() -> None:
    # The centered values of a mean of 1e8 add up to some 1e-8, which a mean of the other series would multiply.
    rng = np.random.default_rng(4)
    small, large = 0.2 + rng.normal(0, 1, (20, 9)), 1e8 + rng.normal(0, 1, (20, 9))
    for y, x in ((large, small), (small, large), (small, small[::-1]), (large, large[::-1])):
        exact = [exact_beta(a, b) for a, b in zip(y, x, strict=True)]
        for unit in (1.0, 2.0**-40):  # a power of two rounds nothing
            assert np.abs(market_model(unit * y, unit * x).coef[:, 1] - exact).max() < 1e-13


def test_rows_go_through_in_runs_and_long_ones_one_by_one() -> None:
    assert _runs_of(3, 2 * CELLS_PER_RUN) == [slice(0, 1), slice(1, 2), slice(2, 3)]
    assert _runs_of(5, CELLS_PER_RUN // 2) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_the_capm_has_the_root_of_the_regression_of_excess_returns() -> None:
    # Excess market -1, 1, -1, 1: mean 0, Sxx = 4, so a bar with the excess 3 has the leverage 1/4 + 9/4.
    rate = np.array([[0.1, 0.2, 0.1, 0.2]])
    excess = np.array([[-1.0, 1, -1, 1]])
    y = rate + 2 * excess + np.array([[1.0, 1, -1, -1]])
    fit = capm(y, np.stack([rate + excess, rate]), {"fit": "ols", "covariance": "classical", "constant": True})
    assert fit.coef[0] == pytest.approx([0, 2, -1], abs=1e-12)
    assert fit.leverage([np.ones(1), np.array([3.5]), np.array([0.5])])[0] == pytest.approx(2.5)
    assert fit.sigma2[0] == pytest.approx(4 / 2)
    assert fit.rank.tolist() == [3]


def test_a_correlation_on_the_bars_in_common() -> None:
    # 1, 2, 6 about 3 and 1, 0, 1 about 2/3: product 1, squares 14 and 2/3. Without a bar in common there is none.
    x = np.array([[1.0, 2, 6, NAN], [NAN, 1, NAN, 2], [1.0, 2, 6, 4]])
    z = np.array([[1.0, 0, 1, 5], [1.0, NAN, 2, NAN], [1.0, 0, 1, NAN]])
    found = _correlation(x, z)
    assert found[[0, 2]].tolist() == pytest.approx([1 / sqrt(28 / 3)] * 2)
    assert np.isnan(found[1])
    assert np.isnan(_correlation(np.array([[1.0, NAN]]), np.array([[2.0, 3.0]]))).all()  # one bar has no variance


def test_another_line_has_its_own_residuals() -> None:
    # y = 1, 2, 4 and x = 0, 1, 2 with the line 1 + x: residuals 0, 0, 1 over M - 2 = 1; two bars leave no variance.
    y, x = np.array([[1.0, 2, 4], [1.0, 2, NAN]]), np.array([[0.0, 1, 2], [0.0, 1, 2]])
    found = with_line(market_model(y.copy(), x.copy()), y, x, np.array([[1.0, 1.0]] * 2))
    assert found.residuals[0].tolist() == [0, 0, 1]
    assert found.sigma2[0] == 1
    assert np.isnan(found.sigma2[1])
    # Squares of y about 7/3: 14/3.
    assert found.r2[0] == pytest.approx(1 - 3 / 14)


def test_weights_of_donors_and_their_condition() -> None:
    gaps = np.array([[1.0, 2, 5], [3.0, 4, 5], [5.0, 7, 5]])
    alone = _weights(gaps, np.array([False, True, False]))
    assert (alone[0].tolist(), alone[1].shape, alone[2]) == ([0, 1, 0], (3, 0), 1.0)
    # Gaps 2 along the weights (1, -1, 0)/sqrt 2, 1 along (1, 1, -2)/sqrt 6: equal weights, condition 2.
    along = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
    weights, root, condition = _weights(np.array([2 * along[0], along[1], np.zeros(3)]), np.ones(3, dtype=bool))
    assert weights.tolist() == pytest.approx([1 / 3] * 3)
    assert condition == pytest.approx(2)
    assert np.abs(root @ root.T - (np.outer(along[0], along[0]) / 4 + np.outer(along[1], along[1]))).max() < 1e-14
    # A third donor halfway between the others does not settle the weights.
    halfway = np.array([[1.0, 3, 2], [4.0, -2, 1], [0.0, 8, 4]])
    assert _weights(halfway, np.ones(3, dtype=bool))[2] == np.inf


def test_least_squares_of_two_regressors_by_hand() -> None:
    # Orthogonal regressors of +-1 and residuals of +-1 that neither explains: four squares over 4 - 3.
    a, b = np.array([1.0, -1, 1, -1]), np.array([1.0, 1, -1, -1])
    y = 3 + 2 * a - b + np.array([1.0, -1, -1, 1])
    fit = least_squares(y[None], np.stack([a, b])[:, None])
    assert fit.coef[0] == pytest.approx([3, 2, -1])
    assert (fit.sigma2[0], fit.df[0]) == (pytest.approx(4), 1)
    assert fit.xtx_inv[0] == pytest.approx(np.eye(3) / 4)
    # A bar that is missing counts for nothing, whatever the regressors were.
    with_gap = least_squares(np.append(y, NAN)[None], np.stack([np.append(a, 7.0), np.append(b, 9.0)])[:, None])
    assert with_gap.coef[0] == pytest.approx([3, 2, -1])
    assert with_gap.sigma2[0] == pytest.approx(4)
    assert np.isnan(with_gap.residuals[0, 4])
    # R2: the fit explains 4 (4 + 1) of 4 (4 + 1 + 1).
    assert with_gap.r2[0] == fit.r2[0] == pytest.approx(5 / 6)


def test_the_variance_of_a_bar_against_the_same_time_of_other_days() -> None:
    # 1, 3 and 8 % on three other days: mean 4, variance (9 + 1 + 16)/2 = 13; with the error of the mean 13 (1 + 1/3).
    series = intraday("X", {d: [0.0, 0.0, r, 0.0] for d, r in [(1, 0.01), (4, 0.03), (5, 0.08), (6, 0.06)]})
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=6, minutes=615)
    spec = es.StudySpec(model="same_clock_mean", min_observations=2, tests=("time_series_t",))
    result = es.run_study(spec, [es.Event("e", es.EventTime(at, at), ("X",))], series)
    variance = 13e-4 * 4 / 3
    assert result.abnormal.variance()[0, 0] == pytest.approx(variance)
    found = result.findings("time_series_t")[0]
    assert found.statistic[0] == pytest.approx(0.02 / sqrt(variance))
    assert found.df[0] == 2


def test_recursive_residuals_by_hand() -> None:
    # Three bars each: (-1, 0), (0, 3), (1, 0) give the line 1, and the bar at 2 the leverage 1/3 + 4/2; (0, 3), (1, 0),
    # (2, 3) give the line 2, and the bar at 4 the leverage 1/3 + 9/2. Errors 2 and 3 over their standard deviations.
    x, y = np.array([[-1.0, 0, 1, 2, 4]]), np.array([[0.0, 3, 0, 3, 5]])
    fit = rolling(y, x[None], {"bars": 3})
    expected = [2 / sqrt(1 + 7 / 3), 3 / sqrt(1 + 29 / 6)]
    assert fit.residuals[0, 3:].tolist() == pytest.approx(expected)
    assert np.isnan(fit.residuals[0, :3]).all()
    assert fit.sigma2[0] == pytest.approx((expected[0] ** 2 + expected[1] ** 2) / 2)
    assert (fit.n[0], fit.df[0]) == (2, 2)


def test_the_variance_of_a_car_with_forecast_variances_has_the_error_of_the_line() -> None:
    # Forecast variances 2 and 3 of two bars, sigma2 4, and the leverage 1/4 of the sum: 2 + 3 + 4/4.
    def columns(window: object) -> slice:
        return slice(0, 2)

    fit = SimpleNamespace(sigma2=np.array([4.0]), leverage=lambda d: d[0] / 8)
    noise = np.array([[2.0, 3.0, 9.0]])
    windows = SimpleNamespace(sums=lambda cells: [np.array([2.0])])
    abnormal = SimpleNamespace(
        same_clock=None,
        noise=noise,
        fit=fit,
        windows=windows,
        columns=columns,
        noise_variance=lambda window: noise[:, :2].sum(axis=1),
    )
    assert AbnormalReturns.window_variance(abnormal, (0, 1)).tolist() == [6.0]  # type: ignore[arg-type]


def test_forecast_variances_of_cells_add_up_those_of_their_bars() -> None:
    # omega 1, persistence 1/2, next bar 4: 4, 1 + 2 = 3, 1 + 3/2 = 2.5, 1 + 5/4 = 2.25. Omega 0 and persistence 1
    # from 2: always 2. Cells of the first bar and of the next two; of the second bar and of the two after it.
    params = np.array([[1.0, 0.5, 4.0], [0.0, 1.0, 2.0]])
    found = garch_noise(params, np.array([[0, 1], [1, 2]]), np.array([[1, 3], [2, 4]]))
    assert found.tolist() == [[4, 5.5], [2, 4]]
    assert garch_noise(params[:1], np.array([[1, 2]]), np.array([[2, 4]])).tolist() == [[3, 4.75]]
    assert garch_noise(params[:0], np.zeros((0, 2), dtype=int), np.zeros((0, 2), dtype=int)).shape == (0, 2)


def test_merged_bars_expect_the_intercept_once_for_each() -> None:
    # alpha 1 and beta 2: 5 - 1 - 2 * 1 of one bar, 9 - 3 * 1 - 2 * 2 of three merged ones.
    block = SimpleNamespace(n_bars=np.array([[1, 3]]), event_y=np.array([[5.0, 9]]), event_X=np.array([[[1.0, 2]]]))
    assert subtract(block, SimpleNamespace(coef=np.array([[1.0, 2]]))).tolist() == [[2, 2]]  # type: ignore[arg-type]


def test_scholes_and_williams_by_hand() -> None:
    # y less its mean 1 is (3, -1, -1, -1): slopes 4/4 on the same bar, 12/12 on the one before, 4/4 on the next; the
    # market and that of the bar before correlate with 4/sqrt(4 * 12). beta = 3/(1 + 2/sqrt 3).
    now, before, after = [1.0, 1, -1, -1], [3.0, -1, -1, -1], [1.0, -1, 1, -1]
    fit = scholes_williams(np.array([[4.0, 0, 0, 0]]), np.array([now, before, after])[:, None], {})
    beta = 3 / (1 + 2 / sqrt(3))
    assert fit.coef[0] == pytest.approx([1, beta])
    assert fit.sigma2[0] == pytest.approx(((3 - beta) ** 2 + (1 + beta) ** 2 + 2 * (beta - 1) ** 2) / 2)


def test_a_close_at_the_latest_instant_is_the_first_that_may_know_the_news() -> None:
    # News from 12 to 20, from 12 to 21, and from 20 to 20, among closes at 10, 20 and 30.
    found = locate_closes(np.array([10, 20, 30]), NewsBounds(np.array([12, 12, 20]), np.array([20, 21, 20])))
    assert found.reference.tolist() == [0, 0, 1]
    assert found.first.tolist() == [1, 2, 2]
