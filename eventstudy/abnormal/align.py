"""Events onto bars: positions in every series, and a ledger code for each event that has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.events import EventTable, Numbers, OpenLedger, Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import ANCHORS, EventBars, NewsBounds, Window, WindowSpec, locate_closes
from eventstudy.arrays import BoolArray, FloatArray, IntArray, instant_from_us, look_up
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.gaps import BY_CALENDAR


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
    """Compare each event with its neighbors in time on the same series; positions are in that order."""
    before, after = positions.reference + 1, positions.first
    low = (before if window.start <= 0 else after) + window.start
    high = (after if window.stop >= 0 else before) + window.stop
    shared = np.zeros(len(low), dtype=np.int64)
    if len(low) > 1:
        neighbors = positions.series[1:] == positions.series[:-1]
        common = np.minimum(high[1:], high[:-1]) - np.maximum(low[1:], low[:-1]) + 1
        common = np.where(neighbors, np.maximum(common, 0), 0)
        shared[1:] += common
        shared[:-1] += common
    return Overlaps(low, high, np.minimum(shared, high - low + 1))


def keep(positions: Positions, overlaps: Overlaps, ledger: OpenLedger) -> Treated:
    """Use every event; the ledger and a warning name the windows that share bars."""
    return positions, np.ones(len(positions.row), dtype=bool)


def drop_later(positions: Positions, overlaps: Overlaps, ledger: OpenLedger) -> Treated:
    """Use the earlier of two overlapping events."""
    kept = np.ones(len(positions.row), dtype=bool)
    series, last = -1, -1
    for i in range(len(kept)):
        if positions.series[i] != series:
            series, last = int(positions.series[i]), -1
        kept[i] = overlaps.low[i] > last
        last = int(overlaps.high[i]) if kept[i] else last
    ledger.mark(positions.row[~kept], outcomes.OVERLAP)
    return positions, kept


def merge(positions: Positions, overlaps: Overlaps, ledger: OpenLedger) -> Treated:
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
    ledger.mark(positions.row[~kept], outcomes.MERGED)
    return replace(positions, first=first), kept


TREATMENTS: Mapping[str, Callable[[Positions, Overlaps, OpenLedger], Treated]] = {
    "auto": keep,
    "keep": keep,
    "drop_later": drop_later,
    "merge": merge,
    "exclude_from_estimation": keep,
}


def without_events(returns: FloatArray, series: SeriesSet, positions: Positions, overlaps: Overlaps) -> FloatArray:
    """Return the values with every event's window taken out, so that no model is estimated on another event."""
    kept = returns.copy()
    offset, length = series.offset[positions.series], series.length[positions.series]
    low, high = offset + np.maximum(overlaps.low, 0), offset + np.minimum(overlaps.high, length - 1)
    edge = np.zeros(len(kept) + 1, dtype=np.int64)
    np.add.at(edge, low, 1)
    np.add.at(edge, high + 1, -1)
    kept[np.cumsum(edge[:-1]) > 0] = np.nan
    return kept


LARGEST = (1 << 62) - 1
# A year of trading days without a bar inside one event's windows: as a rule two companies under one code.
YEAR_OF_DAYS = 250


@dataclass(frozen=True, slots=True)
class Gap:
    """Trading days without a bar inside the windows of an event, and the close that ends them."""

    instrument: str
    days: int
    ends: datetime


def align(table: EventTable, series: SeriesSet, windows: WindowSpec, *, anchor: str) -> tuple[Positions, OpenLedger]:
    """Return where each event sits, and why the others have no place.

    An event before the first close, after the last one, or among more trading days without a bar than the series'
    ``gap_limit`` has no position: it is never moved to the nearest bar. News while the exchange is closed waits for
    its reopening. Rows come back in the order (series, reference, first, row), so that neighbors in memory are
    neighbors in time.
    """
    ledger = OpenLedger.of(table)
    which = which_series(table, series)
    bounds = look_up("anchor", ANCHORS, anchor).function(table.earliest, table.latest)
    reference, first = _locate(series, which, bounds)
    length = series.length[np.maximum(which, 0)]
    start = series.time_offset[np.maximum(which, 0)]
    before = np.flatnonzero((reference < 0) & (which >= 0))
    inside = (which >= 0) & (reference >= 0) & (first < length)
    gap = _gap(series, start, np.where(inside, reference, 0), np.where(inside, first, 0))
    limit = series.gap_limit[np.maximum(which, 0)]
    missing_bars = _missing_bars(windows, reference, first, length)
    _mark(ledger, which < 0, outcomes.UNKNOWN)
    if table.refused is not None:
        _mark(ledger, table.refused > 0, table.refused)
    hosted = windows.event.start >= 0 and len(before) > 0
    too_early = reference < 0
    too_early[before] &= ~(hosted & _in_first_return(series, which[before], table.earliest[before]))
    _mark(ledger, too_early, outcomes.BEFORE)
    _mark(ledger, first >= length, outcomes.AFTER)
    _mark(ledger, inside & (gap > limit), outcomes.HOLE, gap, limit)
    _mark(ledger, missing_bars > 0, outcomes.WINDOW, missing_bars)
    years = _longest_gap(series, windows, which, EventBars(reference, first), YEAR_OF_DAYS)
    _mark(ledger, years > 0, outcomes.YEARS, years, YEAR_OF_DAYS)
    _mark(ledger, _duplicates(table, which), outcomes.DUPLICATE)
    row = np.flatnonzero(ledger.code == outcomes.USED)
    row = _in_order(which * (int(length.max(initial=0)) + 1) + reference, first - reference, row)
    return Positions(row, which[row], reference[row], first[row]), ledger


def _mark(ledger: OpenLedger, where: NDArray[np.bool_], code: Numbers, a: Numbers = 0, b: Numbers = 0) -> None:
    rows = np.flatnonzero(where & (ledger.code == outcomes.USED))
    pick = [value[rows] if isinstance(value, np.ndarray) else value for value in (code, a, b)]
    ledger.mark(rows, *pick)


def which_series(table: EventTable, series: SeriesSet) -> IntArray:
    """Return the series of each event, -1 where there is none, shape (N,)."""
    names, place = table.places
    if tuple(names.tolist()) == series.codes:
        return place
    place_of = dict(zip(series.codes, range(len(series.codes)), strict=True))
    found = np.fromiter(map(place_of.get, names.tolist(), repeat(-1)), dtype=np.int64, count=len(names))
    return found[place]


def _locate(series: SeriesSet, which: IntArray, bounds: NewsBounds) -> EventBars:
    if series.shared:
        return locate_closes(series.closes, bounds)
    if series.frame_closes is not None:
        reference, first = locate_closes(series.frame_closes, bounds)
        return EventBars(_bars_until(series, which, reference) - 1, _bars_until(series, which, first - 1))
    reference, first = np.full(len(which), -1, np.int64), np.full(len(which), -1, np.int64)
    order = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[order], np.arange(len(series.codes) + 1))
    for s in np.unique(which[which >= 0]):
        rows = order[edges[s] : edges[s + 1]]
        closes = series.closes[series.time_offset[s] : series.time_offset[s] + series.length[s]]
        reference[rows], first[rows] = locate_closes(closes, NewsBounds(bounds.before[rows], bounds.by[rows]))
    return EventBars(reference, first)


def _bars_until(series: SeriesSet, which: IntArray, row: IntArray) -> IntArray:
    """Return how many bars of each event's series lie in the rows of the frame up to a row, that row included.

    The bar of row r is at most bar r, and at least r less the rows that the series lacks.
    """
    assert series.frame_row is not None  # noqa: S101 - the caller looks
    assert series.frame_closes is not None  # noqa: S101
    s = np.maximum(which, 0)
    start, length = series.time_offset[s], series.length[s]
    high = np.clip(row + 1, 0, length)
    low: IntArray = np.clip(row + 1 - (len(series.frame_closes) - length), 0, length)
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) // 2
        within = series.frame_row[start + np.minimum(middle, length - 1)] <= row
        low, high = np.where((low < high) & within, middle + 1, low), np.where((low < high) & ~within, middle, high)
    return low


def _in_order(place: IntArray, bars: IntArray, row: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rows in order of place, then of bars merged, then of row."""
    group, bits = place[row], len(place).bit_length()
    if (bars[row] > 1).any() or int(group.max(initial=0)) > LARGEST >> bits:
        return row[np.lexsort((bars[row], group))]
    packed: NDArray[np.intp] = np.sort((group << bits) | row)
    return packed & ((1 << bits) - 1)


def _gap(series: SeriesSet, start: IntArray, reference: IntArray, first: IntArray) -> IntArray:
    """Most trading days without a bar between neighboring closes from reference to first."""
    most = np.where(first > reference, series.missing_days[start + first], 0)
    for row in np.flatnonzero(first - reference > 1):
        most[row] = series.missing_days[start[row] + reference[row] + 1 : start[row] + first[row] + 1].max()
    return np.asarray(most, dtype=np.int64)


def _in_first_return(series: SeriesSet, which: IntArray, earliest: IntArray) -> BoolArray:
    """Return the events inside the first bar of a series that has a return there, as frames of returns do."""
    first_close, value = series.closes[series.time_offset[which]], series.values[series.offset[which]]
    inside = (earliest < first_close) & (earliest >= first_close - series.step_us[which])
    return np.asarray(inside & np.isfinite(value), dtype=np.bool_)


def _longest_gap(
    series: SeriesSet, windows: WindowSpec, which: IntArray, bars: EventBars, limit: IntArray | int
) -> IntArray:
    """Return the most trading days without a bar inside each event's windows; 0 up to the limit."""
    found = np.zeros(len(which), dtype=np.int64)
    holes = np.flatnonzero(series.missing_days > np.min(limit, initial=YEAR_OF_DAYS))
    if not len(holes) or not len(which):
        return found
    known = np.maximum(which, 0)
    start, length = series.time_offset[known], series.length[known]
    begin = windows.event.start if windows.estimation is None else windows.estimation.start
    low = start + np.clip(bars.reference + 1 + min(begin, 0), 0, length)
    high = start + np.clip(bars.first + max(windows.event.stop, 0), 0, length - 1)
    low_hole, high_hole = np.searchsorted(holes, low, side="left"), np.searchsorted(holes, high, side="right")
    for row in np.flatnonzero((high_hole > low_hole) & (which >= 0)):
        found[row] = series.missing_days[holes[low_hole[row] : high_hole[row]]].max()
    return np.where(found > limit, found, 0)


def find_gaps(positions: Positions, series: SeriesSet, windows: WindowSpec) -> tuple[Gap, ...]:
    """Return the gaps inside the windows of aligned events, one per observation that has one."""
    which, bars = positions.series, EventBars(positions.reference, positions.first)
    warn_above = np.where(series.step_us < PERIOD_US, BY_CALENDAR, series.gap_limit)
    days = _longest_gap(series, windows, which, bars, warn_above[which])
    found = []
    for row in np.flatnonzero(days):
        place = int(series.time_offset[which[row]] + positions.first[row] + max(windows.event.stop, 0))
        before = np.flatnonzero(series.missing_days[: place + 1] == days[row])[-1]
        found.append(Gap(series.codes[which[row]], int(days[row]), instant_from_us(int(series.closes[before]))))
    return tuple(found)


def _missing_bars(windows: WindowSpec, reference: IntArray, first: IntArray, length: IntArray) -> IntArray:
    left = np.minimum(reference + min(windows.event.start + 1, 1), 1)
    right = first + max(windows.event.stop, 0) - (length - 1)
    return np.asarray(np.maximum(-left, 0) + np.maximum(right, 0), dtype=np.int64)


def _duplicates(table: EventTable, which: IntArray) -> NDArray[np.bool_]:
    """Rows that repeat an earlier one: the same id on the same instrument, or the same unnamed instant on it."""
    if table.named and (table.distinct or len(set(table.ids.tolist())) == len(which)):
        return np.zeros(len(which), dtype=bool)
    key = table.keys(which)
    order = np.lexsort(key[::-1])
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in key:
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    again = np.zeros(len(which), dtype=bool)
    again[order[1:]] = same
    return again
