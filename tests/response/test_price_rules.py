"""Price rules against a published study, hand-made bars, and the promise that no rule looks ahead."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.arrays import MINUTE_US
from eventstudy.errors import UnknownNameError
from eventstudy.response.price_rules import PRICE_RULES, Prices, change, median_change, median_rule
from eventstudy.response.uncertain_time import moves_before
from tests.response.shared_data import shared

M = MINUTE_US


def utc(clock: str) -> int:
    return int(pd.Timestamp(f"2015-12-03 {clock}").value // 1000)


def euro() -> tuple[np.ndarray, np.ndarray]:
    """Closing instants (the file marks the beginning of its minutes) and closes of EUR/USD on 3 December 2015."""
    frame = pd.read_csv(shared("market/eurusd/EUR_USD_oanda_M1_2015-12-03_1219-1455utc.csv"), parse_dates=["time"])
    return pd.DatetimeIndex(frame["time"]).as_unit("us").asi8 + M, frame["close"].to_numpy()


@pytest.mark.reference
@pytest.mark.parametrize(
    ("pre", "post", "published"),
    # EA-MPD, log %, windows in Frankfurt time less one hour
    [
        (("12:25", "12:35"), ("13:00", "13:10"), 1.384),
        (("13:15", "13:25"), ("14:40", "14:50"), 1.294),
        (("12:25", "12:35"), ("14:40", "14:50"), 2.472),
    ],
)
def test_the_ecb_of_3_december_2015(pre: tuple[str, str], post: tuple[str, str], published: float) -> None:
    times, prices = euro()
    windows = [(utc(a), utc(b)) for a, b in (pre, post)]
    assert abs(100 * median_change(times, prices, *windows) - published) < 0.02


@pytest.mark.reference
def test_the_rule_in_minutes_around_the_decision_finds_the_press_release() -> None:
    times, prices = euro()
    assert abs(100 * median_rule(times, prices, utc("12:45")) - 1.384) < 0.02


@pytest.mark.reference
def test_the_move_at_12_37_came_before_the_official_time() -> None:
    times, prices = euro()
    returns = np.diff(np.log(prices), prepend=np.log(prices[0]))
    found = moves_before(times, returns, utc("12:45"))
    assert utc("12:38") in found  # the bar of the minute 12:37 closes at 12:38
    largest = found[np.abs(returns[np.isin(times, found)]).argmax()]
    assert largest == utc("12:38")


def bars() -> Prices:
    begins = np.arange(10, dtype=np.int64) * M
    close = np.array([100.0, 101, 102, 103, 104, 110, 111, 112, 113, 114])
    volume = np.array([1.0, 1, 1, 1, 6, 5, 5, 0, 0, 0])
    return Prices(begins, begins + M, close - 0.5, close + 1, close - 2, close, volume)


def test_each_rule_by_hand() -> None:
    prices, at = bars(), 5 * M
    assert PRICE_RULES["last"](prices, at, "before") == 104
    assert PRICE_RULES["last"](prices, at, "after") == 110
    assert PRICE_RULES["open"](prices, at, "after") == 109.5
    assert PRICE_RULES["mid"](prices, at, "before") == 103.5
    assert PRICE_RULES["vwap"](prices, at, "before") == (100 + 101 + 102 + 103 + 6 * 104) / 10
    assert PRICE_RULES["vwap"](prices, at, "after") == 110.5
    assert PRICE_RULES["median"](prices, at, "before") == 102
    assert abs(change(prices, at, at) - math.log(110 / 104)) < 1e-15
    with pytest.raises(UnknownNameError, match="vwap"):
        change(prices, at, at, "wvap")


@pytest.mark.parametrize("rule", sorted(PRICE_RULES))
@given(at=st.integers(0, 12 * M), seed=st.integers(0, 99))
def test_no_rule_looks_ahead_or_back(rule: str, at: int, seed: int) -> None:
    prices = bars()
    noise = np.random.default_rng(seed).uniform(0.5, 2.0, 10)
    columns = [getattr(prices, name) for name in ("open", "high", "low", "close", "volume")]
    later = Prices(prices.begins, prices.closes, *(np.where(prices.closes > at, c * noise, c) for c in columns))
    earlier = Prices(prices.begins, prices.closes, *(np.where(prices.begins < at, c * noise, c) for c in columns))
    read = PRICE_RULES[rule]
    assert np.array_equal(read(prices, at, "before"), read(later, at, "before"), equal_nan=True)
    assert np.array_equal(read(prices, at, "after"), read(earlier, at, "after"), equal_nan=True)


def test_the_median_rule_extends_until_three_prices_and_then_gives_up() -> None:
    minutes = np.array([-40, -30, -6, 16, 60, 61, 2000], dtype=np.int64)
    prices = np.array([100.0, 101, 102, 110, 112, 115, 1.0])
    # pre: -6 alone, extended to -30 and -40: median 101; post: 16 alone, extended to 60 and 61: median 112
    assert abs(median_rule(minutes * M, prices, 0) - math.log(112 / 101)) < 1e-15
    assert math.isnan(median_rule(minutes[:4] * M, prices[:4], 0))
    assert math.isnan(median_rule(minutes[[0, 1, 2, 3, 6]] * M, prices[[0, 1, 2, 3, 6]], 0))
    assert math.isnan(median_change(minutes * M, prices, (100, 200), (0, 100 * M)))


def test_the_window_edges_of_the_median_rule() -> None:
    # [t+15, t+25) and (t-15, t-5]: the edges that count and those that do not
    minutes = np.array([-15, -14, -10, -5, -4, 14, 15, 20, 24, 25], dtype=np.int64)
    prices = np.array([1.0, 100, 101, 102, 1, 1, 110, 111, 112, 1])
    assert abs(median_rule(minutes * M, prices, 0) - math.log(111 / 101)) < 1e-15
