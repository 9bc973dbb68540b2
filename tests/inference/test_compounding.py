"""Buy-and-hold returns: the shift of their mean by estimated means, and windows that share days."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest

from benchmarks.bench_size import DESIGN_CASES, LONG
from benchmarks.designs import draw, of_draw, prepared, rejected, spec_of
from eventstudy.abnormal.windows import Window
from eventstudy.study.compounding import compounding_shift, rejection_rate
from eventstudy.study.run import solve
from tests.inference.test_hand_studies import study


def notices(case: tuple[str, int], returns: str = "simple") -> str:
    """Return the warning about the shift of a simulated study without an effect."""
    design = LONG[case]
    spec = spec_of(design, ("cross_sectional_t",), returns=returns)
    result = solve(spec, of_draw(prepared(design, spec), draw(np.random.default_rng(8), design)))
    return " ".join(notice.message for notice in result.notices if notice.code == "ES-BHAR-EXPECTED")


def test_the_shift_by_hand() -> None:
    # Means of 0 on M = 4 bars, s^2 = 4/3, 4/3, 16/3 (percent squared). Over two bars V = s^2 2^2 / 4 = s^2.
    abnormal = study(("cross_sectional_t",)).abnormal
    s2 = np.array([4 / 3, 4 / 3, 16 / 3]) * 1e-4
    simple, log = (compounding_shift(abnormal, Window(0, 1), kind) for kind in ("simple", "log"))
    assert simple.error == pytest.approx(1 - np.exp(s2 / 2), rel=1e-9)
    assert not simple.variance.any()
    assert log.error == pytest.approx(simple.error)
    assert log.variance == pytest.approx(np.exp(s2) - 1, rel=1e-9)  # L s^2 / 2 = s^2


def test_the_mean_of_many_buy_and_hold_returns_is_shifted_by_that_much() -> None:
    # 200,000 windows of 100 bars, a mean estimated on 50 bars of 2%: E[(1 + a)^100] - 1 with a ~ N(0, 0.02^2 / 50).
    a = np.random.default_rng(1).normal(0, 0.02 / sqrt(50), 200_000)
    expected = 1 - exp(0.5 * (0.02 * 100) ** 2 / 50)
    assert (1 - np.exp(100 * a)).mean() == pytest.approx(expected, abs=4 * np.exp(100 * a).std() / sqrt(200_000))


def test_the_rejection_rate_is_that_of_a_shifted_normal_statistic() -> None:
    # Tables of the normal distribution: P(Z > 0) + P(Z < -3.92), and P(Z > 0.96) + P(Z < -2.96).
    assert rejection_rate(1.959964, 0.95) == pytest.approx(0.50004, abs=1e-5)
    assert rejection_rate(-1.0, 0.95) == pytest.approx(0.16853 + 0.00154, abs=2e-4)
    # One-sided: P(Z > 1.645 - 1) and P(Z < -1.645 - 1).
    assert rejection_rate(1.0, 0.95, "greater") == pytest.approx(0.25951, abs=1e-4)
    assert rejection_rate(1.0, 0.95, "less") == pytest.approx(0.00408, abs=1e-4)


def test_a_year_under_a_market_model_is_warned_of_and_the_cure_removes_warning_and_cause() -> None:
    warned = notices(("market", 250))
    assert "Without an effect the mean BHAR over days 0 to +249 would be -" in warned
    assert 'Set `[model] name = "market_adjusted"`' in warned
    assert not notices(("market", 60))
    assert not notices(("market_adjusted", 250))
    model, cured = (rejected(LONG[name, 250], 150, ("cross_sectional_t",)) for name in ("market", "market_adjusted"))
    assert (model["cross_sectional_t"] <= 0.05).mean() > 0.05 + 2 * sqrt(0.05 * 0.95 / 150)
    assert (cured["cross_sectional_t"] <= 0.05).mean() <= 0.05 + 3 * sqrt(0.05 * 0.95 / 150)


def test_log_returns_are_sent_to_simple_ones_where_these_hold() -> None:
    assert notices(("market", 60), "log").endswith('Set `[model] returns = "simple"`.')


def test_buy_and_hold_returns_that_share_days_are_tested_with_their_correlation() -> None:
    p = rejected(DESIGN_CASES["buy-and-hold returns, shared days"], 100, ("cross_sectional_t",))
    assert (p["cross_sectional_t"] <= 0.05).mean() > 0.4
    assert (p["primary"] <= 0.05).mean() <= 0.05 + 3 * sqrt(0.05 * 0.95 / 100)


def test_the_error_of_means_that_instruments_have_in_common_is_in_the_variance() -> None:
    # 20 instruments on ten dates 70 days apart: 40 returns are left to estimate on, the same days for all dates and
    # instruments. Counted within each instrument alone, t had a standard deviation of 1.35 and rejected 16 %.
    design = replace(DESIGN_CASES["buy-and-hold returns, shared days"], gap=70)
    spec = spec_of(design, ("overlap_t",))
    inputs, t = prepared(design, spec), []
    for child in np.random.SeedSequence(5).spawn(100):
        result = solve(spec, of_draw(inputs, draw(np.random.default_rng(child), design)))
        t.append(result.findings("overlap_t")[0].statistic[0])
    assert result.primary is not None
    assert result.primary.test == "overlap_t"
    assert abs(np.std(t) - 1) < 3 * sqrt(1 / 200)  # three standard errors of that of 100 normal draws


def test_a_model_that_estimates_no_mean_has_no_shift() -> None:
    result = study(("cross_sectional_t",), model="zero", estimation=None, measure="bhar", returns="log")
    assert not [notice for notice in result.notices if notice.code == "ES-BHAR-EXPECTED"]
