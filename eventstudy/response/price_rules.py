"""What "the price at t" means: PRICE_RULES, and the change between two times under one rule.

Every rule reads bars of one tape. Side "before" may only use bars that close at or before t; side "after" only bars
that open at or after t. So no rule can look ahead, whatever the bar length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, look_up
from eventstudy.market.bars import Bars

Side = Literal["before", "after"]
RULE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Prices:
    """Bars as arrays, all of shape (T,): instants in microseconds, price levels; NaN where a column is missing."""

    begins: IntArray
    closes: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray


def prices_of(bars: Bars) -> Prices:
    """Return the columns of bars that price rules read."""
    frame, closes = bars.frame, bars.closes_us
    missing = np.full(len(frame), np.nan)
    columns = [
        np.asarray(frame[c], dtype=np.float64) if c in frame else missing
        for c in ("open", "high", "low", "close", "volume")
    ]
    return Prices(closes - bars.step.value // 1000, closes, *columns)


def last_trade(prices: Prices, at: int, side: Side) -> float:
    """Return the close of the last bar done by ``at``; after: of the first bar begun from ``at`` on."""
    row = _neighbour(prices, at, side)
    return float(prices.close[row]) if row >= 0 else math.nan


def first_open(prices: Prices, at: int, side: Side) -> float:
    """Return the open of the first bar begun from ``at`` on; before: the open of the last bar done by ``at``."""
    row = _neighbour(prices, at, side)
    return float(prices.open[row]) if row >= 0 else math.nan


def middle(prices: Prices, at: int, side: Side) -> float:
    """Return the middle of high and low of the neighbouring bar: half the bounce of a last trade, no quotes needed."""
    row = _neighbour(prices, at, side)
    return float((prices.high[row] + prices.low[row]) / 2) if row >= 0 else math.nan


def vwap(prices: Prices, at: int, side: Side) -> float:
    """Return the volume-weighted mean of the closes of the five minutes next to ``at``; NaN without volume."""
    inside = _within(prices, at, side)
    weight = np.where(np.isfinite(prices.volume[inside]), prices.volume[inside], 0.0)
    total = float(weight.sum())
    return float((weight * prices.close[inside]).sum() / total) if total > 0 else math.nan


def median_close(prices: Prices, at: int, side: Side) -> float:
    """Return the median close of the five minutes next to ``at``."""
    closes = prices.close[_within(prices, at, side)]
    return float(np.median(closes)) if len(closes) else math.nan


PRICE_RULES: Mapping[str, Callable[[Prices, int, Side], float]] = {
    "last": last_trade,
    "open": first_open,
    "mid": middle,
    "vwap": vwap,
    "median": median_close,
}


def change(prices: Prices, before: int, after: int, rule: str = "last") -> float:
    """Return the log change from the price before one instant to the price after another, under one rule.

    Parameters
    ----------
    prices : Prices
    before, after : int
        Microseconds since the epoch; ``before`` is at most ``earliest``, ``after`` at least ``latest``.
    rule : str
        Row of ``PRICE_RULES``.
    """
    price = look_up("price rule", PRICE_RULES, rule)
    return math.log(price(prices, after, "after")) - math.log(price(prices, before, "before"))


def _neighbour(prices: Prices, at: int, side: Side) -> int:
    if side == "before":
        return int(np.searchsorted(prices.closes, at, side="right")) - 1
    row = int(np.searchsorted(prices.begins, at, side="left"))
    return row if row < len(prices.begins) else -1


def _within(prices: Prices, at: int, side: Side) -> BoolArray:
    span = RULE_MINUTES * MINUTE_US
    if side == "before":
        return np.asarray((prices.begins >= at - span) & (prices.closes <= at))
    return np.asarray((prices.begins >= at) & (prices.closes <= at + span))


def median_change(times: IntArray, prices: FloatArray, pre: tuple[int, int], post: tuple[int, int]) -> float:
    """Return the log change from the median price of one window to that of another, both [start, end] of instants.

    With the windows 13:25-13:35 and 14:00-14:10 Frankfurt time this is the press-release window of the Euro Area
    Monetary Policy Event-Study Database (Altavilla et al. 2019, doi:10.1016/j.jmoneco.2019.08.016).

    Parameters
    ----------
    times : IntArray, shape (T,)
        Instants of the prices, microseconds.
    prices : FloatArray, shape (T,)
        Levels.
    """
    inside = [(times >= a) & (times <= b) for a, b in (pre, post)]
    if not all(window.any() for window in inside):
        return math.nan
    return math.log(np.median(prices[inside[1]])) - math.log(np.median(prices[inside[0]]))


def median_rule(times: IntArray, prices: FloatArray, at: int, *, least: int = 3) -> float:
    """Return the response by the median rule of the monetary-policy literature.

    Median of the prices in [t + 15, t + 25) minutes less the median in (t - 15, t - 5], in logs; a window with fewer
    than ``least`` prices is extended away from the event until it has them, at most 24 hours, else NaN.
    Jarocinski and Karadi (2020), doi:10.1257/mac.20180090, as described in their data notes.

    Parameters
    ----------
    times : IntArray, shape (T,)
        Instants of the prices, microseconds, increasing.
    prices : FloatArray, shape (T,)
    at : int
        The event, microseconds.
    """
    after = np.searchsorted(times, [at + 15 * MINUTE_US, at + 25 * MINUTE_US], side="left")
    before = np.searchsorted(times, [at - 15 * MINUTE_US, at - 5 * MINUTE_US], side="right")
    post = slice(after[0], max(after[1], after[0] + least))
    pre = slice(max(0, min(before[0], before[1] - least)), before[1])
    enough = post.stop <= len(times) and pre.stop - pre.start >= least
    if not enough or times[post.stop - 1] - at > DAY_US or at - times[pre.start] > DAY_US:
        return math.nan
    return math.log(np.median(prices[post])) - math.log(np.median(prices[pre]))
