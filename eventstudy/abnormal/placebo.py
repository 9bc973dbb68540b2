"""Placebo windows: where the same clock window stands on other trading days, or on earlier days of a daily series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, FloatArray, IntArray, ReturnKind

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
