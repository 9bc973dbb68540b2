"""Bars before the news that moved as only news moves prices: a leak, or a time that is late."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, instant_from_us
from eventstudy.errors import Notice
from eventstudy.response.seasonality import periodicity
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.uncertain_time import moves_before
from eventstudy.response.window import Window, bar_returns

FEWEST_DAYS, SHORTEST, MOST_STALE = 10, 16, 0.3


def early_moves(window: Window, level: float) -> tuple[IntArray, FloatArray]:
    """Return closing instants and log returns of the bars before ``earliest`` that Lee and Mykland's test flags.

    The bars of the leak window are judged together, each by the bars before it, after the time of day is taken out.
    Nothing is judged where the bars before are few, or so many are without a trade that an ordinary bar is unknown.
    """
    matched = window.matched
    returns, placebo, after_from = bar_returns(window)
    columns = matched.open.copy()
    columns[matched.zero] = True
    closes = matched.moments[columns][1:][:after_from]
    before = np.nan_to_num(returns[:after_from])
    known = np.isfinite(returns[:after_from])
    if known.any():
        skipped = int(known.argmax())
        closes, before, placebo = closes[skipped:], before[skipped:], placebo[:, skipped:after_from]
    judged = int((closes > matched.moments[matched.start]).sum())
    if len(before) <= SHORTEST or not judged or (before == 0).mean() > MOST_STALE:
        return np.empty(0, dtype=np.int64), np.empty(0)
    scaled = before
    if len(placebo) >= FEWEST_DAYS:
        factor = periodicity(placebo, "sd", "rv")
        scaled = np.where(factor > 0, before / np.where(factor > 0, factor, 1.0), 0.0)
    official, width = int(matched.moments[matched.zero]), max(SHORTEST, len(before) - judged)
    found = moves_before(closes, scaled, official, width, 1 - level)
    found = found[found > matched.moments[matched.start]]
    return found, before[np.isin(closes, found)]


def early_move_notices(window: Window, settings: ResponseSettings) -> tuple[Notice, ...]:
    """Return the largest such bar as a notice."""
    if window.closed:
        return ()
    closes, moves = early_moves(window, settings.level)
    if not len(closes):
        return ()
    largest = int(np.abs(moves).argmax())
    at = instant_from_us(int(closes[largest]))
    told = f"the bar that closed at {at.astimezone(ZoneInfo('UTC')):%H:%M} UTC moved {100 * moves[largest]:+.2f} %"
    meaning = "more than an ordinary bar and before the news: a leak, or the time of the news is late"
    return (Notice("ES-MOVE-BEFORE", f"{told}, {meaning}."),)
