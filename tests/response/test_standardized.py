"""Returns over the volatility of their time of day: known truth, no look-ahead, and a study that tests them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import SpecError, UsageError
from eventstudy.market.returns import Returns, log_returns
from eventstudy.response.matching import paths_of
from eventstudy.response.seasonality import periodicity
from eventstudy.response.standardized import FEWEST_DAYS, day_scales, standardized_returns
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days
from eventstudy.simulate.draws import u_shape
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec

DESIGN = IntradayDesign(days=60, half_spread=0.0, quiet=0.0, cluster=0.0, day_sd=0.4, minutes=180, jump_second=5430)


def returns(seed: int = 1) -> Returns:
    bars, _ = intraday_bars(intraday_days(DESIGN, seed))
    return log_returns(bars)


def test_they_have_one_volatility_at_every_time_of_day() -> None:
    raw = returns()
    inside = ~raw.spans_break & np.isfinite(raw.values)
    ready = np.isfinite(standardized_returns(raw, "sd").values) & inside
    clock = raw.clock // 60_000_000 - 601  # the session opens at 10:00
    edges, middle = (clock < 20) | (clock >= 160), (clock > 70) & (clock < 110)
    plain = np.std(raw.values[ready & edges]) / np.std(raw.values[ready & middle])
    made = standardized_returns(raw, "sd").values
    assert u_shape(180, 0.6)[5] > 1.3  # the planted U
    assert plain > 1.25
    assert abs(np.std(made[ready & edges]) / np.std(made[ready & middle]) - 1) < 0.08


def test_nothing_of_the_day_itself_or_of_later_days_is_in_the_yardstick() -> None:
    raw = returns(2)
    day = np.unique(raw.trading_day)[40]
    later = raw.trading_day >= day
    shaken = replace(raw, values=np.where(later, raw.values * 7, raw.values))
    one, other = standardized_returns(raw), standardized_returns(shaken)
    assert one.values[~later].tobytes() == other.values[~later].tobytes()
    same = raw.trading_day == day
    assert np.allclose(other.values[same], 7 * one.values[same], equal_nan=True)


def test_the_first_days_have_no_yardstick() -> None:
    rng = np.random.default_rng(3)
    scale = day_scales(rng.standard_normal((FEWEST_DAYS + 2, 30)), np.zeros(30, dtype=np.int64), "sd", "rv")
    assert np.isnan(scale[:FEWEST_DAYS]).all()
    assert np.isfinite(scale[FEWEST_DAYS:]).all()


def test_every_stretch_of_trading_has_a_rhythm_of_its_own() -> None:
    # a calm day session and an evening five times as wild: Fourier waves over both would smooth the step away
    rng = np.random.default_rng(4)
    truth = np.concatenate([np.ones(60), np.full(40, 5.0)])
    r = rng.standard_normal((200, 100)) * truth
    apart = periodicity(r, "fourier", segments=np.repeat([0, 1], [60, 40]))
    whole = periodicity(r, "fourier")
    target = truth / np.sqrt(np.mean(truth**2))
    assert np.abs(apart / target - 1).max() < 0.15
    assert np.abs(whole / target - 1).max() > 0.5


def test_a_study_can_test_them_by_any_model_and_any_test() -> None:
    bars, event = intraday_bars(intraday_days(replace(DESIGN, jump=0.01, day_sd=0.0), 5))
    spec = StudySpec(
        model="constant_mean",
        estimation=(-90, -11),
        event=(-5, 5),
        variable="standardized_return",
        tests=("time_series_t", "placebo"),
        response="off",
    )
    result = run_study(spec, [event], bars)
    daily = 0.012 / np.sqrt(180)  # volatility of an average bar of the design
    car = result.to_dict()["responses"][0]["car"]
    assert 0.4 < car / (0.01 / daily / u_shape(180, 0.6)[90]) < 2.0  # the jump in ordinary bars
    assert all(test["pvalue"] < 0.1 for test in result.to_dict()["responses"][0]["tests"].values())
    day = bars.frame.resample("1D").last().dropna()
    daily_bars = replace(bars, step=pd.Timedelta("1D"), frame=day.set_axis(day.index.as_unit("us")))
    with pytest.raises(UsageError, match="shorter than a day"):
        run_study(spec, [event], daily_bars)
    with pytest.raises(SpecError):
        StudySpec(variable="standardized")


def test_paths_add_up_again() -> None:
    bars = np.array([[1.0, 2.0, 4.0], [0.5, 0.25, 0.125]])
    columns = np.array([0, 1, 2, 3])
    found = paths_of(bars, columns, 1, 4)
    assert found.tolist() == [[-1.0, 0.0, 2.0, 6.0], [-0.5, 0.0, 0.25, 0.375]]
