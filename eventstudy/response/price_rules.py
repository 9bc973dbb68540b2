"""What "the price at t" means: PRICE_RULES, and the change between two times under one rule.

A rule reads bars that close at or before t and begin at or after t less its reach. So no rule looks ahead; and a price
taken ``reach`` after the news holds nothing from before it. The bars between merge into the first return after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, IntArray, look_up
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars

Side = Literal["before", "after"]
RULE_US = 5 * MINUTE_US  # the stretch that vwap and median look at


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
    bid: FloatArray
    ask: FloatArray

    @property
    def step_us(self) -> int:
        return int(self.closes[0] - self.begins[0]) if len(self.closes) else 0


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One meaning of "the price at t".

    Attributes
    ----------
    levels : Prices -> FloatArray, shape (T,)
        The price as of each bar's close.
    reach : Prices -> int
        How far back it looks, microseconds.
    summary : str
    """

    levels: Callable[[Prices], FloatArray]
    reach: Callable[[Prices], int]
    summary: str


def prices_of(bars: Bars) -> Prices:
    """Return the columns of bars that price rules read."""
    frame, closes = bars.frame, bars.closes_us
    missing = np.full(len(frame), np.nan)
    columns = [
        np.asarray(frame[c], dtype=np.float64) if c in frame else missing
        for c in ("open", "high", "low", "close", "volume", "bid", "ask")
    ]
    return Prices(closes - bars.step.value // 1000, closes, *columns)


def last_trade(prices: Prices) -> FloatArray:
    """Return the close of each bar: its last trade."""
    return prices.close


def first_trade(prices: Prices) -> FloatArray:
    """Return the open of each bar: its first trade."""
    return _needed("open", prices.open)


def middle(prices: Prices) -> FloatArray:
    """Return the middle of bid and ask at each close; without quotes that of the bar's range: half the bounce."""
    if _quoted(prices):
        return np.asarray((prices.bid + prices.ask) / 2)
    return np.asarray((_needed("high", prices.high) + _needed("low", prices.low)) / 2)


def vwap(prices: Prices) -> FloatArray:
    """Return the volume-weighted mean of the closes of the last five minutes; where nothing traded, the close."""
    weight = np.where(prices.volume > 0, _needed("volume", prices.volume), 0.0)
    rows = _last_minutes(prices)
    weights = np.where(rows >= 0, weight[rows], 0.0)
    total = weights.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, (weights * prices.close[rows]).sum(axis=0) / total, prices.close)


def median_close(prices: Prices) -> FloatArray:
    """Return the median close of the last five minutes."""
    rows = _last_minutes(prices)
    count = (rows >= 0).sum(axis=0)
    ordered = np.sort(np.where(rows >= 0, prices.close[rows], np.inf), axis=0)
    column = np.arange(len(count))
    return np.asarray((ordered[(count - 1) // 2, column] + ordered[count // 2, column]) / 2)


def _needed(name: str, values: FloatArray) -> FloatArray:
    if len(values) and not np.isfinite(values).any():
        raise DataError(f"The price rule needs the column {name!r}, which the bars do not have.", remedy="Use 'last'.")
    return values


def _quoted(prices: Prices) -> bool:
    return bool(np.isfinite(prices.bid).any() and np.isfinite(prices.ask).any())


def _last_minutes(prices: Prices) -> IntArray:
    """Return the rows of the bars inside the last five minutes of each bar, shape (bars that fit, T); -1 for none."""
    if prices.step_us > RULE_US:
        raise DataError(
            f"Bars of {prices.step_us // MINUTE_US} minutes do not show the last five minutes.",
            remedy="Use the price rule 'last', 'open' or 'mid', or shorter bars.",
        )
    back = np.arange(RULE_US // max(prices.step_us, 1))[:, None]
    rows = np.arange(len(prices.closes)) - back
    inside = (rows >= 0) & (prices.begins[np.maximum(rows, 0)] >= prices.closes - RULE_US)
    return np.where(inside, rows, -1)


def _no_reach(prices: Prices) -> int:
    return 0


def _bar(prices: Prices) -> int:
    return prices.step_us


def _bar_unless_quoted(prices: Prices) -> int:
    return 0 if _quoted(prices) else prices.step_us


def _five_minutes(prices: Prices) -> int:
    return RULE_US


PRICE_RULES: Mapping[str, PriceRule] = {
    "last": PriceRule(last_trade, _no_reach, "the last trade of each bar"),
    "open": PriceRule(first_trade, _bar, "the first trade of each bar"),
    "mid": PriceRule(middle, _bar_unless_quoted, "the middle of bid and ask, or of the bar's range without quotes"),
    "vwap": PriceRule(vwap, _five_minutes, "the volume-weighted mean of the last five minutes"),
    "median": PriceRule(median_close, _five_minutes, "the median of the last five minutes"),
}


def price_at(prices: Prices, at: int, side: Side, rule: str = "last") -> float:
    """Return the price next to an instant under one rule; NaN where there is none.

    Before: as of the last close at or before ``at``. After: as of the first close at or after ``at`` plus the rule's
    reach, so that nothing from before ``at`` is in it.
    """
    row_of = look_up("price rule", PRICE_RULES, rule)
    if side == "before":
        row = int(np.searchsorted(prices.closes, at, side="right")) - 1
    else:
        row = int(np.searchsorted(prices.closes, at + row_of.reach(prices), side="left"))
    return float(row_of.levels(prices)[row]) if 0 <= row < len(prices.closes) else math.nan


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
    return math.log(price_at(prices, after, "after", rule)) - math.log(price_at(prices, before, "before", rule))


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


def median_rule(times: IntArray, prices: FloatArray, at: int, *, until: int | None = None, least: int = 3) -> float:
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
    until : int, optional
        The end of the event's interval, from which the later window counts; ``at`` by default.

    Examples
    --------
    >>> minutes = np.arange(-30, 41) * 60_000_000
    >>> round(median_rule(minutes, np.where(minutes < 0, 100.0, 101.0), 0), 4)  # ln 1.01
    0.01
    """
    ends = np.array([at if until is None else until], dtype=np.int64)
    return float(median_rules(times, np.log(prices), np.array([at], dtype=np.int64), ends, least=least)[0])


def median_rules(times: IntArray, logs: FloatArray, at: IntArray, until: IntArray, *, least: int = 3) -> FloatArray:
    """Return ``median_rule`` for many events at once, from log prices, shape (G,)."""
    order = np.argsort(at)  # neighbors are found in a quarter of the time
    at, until = at[order], until[order]
    from_post, to_post = (np.searchsorted(times, until + m * MINUTE_US, side="left") for m in (15, 25))
    from_pre, to_pre = (np.searchsorted(times, at - m * MINUTE_US, side="right") for m in (15, 5))
    to_post = np.maximum(to_post, from_post + least)
    from_pre = np.maximum(0, np.minimum(from_pre, to_pre - least))
    enough = (to_post <= len(times)) & (to_pre - from_pre >= least)
    rows = np.flatnonzero(enough)
    near = times[to_post[rows] - 1] - until[rows] <= DAY_US
    near &= at[rows] - times[from_pre[rows]] <= DAY_US
    rows = rows[near]
    moves = np.full(len(at), np.nan)
    after = _medians(logs, from_post[rows], to_post[rows])
    moves[order[rows]] = np.log(after) - np.log(_medians(logs, from_pre[rows], to_pre[rows]))
    return moves


def _medians(logs: FloatArray, first: IntArray, stop: IntArray) -> FloatArray:
    """Return the median price of the rows ``first : stop`` of each event, shape (G,)."""
    count = stop - first
    if not len(count):
        return np.empty(0)
    take = first[:, None] + np.arange(int(count.max()))
    inside = take < stop[:, None]
    ordered = np.sort(np.where(inside, np.exp(logs[np.where(inside, take, 0)]), np.inf), axis=1)
    row = np.arange(len(count))
    return np.asarray((ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2)
