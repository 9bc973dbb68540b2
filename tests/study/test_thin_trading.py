"""A price that stands still while the market moves: how much of beta a regression then measures, and the warning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from tests.study.made import events_at

DAYS, EVENT = 600, 560


def market_and_stale(no_trade: float, seed: int = 1, names: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    """Instruments with beta 1 that trade on a day with probability ``1 - no_trade``; a trade catches up in full."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2015-01-01", periods=DAYS).tz_localize("UTC") + pd.Timedelta(hours=16)
    market = rng.normal(0, 0.01, DAYS)
    trades = rng.random((DAYS, names)) >= no_trade
    trades[0] = True
    level = np.cumsum(market[:, None] + rng.normal(0, 0.002, (DAYS, names)), axis=0)
    last = np.maximum.accumulate(np.where(trades, np.arange(DAYS)[:, None], 0), axis=0)
    price = np.take_along_axis(level, last, axis=0)
    frame = pd.DataFrame(np.diff(price, axis=0, prepend=0), index, [f"A{i}" for i in range(names)])
    return frame, pd.Series(market, index, name="market")


def study(frame: pd.DataFrame, market: pd.Series, model: str = "market", **settings: object) -> es.StudyResult:
    given: dict[str, object] = {"model": model, "estimation": (-500, -11), "event": (0, 0), "tests": ["bmp"]}
    spec = es.StudySpec(**(given | settings))
    return es.run_study(spec, events_at(frame, [(str(name), EVENT) for name in frame]), frame, market=market)


def warning(result: es.StudyResult) -> str:
    return next((n.message for n in result.notices if n.code == "ES-THIN-TRADING"), "")


@pytest.mark.parametrize(
    ("no_trade", "model", "lags", "shown"),
    # Scholes and Williams: of beta 1 a regression with k lags measures 1 - p^(k + 1).
    [(0.3, "market", 0, 0.7), (0.7, "market", 0, 0.3), (0.7, "dimson", 1, 0.51), (0.7, "scholes_williams", 1, 0.51)],
)
def test_the_fraction_shown_is_the_beta_that_is_measured(no_trade: float, model: str, lags: int, shown: float) -> None:
    frame, market = market_and_stale(no_trade, names=20)
    result = study(frame, market, model)
    betas = result.to_frame("fits")["beta"]
    assert abs(betas.mean() - shown) < 0.05
    found = warning(result)
    assert found.startswith("20 of 20 observations trade thinly (")
    said = float(found.split("show ")[1].split("%")[0]) / 100
    assert shown - 0.12 < said < shown  # the worst of twenty


def test_a_hand_count_of_days_and_the_cure() -> None:
    # Of 20 returns 8 are zero, in runs of 2, 2, 3 and 1; the market is flat on one day of a run of 2. So 7 of 20
    # moves of the market are hidden on their day; with one lag those that begin two zeros: 1 + 0 + 2 = 3 or 15%, two
    # lags one of the run of three: 5%.
    zeros = {3, 4, 7, 8, 11, 12, 13, 16}
    index = pd.bdate_range("2020-01-01", periods=30).tz_localize("UTC") + pd.Timedelta(hours=16)
    rng = np.random.default_rng(3)
    market = pd.Series(rng.normal(0, 0.01, 30), index, name="market")
    market.iloc[8] = 0.0
    values = rng.normal(0, 0.01, 30)
    values[sorted(zeros)] = 0.0
    frame = pd.DataFrame({"A0": values, "A1": rng.normal(0, 0.01, 30)}, index)
    spec = {"estimation": (-20, -1), "event": (0, 1), "min_observations": 10}
    events = events_at(frame, [("A0", 20), ("A1", 20)]).assign(id=["late", "fine"])

    def told(model: str, **options: int) -> str:
        given = es.StudySpec(model=model, model_options=options, **spec)
        return warning(es.run_study(given, events, frame, market=market))

    assert told("market") == (
        "1 of 2 observations trades thinly (late on A0): the price often stands still on days when the market moves. "
        "At worst returns of the same day show 65% of the market's moves, and beta is too small by the rest. Set "
        '`[model] name = "dimson"` with `options = { lags = 2 }`.'
    )
    assert "At worst returns up to 1 day later show 85% of the market's moves" in told("dimson", lags=1)
    assert told("dimson", lags=2) == ""


def test_no_warning_where_no_beta_is_estimated_or_the_price_moves() -> None:
    frame, market = market_and_stale(0.5)
    assert warning(study(frame, market)) != ""
    for model in ("market_adjusted", "constant_mean", "zero"):
        assert warning(study(frame, market, model)) == ""
    assert warning(study(*market_and_stale(0.05, names=20))) == ""


def test_only_the_estimation_window_counts() -> None:
    frame, market = market_and_stale(0.0)
    frame.iloc[:50] = 0.0  # before the estimation window, which begins on day 560 - 500
    assert warning(study(frame, market)) == ""
    frame.iloc[100:149] = 0.0  # 49 of 490: a tenth
    assert warning(study(frame, market)) == ""
    frame.iloc[149:152] = 0.0  # 52 of 490
    assert "show 89% of the market's moves" in warning(study(frame, market))
