"""Placebo windows: where the same clock window stands on other trading days, or on earlier days of a daily series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, ReturnKind

Missing = Literal["refuse", "merge"]
# With "merge", a day serves while at least this share of the event's bars is there: fewer is a halt or a hole.
PRESENT = 0.9


def placebo_draws(
    series: SeriesSet,
    positions: Positions,
    abnormal: AbnormalReturns,
    window: Window,
    *,
    limit: int | None = None,
    after: bool = False,
    missing: Missing = "refuse",
    kind: ReturnKind = "log",
) -> tuple[FloatArray, ...]:
    """Return, for each event, the abnormal return summed over ``window`` on its placebo days, nearest day first.

    A day serves when it has a bar that closes at the local clock time of the window's reference close and one at that
    of its last close. With ``missing="refuse"`` every bar between must be there too. With ``"merge"`` a bar without
    trades is no reason to refuse the day: the next bar's return holds both, so their sum over the window is exact; at
    least nine bars in ten must be there. A day with a missing return never serves. Simple returns are compounded over
    the bars that the event merges into tau = 0, as the event's own are.

    Returns
    -------
    tuple of FloatArray, each (D_i,)
        Decimal returns under the event's own model.
    """
    place = {int(row): i for i, row in enumerate(positions.row)}
    indices: dict[int, ClockIndex] = {}
    event_window = Window(int(abnormal.tau[0]), int(abnormal.tau[-1]))
    draws = []
    for i, row in enumerate(abnormal.row):
        at = place[int(row)]
        s = int(positions.series[at])
        index = indices.get(s) or indices.setdefault(s, clock_index(series, s))
        anchor = int(positions.reference[at]), int(positions.first[at])
        studied, ends = span_of(event_window, *anchor), span_of(window, *anchor)
        if studied[0] < 0 or studied[1] >= len(index):
            draws.append(np.empty(0))
            continue
        heads, tails = _serving(index, ends, studied, after, missing)
        total = _window_sum(series, s, (heads, tails), abnormal.fit.coef[i])
        if kind == "simple" and anchor[1] - anchor[0] > 1 and window.start <= 0 <= window.stop:
            total += _merging(series, s, (heads - window.start, anchor[1] - anchor[0]), abnormal.fit.coef[i])
        draws.append(total[np.isfinite(total)][:limit])
    return tuple(draws)


Bar = TypeVar("Bar", int, IntArray)


def path_windows(tau: IntArray) -> tuple[Window, ...]:
    """Return the window between each point of a path and its zero, the last close before tau = 0.

    >>> [(w.start, w.stop) for w in path_windows(np.arange(-2, 2))]
    [(-2, -1), (-1, -1), (0, 0), (0, 1)]
    """
    first, last = int(tau[0]), int(tau[-1])
    zero = min(max(0, first), last + 1)
    before = [Window(start, zero - 1) for start in range(first, zero)]
    return (*before, *(Window(zero, stop) for stop in range(zero, last + 1)))


def span_of(window: Window, reference: Bar, first: Bar) -> tuple[Bar, Bar]:
    """Return the bar whose close a window starts from, and its last bar; tau = 0 is the bars between the two."""
    head = reference + window.start if window.start <= 0 else first + window.start - 1
    tail = reference + window.stop + 1 if window.stop < 0 else first + window.stop
    return head, tail


def _serving(
    index: ClockIndex, ends: tuple[int, int], studied: tuple[int, int], after: bool, missing: Missing
) -> tuple[IntArray, IntArray]:
    head, width = ends[0], ends[1] - ends[0]
    if index.daily:
        heads = earlier_spans(index, width, studied, after)
        tails = heads + width
    else:
        heads, tails = shifted_days(index, *ends, after)
        if missing == "merge":
            fits = (tails - heads >= PRESENT * width) & (tails > heads)
            heads, tails = heads[fits], tails[fits]
        else:
            heads = heads[_same_closes(index, heads, tails, head, width)]
            tails = heads + width
    nearest = np.argsort(np.abs(heads - head), kind="stable")
    return heads[nearest], tails[nearest]


def _same_closes(index: ClockIndex, heads: IntArray, tails: IntArray, head: int, width: int) -> BoolArray:
    same: BoolArray = tails - heads == width
    bars = np.arange(width + 1)
    own = index.key[head + bars] - index.key[head]
    same[same] = (index.key[heads[same][:, None] + bars] - index.key[heads[same]][:, None] == own).all(axis=1)
    return same


def _window_sum(series: SeriesSet, s: int, ends: tuple[IntArray, IntArray], coef: FloatArray) -> FloatArray:
    """Return each draw's abnormal return, the sum of its bars; NaN where a return is missing."""
    low, time_low, (heads, tails) = int(series.offset[s]), int(series.time_offset[s]), ends
    total: FloatArray = _sums(series.values, low + heads, low + tails) - coef[0] * (tails - heads)
    for j in range(1, len(coef)):
        total -= coef[j] * _sums(series.factors[j - 1], time_low + heads, time_low + tails)
    return total


def _merging(series: SeriesSet, s: int, zero: tuple[IntArray, int], coef: FloatArray) -> FloatArray:
    """Return what compounding at tau = 0, a reference and so many bars, adds to each draw's sum of simple returns."""
    low, time_low, (reference, width) = int(series.offset[s]), int(series.time_offset[s]), zero
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


Placebo = tuple[IntArray, IntArray, IntArray]


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


def placebo_windows(
    index: ClockIndex, event: tuple[int, int], window: Window, *, limit: int | None = None, after: bool = False
) -> Placebo:
    """Return (reference, first, trading day) of every placebo window of one event, nearest first.

    A day serves when each bar from the last close before the event's window to its last bar (merged bars included)
    has a bar that closes at the same local clock time, and no other bar lies between them. The event's own trading
    days never serve. In a daily series every day has one bar, so windows of the same number of bars serve that share
    no return with the event's window or with one another.
    """
    reference, first = event
    bars = np.arange(reference + min(window.start, 0), first + max(window.stop, 0) + 1)
    if bars[0] < 0 or bars[-1] >= len(index):
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    ends = int(bars[0]), int(bars[-1])
    moved = earlier_spans(index, ends[1] - ends[0], ends, after) if index.daily else _same_clock(index, bars, after)
    moved = moved[np.argsort(np.abs(moved - bars[0]), kind="stable")][:limit]
    return moved + (reference - bars[0]), moved + (first - bars[0]), index.day[moved + (reference - bars[0])]


def earlier_spans(index: ClockIndex, size: int, studied: tuple[int, int], after: bool) -> IntArray:
    """First bars of the spans of ``size`` returns that share none with the bars studied or with one another."""
    low = np.arange(studied[0] - size, -1, -size)
    high = np.arange(studied[1], len(index) - size, size) if after else low[:0]
    return np.concatenate([low, high]).astype(np.int64)


def shifted_days(index: ClockIndex, head: int, tail: int, after: bool) -> tuple[IntArray, IntArray]:
    """Bars that close at the clock times of ``head`` and ``tail`` on other days; the event's own days never serve."""
    key, first, last = index.key, int(index.ordinal[head]), int(index.ordinal[tail])
    shifts = np.arange(-first, index.n_days - last)
    shifts = shifts[(shifts < first - last) | (after & (shifts > last - first))]
    heads = _find(index, key[head] + shifts * DAY_US)
    tails = _find(index, key[tail] + shifts * DAY_US)
    found = (heads >= 0) & (tails >= 0)
    return heads[found], tails[found]


def _same_clock(index: ClockIndex, bars: IntArray, after: bool) -> IntArray:
    heads, tails = shifted_days(index, int(bars[0]), int(bars[-1]), after)
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


def window_returns(
    flat: FloatArray, reference: IntArray, first: IntArray, tau: IntArray, kind: ReturnKind = "log"
) -> FloatArray:
    """Return the cells of D placebo windows, tau = 0 merged as in the event; shape (D, L2)."""
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
