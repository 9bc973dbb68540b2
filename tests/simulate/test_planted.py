"""Planted intraday days and daily panels: what is put in is what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import UsageError
from eventstudy.simulate import DailyDesign, IntradayDesign, daily_panel, intraday_days, intraday_market
from eventstudy.simulate.draws import clustered, last_finite, to_tick, u_shape
from eventstudy.simulate.intraday_market import planted_response

JUMP = IntradayDesign(days=4, jump=0.01, drift=0.002, reversal=0.4, absorb_half_life=2.0)


@given(n=st.integers(2, 2000), depth=st.floats(0, 3))
def test_the_u_shape_has_mean_square_one_and_is_symmetric(n: int, depth: float) -> None:
    shape = u_shape(n, depth)
    assert abs(np.mean(shape**2) - 1) < 1e-12
    assert np.allclose(shape, shape[::-1])


def test_clustered_volatility_has_mean_square_one_and_persists() -> None:
    factor = clustered(np.random.default_rng(1), (400, 200), 0.9, 0.3)
    h = np.log(factor)
    assert abs(np.mean(factor**2) - 1) < 0.03
    assert abs(np.corrcoef(h[:, :-1].ravel(), h[:, 1:].ravel())[0, 1] - 0.9) < 0.01


def test_ticks_and_last_trades_by_hand() -> None:
    assert to_tick(np.array([77.2861, 77.2889]), 0.0025).tolist() == [77.285, 77.29]
    assert last_finite(np.array([[1.0, np.nan], [np.nan, np.nan]]))[0] == 1.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_only_the_event_day_differs_and_by_exactly_the_planted_path(seed: int) -> None:
    with_news, without = (
        intraday_days(JUMP, seed),
        intraday_days(replace(JUMP, jump=0.0, drift=0.0, reversal=0.0), seed),
    )
    difference = with_news.efficient - without.efficient
    assert np.array_equal(difference[:-1], np.zeros((4, 520)))
    assert np.allclose(difference[-1], with_news.planted, atol=1e-12)


def test_the_planted_response_by_hand() -> None:
    # jump 100 bp, half absorbed after 2 minutes, 40 % given back with half-life 15 minutes, 20 bp leaked before
    at = JUMP.jump_second + 60.0 * np.array([-30.0, -15.0, 0.0, 2.0, 1e6])
    assert np.allclose(planted_response(JUMP, at)[[0, 1, 2, 4]], [0.0, 0.001, 0.002, 0.002 + 0.01 * 0.6])
    expected = 0.002 + 0.01 * (0.5 - 0.4 * (1 - 0.5 ** (2 / 15)))
    assert abs(planted_response(JUMP, at)[3] - expected) < 1e-15


def test_the_market_of_one_share_says_simulated_and_holds_its_event() -> None:
    market = intraday_market(IntradayDesign(days=2, jump=0.01), 7)
    (bars,) = market.bars
    assert bars.simulated
    assert bars.source.startswith("SIMULATED")
    assert market.event.time.earliest < market.truth.jump_at < market.event.time.latest
    close = np.log(bars.frame["close"])
    move = close.loc[market.event.time.latest :].iloc[0] - close.loc[: market.event.time.earliest].iloc[-1]
    assert abs(move - 0.01) < 0.003
    assert np.unique(bars.frame.index.tz_convert("Europe/Moscow").strftime("%H:%M")).tolist()[0] == "10:01"


def test_an_event_interval_outside_the_day_is_refused() -> None:
    with pytest.raises(UsageError, match="inside the session"):
        IntradayDesign(jump_second=10, early=30)


def test_the_daily_panel_has_the_planted_shock_variance_and_correlation() -> None:
    base = DailyDesign(N=400, M=60, L=2)
    calm, shocked = daily_panel(base, 3), daily_panel(replace(base, shock=2.0), 3)
    assert np.allclose((shocked.y - calm.y)[:, 60], 2.0 * calm.sigma)
    assert np.array_equal(shocked.y[:, :60], calm.y[:, :60])
    e = (calm.y - calm.beta[:, None] * calm.F[:, :, 0]) / calm.sigma[:, None]
    wide = daily_panel(replace(base, variance_factor=4.0), 3)
    wide_e = (wide.y - wide.beta[:, None] * wide.F[:, :, 0]) / wide.sigma[:, None]
    assert np.allclose(wide_e[:, 60:], 2.0 * e[:, 60:])
    tied = daily_panel(DailyDesign(N=400, M=800, correlation=0.1), 4)
    tied_e = (tied.y - tied.beta[:, None] * tied.F[:, :, 0]) / tied.sigma[:, None]
    # the mean of N errors of correlation r has variance (1 + (N - 1) r) / N = 0.10225; s.e. over 801 days is 5 %
    assert abs(tied_e.mean(axis=0).var() / 0.10225 - 1) < 0.15


@pytest.mark.parametrize("errors", ["normal", "t4", "lognormal"])
def test_every_error_law_has_mean_zero_and_variance_one(errors: str) -> None:
    draw = daily_panel(DailyDesign(N=2000, M=100, errors=errors), 5)  # type: ignore[arg-type]
    e = (draw.y - draw.beta[:, None] * draw.F[:, :, 0]) / draw.sigma[:, None]
    assert abs(e.mean()) < 0.01
    assert abs(e.var() - 1) < 0.05
