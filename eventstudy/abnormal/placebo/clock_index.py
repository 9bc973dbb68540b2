"""One series by trading day and local clock time: the same clock on other days, and the volatility before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import BarSpan
from eventstudy.arrays import DAY_US, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ClockIndex:
    """One series by (trading day, local clock time of the close): ``key`` = ordinal of the day and clock in one."""

    series: int
    start: int
    daily: bool
    day: IntArray
    ordinal: IntArray
    n_days: int
    key: IntArray
    order: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.day)


def clock_index(series: SeriesSet, s: int) -> ClockIndex:
    """Index series ``s`` once; all its events look their placebo days up in it."""
    start = int(series.time_offset[s])
    span = slice(start, start + int(series.length[s]))
    day = series.trading_day[span]
    days, ordinal = np.unique(day, return_inverse=True)
    key = ordinal * DAY_US + series.clock[span]
    daily = bool(series.step_us[s] >= DAY_US)
    return ClockIndex(s, start, daily, day, ordinal, len(days), key, np.argsort(key, kind="stable"))


class OneEvent(NamedTuple):
    """The last bar that closed before one event, and the first that closed after it."""

    reference: int
    first: int


def earlier_spans(index: ClockIndex, size: int, studied: BarSpan[int], *, after: bool, every: bool = False) -> IntArray:
    """First bars of the spans of ``size`` returns that share none with the bars studied.

    They share none with one another either, unless ``every`` span is asked for.
    """
    step = 1 if every else size
    low = np.arange(studied.head - size, -1, -step)
    high = np.arange(studied.tail, len(index) - size, step) if after else low[:0]
    return np.concatenate([low, high]).astype(np.int64)


def shifted_days(index: ClockIndex, span: BarSpan[int], *, after: bool) -> BarSpan[IntArray]:
    """Bars that close at the clock times of ``span`` on other days; the event's own days are not eligible."""
    head, tail = span
    key, first, last = index.key, int(index.ordinal[head]), int(index.ordinal[tail])
    shifts = np.arange(-first, index.n_days - last)
    shifts = shifts[(shifts < first - last) | (after & (shifts > last - first))]
    heads = _find(index, key[head] + shifts * DAY_US)
    tails = _find(index, key[tail] + shifts * DAY_US)
    found = (heads >= 0) & (tails >= 0)
    return BarSpan(heads[found], tails[found])


def _find(index: ClockIndex, wanted: IntArray) -> IntArray:
    """Position of each wanted key, -1 where there is none."""
    place = np.minimum(np.searchsorted(index.key, wanted, sorter=index.order), len(index) - 1)
    found = index.order[place]
    return np.where(index.key[found] == wanted, found, -1)


# Volatility before the news: the bars up to the reference close on its trading day, at most so many, or so many daily
# ones; at least so many medians of three.
LEVEL_BARS, DAILY_BARS, FEWEST_MEDIANS = 120, 20, 8


def volatility_ratios(series: SeriesSet, index: ClockIndex, reference: int, others: IntArray) -> FloatArray:
    """Return the event day's volatility before ``reference`` over that before each other reference, shape (D,).

    Volatility is the root mean square of medians of three neighboring absolute returns of the trading day so far
    (MedRV, Andersen, Dobrev and Schaumburg 2012, doi:10.1016/j.jeconom.2012.01.011), which a single jump does not
    raise. NaN where a day has too few bars or has not moved; all NaN unless the event day and half of the others are
    known.
    """
    if index.daily:
        return np.full(len(others), np.nan)
    levels = volatility_levels(series, index, np.concatenate([[reference], others]))
    known = np.isfinite(levels) & (levels > 0)
    if not known[0] or 2 * int(known[1:].sum()) < len(others):
        return np.full(len(others), np.nan)
    ratio: FloatArray = levels[0] / np.where(known[1:], levels[1:], np.nan)
    return ratio


def volatility_levels(series: SeriesSet, index: ClockIndex, references: IntArray) -> FloatArray:
    """Return the volatility of a bar before each reference, shape (D,): of its day so far, or of 20 days."""
    bars = references[:, None] + np.arange(1 - (DAILY_BARS if index.daily else LEVEL_BARS), 1)
    place = np.maximum(bars, 0)
    low, time_low = int(series.offset[index.series]), index.start
    valid = bars >= 0
    if not index.daily:
        valid &= index.ordinal[place] == index.ordinal[references][:, None]
        valid &= ~series.spans_break[time_low + place]
    size = np.where(valid, np.abs(series.values[low + place]), np.nan)
    median = np.median(np.lib.stride_tricks.sliding_window_view(size, 3, axis=1), axis=2)
    usable = np.isfinite(median)
    total = np.square(np.where(usable, median, 0.0)).sum(axis=1)
    count = usable.sum(axis=1)
    return np.where(count >= FEWEST_MEDIANS, np.sqrt(total / np.maximum(count, 1)), np.nan)


def same_clock_references(index: ClockIndex, reference: int, head: int, heads: IntArray) -> IntArray:
    """Return the bar that stands to each of ``heads`` as ``reference`` to ``head``: by the clock, if bars are missing.

    Daily bars are counted; so are intraday ones on a day that has no bar at the reference's time.
    """
    by_count: IntArray = np.clip(heads + (reference - head), 0, len(index) - 1)
    if index.daily:
        return by_count
    shift = index.ordinal[heads] - index.ordinal[head]
    found = _find(index, index.key[reference] + shift * DAY_US)
    return np.where(found >= 0, found, by_count)
