"""Other events of the same instrument inside estimation windows: left out of the estimation, or reported by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventstudy.abnormal.align import Overlaps, without_events
from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import EventTable, OpenLedger, Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window, WindowSpec
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.errors import Notice

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

MOST_NAMED = 5
# One id may stand on many instruments; so many rows are looked at for distinct ones.
MOST_READ = 100
EXCLUDING = ("auto", "exclude_from_estimation")


class EstimationValues(NamedTuple):
    """Values that models are estimated on, and which events have other events inside their estimation windows."""

    values: FloatArray
    contaminated: BoolArray


def without_other_events(spec: StudySpec, data: EventData, overlaps: Overlaps, windows: WindowSpec) -> EstimationValues:
    """Return the values of ``data`` to estimate on.

    ``overlaps = "auto"`` leaves the windows of all events out. For an instrument on which fewer than
    ``min_observations`` returns would remain for some event they are kept, and its events stay contaminated;
    ``"exclude_from_estimation"`` leaves them out there as well.
    """
    series, values, positions = data.series, data.estimation_values, data.positions
    none = np.zeros(len(positions.row), dtype=bool)
    if windows.estimation is None or len(positions.row) < 2:
        return EstimationValues(values, none)
    others = _with_others(series, positions, overlaps, windows.estimation)
    if spec.overlaps not in EXCLUDING or not others.any():
        return EstimationValues(values, others)
    cleared = without_events(values, series, positions, overlaps)
    if spec.overlaps == "exclude_from_estimation":
        return EstimationValues(cleared, none)
    short = others & (_counted(np.isfinite(cleared), series, positions, windows) < windows.min_observations)
    crowded = np.unique(positions.series[short])
    for s in crowded:
        cells = slice(int(series.offset[s]), int(series.offset[s] + series.length[s]))
        cleared[cells] = values[cells]
    return EstimationValues(cleared, others & np.isin(positions.series, crowded))


def _with_others(series: SeriesSet, positions: Positions, overlaps: Overlaps, estimation: Window) -> BoolArray:
    """Return which estimation windows hold a bar of another event's window, shape (N,)."""
    offset, length = series.offset[positions.series], series.length[positions.series]
    low, high = offset + np.maximum(overlaps.low, 0), offset + np.minimum(overlaps.high, length - 1)
    start = offset + np.clip(positions.reference + estimation.start + 1, 0, length)
    stop = offset + np.clip(positions.reference + estimation.stop + 1, 0, length)
    order = np.argsort(low, kind="stable")
    reach = np.maximum.accumulate(high[order])  # the last bar of any window that begins so early
    before = np.searchsorted(low[order], stop, side="right")
    return np.asarray((before > 0) & (reach[np.maximum(before, 1) - 1] >= start))


def _counted(mask: BoolArray, series: SeriesSet, positions: Positions, windows: WindowSpec) -> IntArray:
    """Return how many cells of each event's estimation window the mask holds, shape (N,)."""
    assert windows.estimation is not None  # noqa: S101
    total = np.concatenate([[0], np.cumsum(mask)])
    offset, length = series.offset[positions.series], series.length[positions.series]
    start = np.clip(positions.reference + windows.estimation.start + 1, 0, length)
    stop = np.clip(positions.reference + windows.estimation.stop + 2, 0, length)
    return np.asarray(total[offset + stop] - total[offset + start], dtype=np.int64)


def contamination_notices(
    spec: StudySpec, contaminated: BoolArray, positions: Positions, ledger: OpenLedger
) -> tuple[Notice, ...]:
    """Warn about events whose estimation window holds another event of the same instrument, with their names."""
    n = int(contaminated.sum())
    if not n:
        return ()
    named = _first_ids(ledger, positions.row[np.flatnonzero(contaminated)[:MOST_READ]])
    cure = (
        "Too few returns would remain without them; shorten `[window] event`, lengthen `estimation` or lower "
        "`min_observations`."
        if spec.overlaps in EXCLUDING
        else 'Set `[inference] overlaps = "auto"` to leave them out.'
    )
    noun = noun_of(ledger.table, positions)
    message = (
        f"{n:,} {noun}{' has' if n == 1 else 's have'} another event of the same instrument inside the estimation "
        f"window ({named}); the residual variance is too large and tests lose power. {cure}"
    )
    return (Notice("ES-CONTAMINATED", message),)


def noun_of(table: EventTable, positions: Positions) -> str:
    """Return what is counted: events, or observations where several instruments respond at one time.

    Times are compared instead of ids, which are texts: a million of them are not read for one word.
    """
    latest = np.sort(table.latest[positions.row])
    return "event" if (np.diff(latest) > 0).all() or (positions.series == positions.series[:1]).all() else "observation"


def _first_ids(ledger: OpenLedger, rows: IntArray) -> str:
    """Name the first distinct ids; the ids of a million events are read only when they are asked for."""
    ids: dict[str, None] = {}
    for row in rows.tolist():
        ids[ledger.table.id_of(row)] = None
        if len(ids) > MOST_NAMED:
            break
    return ", ".join(list(ids)[:MOST_NAMED]) + (", ..." if len(ids) > MOST_NAMED else "")
