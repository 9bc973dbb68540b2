"""Placebo windows: where the same clock window stands on other trading days, or on earlier days of a daily series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Bar, BarSpan, EventBars, Window
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, ReturnKind

Missing = Literal["refuse", "merge"]
# With "merge", a day serves while at least this share of the event's bars is there: fewer is a halt or a hole.
PRESENT = 0.9


def placebo_draws(
    data: EventData,
    abnormal: AbnormalReturns,
    window: Window,
    *,
    limit: int | None = None,
    after: bool = False,
    missing: Missing = "refuse",
    kind: ReturnKind = "log",
    standardize: bool = False,
) -> tuple[FloatArray, ...]:
    """Return, for each event, the abnormal return summed over ``window`` on its placebo days, nearest day first.

    A day serves when it has a bar that closes at the local clock time of the window's reference close and one at that
    of its last close. With ``missing="refuse"`` every bar between must be there too. With ``"merge"`` a bar without
    trades is no reason to refuse the day: the next bar's return holds both, so their sum over the window is exact; at
    least nine bars in ten must be there. A day with a missing return never serves. Simple returns are compounded over
    the bars that the event merges into tau = 0, as the event's own are. With ``standardize`` each day is scaled by the
    ratio of the event day's volatility before the news to its volatility before the same time of day; an event whose
    ratio cannot be measured has no days then.

    Returns
    -------
    tuple of FloatArray, each (D_i,)
        Decimal returns under the event's own model.
    """
    series, positions = data.series, data.positions
    place = {int(row): i for i, row in enumerate(positions.row)}
    indices: dict[int, ClockIndex] = {}
    event_window = Window(int(abnormal.tau[0]), int(abnormal.tau[-1]))
    draws = []
    for i, row in enumerate(abnormal.row):
        at = place[int(row)]
        s = int(positions.series[at])
        index = indices.get(s) or indices.setdefault(s, clock_index(series, s))
        reference, first = int(positions.reference[at]), int(positions.first[at])
        studied = span_of(event_window, reference, first)
        if studied.head < 0 or studied.tail >= len(index):
            draws.append(np.empty(0))
            continue
        spans = _eligible(index, span_of(window, reference, first), studied, after=after, missing=missing)
        total = _window_sum(series, s, spans, abnormal.fit.coef[i])
        if kind == "simple" and first - reference > 1 and window.start <= 0 <= window.stop:
            merged = BarSpan(spans.head - window.start, spans.head - window.start + first - reference)
            total += _merging(series, s, merged, abnormal.fit.coef[i])
        if standardize:
            lead = span_of(window, reference, first).head - reference
            total = total * volatility_ratios(series, index, reference, spans.head - lead)
        draws.append(total[np.isfinite(total)][:limit])
    return tuple(draws)


# Volatility before the news: the bars before the reference close on its trading day, at most so many and at least
# so many medians of three.
LEVEL_BARS, FEWEST_MEDIANS = 120, 8


def volatility_ratios(series: SeriesSet, index: ClockIndex, reference: int, others: IntArray) -> FloatArray:
    """Return the event day's volatility before ``reference`` over that before each other reference, shape (D,).

    Volatility is the root mean square of medians of three neighboring absolute returns of the trading day so far
    (MedRV, Andersen, Dobrev and Schaumburg 2012, doi:10.1016/j.jeconom.2012.01.011), which a single jump does not
    raise. NaN where a day has too few bars or has not moved; all NaN unless the event day and half of the others are
    known.
    """
    if index.daily:
        return np.full(len(others), np.nan)
    levels = _levels(series, index, np.concatenate([[reference], others]))
    known = np.isfinite(levels) & (levels > 0)
    if not known[0] or 2 * int(known[1:].sum()) < len(others):
        return np.full(len(others), np.nan)
    ratio: FloatArray = levels[0] / np.where(known[1:], levels[1:], np.nan)
    return ratio


def _levels(series: SeriesSet, index: ClockIndex, references: IntArray) -> FloatArray:
    bars = references[:, None] + np.arange(1 - LEVEL_BARS, 1)
    place = np.maximum(bars, 0)
    low, time_low = int(series.offset[index.series]), index.start
    valid = (bars >= 0) & (index.ordinal[place] == index.ordinal[references][:, None])
    valid &= ~series.spans_break[time_low + place]
    size = np.where(valid, np.abs(series.values[low + place]), np.nan)
    median = np.median(np.lib.stride_tricks.sliding_window_view(size, 3, axis=1), axis=2)
    usable = np.isfinite(median)
    total = np.square(np.where(usable, median, 0.0)).sum(axis=1)
    count = usable.sum(axis=1)
    return np.where(count >= FEWEST_MEDIANS, np.sqrt(total / np.maximum(count, 1)), np.nan)


def path_windows(tau: IntArray) -> tuple[Window, ...]:
    """Return the window between each point of a path and its zero, the last close before tau = 0.

    >>> [(w.start, w.stop) for w in path_windows(np.arange(-2, 2))]
    [(-2, -1), (-1, -1), (0, 0), (0, 1)]
    """
    first, last = int(tau[0]), int(tau[-1])
    zero = min(max(0, first), last + 1)
    before = [Window(start, zero - 1) for start in range(first, zero)]
    return (*before, *(Window(zero, stop) for stop in range(zero, last + 1)))


def span_of(window: Window, reference: Bar, first: Bar) -> BarSpan[Bar]:
    """Return the bars of a window; tau = 0 holds the bars ``reference + 1 .. first``."""
    head = reference + window.start if window.start <= 0 else first + window.start - 1
    tail = reference + window.stop + 1 if window.stop < 0 else first + window.stop
    return BarSpan(head, tail)


def _eligible(
    index: ClockIndex, span: BarSpan[int], studied: BarSpan[int], *, after: bool, missing: Missing
) -> BarSpan[IntArray]:
    head, width = span.head, span.tail - span.head
    if index.daily:
        heads = earlier_spans(index, width, studied, after=after)
        tails = heads + width
    else:
        heads, tails = shifted_days(index, span, after=after)
        if missing == "merge":
            fits = (tails - heads >= PRESENT * width) & (tails > heads)
            heads, tails = heads[fits], tails[fits]
        else:
            heads = heads[_same_closes(index, heads, tails, head, width)]
            tails = heads + width
    nearest = np.argsort(np.abs(heads - head), kind="stable")
    return BarSpan(heads[nearest], tails[nearest])


def _same_closes(index: ClockIndex, heads: IntArray, tails: IntArray, head: int, width: int) -> BoolArray:
    same: BoolArray = tails - heads == width
    bars = np.arange(width + 1)
    lengths = index.key[head + bars] - index.key[head]
    same[same] = (index.key[heads[same][:, None] + bars] - index.key[heads[same]][:, None] == lengths).all(axis=1)
    return same


def _window_sum(series: SeriesSet, s: int, spans: BarSpan[IntArray], coef: FloatArray) -> FloatArray:
    """Return each draw's abnormal return, the sum of its bars; NaN where a return is missing."""
    low, time_low, (heads, tails) = int(series.offset[s]), int(series.time_offset[s]), spans
    total: FloatArray = _sums(series.values, low + heads, low + tails) - coef[0] * (tails - heads)
    for j in range(1, len(coef)):
        total -= coef[j] * _sums(series.factors[j - 1], time_low + heads, time_low + tails)
    return total


def _merging(series: SeriesSet, s: int, merged: BarSpan[IntArray], coef: FloatArray) -> FloatArray:
    """Return what compounding the bars merged into tau = 0 adds to each draw's sum of simple returns."""
    low, time_low = int(series.offset[s]), int(series.time_offset[s])
    reference, width = merged.head, int(merged.tail[0] - merged.head[0]) if len(merged.head) else 0
    total: FloatArray = compounding(series.values, low + reference, width)
    for j in range(1, len(coef)):
        total -= coef[j] * compounding(series.factors[j - 1], time_low + reference, width)
    return total


def _sums(flat: FloatArray, heads: IntArray, tails: IntArray) -> FloatArray:
    """Return ``flat[head + 1 : tail + 1].sum()`` for every pair."""
    sums: FloatArray = np.array(
        [flat[a + 1 : b + 1].sum() for a, b in zip(heads, tails, strict=True)], dtype=np.float64
    )
    return sums


class PlaceboWindows(NamedTuple):
    """Reference and first bar of every placebo window of one event, and its trading day since 1970-01-01."""

    reference: IntArray
    first: IntArray
    day: IntArray


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


def placebo_windows(
    index: ClockIndex, event: OneEvent, window: Window, *, limit: int | None = None, after: bool = False
) -> PlaceboWindows:
    """Return every placebo window of one event, nearest first.

    A day serves when each bar from the last close before the event's window to its last bar (merged bars included)
    has a bar that closes at the same local clock time, and no other bar lies between them. The event's own trading
    days never serve. In a daily series every day has one bar, so windows of the same number of bars serve that share
    no return with the event's window or with one another.
    """
    reference, first = event
    bars = np.arange(reference + min(window.start, 0), first + max(window.stop, 0) + 1)
    if bars[0] < 0 or bars[-1] >= len(index):
        none = np.empty(0, dtype=np.int64)
        return PlaceboWindows(none, none, none)
    span = BarSpan(int(bars[0]), int(bars[-1]))
    if index.daily:
        heads = earlier_spans(index, span.tail - span.head, span, after=after)
    else:
        heads = _same_clock(index, bars, after=after)
    heads = heads[np.argsort(np.abs(heads - bars[0]), kind="stable")][:limit]
    moved = heads + (reference - bars[0])
    return PlaceboWindows(moved, heads + (first - bars[0]), index.day[moved])


def earlier_spans(index: ClockIndex, size: int, studied: BarSpan[int], *, after: bool) -> IntArray:
    """First bars of the spans of ``size`` returns that share none with the bars studied or with one another."""
    low = np.arange(studied.head - size, -1, -size)
    high = np.arange(studied.tail, len(index) - size, size) if after else low[:0]
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


def _same_clock(index: ClockIndex, bars: IntArray, *, after: bool) -> IntArray:
    heads, tails = shifted_days(index, BarSpan(int(bars[0]), int(bars[-1])), after=after)
    heads = heads[tails - heads == len(bars) - 1]
    steps = np.arange(len(bars))
    moved = index.key[heads[:, None] + steps] - index.key[heads][:, None]
    same = (moved == index.key[bars] - index.key[bars[0]]).all(axis=1)
    return np.asarray(heads[same], dtype=np.int64)


def _find(index: ClockIndex, wanted: IntArray) -> IntArray:
    """Position of each wanted key, -1 where there is none."""
    place = np.minimum(np.searchsorted(index.key, wanted, sorter=index.order), len(index) - 1)
    found = index.order[place]
    return np.where(index.key[found] == wanted, found, -1)


def compounding(flat: FloatArray, reference: IntArray, width: int) -> FloatArray:
    """Return what compounding the simple returns of ``width`` bars after each reference adds to their sum."""
    pieces = flat[(reference[:, None] + 1) + np.arange(width)]
    return np.asarray(np.expm1(np.log1p(pieces).sum(axis=1)) - pieces.sum(axis=1), dtype=np.float64)


def window_returns(flat: FloatArray, bars: EventBars, tau: IntArray, kind: ReturnKind = "log") -> FloatArray:
    """Return the cells of D placebo windows, tau = 0 merged as in the event; shape (D, L2)."""
    reference, first = bars
    cells = np.empty((len(reference), len(tau)))
    for j, t in enumerate(tau):
        if t == 0:
            width = int(first[0] - reference[0]) if len(first) else 0
            cells[:, j] = flat[(reference[:, None] + 1) + np.arange(width)].sum(axis=1)
            if kind == "simple" and width > 1:
                cells[:, j] += compounding(flat, reference, width)
        else:
            cells[:, j] = flat[reference + t + 1] if t < 0 else flat[first + t]
    return cells
