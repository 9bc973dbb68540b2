"""The CAR of one window on every day that can serve for that very window: the draws of the placebo test."""

from __future__ import annotations

from typing import Literal, TypeVar

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.panel import Positions
from eventstudy.abnormal.placebo import ClockIndex, clock_index, compounding, earlier_spans, shifted_days
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray, ReturnKind

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
