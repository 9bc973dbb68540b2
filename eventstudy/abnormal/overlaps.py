"""Events of one instrument whose windows share bars: found always, treated by the choice the study states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.align import Codes
from eventstudy.abnormal.panel import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Overlaps:
    """First and last bar of every event's window, and how many of its bars another event's window holds as well."""

    low: IntArray
    high: IntArray
    shared: IntArray

    @property
    def count(self) -> int:
        return int((self.shared > 0).sum())


Treated = tuple[Positions, BoolArray]


def find_overlaps(positions: Positions, window: Window) -> Overlaps:
    """Compare each event with its neighbours in time on the same series; positions are in that order."""
    before, after = positions.reference + 1, positions.first
    low = (before if window.start <= 0 else after) + window.start
    high = (after if window.stop >= 0 else before) + window.stop
    shared = np.zeros(len(low), dtype=np.int64)
    if len(low) > 1:
        neighbours = positions.series[1:] == positions.series[:-1]
        common = np.minimum(high[1:], high[:-1]) - np.maximum(low[1:], low[:-1]) + 1
        common = np.where(neighbours, np.maximum(common, 0), 0)
        shared[1:] += common
        shared[:-1] += common
    return Overlaps(low, high, np.minimum(shared, high - low + 1))


def keep(positions: Positions, overlaps: Overlaps, codes: Codes) -> Treated:
    """Use every event; the ledger and a notice tell which windows share bars."""
    return positions, np.ones(len(positions.row), dtype=bool)


def drop_later(positions: Positions, overlaps: Overlaps, codes: Codes) -> Treated:
    """Use the earlier of two overlapping events."""
    kept = np.ones(len(positions.row), dtype=bool)
    series, last = -1, -1
    for i in range(len(kept)):
        if positions.series[i] != series:
            series, last = int(positions.series[i]), -1
        kept[i] = overlaps.low[i] > last
        last = int(overlaps.high[i]) if kept[i] else last
    codes.mark(positions.row[~kept], book.OVERLAP)
    return positions, kept


def merge(positions: Positions, overlaps: Overlaps, codes: Codes) -> Treated:
    """Make one event of a chain of overlapping ones: from the first reference to the last first close."""
    kept = np.ones(len(positions.row), dtype=bool)
    first = positions.first.copy()
    head = 0
    for i in range(1, len(kept)):
        together = positions.series[i] == positions.series[head]
        reach = overlaps.high[head] + first[head] - positions.first[head]
        if together and overlaps.low[i] <= reach:
            first[head] = max(first[head], positions.first[i])
            kept[i] = False
        else:
            head = i
    codes.mark(positions.row[~kept], book.MERGED)
    columns = (positions.row, positions.series, positions.reference, first)
    made = Positions(*columns, positions.placebo_reference, positions.placebo_first, positions.placebo_day)
    return made, kept


TREATMENTS: Mapping[str, Callable[[Positions, Overlaps, Codes], Treated]] = {
    "keep": keep,
    "drop_later": drop_later,
    "merge": merge,
    "exclude_from_estimation": keep,
}


def subset(positions: Positions, kept: BoolArray) -> Positions:
    """Return the positions of ``kept``."""
    if kept.all():
        return positions
    none = np.empty((int(kept.sum()), 0), dtype=np.int64)
    row, series, reference, first = positions.row, positions.series, positions.reference, positions.first
    return Positions(row[kept], series[kept], reference[kept], first[kept], none, none, none)


def without_events(learn: FloatArray, series: SeriesSet, positions: Positions, overlaps: Overlaps) -> FloatArray:
    """Return the values with every event's window taken out, so that no model learns from another event."""
    made = learn.copy()
    offset, length = series.offset[positions.series], series.length[positions.series]
    low, high = offset + np.maximum(overlaps.low, 0), offset + np.minimum(overlaps.high, length - 1)
    edge = np.zeros(len(made) + 1, dtype=np.int64)
    np.add.at(edge, low, 1)
    np.add.at(edge, high + 1, -1)
    made[np.cumsum(edge[:-1]) > 0] = np.nan
    return made
