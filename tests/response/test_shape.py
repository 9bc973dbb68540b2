"""Shapes by hand, and the placebo inference they rest on."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.response.activity import Series, activities, medians
from eventstudy.response.later_closes import Moves, judged
from eventstudy.response.placebo import (
    bands,
    move_interval,
    order_bound,
    placebo_pvalue,
    placebo_sups,
    regime_scaled,
    smallest_pvalue,
    sup_test,
    upper_pvalue,
)
from eventstudy.response.shape import ShapeColumns, first_exit, interval, noise_draws, reflected, shape_numbers
from eventstudy.response.shape_estimates import AfterNews, pattern_of, pre_event_share, shape_estimates
from eventstudy.response.uncertain_time import Curves, assumed_times, moves_from
from eventstudy.response.values import Estimate
from eventstudy.response.window import less_mean

AT = ShapeColumns(initial=2, horizon=5, absorbed=1)


def after(path: list[float], noise: float = 0.001, days: int = 59, at: ShapeColumns = AT) -> AfterNews:
    rng = np.random.default_rng(0)
    placebo = noise * rng.standard_normal((days, len(path))).cumsum(axis=1)
    array = np.array(path)
    return AfterNews(array, placebo, np.arange(1.0, len(path) + 1), bands(placebo, 0.95), at, 0.95)


def test_every_number_of_the_shape_by_hand() -> None:
    path = np.array([[0.001, 0.006, 0.012, 0.011, 0.009, 0.008]])
    found = {k: float(v[0]) for k, v in shape_numbers(path, np.arange(1.0, 7.0), AT).items()}
    assert found["t50"] == 2.0  # 6 of 8
    assert found["t90"] == 3.0
    assert (found["peak"], found["peak_minutes"]) == (0.012, 3.0)
    assert math.isclose(found["overshoot"], 0.5)
    assert math.isclose(found["retracement"], 1 / 3)
    assert math.isclose(found["reversal"], 1 / 3)  # (12 - 8) / 12
    assert math.isclose(found["absorbed_share"], 0.75)


@given(st.lists(st.floats(-0.05, 0.05), min_size=6, max_size=6), st.floats(0.1, 10))
def test_shapes_do_not_depend_on_size_or_sign_of_the_move(path: list[float], scale: float) -> None:
    minutes = np.arange(1.0, 7.0)
    array = np.round(np.array([path]), 4)
    one = shape_numbers(array, minutes, AT)
    other = shape_numbers(-array, minutes, AT)
    for name in one:
        sign = -1 if name == "peak" else 1
        assert np.allclose(one[name], sign * other[name], equal_nan=True)
    assert np.allclose(shape_numbers(2 * array, minutes, AT)["peak"], 2 * one["peak"])


def test_shares_of_no_move_are_said_to_be_undefined_not_printed() -> None:
    estimates = {e.name: e for e in shape_estimates(after([0.0, 0.0001, 0.0, -0.0001, 0.0, 0.00005]))}
    for name in ("t50", "t90", "overshoot", "reversal", "absorbed_share", "peak", "retracement"):
        assert math.isnan(estimates[name].value)
        assert "placebo days" in estimates[name].reason
    assert pattern_of(after([0.0, 0.0001, 0.0, -0.0001, 0.0, 0.00005])) == "no detectable move"


def test_one_word_for_each_shape() -> None:
    move = 0.05
    assert pattern_of(after([move] * 6)) == "sustained"
    assert pattern_of(after([move, move, move, 0.8 * move, 0.75 * move, 0.7 * move])) == "partly retraced"
    assert pattern_of(after([move, move, move, 0.5 * move, 0.1 * move, 0.02 * move])) == "overshoot"
    assert pattern_of(after([0.01, 0.02, 0.025, 0.03, 0.04, 0.05])) == "continuing"
    assert pattern_of(after([move] * 6, days=4)) == "not classified"


def test_first_exit_must_stay_and_nan_is_a_band_nobody_leaves() -> None:
    paths = np.array([[0.0, 2, 0, 2, 2, 2], [0.0, 0, 0, 0, 0, 2], [2.0, 2, 2, 0, 0, 0], [0.0] * 6])
    assert first_exit(paths, np.ones(6), 3).tolist() == [3, 5, 0, -1]
    assert first_exit(paths, np.full(6, np.nan), 3).tolist() == [-1] * 4


def test_draws_and_intervals_by_hand() -> None:
    noise = np.array([[1.0, 0.0], [2.0, -1.0]])
    assert noise_draws(np.array([10.0, 20.0]), noise).tolist() == [[9, 20], [8, 21], [11, 20], [12, 19]]
    draws = np.arange(1.0, 41.0)
    assert interval(draws, 0.95) == (2.0, 39.0)  # 2.5 % of 40 is one draw on either side
    assert all(math.isnan(end) for end in interval(draws[:19], 0.95))
    assert reflected(10.0, interval(draws, 0.95)) == (-19.0, 18.0)


def drift_of(move: float, days: np.ndarray) -> Estimate:
    found = judged([Moves(np.array([move]), days[:, None], days[:, None])], 0.95)
    numbers = (float(numbers[0, 0]) for numbers in (found.value, found.low, found.high))
    return Estimate("pre_event_drift", *numbers, pvalue=float(found.pvalue[0, 0]))


def test_the_pre_event_drift_keeps_the_sign_of_the_price() -> None:
    before = np.linspace(-0.004, 0.004, 59)
    drift = drift_of(-0.005, before)
    assert (drift.value, drift.pvalue) == (-0.005, 1 / 60)
    assert drift.low < drift.value < drift.high < 0  # p <= 0.05, so the interval leaves zero out
    share = pre_event_share(drift, before, after([-0.05] * 6))
    assert math.isclose(share.value, 0.005 / 0.055)
    assert share.pvalue == drift.pvalue
    assert pre_event_share(drift_of(-0.009, before), before, after([-1e-5] * 6)).reason


@given(
    st.lists(st.integers(-40, 40), min_size=1, max_size=260),
    st.integers(-45, 45),
    st.sampled_from([0.9, 0.95, 0.99]),
    st.booleans(),
)
def test_an_interval_excludes_zero_exactly_where_its_test_rejects(
    days: list[int], move: int, level: float, weighted: bool
) -> None:
    noise = np.array(days, dtype=np.float64) * 1e-4
    weight = np.where(np.arange(len(days)) % 3 == 0, 0.5, 1.0) if weighted else None
    p = float(placebo_pvalue(np.array(move * 1e-4), noise, weight))
    low, high = move_interval(move * 1e-4, noise, level, weight)
    assert (low > 0 or high < 0) == (p <= 1 - level + 1e-9)


def test_the_interval_of_a_move_by_hand() -> None:
    # 69 days of size 1 to 69: at 95% three may be as large (p = 4/70 is too many, 3/70 not), so the 67th is the bound
    days = np.arange(1.0, 70.0)
    low, high = move_interval(84.0, days, 0.95)
    assert math.isclose(low, 17.0, rel_tol=1e-8)
    assert math.isclose(high, 151.0, rel_tol=1e-8)
    assert math.isnan(move_interval(84.0, days[:18], 0.95)[0])  # 18 days give no p-value of 0.05


def test_placebo_pvalues_by_hand() -> None:
    placebo = np.array([[1.0, 5.0], [-3.0, np.nan], [2.0, -4.0]])
    assert placebo_pvalue(np.array([2.5, 4.5]), placebo).tolist() == [2 / 4, 2 / 3]
    assert upper_pvalue(np.array([1.5, -9.0]), placebo).tolist() == [2 / 4, 1.0]
    assert float(upper_pvalue(np.array(np.inf), np.array([1.0, np.inf, 2.0]))) == 0.5
    assert smallest_pvalue(19) == 0.05
    assert math.isnan(placebo_pvalue(np.array(np.nan), np.ones(5)))


def test_moves_of_one_tick_are_ties_despite_the_rounding_of_logarithms() -> None:
    event, same = np.log(100.1) - np.log(100.0), np.log(100.1 / 100.0)
    assert event != same
    for first, second in ((event, same), (same, event)):
        assert float(placebo_pvalue(np.array(first), np.array([second]))) == 1.0
        assert float(upper_pvalue(np.array(first), np.array([second]))) == 1.0


@given(st.integers(5, 200), st.integers(0, 10_000))
def test_the_band_and_the_pvalue_agree(days: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    placebo, event = rng.standard_normal((days, 3)), 2 * rng.standard_normal(3)
    width = order_bound(np.abs(placebo), 0.9)
    outside = np.abs(event) > width
    rejected = placebo_pvalue(event, placebo) <= 0.1 + 1e-12
    assert np.array_equal(np.isfinite(width), np.full(3, days >= 9))
    if days >= 9:
        assert np.array_equal(outside, rejected)


def test_the_sup_statistic_by_hand_and_its_exactness_over_columns() -> None:
    placebo = np.array([[3.0, 0.0], [0.0, 4.0], [3.0, 0.0], [0.0, 4.0]])
    # day 1: column 1 by the scale of the others, sqrt(9/3): 3 / 1.732 = 1.732
    scale, sups = placebo_sups(placebo)
    assert np.allclose(scale, np.sqrt([18 / 4, 32 / 4]))
    assert np.allclose(sups, [math.sqrt(3)] * 4)
    statistic, pvalue = sup_test(np.array([6.0, 0.0]), placebo)
    assert math.isclose(statistic, 6 / math.sqrt(18 / 4))
    assert pvalue == 1 / 5
    assert np.allclose(bands(placebo, 0.6).joint, np.sqrt([18 / 4, 32 / 4]) * math.sqrt(3))


def test_the_joint_band_holds_for_the_whole_path() -> None:
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(400):
        paths = rng.standard_normal((60, 30)).cumsum(axis=1)
        found = bands(paths[1:], 0.95)
        inside.append(bool((np.abs(paths[0]) <= found.joint).all()))
    assert abs(np.mean(inside) - 0.95) < 0.03  # standard error 1.1 %


def test_less_mean_leaves_each_day_out_of_its_own() -> None:
    car, placebo = less_mean(np.array([5.0]), np.array([[1.0], [2.0], [6.0]]))
    assert car[0] == 2.0
    assert placebo[:, 0].tolist() == [1.0 - 4.0, 2.0 - 3.5, 6.0 - 1.5]


def test_regime_scaling_by_hand() -> None:
    scaled, factor = regime_scaled(np.array([[1.0], [1.0], [1.0]]), np.array([2.0, 0.5, 0.0]), 1.0)
    assert scaled[:2, 0].tolist() == [0.5, 2.0]
    assert math.isnan(scaled[2, 0])
    assert factor[:2].tolist() == [0.5, 2.0]


def test_activity_by_hand() -> None:
    placebo = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, np.nan]])
    usual = medians(placebo)
    assert usual.tolist() == [2.0, 15.0]
    series = Series("volume", np.array([[8.0, 15.0]]), placebo[:, None], np.ones((len(placebo), 1), bool), usual[None])
    (found,) = activities(series)
    assert found is not None
    assert found.multiple.tolist() == [4.0, 1.0]
    assert (found.peak.value, found.peak.pvalue) == (4.0, 0.25)
    assert found.window.value == 23.0 / 11.0  # sums 11, 22, 3: median 11
    assert found.window.pvalue == 0.25


def test_the_curve_over_assumed_times_finds_the_jump_and_its_sup_is_not_picked() -> None:
    path = np.array([0.0, 0, 0, 9, 9, 9, 9])
    assert moves_from(path, np.arange(4), 2).tolist() == [0, 9, 9, 0]
    paths = np.random.default_rng(12).standard_normal((60, 300, 25)).cumsum(axis=2)  # 300 events of 59 days
    moves, closes = Curves(paths[0], paths[1:]), np.tile(np.arange(15), (300, 1))
    rejected = [curve.pvalue <= 0.05 for curve in assumed_times(moves, moves, closes, length=5, minutes=5, level=0.95)]
    assert abs(np.mean(rejected) - 0.05) < 0.04  # standard error 1.3 %; picking the largest of 15 would give about 30 %
