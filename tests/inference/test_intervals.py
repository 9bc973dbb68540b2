"""A 95% interval excludes zero exactly where its test rejects at the 5% level: every test that prints an interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventstudy as es
from eventstudy.inference.intervals import beyond, studentized, summed, symmetric
from eventstudy.inference.placebo_test import count_placebo
from eventstudy.inference.table import TESTS
from tests.study.made import daily_frame, events_at

LEVELS = (0.8, 0.9, 0.95)
WITHOUT = {  # tests that have no interval in the unit of the CAR
    *("corrado_rank", "corrado_zivney", "campbell_wasley", "grank_t", "grank_z", "corrado_sign"),
    *("sign", "generalized_sign", "wilcoxon", "johnson_t", "hall_t", "jackknife_t"),
    *("bootstrap_t", "wild_bootstrap", "sample_quantile"),
}
DAILY = tuple(name for name in TESTS if name != "standardized_placebo")


def study(seed: int, level: float, **settings: Any) -> es.StudyResult:
    """Six events of three instruments with effects near the edge of what a test finds, some dates shared."""
    rng = np.random.default_rng(seed)
    frame = daily_frame(150, 4, seed=seed)
    pairs = [(f"A{int(i)}", int(row)) for i, row in zip(rng.integers(0, 3, 6), rng.integers(90, 140, 6), strict=True)]
    pairs = list(dict.fromkeys([*pairs, ("A0", 120), ("A1", 120)]))
    for code, row in pairs:
        frame.loc[frame.index[row], code] += rng.normal(0.01, 0.01)
    given: dict[str, Any] = {"model": "market", "estimation": (-60, -6), "event": (0, 1), "tests": DAILY, **settings}
    options = {name: {"draws": 39} for name in ("bootstrap_t", "wild_bootstrap", "residual_bmp", "placebo_refit")}
    spec = es.StudySpec(**given, level=level, test_options=options, diagnostics="off", windows=((0, 0), (0, 1)))
    return es.run_study(spec, events_at(frame, pairs), frame, market=frame["A3"].rename("market"))


SIDES = ("two-sided", "greater", "less")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("seed", range(12))
def test_an_interval_excludes_zero_exactly_where_its_test_rejects(seed: int, side: str) -> None:
    level = LEVELS[seed % len(LEVELS)]
    compared = set()
    for found in study(seed, level, alternative=side).significances.findings:
        low, high, p = found.interval.low, found.interval.high, found.pvalue
        finite = ~np.isnan(low) & ~np.isnan(high)
        assert (high[finite] == np.inf).all() == (side == "greater") or not finite.any()
        assert (low[finite] == -np.inf).all() == (side == "less") or not finite.any()
        assert (np.isfinite(p) | ~finite).all(), found.test
        excludes = (low > 0) | (high < 0)
        assert (excludes == (p <= 1 - level + 1e-12))[finite].all(), (found.test, found.window)
        assert (finite | np.isnan(low) & np.isnan(high)).all(), found.test
        compared |= {found.test} if finite.any() else set()
    assert compared <= set(DAILY) - WITHOUT


def test_every_test_with_an_interval_is_compared() -> None:
    compared = {
        found.test
        for seed in range(3)
        for found in study(seed, 0.8).significances.findings
        if np.isfinite(found.interval.low).any()
    }
    assert compared == set(DAILY) - WITHOUT


@pytest.mark.parametrize("side", ["greater", "less"])
@pytest.mark.parametrize("days", [*range(1, 60, 3), 99, 249])
def test_one_sided_placebo_intervals_have_the_end_of_their_alternative(days: int, side: Any) -> None:
    rng = np.random.default_rng(days)
    draws = np.round(rng.standard_normal(days), 1)
    for car in np.concatenate([np.round(rng.normal(0, 2, 20), 1), draws[:20], draws[:20] * (1 + 1e-12)]):
        for level in LEVELS:
            counts = count_placebo(np.array([car]), (draws,), level, side)
            p = (1 + (counts.greater if side == "greater" else counts.less)[0]) / (days + 1)
            low, high = counts.interval.low[0], counts.interval.high[0]
            if 1 / (days + 1) > 1 - level + 1e-12:
                assert np.isnan([low, high]).all()
                continue
            assert (high == np.inf) if side == "greater" else (low == -np.inf)
            assert (low > 0 or high < 0) == (p <= 1 - level + 1e-12), (car, level, p, low, high)


@pytest.mark.parametrize("days", [*range(1, 60), 99, 249])
def test_placebo_intervals_at_every_number_of_days(days: int) -> None:
    rng = np.random.default_rng(days)
    draws = np.round(rng.standard_normal(days), 1)
    for car in np.concatenate([np.round(rng.normal(0, 2, 20), 1), draws[:20], draws[:20] * (1 + 1e-12)]):
        for level in LEVELS:
            counts = count_placebo(np.array([car]), (draws,), level)
            p = (1 + counts.two_sided[0]) / (days + 1)
            low, high = counts.interval.low[0], counts.interval.high[0]
            possible = 1 / (days + 1) <= 1 - level + 1e-12
            assert np.isfinite(low) == np.isfinite(high) == possible
            if possible:
                assert (low > 0 or high < 0) == (p <= 1 - level + 1e-12), (car, level, p, low, high)


def test_the_placebo_interval_by_hand() -> None:
    # 39 days, |draws| 1 to 39: k = floor(0.05 * 40) = 2, so the bound is the second largest, 38.
    low, high = beyond(45.0, np.arange(1, 40.0) * np.resize([1, -1], 39), 0.95, 1e-12)
    assert (low, high) == pytest.approx((7.0, 83.0), abs=1e-6)


def test_the_ends_of_an_interval_are_effects_at_the_critical_value() -> None:
    # At an end d the t of S - d w, S = CAR / sd and w = 1 / sd, is the 97.5 % quantile of t(3), 3.182446, of either
    # sign; the sum of S - d w over the root of its variance is 1.959964.
    car, sd = np.array([0.021, 0.042, 0.018, 0.033]), np.array([0.010, 0.012, 0.008, 0.011])
    interval = studentized(car, sd, 1.0, 0.95)
    for end, sign in ((interval.low[0], 1), (interval.high[0], -1)):
        left = (car - end) / sd
        assert abs(2 * left.mean() / left.std(ddof=1) - sign * 3.182446) < 1e-6
    interval = summed(car, sd, 5.0, 0.95)
    for end, sign in ((interval.low[0], 1), (interval.high[0], -1)):
        assert abs(((car - end) / sd).sum() / 5.0**0.5 - sign * 1.959964) < 1e-6


def test_the_end_of_a_one_sided_interval_is_the_bound_that_other_programs_give() -> None:
    from scipy.stats import ttest_1samp

    car, sd = np.array([0.021, 0.042, 0.018, 0.033]), np.array([0.010, 0.012, 0.008, 0.011])
    se = np.array([car.std(ddof=1) / 2])
    for side in ("greater", "less"):
        theirs = ttest_1samp(car, 0.0, alternative=side).confidence_interval(0.95)
        ours = symmetric(np.array([car.mean()]), se, np.array([3.0]), 0.95, alternative=side)
        assert (ours.low[0], ours.high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    # The 95 % quantiles of t(3) and of the normal distribution are 2.353363 and 1.644854.
    interval = studentized(car, sd, 1.0, 0.95, alternative="greater")
    left = (car - interval.low[0]) / sd
    assert abs(2 * left.mean() / left.std(ddof=1) - 2.353363) < 1e-6
    interval = summed(car, sd, 5.0, 0.95, alternative="less")
    assert abs(((car - interval.high[0]) / sd).sum() / 5.0**0.5 + 1.644854) < 1e-6
    # Of 39 draws the second largest is 38 (see above); of -1 to -39 it is -2.
    assert beyond(45.0, np.arange(1, 40.0), 0.95, 1e-12, alternative="greater")[0] == pytest.approx(7.0)
    assert beyond(45.0, -np.arange(1, 40.0), 0.95, 1e-12, alternative="greater")[0] == pytest.approx(47.0)
