"""How much the CARs of events on one instrument move together because their models are estimated on the same returns.

A CAR is a weighted sum of returns: 1 on the L bars of its window, -L/M on the M bars of its estimation window. Two
events of one instrument whose estimation windows share bars are wrong about the expected return together, and an event
inside the estimation window of another is subtracted from it (Karafiath and Spencer 1991). The error of a slope is left
out: its sign follows the market's return of each window, so it averages out over events.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.gather import Bounds, runs
from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, IntArray

AT_ONCE = 50_000  # events whose ends are sorted together: a few megabytes


def estimation_correlation(
    data: EventData, estimation: Window | None, window: Window, complete: BoolArray | None = None
) -> float:
    """Return the mean correlation of two CARs through estimation returns, over all ordered pairs of events.

    Event-window bars that two events share are not counted: their correlation is that of the returns themselves. No
    pair is formed: between two ends of any windows the sum of the weights of all events is constant.

    Parameters
    ----------
    data : EventData
        N events; returns that are not estimated on are NaN in ``estimation_values``.
    estimation, window : Window
        In bars; without an estimation window there is no such correlation.
    complete : BoolArray, shape (N,), optional
        Events known to have all returns of their estimation window: missing ones are searched in the windows of the
        others alone.

    Returns
    -------
    float
        Between -1 and 1; 0 if no two events are on one instrument. The variance of the mean standardized CAR is
        ``1 + (N - 1)`` times this correlation, over that of independent events.
    """
    positions, n = data.positions, len(data)
    if estimation is None or n < 2 or np.bincount(positions.series).max() < 2:
        return 0.0
    missing = missing_returns(data, estimation, complete)
    parts = (
        _common(data, rows, EstimatedWindow(estimation, window), missing) for rows in by_instrument(positions.series)
    )
    return sum(parts) / (n * (n - 1))


def complete_windows(positions: Positions, abnormal: AbnormalReturns, estimation: Window | None) -> BoolArray | None:
    """Return which events were estimated on all bars of their estimation window, shape (N,).

    Parameters
    ----------
    positions : Positions
        Of the N events of ``abnormal``, in the order of the data.
    abnormal : AbnormalReturns
    estimation : Window
        None where nothing is estimated.
    """
    if estimation is None or not len(abnormal):
        return None
    used = np.zeros(int(abnormal.row.max()) + 1, dtype=np.int64)
    used[abnormal.row] = abnormal.fit.n
    complete: BoolArray = used[positions.row] == len(estimation)
    return complete


def missing_returns(data: EventData, estimation: Window, complete: BoolArray | None) -> IntArray:
    """Return the cells of the estimation windows without a return, in order; perhaps others without one as well."""
    values, incomplete = data.estimation_values, None if complete is None else np.flatnonzero(~complete)
    if incomplete is None or len(incomplete) * len(estimation) > len(values):
        return np.flatnonzero(~np.isfinite(values))
    positions = data.positions[incomplete]
    low = data.series.offset[positions.series]
    bounds, start = Bounds(low, low + data.series.length[positions.series]), low + positions.reference
    start += estimation.start + 1
    row, bar = np.divmod(np.flatnonzero(~np.isfinite(runs(values, start, len(estimation), bounds))), len(estimation))
    cells = start[row] + bar
    return np.unique(cells[(cells >= low[row]) & (cells < bounds.high[row])])


def by_instrument(series: IntArray) -> Iterator[IntArray]:
    """Yield the rows of the events of a few instruments at a time, at least ``AT_ONCE`` of them but for the last."""
    ordered, order = in_order(series)
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True)) + 1
    begin = 0
    while begin < len(order):
        end = int(ends[min(int(np.searchsorted(ends, begin + AT_ONCE)), len(ends) - 1)])
        yield order[begin:end]
        begin = end


class EstimatedWindow(NamedTuple):
    """The bars that a model is estimated on, and those of a CAR."""

    estimation: Window
    window: Window


def _common(data: EventData, rows: IntArray, windows: EstimatedWindow, missing: IntArray) -> float:
    """Return the sum of the correlations through estimation returns over all ordered pairs of these events.

    ``missing`` are the cells of the series that nothing is estimated on.
    """
    estimation, window = windows
    positions, n = data.positions[rows], len(rows)
    offset, length = (part[positions.series] for part in (data.series.offset, data.series.length))
    first, last = positions.reference + estimation.start + 1, positions.reference + estimation.stop + 2
    ends = (first, last, *(end + 1 for end in span_of(window, positions.reference, positions.first)))
    start, stop, head, tail = (offset + np.clip(end, 0, length) for end in ends)
    at, order = in_order(np.concatenate([start, stop, head, tail]))
    before_each = np.bincount(np.searchsorted(at, missing, side="right"), minlength=len(at) + 1)
    used = at - np.cumsum(before_each)[:-1]  # cells estimated on, before
    before = np.empty(4 * n, dtype=np.int64)
    before[order] = used
    L, M = (tail - head).astype(np.float64), np.maximum(before[n : 2 * n] - before[:n], 1)
    event = 1 / np.sqrt(L + L**2 / M)  # the weights of a CAR of variance one
    estimated, zero = -L / M * event, np.zeros(2 * n)
    on_estimation = np.cumsum(np.concatenate([estimated, -estimated, zero])[order])
    on_event = np.cumsum(np.concatenate([zero, event, -event])[order])
    weights = on_estimation * (on_estimation + 2 * on_event)
    return float((np.diff(used) * weights[:-1]).sum()) - float((M * estimated**2).sum())


def in_order(cells: IntArray) -> tuple[IntArray, NDArray[np.intp]]:
    """Return cells in order, and their order: cell and place sorted as one number, far faster than a stable sort."""
    bits = len(cells).bit_length()
    packed = np.sort((cells << bits) | np.arange(len(cells)))
    return packed >> bits, packed & ((1 << bits) - 1)
