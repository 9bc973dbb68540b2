"""Bars before the news that moved as only news moves prices: a leak, or a time that is late."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, instant_from_us
from eventstudy.errors import Notice
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.placebo import smallest_pvalue, upper_pvalue
from eventstudy.response.window import BarReturns, ResponseWindows

FEWEST_DAYS, SHORTEST, MOST_STALE, SIZE = 19, 16, 0.3, 0.01
NOTHING = np.empty(0, dtype=np.int64), np.empty(0)


def early_moves(windows: ResponseWindows, returns: BarReturns) -> list[tuple[IntArray, FloatArray]]:
    """Return closing instants and log returns of the bars before ``earliest`` that moved as only news moves prices.

    Flagged by Lee and Mykland's test on the bars before each, after the time of day is taken out; and only if the
    largest statistic of the leak window is beyond the same maxima of the placebo days (all but one in a hundred),
    since volatility that clusters makes the test alone too quick. Nothing is tested where the bars before are
    few, or so many are without a trade that an ordinary bar is unknown.
    """
    layout, count = windows.layout, len(windows.asked)
    columns = np.flatnonzero(layout.open | (np.arange(len(layout.open)) == layout.zero))[1:]
    finite = np.isfinite(returns.event[0, : returns.after_from])
    before = slice(int(finite.argmax()) if finite.any() else returns.after_from, returns.after_from)
    columns, bars = columns[before], _or_zero(returns.event[:, before])
    in_window = columns > layout.start
    tested = np.asarray((bars == 0).mean(axis=-1) <= MOST_STALE) if len(columns) else np.zeros(count, bool)
    if len(columns) <= SHORTEST or not in_window.any() or not tested.any():
        return [NOTHING] * count
    flagged = _jumps(windows, bars, _or_zero(returns.placebo[..., before]), in_window) & tested[:, None]
    moments = [one.matched.moments[columns] for one in windows.asked]
    rows = zip(moments, bars, flagged, strict=True)
    return [(at[hit], moves[hit]) if hit.any() else NOTHING for at, moves, hit in rows]


def _or_zero(returns: FloatArray) -> FloatArray:
    return np.where(np.isnan(returns), 0.0, returns)


def _jumps(windows: ResponseWindows, bars: FloatArray, placebo: FloatArray, in_window: BoolArray) -> BoolArray:
    """Return which bars (P, m) are jumps inside the leak window and larger than those of the placebo days (D, P, m)."""
    length, days = max(SHORTEST, int((~in_window).sum())), windows.days.sum(axis=0)
    squares = _relative_squares(placebo)
    total = squares.sum(axis=0)
    found = lee_mykland(_without_clock(bars, total, days), length, SIZE)
    flagged = found.is_jump & in_window
    rows = np.flatnonzero(flagged.any(axis=-1) & (days > 0))  # few events: only they are ranked among their days
    if len(rows):
        others = _without_clock(placebo[:, rows], total[rows] - squares[:, rows], days[rows])
        statistics = found.statistic[rows], lee_mykland(others, length, SIZE).statistic
        size, sizes = (np.nan_to_num(each[..., in_window], posinf=np.inf).max(axis=-1) for each in statistics)
        weight = None if windows.weight is None else windows.weight[:, rows]
        rank = upper_pvalue(size, np.where(windows.days[:, rows], sizes, np.nan), weight)
        flagged[rows] &= (rank <= np.maximum(SIZE, smallest_pvalue(days[rows])) + 1e-12)[:, None]
    return flagged


def _relative_squares(bars: FloatArray) -> FloatArray:
    """Return squared returns over their mean of the day, shape (..., m); zeros on a day without any move."""
    squares = bars**2
    mean = squares.mean(axis=-1, keepdims=True)
    return np.asarray(squares / np.where(mean > 0, mean, np.inf))


def _without_clock(bars: FloatArray, squares: FloatArray, days: IntArray) -> FloatArray:
    """Return bars (..., P, m) over the volatility of their time of day; with few days as they are.

    ``squares`` are the sums of the relative squares of the ``days`` (P,) placebo days of each event: without a day's
    bars where that day is looked at, or its largest bar would look smaller than the event day's.
    """
    factor = np.sqrt(np.maximum(squares, 0.0) / np.maximum(days, 1)[:, None])
    scaled = np.where(factor > 0, bars / np.where(factor > 0, factor, 1.0), 0.0)
    return np.where((days >= FEWEST_DAYS)[:, None], scaled, bars)


def early_move_notices(windows: ResponseWindows, returns: BarReturns) -> list[tuple[Notice, ...]]:
    """Return the largest such bar of each event as a notice."""
    if windows.closed:
        return [()] * len(windows.asked)
    return [(_notice(*found),) if len(found[0]) else () for found in early_moves(windows, returns)]


def _notice(closes: IntArray, moves: FloatArray) -> Notice:
    largest = int(np.abs(moves).argmax())
    at = instant_from_us(int(closes[largest]))
    message = f"the bar that closed at {at.astimezone(ZoneInfo('UTC')):%H:%M} UTC moved {100 * moves[largest]:+.2f} %"
    meaning = "more than typical bars and before the news: it may have been known earlier, or its time is late"
    return Notice("ES-MOVE-BEFORE", f"{message}, {meaning}.")
