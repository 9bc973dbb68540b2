"""Returns over the volatility of their time of day: what tests rest on where a study asks for it."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.market.returns import Returns
from eventstudy.response.matching import Matched, bars_of, paths_of, trading_columns
from eventstudy.response.seasonality import daily_level, periodicity

FEWEST_DAYS, MOST_DAYS = 10, 60


def tested_paths(
    car: FloatArray, placebo: FloatArray, matched: Matched, kind: str, level: str
) -> tuple[FloatArray, FloatArray]:
    """Return the paths of standardized returns r / f of P events laid out alike, (P, T), and of their placebo days.

    f is the time of day's volatility on the placebo days (D, P, T), per stretch of trading without a break: what is
    wild every day, such as an auction, counts for less. The event day is never looked at. With fewer than ten days the
    paths are returned as they are. ``matched`` is any of the events.
    """
    enough = np.isfinite(placebo[:, :, matched.zero]).sum(axis=0) >= FEWEST_DAYS
    if not enough.any():
        return car, placebo
    columns = trading_columns(matched)
    gaps = np.flatnonzero(~np.isfinite(car[enough.argmax(), : matched.zero]))  # before the event day's first price
    columns = columns[columns > gaps[-1]] if len(gaps) else columns
    bars = np.concatenate([bars_of(car, columns)[None], bars_of(placebo, columns)])
    factor = periodicity(bars[1:], kind, level, segments=np.cumsum(np.diff(columns) > 1))
    factor = np.where(factor > 0, factor, 1.0)  # a bar that never moves on other days stays as it is
    days, events, n = bars.shape
    paths = paths_of((bars / factor).reshape(-1, n), columns, matched.zero, len(matched.open))
    paths = paths.reshape(days, events, -1)
    if enough.all():
        return paths[0].copy(), paths[1:]  # the event's are kept, and must not keep those of all its placebo days
    return np.where(enough[:, None], paths[0], car), np.where(enough[:, None], paths[1:], placebo)


def standardized_returns(returns: Returns, kind: str = "wsd", level: str = "medrv") -> Returns:
    """Return r_{d,i} / (s_d f_i): returns in ordinary bars' standard deviations, for any test of a study.

    s_d, the daily level, is that of the trading day before, and f_i, the time of day's factor, that of up to 60 trading
    days before: nothing of the event day, so the news cannot hide in its own yardstick. The first ten days have none
    and become NaN, and so do clock times at which none of the days before had a bar.

    Parameters
    ----------
    returns : Returns
    kind : str
        Row of ``PERIODICITIES``.
    level : str
        Row of ``LEVELS``.
    """
    days, row = np.unique(returns.trading_day, return_inverse=True)
    clocks, column = np.unique(returns.clock, return_inverse=True)
    grid = np.full((len(days), len(clocks)), np.nan)
    grid[row, column] = np.where(returns.spans_break, np.nan, returns.values)
    scale = day_scales(grid, _segments(returns, column, len(clocks)), kind, level)
    values = returns.values / scale[row, column]
    return Returns(
        returns.instrument, returns.step_us, returns.closes, values, returns.spans_break, returns.trading_day,
        returns.clock,
    )  # fmt: skip


def day_scales(grid: FloatArray, segments: IntArray, kind: str, level: str) -> FloatArray:
    """Return s_d f_i of each day and clock time from the days before it only, shape (D, n); NaN for the first days."""
    scale = np.full(grid.shape, np.nan)
    levels = daily_level(grid, level)
    for day in range(FEWEST_DAYS, len(grid)):
        before = slice(max(0, day - MOST_DAYS), day)
        known = levels[before][np.isfinite(levels[before])]
        if len(known):
            scale[day] = known[-1] * periodicity(grid[before], kind, level, segments=segments)
    return np.where(scale > 0, scale, np.nan)


def _segments(returns: Returns, column: IntArray, clocks: int) -> IntArray:
    """Return which stretch of trading each clock time belongs to: a new one where most days have a break."""
    count = np.bincount(column, minlength=clocks)
    breaks = np.bincount(column, weights=returns.spans_break, minlength=clocks)
    return np.asarray(np.cumsum(breaks > count / 2), dtype=np.int64)
