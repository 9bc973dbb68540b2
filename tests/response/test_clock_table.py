"""Windows cut out of the table of a series by clock are those that a search for each time finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eventstudy.arrays import DAY_US, MINUTE_US, runs
from eventstudy.response.intraday_prices import (
    IntradayPrices,
    bars_at,
    bars_on_days,
    count_traded,
    intraday_prices,
    priced_throughout,
    read_at,
    read_days,
)
from eventstudy.simulate import demo_market


def prices_at_times(wall: list[int], *, step: int = 10 * MINUTE_US, through: bool = False) -> IntradayPrices:
    """Return a series with bars that close at these clock times; prices count its rows."""
    base = intraday_prices(demo_market().bars[0])
    at, rows = np.array(wall, dtype=np.int64), np.arange(float(len(wall)))
    return replace(
        base,
        closes=at,
        wall=at,
        price=rows,
        span=rows,
        volume=rows,
        spread=None,
        step_us=step,
        around_the_clock=through,
    )


def test_a_bar_stands_for_its_day_until_midnight_by_hand() -> None:
    prices = prices_at_times([9 * 60 * MINUTE_US, (9 * 60 + 20) * MINUTE_US])  # 09:00 and 09:20 of the first day
    offsets = np.arange(8 * 60 + 50, 9 * 60 + 40, 10, dtype=np.int64) * MINUTE_US  # 08:50, 09:00, ..., 09:30
    cut = bars_on_days(prices, np.array([0, 1]), offsets)
    assert cut.on_time.tolist() == [[False, True, True, True, True], [False] * 5]
    assert cut.traded.tolist() == [[False, True, False, True, False], [False] * 5]
    assert read_days(prices, np.array([0]), offsets).price[0, 1:].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert read_days(prices, np.array([1]), offsets, carry=True).price.tolist() == [[1.0] * 5]


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("phase_s", [0, 30])
@pytest.mark.parametrize("carry", [False, True])
def test_windows_of_the_table_are_those_that_a_search_finds(through: bool, phase_s: int, carry: bool) -> None:
    rng = np.random.default_rng(5)
    minutes = np.flatnonzero(rng.random(12 * 1440) < 0.3) * 10 * MINUTE_US + 100 * DAY_US + phase_s * 1_000_000
    prices = prices_at_times(minutes.tolist(), through=through)
    prices.price[rng.integers(0, len(prices), 20)] = np.nan
    days = prices.days[[0, 3, 4, -1]]
    for first in (-500, -10, 0, 500, 1400):
        offsets = (first + 10 * np.arange(45, dtype=np.int64)) * MINUTE_US + phase_s * 1_000_000
        assert prices.clock_table is not None
        assert prices.clock_table.windows(days, offsets) is not None
        cut = read_days(prices, days, offsets, carry=carry)
        searched = read_at(prices, days[:, None] * DAY_US + offsets, carry=carry)
        assert count_traded(prices, days, offsets).tolist() == searched.traded.sum(axis=1).tolist()
        for priced in (prices, replace(prices, price=np.zeros(len(prices)))):  # some bars without a price, and none
            present = read_at(priced, days[:, None] * DAY_US + offsets, carry=carry).present
            assert priced_throughout(priced, days, offsets, carry=carry).tolist() == present.all(axis=1).tolist()
        for name in ("price", "traded", "volume", "span", "spread", "present"):
            np.testing.assert_array_equal(getattr(cut, name), getattr(searched, name), err_msg=name)


def test_what_is_no_run_of_the_table_is_searched() -> None:
    prices = prices_at_times([9 * 60 * MINUTE_US, 10 * 60 * MINUTE_US])
    table = prices.clock_table
    assert table is not None
    between, far = np.array([5, 15]) * MINUTE_US, np.array([90, 91]) * DAY_US
    gaps = np.array([0, 10, 30]) * MINUTE_US
    for offsets in (between, far, gaps):
        assert table.windows(np.array([0]), offsets) is None
        cut, searched = bars_on_days(prices, np.array([0]), offsets), bars_at(prices, offsets)
        assert np.array_equal(cut.row[0], searched.row)
    assert prices_at_times([0, 10**6], step=7 * MINUTE_US).clock_table is None  # seven minutes do not divide the day
    assert prices_at_times([0, 400 * DAY_US], step=MINUTE_US).clock_table is None  # two bars in 400 days


def test_runs_are_every_stretch_of_neighbors() -> None:
    assert runs(np.arange(5)[::-1], 2).tolist() == [[4, 3], [3, 2], [2, 1], [1, 0]]
    assert runs(np.arange(6).reshape(2, 3), 2).tolist() == [[[0, 1], [1, 2]], [[3, 4], [4, 5]]]


def test_a_series_shorter_than_the_windows_is_read() -> None:
    prices = prices_at_times([9 * 60 * MINUTE_US, (9 * 60 + 10) * MINUTE_US])  # 09:00 and 09:10, two bars in all
    offsets = np.arange(8 * 60 + 50, 9 * 60 + 30, 10, dtype=np.int64) * MINUTE_US  # 08:50, 09:00, 09:10, 09:20
    found = read_days(prices, np.array([[0], [1]]), offsets).price  # two days of one event
    np.testing.assert_array_equal(found, [[[np.nan, 0.0, 1.0, 1.0]], [[np.nan] * 4]])
