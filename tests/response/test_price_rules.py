"""Price rules against a published study, hand-made bars, and the promise that no rule looks ahead."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.arrays import MINUTE_US
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.price_rules import PRICE_RULES, Prices, change, median_change, median_rule, price_at
from tests.shared import shared

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
    before = times <= utc("12:45")
    found = times[before][lee_mykland(returns[before], 16).is_jump]
    assert utc("12:38") in found  # the bar of the minute 12:37 closes at 12:38
    largest = found[np.abs(returns[np.isin(times, found)]).argmax()]
    assert largest == utc("12:38")


def bars(**columns: np.ndarray) -> Prices:
    begins = np.arange(10, dtype=np.int64) * M
    close = np.array([100.0, 101, 102, 103, 104, 110, 111, 112, 113, 114])
    volume = np.array([1.0, 1, 1, 1, 6, 5, 5, 0, 0, 0])
    missing = np.full(10, np.nan)
    given = {"open": close - 0.5, "high": close + 1, "low": close - 2, "close": close, "volume": volume}
    return Prices(begins, begins + M, **{**given, "bid": missing, "ask": missing, **columns})


def test_each_rule_by_hand() -> None:
    prices, at = bars(), 5 * M
    assert price_at(prices, at, "before", "last") == 104
    assert price_at(prices, at, "after", "last") == 104  # news at 5:00: the trade that closes the bar at 5:00
    assert price_at(prices, at + 1, "after", "last") == 110
    assert price_at(prices, at, "after", "open") == 109.5  # the bar that begins at 5:00
    assert price_at(prices, at, "before", "mid") == 103.5
    assert price_at(prices, at, "before", "vwap") == (100 + 101 + 102 + 103 + 6 * 104) / 10
    assert price_at(prices, at, "after", "vwap") == 110.5  # 5:00 to 10:00, volume 5, 5 and three times nothing
    assert price_at(prices, at, "before", "median") == 102
    assert price_at(prices, at, "after", "median") == 112
    assert abs(change(prices, at, at, "open") - math.log(109.5 / 103.5)) < 1e-15
    assert math.isnan(price_at(prices, 0, "before"))
    with pytest.raises(UnknownNameError, match="vwap"):
        change(prices, at, at, "wvap")


def test_the_middle_is_that_of_the_quotes_where_there_are_quotes() -> None:
    quoted = bars(bid=np.arange(10.0) + 99, ask=np.arange(10.0) + 99.5)
    assert price_at(quoted, 5 * M, "before", "mid") == (103 + 103.5) / 2
    assert PRICE_RULES["mid"].reach(quoted) == 0  # quotes are as of the close, a range is of the whole bar
    assert PRICE_RULES["mid"].reach(bars()) == M


def test_a_rule_that_the_bars_cannot_serve_is_refused() -> None:
    missing = np.full(10, np.nan)
    for rule, column in (("vwap", "volume"), ("open", "open"), ("mid", "high")):
        with pytest.raises(DataError, match=f"column '{column}'"):
            PRICE_RULES[rule].levels(bars(**{column: missing}))
    slow = bars()
    slow = replace(slow, begins=slow.closes - 10 * M)
    with pytest.raises(DataError, match="last five minutes"):
        PRICE_RULES["median"].levels(slow)


def test_minutes_without_a_trade_are_not_looked_for_further_back() -> None:
    # bars at 0:01, 0:02, 0:09: the last five minutes of 0:09 hold only that one
    begins = np.array([0, 1, 8], dtype=np.int64) * M
    nothing = np.full(3, np.nan)
    close = np.array([100.0, 102, 110])
    few = Prices(begins, begins + M, close, close, close, close, np.array([1.0, 1, 1]), nothing, nothing)
    assert PRICE_RULES["vwap"].levels(few).tolist() == [100, 101, 110]
    assert PRICE_RULES["median"].levels(few).tolist() == [100, 101, 110]


@pytest.mark.parametrize("rule", sorted(PRICE_RULES))
@given(at=st.integers(0, 12 * M), seed=st.integers(0, 99))
def test_no_rule_looks_ahead_or_back(rule: str, at: int, seed: int) -> None:
    prices = bars()
    noise = np.random.default_rng(seed).uniform(0.5, 2.0, 10)
    shaken = {name: getattr(prices, name) * noise for name in ("open", "high", "low", "close", "volume")}
    later = replace(prices, **{n: np.where(prices.closes > at, v, getattr(prices, n)) for n, v in shaken.items()})
    # the last trade of a bar is as of its close; every other rule must see nothing of a bar begun before the news
    early = prices.closes < at if rule == "last" else prices.begins < at
    earlier = replace(prices, **{n: np.where(early, v, getattr(prices, n)) for n, v in shaken.items()})
    assert np.array_equal(price_at(prices, at, "before", rule), price_at(later, at, "before", rule), equal_nan=True)
    assert np.array_equal(price_at(prices, at, "after", rule), price_at(earlier, at, "after", rule), equal_nan=True)


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
