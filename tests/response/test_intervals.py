"""Intervals by test inversion: numbers by hand, and the truth held as often as promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.response.placebo import (
    bands,
    crossing_interval,
    order_bound,
    peak_interval,
    placebo_pvalue,
    ratio_interval,
    selection_adjusted_level,
    sup_test,
    upper_pvalue,
)
from eventstudy.response.shape import ShapeColumns, interval
from eventstudy.response.shape_estimates import AfterNews, shape_estimates, share_estimate


def test_the_level_allows_for_numbers_told_only_after_a_significant_move() -> None:
    noise = np.array([-3.0, -1.0, 1.0, 3.0])
    # value 4, bound 2: of 4 -+ noise = 7 5 3 1 1 3 5 7 six are beyond: 1 - 0.05 * 6 / 8
    assert math.isclose(selection_adjusted_level(4.0, noise, 2.0, 0.95), 1 - 0.05 * 0.75)
    assert selection_adjusted_level(100.0, noise, 2.0, 0.95) == 0.95
    assert (
        selection_adjusted_level(0.0, noise, 2.9, 0.95) == 0.975
    )  # never more than a doubling of what the level leaves


def test_a_ratio_by_hand() -> None:
    # |5 - rho 10| <= 0.95-quantile of |rho b|: with 19 equal days b = 2 that is 5 - 10 rho = -+ 2 rho
    days = np.full(19, 2.0)
    low, high = ratio_interval((5.0, 10.0), (0 * days, days), 0.95)
    assert abs(low - 5 / 12) < 1e-3
    assert abs(high - 5 / 8) < 1e-3
    # the part alone is uncertain: (5 -+ 2) / 10
    low, high = ratio_interval((5.0, 10.0), (days, 0 * days), 0.95)
    assert abs(low - 0.3) < 1e-3
    assert abs(high - 0.7) < 1e-3


def test_a_ratio_without_a_bound_is_said_and_too_few_days_give_none() -> None:
    days = np.full(19, 2.0)
    low, high = ratio_interval((5.0, 1.0), (0 * days, days), 0.95)  # the bottom may be 0: no upper end; 5 / (1 + 2)
    assert abs(low - 5 / 3) < 2e-2
    assert high == math.inf
    # some days may lift the part by 2, others the whole by 2: |0.5 - rho| <= max(2, 2 |rho|) for every rho
    first = np.arange(19) < 10
    assert ratio_interval((0.5, 1.0), (days * first, days * ~first), 0.95) == (-math.inf, math.inf)
    assert all(math.isnan(end) for end in ratio_interval((5.0, 10.0), (days[:18], days[:18]), 0.95))
    assert "too close" in share_estimate("pre_event_share", 0.5, (-math.inf, math.inf)).reason


@pytest.mark.parametrize("sd", [1e-3, 1e-4, 1e-9])
@pytest.mark.parametrize("ratio", [0.5, -0.3, 1.004, 40.0])
def test_the_interval_of_a_ratio_holds_its_estimate_however_little_the_days_vary(sd: float, ratio: float) -> None:
    # The estimate is never refuted by its own data: |top - (top / bottom) bottom| = 0.
    days = sd * np.random.default_rng(4).standard_normal((2, 60))
    low, high = ratio_interval((ratio, 1.0), (days[0], days[1]), 0.95)
    assert low <= ratio <= high


@given(seed=st.integers(0, 2000), scale=st.sampled_from([-3.0, 0.01, 100.0]))
def test_a_ratio_does_not_depend_on_the_size_or_sign_of_the_move(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    top, bottom = rng.standard_normal(2) * 3
    a, b = rng.standard_normal((2, 39))
    one = ratio_interval((top, bottom), (a, b), 0.95)
    other = ratio_interval((scale * top, scale * bottom), (scale * a, scale * b), 0.95)
    assert np.allclose(one, other, atol=1e-9)


def test_a_ratio_holds_the_truth_as_often_as_promised() -> None:
    rng = np.random.default_rng(3)
    held = []
    for _ in range(1500):
        noise = rng.standard_normal((60, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
        low, high = ratio_interval((2.0 + noise[0, 0], 4.0 + noise[0, 1]), (noise[1:, 0], noise[1:, 1]), 0.95)
        held.append(low <= 0.5 <= high)
    assert abs(np.mean(held) - 0.95) < 0.017  # three standard errors


def test_crossings_and_peaks_by_hand() -> None:
    path = np.array([1.0, 4.0, 6.0, 10.0])
    quiet = np.zeros((19, 4))
    assert crossing_interval(path, quiet, 0.5, 0.95) == (2, 2)  # 6 is the first at or above 5
    assert crossing_interval(-path, quiet, 0.5, 0.95) == (2, 2)
    # noise that moves each column by 1.5 and the last by nothing: 4 may have been 5.5, 6 may have been 4.5
    noisy = np.tile([1.5, 1.5, 1.5, 0.0], (19, 1))
    assert crossing_interval(path, noisy, 0.5, 0.95) == (1, 3)
    assert crossing_interval(path, quiet[:5], 0.5, 0.95) == (-1, -1)
    bump = np.array([1.0, 9.0, 8.0, 2.0])
    assert peak_interval(bump, quiet, 1.0, 0.95) == (1, 1)
    assert peak_interval(-bump, quiet, -1.0, 0.95) == (1, 1)
    # an ordinary day may lift a column by 1.5 above the third: 8 may be the peak, 1 and 2 may not
    assert peak_interval(bump, np.tile([0.0, 1.5, 0.0, 0.0], (19, 1)), 1.0, 0.95) == (1, 2)


@pytest.mark.parametrize("size", [1.5, 3.0])
def test_half_lives_and_peaks_hold_the_truth_even_after_barely_significant_moves(size: float) -> None:
    rng = np.random.default_rng(4)
    truth = size * 5 * np.concatenate([1 - 0.5 ** (np.arange(1, 21) / 4), np.full(10, 1 - 0.5**5) * 0.7])
    half = int(np.argmax(truth / truth[-1] >= 0.5)) + 1.0
    held, peak_held, told = [], [], 0
    for _ in range(700):
        days = rng.standard_normal((60, 30)).cumsum(axis=1)
        path = truth + days[0]
        placebo = days[1:]
        at = ShapeColumns(initial=19, horizon=29, absorbed=4)
        after = AfterNews(path, placebo, np.arange(1.0, 31.0), bands(placebo, 0.95), at, 0.95)
        peak = peak_interval(path, placebo, 1.0, 0.95)
        peak_held.append(peak[0] <= int(truth.argmax()) <= peak[1])
        found = {e.name: e for e in shape_estimates(after)}["t50"]
        told += found.defined
        held += [found.low <= half <= found.high] if found.defined else []
    assert told > 70
    assert np.mean(held) > 0.93
    assert np.mean(peak_held) > 0.93


@given(seed=st.integers(0, 3000), days=st.integers(20, 80))
def test_full_weights_change_nothing(seed: int, days: int) -> None:
    rng = np.random.default_rng(seed)
    event, placebo, ones = rng.standard_normal(4), rng.standard_normal((days, 4)), np.ones(days)
    assert np.allclose(placebo_pvalue(event, placebo), placebo_pvalue(event, placebo, ones))
    assert np.allclose(upper_pvalue(event, placebo), upper_pvalue(event, placebo, ones))
    assert np.array_equal(order_bound(placebo, 0.9), order_bound(placebo, 0.9, ones))
    assert np.allclose(sup_test(event, placebo), sup_test(event, placebo, ones))
    one, other = bands(placebo, 0.9), bands(placebo, 0.9, ones)
    assert np.allclose(one.joint, other.joint)
    draws = np.concatenate([-placebo[:, 0], placebo[:, 0]])
    assert interval(draws, 0.9) == interval(draws, 0.9, ones)


def test_doubted_days_count_less_by_hand() -> None:
    placebo, weight = np.array([5.0, 1.0, -4.0, 2.0]), np.array([0.5, 1.0, 0.5, 1.0])
    # beyond 3: the two doubted days, half a day each: (1 + 1) / (1 + 3)
    assert float(placebo_pvalue(np.array(3.0), placebo, weight)) == 0.5
    assert float(upper_pvalue(np.array(3.0), placebo, weight)) == 1.5 / 4
    # held up to 1, 2, 4, 5: 1, 2, 2.5, 3; wanted 0.6 * 4 = 2.4
    assert float(order_bound(np.abs(placebo)[:, None], 0.6, weight)[0]) == 4.0
    assert math.isnan(float(order_bound(np.abs(placebo)[:, None], 0.8, weight)[0]))


def test_doubted_days_never_make_the_test_reject_too_often() -> None:
    rng = np.random.default_rng(5)
    weight = np.where(np.arange(59) % 3 == 0, 0.5, 1.0)
    pvalues = [float(placebo_pvalue(x[0], x[1:], weight)) for x in rng.standard_normal((4000, 60))]
    assert 0.02 < np.mean(np.array(pvalues) <= 0.05 + 1e-12) < 0.06


def test_a_ratio_ends_where_a_walk_over_every_angle_ends() -> None:
    rng, angles, ends = np.random.default_rng(3), np.radians(np.arange(-89.5, 90.0, 0.5)), set()
    for scale in np.geomspace(0.5, 50, 60):
        (top, bottom), (a, b) = scale * rng.normal(size=2), rng.normal(size=(2, 39))
        q = np.sort(np.abs(np.outer(np.cos(angles), a) - np.outer(np.sin(angles), b)))[:, 37]  # the 38th of 39
        spare = q - np.abs(top * np.cos(angles) - bottom * np.sin(angles))
        found = ratio_interval((top, bottom), (a, b), 0.95)
        center = int(np.abs(angles - math.atan(top / bottom)).argmin())
        for way, end in zip((-1, 1), found, strict=True):
            at = center
            while 0 <= at < len(angles) and spare[at] >= 0:
                at += way
            if not 0 <= at < len(angles):
                assert end == way * math.inf
            elif at != center:
                held = spare[at - way] / (spare[at - way] - spare[at])
                assert math.isclose(
                    end, math.tan(angles[at - way] + held * (angles[at] - angles[at - way])), rel_tol=1e-9
                )
                ends.add(abs(at - center) > 41)
    assert ends == {True, False}  # some within 20 degrees of the ratio, some beyond
