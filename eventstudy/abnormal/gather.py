"""Values at positions: runs of flat arrays, one row per event, in blocks small enough for the cache."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.windows import EventBars, WindowSpec
from eventstudy.arrays import FloatArray, IntArray, ReturnKind

CELLS_PER_BLOCK = 1 << 20
SHARED_SPAN = 8  # starts may spread over so many cells a row before looking for equal ones costs more than it saves
SHARED_BY = 2  # rows that share a run on average, from which on a table is faster


class Bounds(NamedTuple):
    """First place ``low`` of each row's series in a flat array, and the place ``high`` after its last one."""

    low: IntArray
    high: IntArray


@dataclass(frozen=True, eq=False)
class Windows:
    """B runs of a flat array that are cut when they are asked for, a few rows at a time, while they fit the cache.

    ``windows[rows]`` is an array (b, size), NaN outside the bounds; numpy takes the whole as an array (B, size).

    Attributes
    ----------
    flat : FloatArray
    start : IntArray, shape (B,)
        First cell of each run.
    bounds : Bounds
        Of the series each run belongs to.
    size : int
    inside : bool
        Whether no run crosses its bounds.
    discard_residuals : bool
        Whether the residuals of a fit to these returns are not needed.
    """

    flat: FloatArray
    start: IntArray
    bounds: Bounds
    size: int
    inside: bool
    discard_residuals: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.start), self.size

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: slice | IntArray) -> FloatArray:
        start = self.start[rows]
        if self.inside and self.size and len(start):
            return _sliding(self.flat, self.size)[start]
        return runs(self.flat, start, self.size, Bounds(self.bounds.low[rows], self.bounds.high[rows]))

    def __array__(self, dtype: object = None, copy: bool | None = None) -> FloatArray:
        return self[:]


Cells: TypeAlias = FloatArray | Windows
Columns: TypeAlias = FloatArray | tuple[Cells, ...]


def windows_of(flat: FloatArray, start: IntArray, size: int, bounds: Bounds) -> Windows:
    """Return the runs ``flat[start : start + size]`` of every row, uncut."""
    return Windows(flat, start, bounds, size, bool(((start >= bounds.low) & (start + size <= bounds.high)).all()))


def keeps_residuals(y: Cells) -> bool:
    """Return whether the residuals of a fit to ``y`` are to be kept."""
    return not (isinstance(y, Windows) and y.discard_residuals)


class SharedRuns(NamedTuple):
    """The distinct runs among many windows, and which of them each row is."""

    runs: Windows
    row: IntArray


def shared_runs(cells: Cells) -> SharedRuns | None:
    """Return the distinct runs; None where rows share few, or finding out costs more."""
    if not (isinstance(cells, Windows) and cells.inside and len(cells)):
        return None
    first = int(cells.start.min())
    span = int(cells.start.max()) - first + 1
    if span > SHARED_SPAN * len(cells):
        return None
    seen = np.zeros(span, dtype=np.bool_)
    seen[cells.start - first] = True
    start = first + np.flatnonzero(seen)
    if len(start) * SHARED_BY > len(cells) or len(start) * cells.size > CELLS_PER_BLOCK:
        return None
    row = (np.cumsum(seen) - 1)[cells.start - first]
    bounds = Bounds(np.zeros(len(start), np.int64), np.full(len(start), len(cells.flat)))
    return SharedRuns(Windows(cells.flat, start, bounds, cells.size, inside=True), row)


def writable(cells: Cells, rows: slice | IntArray) -> FloatArray:
    """Return rows that the caller may write into."""
    return cells[rows].copy() if isinstance(cells, np.ndarray) and isinstance(rows, slice) else cells[rows]


@dataclass(frozen=True, eq=False)
class Block:
    """B events cut from the data: what a model sees (``y``, ``X``) and what is studied (``event_y``, ``event_X``).

    Attributes
    ----------
    y : FloatArray or Windows, shape (B, L1)
    X : FloatArray, shape (k, B, L1), or tuple of Windows, length k
        Regressors without the intercept.
    event_y : FloatArray or Windows, shape (B, L2)
    event_X : FloatArray, shape (k, B, L2), or tuple of arrays and Windows, length k
    n_bars : IntArray, shape (B, L2)
        Bars merged into each cell.
    start, reference, first : IntArray, shape (B,)
        Places on the axis of closes: first estimation cell, last close before the news, first close after it.
    before : int
        Event-window cells before tau = 0.
    """

    y: Cells
    X: Columns
    event_y: Cells
    event_X: Columns
    n_bars: IntArray
    start: IntArray
    reference: IntArray
    first: IntArray
    before: int = 0


def runs(flat: FloatArray, start: IntArray, size: int, bounds: Bounds) -> FloatArray:
    """Return ``flat[start : start + size]`` for every row, NaN outside its bounds; shape (B, size)."""
    low, high = bounds
    if size == 0 or len(start) == 0:
        return np.empty((len(start), size))
    inside = (start >= low) & (start + size <= high)
    if inside.all():
        return _sliding(flat, size)[start]
    rows = np.full((len(start), size), np.nan)
    if inside.any():
        rows[inside] = _sliding(flat, size)[start[inside]]
    for row in np.flatnonzero(~inside):
        first, last = max(start[row], low[row]), min(start[row] + size, high[row])
        if first < last:
            rows[row, first - start[row] : last - start[row]] = flat[first:last]
    return rows


def _sliding(flat: FloatArray, size: int) -> FloatArray:
    step = flat.strides[0]
    shape = (max(len(flat) - size + 1, 0), size)
    return np.ndarray(shape, np.float64, flat.data, strides=(step, step))


def merged(flat: FloatArray, first: IntArray, stop: IntArray, kind: ReturnKind) -> FloatArray:
    """Return the return over the bars ``first .. stop - 1`` of every row: a sum, or simple returns compounded."""
    total: FloatArray = flat[first]
    for row in np.flatnonzero(stop - first > 1):
        piece = flat[first[row] : stop[row]]
        total[row] = np.expm1(np.log1p(piece).sum()) if kind == "simple" else piece.sum()
    return total


def event_cells(flat: FloatArray, bars: EventBars, bounds: Bounds, tau: IntArray, *, kind: ReturnKind) -> Cells:
    """Return the event-window cells of every row, tau = 0 merged; shape (B, L2), uncut where nothing is merged.

    ``bars`` and ``bounds`` are places in ``flat``.
    """
    reference, first = bars
    start, stop = int(tau[0]), int(tau[-1])
    if bool((first == reference + 1).all()):
        return windows_of(flat, reference + start + 1, len(tau), bounds)
    parts = []
    if start < 0:
        parts.append(runs(flat, reference + start + 1, min(stop, -1) - start + 1, bounds))
    if start <= 0 <= stop:
        parts.append(merged(flat, reference + 1, first + 1, kind)[:, None])
    if stop > 0:
        parts.append(runs(flat, first + max(start, 1), stop - max(start, 1) + 1, bounds))
    return np.concatenate(parts, axis=1)


def cut(data: EventData, windows: WindowSpec, rows: slice, kind: ReturnKind) -> Block:
    """Cut the block of events ``rows`` out of the data; windows of plain bars are copied only when they are read."""
    series, positions = data.series, data.positions[rows]
    tau = np.arange(windows.event.start, windows.event.stop + 1)
    L1 = 0 if windows.estimation is None else len(windows.estimation)
    lag = 0 if windows.estimation is None else windows.estimation.start + 1
    low, time_low = series.offset[positions.series], series.time_offset[positions.series]
    length = series.length[positions.series]
    bounds, time_bounds = Bounds(low, low + length), Bounds(time_low, time_low + length)
    bars = EventBars(low + positions.reference, low + positions.first)
    time_bars = EventBars(time_low + positions.reference, time_low + positions.first)
    start = time_bars.reference + lag
    merged_bars = positions.first - positions.reference
    n_bars: IntArray = np.broadcast_to(np.int64(1), (len(positions), len(tau)))
    if (merged_bars > 1).any():
        n_bars = n_bars.copy()
        n_bars[:, tau == 0] = merged_bars[:, None]
    return Block(
        y=windows_of(data.estimation_values, bars.reference + lag, L1, bounds),
        X=tuple(windows_of(f, start, L1, time_bounds) for f in series.factors),
        event_y=event_cells(series.values, bars, bounds, tau, kind=kind),
        event_X=tuple(event_cells(f, time_bars, time_bounds, tau, kind=kind) for f in series.factors),
        n_bars=n_bars,
        start=start + series.time_origin,
        reference=time_bars.reference + series.time_origin,
        first=time_bars.first + series.time_origin,
        before=int((tau < 0).sum()),
    )


def head(cells: Cells, size: int) -> FloatArray:
    """Return the first ``size`` cells of every row."""
    if isinstance(cells, Windows):
        return replace(cells, size=min(size, cells.size))[:]
    return cells[:, :size]


def materialize(block: Block) -> Block:
    """Return the block with all its windows cut, for models that compute on all of them at once."""
    return replace(materialize_event(block), y=np.asarray(block.y), X=stacked(block.X, block.y.shape))


def materialize_event(block: Block) -> Block:
    """Return the block with its event windows cut."""
    return replace(block, event_y=np.asarray(block.event_y), event_X=stacked(block.event_X, block.event_y.shape))


def stacked(columns: Columns, shape: tuple[int, ...]) -> FloatArray:
    """Return k columns as one array, shape (k, *shape); a single one is not copied."""
    if len(columns) == 1:
        return np.asarray(columns[0])[None]
    return np.stack([np.asarray(column) for column in columns]) if len(columns) else np.empty((0, *shape))


def blocks(n: int, cells: int) -> list[slice]:
    """Split N events into runs whose estimation and event cells stay in the cache; the split never depends on who
    computes it."""
    size = max(1, CELLS_PER_BLOCK // max(cells, 1))
    return [slice(low, min(low + size, n)) for low in range(0, n, size)]
