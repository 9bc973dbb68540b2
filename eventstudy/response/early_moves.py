"""Bars before the news that moved as only news moves prices: a leak, or a time that is late."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, instant_from_us
from eventstudy.errors import Notice
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.placebo import smallest_pvalue, upper_pvalue
from eventstudy.response.seasonality import daily_level
from eventstudy.response.window import ResponseWindows, bar_returns

FEWEST_DAYS, SHORTEST, MOST_STALE, SIZE = 19, 16, 0.3, 0.01
NOTHING = np.empty(0, dtype=np.int64), np.empty(0)


def early_moves(windows: ResponseWindows) -> list[tuple[IntArray, FloatArray]]:
    """Return closing instants and log returns of the bars before ``earliest`` that moved as only news moves prices.

    Flagged by Lee and Mykland's test on the bars before each, after the time of day is taken out; and only if the
    largest statistic of the leak window is beyond the same maxima of the placebo days (all but one in a hundred),
    since volatility that clusters makes the test alone too quick. Nothing is tested where the bars before are
    few, or so many are without a trade that an ordinary bar is unknown.
    """
    layout = windows.layout
    returns, placebo, after_from = bar_returns(windows)
    columns = np.flatnonzero(layout.open | (np.arange(len(layout.open)) == layout.zero))[1 : after_from + 1]
    finite = np.isfinite(returns[0, :after_from])
    first = int(finite.argmax()) if finite.any() else after_from
    columns, bars = columns[first:], np.nan_to_num(np.concatenate([returns[None], placebo])[..., first:after_from])
    judged = columns > layout.start
    tested = np.asarray((bars[0] == 0).mean(axis=-1) <= MOST_STALE) if len(columns) else np.zeros(len(returns), bool)
    if len(columns) <= SHORTEST or not judged.any() or not tested.any():
        return [NOTHING] * len(returns)
    days = windows.days.sum(axis=0)
    found = lee_mykland(_without_clock(bars, days), max(SHORTEST, len(columns) - int(judged.sum())), SIZE)
    sizes = np.nan_to_num(found.statistic[..., judged], posinf=np.inf).max(axis=-1)
    rank = upper_pvalue(sizes[0], np.where(windows.days, sizes[1:], np.nan), windows.weight)
    rare = (days == 0) | (rank <= np.maximum(SIZE, smallest_pvalue(days)) + 1e-12)
    flagged = judged & found.is_jump[0] & (rare & tested)[:, None]
    moments = [one.matched.moments[columns] for one in windows.asked]
    rows = zip(moments, bars[0], flagged, strict=True)
    return [(at[hit], moves[hit]) if hit.any() else NOTHING for at, moves, hit in rows]


def _without_clock(bars: FloatArray, days: IntArray) -> FloatArray:
    """Return bars (1 + D, P, m) over the volatility of their time of day on the other placebo days of the event.

    Row 0 is the event day; ``days`` (P,) counts its placebo days. A day's own bars never enter its yardstick, or its
    largest bar would look smaller than the event day's. With few days the bars are returned as they are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (bars / daily_level(bars, "rv")[..., None]) ** 2
    known = np.where(np.isfinite(squares), squares, 0.0)
    event_day = np.concatenate([np.zeros((1, *bars.shape[1:])), known[1:]])
    factor = np.sqrt((known[1:].sum(axis=0) - event_day) / np.maximum(days, 1)[:, None])
    scaled = np.where(factor > 0, bars / np.where(factor > 0, factor, 1.0), 0.0)
    return np.where((days >= FEWEST_DAYS)[:, None], scaled, bars)


def early_move_notices(windows: ResponseWindows) -> list[tuple[Notice, ...]]:
    """Return the largest such bar of each event as a notice."""
    if windows.closed:
        return [()] * len(windows.asked)
    return [(_notice(*found),) if len(found[0]) else () for found in early_moves(windows)]


def _notice(closes: IntArray, moves: FloatArray) -> Notice:
    largest = int(np.abs(moves).argmax())
    at = instant_from_us(int(closes[largest]))
    message = f"the bar that closed at {at.astimezone(ZoneInfo('UTC')):%H:%M} UTC moved {100 * moves[largest]:+.2f} %"
    meaning = "more than an ordinary bar and before the news: a leak, or the time of the news is late"
    return Notice("ES-MOVE-BEFORE", f"{message}, {meaning}.")
