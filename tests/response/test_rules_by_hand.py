"""Rules of the response by hand: closed markets, missing bars, releases, the local day, jumps of quiet minutes."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray
from eventstudy.market.instruments import Instrument
from eventstudy.response.closed_markets import closures, instants_of
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices, read_days
from eventstudy.response.jumps import lee_mykland, med_rv
from eventstudy.response.known import OtherEvents
from eventstudy.response.placebo import bands, peak_interval
from eventstudy.response.placebo_pool import (
    Clocks,
    DayFlags,
    TradedBars,
    WindowChoice,
    _missing_bars,
    candidate_days,
)
from eventstudy.response.shape import ShapeColumns
from eventstudy.response.shape_estimates import AfterNews, jump_share_estimate, shape_estimates


def minute_prices(index: pd.DatetimeIndex) -> IntradayPrices:
    """Prices of bars with the closes ``index``, five days a week."""
    close = 100 + np.resize([0.0, 0.01], len(index))
    frame = pd.DataFrame({"close": close}, (index - pd.Timedelta("1min")).as_unit("us"))
    return intraday_prices(es.Bars(Instrument("X"), pd.Timedelta("1min"), "left", frame))


def is_closed(prices: IntradayPrices, at: datetime) -> bool:
    return bool(closures(prices, instants_of([es.EventTime(at, at)])).closed[0])


def test_a_market_that_opens_again_after_midnight_was_closed_however_short_the_pause() -> None:
    # Bars from 00:15 to 23:30: the pause over midnight is 45 minutes, less than the hour that makes a pause a closure
    # within a day. News at 23:50 comes in the night; the same pause at noon is none.
    index = pd.date_range("2025-05-01", periods=9 * 1440, freq="1min", tz="UTC")
    minute = index.hour * 60 + index.minute
    night = minute_prices(index[(minute > 15) & (minute <= 23 * 60 + 30) & (index.day_of_week < 5)])
    at = (pd.Timestamp("2025-05-06 23:50", tz="UTC")).to_pydatetime()
    assert is_closed(night, at)
    noon = minute_prices(index[((minute <= 720) | (minute > 765)) & (index.day_of_week < 5)])
    at = (pd.Timestamp("2025-05-06 12:20", tz="UTC")).to_pydatetime()
    assert not is_closed(noon, at)
    # Bars that go on through midnight leave no pause at all.
    through = minute_prices(index[index.day_of_week < 5])
    at = (pd.Timestamp("2025-05-06 23:59:30", tz="UTC")).to_pydatetime()
    assert not is_closed(through, at)


def flags_of(traded: BoolArray, serve: BoolArray | None = None) -> DayFlags:
    """Return what is known of days that all have prices, and on which bars close in these steps."""
    days = np.ones(traded.shape[:2], dtype=np.bool_) if serve is None else serve
    bars = TradedBars(traded.sum(axis=2), lambda: traded)
    return DayFlags(np.arange(traded.shape[1]), days, bars, np.ones_like(days), np.zeros_like(days))


def test_how_many_bars_a_day_may_miss_by_hand() -> None:
    # Ten days at twenty moments; each day misses 2 of them, each
    # moment 1 of the days. quiet = 2 / 20 = 0.1; allowed = 20 (0.10 + 0.1) + 3 sqrt(20 * 0.1 * 0.9) = 4 + 4.0249.
    traded = np.ones((1, 10, 20), dtype=np.bool_)
    for day in range(10):
        traded[0, day, [2 * day, 1 + 2 * day]] = False
    count, missing, allowed = _missing_bars(flags_of(traded), 20)
    assert (count.tolist(), missing.tolist()) == ([20], [[2] * 10])
    assert allowed.tolist() == pytest.approx([4 + 3 * math.sqrt(1.8)])


def test_bars_are_counted_where_most_days_have_all_of_them_and_read_where_not() -> None:
    # Of ten days that may serve four miss three of twenty bars; the days that may not serve have none, or all of them.
    traded = np.ones((2, 14, 20), dtype=np.bool_)
    traded[:, :4, 5:8], traded[0, 10:] = False, False
    serve = np.repeat([[True, True, False]], 2, axis=0).repeat([6, 4, 4], axis=1)
    flags = flags_of(traded, serve)

    def unread() -> BoolArray:
        raise AssertionError("every step was read")

    count, missing, allowed = _missing_bars(flags._replace(traded=TradedBars(flags.traded.number, unread)), 20)
    assert count.tolist() == [20, 20]
    assert missing.tolist() == [[3] * 4 + [0] * 6 + [20] * 4, [3] * 4 + [0] * 10]
    assert allowed.tolist() == [2.0, 2.0]  # the median day misses none
    # Six days miss them: these are no moments at which most days trade, so that nobody misses a bar there.
    traded[0, :6, 5:8] = False
    count, missing, _ = _missing_bars(flags_of(traded, serve), 20)
    assert (count.tolist(), missing[0].tolist()) == ([17, 20], [0] * 10 + [17] * 4)


def test_a_release_is_on_the_day_on_which_it_begins() -> None:
    # Releases begin at 23:50 of days 10 and 12 and end after midnight: days 10 and 12 have one, 11 and 13 do not.
    step, clock = MINUTE_US, 23 * 60 * MINUTE_US + 50 * MINUTE_US
    begins = np.array([10, 12]) * DAY_US + clock
    others = OtherEvents.listed(np.stack([begins, begins + 30 * MINUTE_US], axis=1), np.ones(2, dtype=np.bool_))
    clocks = Clocks(0, 0, 1, np.array([[clock, clock + step]]), np.array([14]), step, 0)
    choice = WindowChoice(match=MatchSettings(releases="same"))
    serve, _ = candidate_days(np.arange(8, 15), clocks, choice, [others])
    assert np.flatnonzero(serve[0]).tolist() == [10 - 8, 12 - 8]


def test_a_bar_that_closes_at_midnight_ends_its_day_and_one_a_microsecond_later_begins_the_next() -> None:
    wall = np.array([DAY_US - 1, DAY_US, DAY_US + 1], dtype=np.int64)
    nothing = np.zeros(3)
    prices = IntradayPrices(Instrument("X"), "UTC", 1, wall, wall, nothing, nothing, nothing)
    assert prices.day.tolist() == [0, 0, 1]


def test_a_minute_at_which_no_placebo_day_moves_is_no_jump() -> None:
    # On every placebo day the return of bar 32 is zero, so its time-of-day factor is zero: what the event day does
    # there can be compared with nothing and is not counted as a jump. The jump at bar 31 is.
    rng = np.random.default_rng(1)
    returns, placebo = rng.normal(0, 1e-4, 40), rng.normal(0, 1e-4, (30, 40))
    placebo[:, 32] = 0.0
    returns[31], returns[32] = 0.02, 0.01
    path, days = returns[30:].cumsum(), placebo[:, 30:].cumsum(axis=1)
    at = ShapeColumns(initial=2, horizon=9, absorbed=1)
    after = AfterNews(path, days, np.arange(1.0, 11.0), bands(days, 0.95), at, 0.95)
    found = jump_share_estimate(returns, placebo, 30, after)
    assert found.value == pytest.approx(0.02 / path[9], rel=0.05)


def test_the_interval_of_a_retracement_with_little_noise_lies_around_it() -> None:
    # A path to 12 that ends at 8 has given back 4 of 12. Noise of a hundredth of that moves either by a few percent.
    path = np.array([0.001, 0.006, 0.012, 0.011, 0.009, 0.008])
    days = 1e-5 * np.random.default_rng(0).standard_normal((59, 6)).cumsum(axis=1)
    at = ShapeColumns(initial=2, horizon=5, absorbed=1)
    after = AfterNews(path, days, np.arange(1.0, 7.0), bands(days, 0.95), at, 0.95)
    found = {one.name: one for one in shape_estimates(after)}
    for name, value in (("retracement", 1 / 3), ("overshoot", 1 / 2)):
        one = found[name]
        assert one.value == pytest.approx(value)
        assert value - 0.02 < one.low < one.value < one.high < value + 0.02


def test_where_a_fall_is_deepest_is_known_as_well_as_where_its_mirror_image_peaks() -> None:
    # 39 days whose noise only rises, by 0 to 0.38 after column 0. Falling prices mirrored are rising ones, so both
    # sets are one. At column 0 the excess of 0.3 is below the second largest of 39 rises, 0.37: it may be the peak. At
    # column 2 no day rises by anything from there on, so 0.1 refutes it.
    path = np.array([0.6, 0.9, 0.8])
    noise = np.arange(39.0)[:, None] / 100 * np.array([0.0, 1.0, 1.0])
    assert peak_interval(path, noise, 1.0, 0.95) == (0, 1)
    assert peak_interval(-path, -noise, -1.0, 0.95) == (0, 1)
    # On falling prices the same noise is of the other sign: no day falls after column 0, which refutes it; seen from
    # column 2 the days were lower by up to 0.38 at column 0, so the 0.1 at column 2 are no evidence.
    assert peak_interval(-path, noise, -1.0, 0.95) == (1, 2)


@pytest.mark.parametrize(
    ("half_minutes", "rows"),
    [
        # Minutes 1438 to 1441. Two bars end in minute 1439, none is missing: the later one counts, there and after it.
        ([1438, 1438.5, 1439, 1440, 1440.5, 1441], [0, 2, 3, 5]),
        # As many bars as minutes: two end in minute 1439, and the first minute after midnight has none. The price of
        # the day before does not stand there.
        ([1438, 1438.5, 1439, 1440, 1442], [0, 2, 3, None, 4]),
        # As many rows as minutes but for one: none is copied for the next.
        ([1438, 1438.5, 1439, 1440], [0, 2, 3]),
    ],
)
def test_windows_are_copied_in_one_piece_only_where_every_minute_has_one_bar(
    half_minutes: list[float], rows: list[int | None]
) -> None:
    wall = np.array([m * MINUTE_US for m in half_minutes], dtype=np.int64)
    prices, nothing = np.arange(float(len(wall))), np.zeros(len(wall))
    series = IntradayPrices(Instrument("X"), "UTC", MINUTE_US, wall, wall, prices, nothing, nothing)
    offsets = (1438 + np.arange(len(rows))) * MINUTE_US
    found = read_days(series, np.array([[0]]), offsets[None]).price[0, 0]
    assert found.tolist() == pytest.approx([math.nan if row is None else row for row in rows], nan_ok=True)


def test_medrv_of_four_returns_by_hand() -> None:
    # Medians of (1, 5, 2) and (5, 2, 3): 2 and 3, squares 13; pi/(6 - 4 sqrt 3 + pi) * 4/2.
    found = med_rv(np.array([1.0, -5.0, 2.0, 3.0]))
    assert float(found) == pytest.approx(math.pi / (6 - 4 * math.sqrt(3) + math.pi) * 2 * 13)
    both = med_rv(np.array([[1.0, -5.0, 2.0, 3.0], [2.0, 2.0, 2.0, 2.0]]))
    assert both.tolist() == pytest.approx([float(found), float(found) * 8 / 13])


def test_settings_of_a_response_at_their_limits() -> None:
    for given, words in (({"horizons": (-1, 5)}, "horizons"), ({"level": 0.5}, "level"), ({"level": 1.0}, "level")):
        with pytest.raises(es.EventStudyError, match=words):
            es.ResponseSettings(**given)  # type: ignore[arg-type]
    assert es.ResponseSettings(horizons=(0, 5)).horizons == (0, 5)


def test_the_least_window_of_lee_and_mykland() -> None:
    returns = np.array([1.0, -1, 1, -1, 1])
    assert np.isfinite(lee_mykland(returns, 4).statistic).tolist() == [False, False, False, True, True]
    for window in (3, 5):
        with pytest.raises(es.EventStudyError, match="between 4 and 4"):
            lee_mykland(returns, window)


def test_a_bar_that_ends_at_midnight_is_before_the_night() -> None:
    wall = np.array([DAY_US, DAY_US + 10 * 60 * MINUTE_US], dtype=np.int64)
    nothing = np.zeros(2)
    prices = IntradayPrices(Instrument("X"), "UTC", MINUTE_US, wall, wall, nothing, nothing, nothing)
    assert closures(prices, np.array([[DAY_US + 60 * MINUTE_US] * 2])).nights.tolist() == [1]
