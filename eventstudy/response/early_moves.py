"""Bars before the news that moved as only news moves prices: a leak, or a time that is late."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, instant_from_us
from eventstudy.errors import Notice
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.placebo import smallest_pvalue, upper_pvalue
from eventstudy.response.seasonality import daily_level
from eventstudy.response.window import ResponseWindow, bar_returns

FEWEST_DAYS, SHORTEST, MOST_STALE, SIZE = 19, 16, 0.3, 0.01


def early_moves(window: ResponseWindow) -> tuple[IntArray, FloatArray]:
    """Return closing instants and log returns of the bars before ``earliest`` that moved as only news moves prices.

    Flagged by Lee and Mykland's test on the bars before each, after the time of day is taken out; and only if the
    largest statistic of the leak window is beyond the same maxima of the placebo days (all but one in a hundred),
    since volatility that clusters makes the test alone too quick. Nothing is tested where the bars before are
    few, or so many are without a trade that an ordinary bar is unknown.
    """
    matched = window.matched
    returns, placebo, after_from = bar_returns(window)
    columns = matched.open.copy()
    columns[matched.zero] = True
    closes = matched.moments[columns][1:][:after_from]
    there = np.isfinite(returns[:after_from])
    first = int(there.argmax()) if there.any() else after_from
    closes, bars = closes[first:], np.nan_to_num(np.vstack([returns, placebo])[:, first:after_from])
    judged = closes > matched.moments[matched.start]
    if len(closes) <= SHORTEST or not judged.any() or (bars[0] == 0).mean() > MOST_STALE:
        return np.empty(0, dtype=np.int64), np.empty(0)
    found = lee_mykland(_without_clock(bars), max(SHORTEST, len(closes) - int(judged.sum())), SIZE)
    sizes = np.nan_to_num(found.statistic[:, judged], posinf=np.inf).max(axis=1)
    rank = float(upper_pvalue(np.array(sizes[0]), sizes[1:], matched.weights()))
    rare = len(sizes) == 1 or rank <= max(SIZE, smallest_pvalue(len(sizes) - 1)) + 1e-12
    flagged = judged & found.is_jump[0] & rare
    return closes[flagged], bars[0, flagged]


def _without_clock(bars: FloatArray) -> FloatArray:
    """Return bars over the volatility of their time of day on the other placebo days; row 0 is the event day.

    A day's own bars never enter its yardstick, or its largest bar would look smaller than the event day's.
    """
    if len(bars) <= FEWEST_DAYS:
        return bars
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (bars / daily_level(bars, "rv")[:, None]) ** 2
    known = np.where(np.isfinite(squares), squares, 0.0)
    own = np.concatenate([np.zeros((1, bars.shape[1])), known[1:]])
    factor = np.sqrt((known[1:].sum(axis=0) - own) / (len(bars) - 1))
    return np.where(factor > 0, bars / np.where(factor > 0, factor, 1.0), 0.0)


def early_move_notices(window: ResponseWindow) -> tuple[Notice, ...]:
    """Return the largest such bar as a notice."""
    if window.closed:
        return ()
    closes, moves = early_moves(window)
    if not len(closes):
        return ()
    largest = int(np.abs(moves).argmax())
    at = instant_from_us(int(closes[largest]))
    told = f"the bar that closed at {at.astimezone(ZoneInfo('UTC')):%H:%M} UTC moved {100 * moves[largest]:+.2f} %"
    meaning = "more than an ordinary bar and before the news: a leak, or the time of the news is late"
    return (Notice("ES-MOVE-BEFORE", f"{told}, {meaning}."),)
