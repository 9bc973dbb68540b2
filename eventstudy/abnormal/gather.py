"""Values at positions: runs of flat arrays, one row per event, in blocks small enough for the cache."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import WindowSpec
from eventstudy.arrays import FloatArray, IntArray, ReturnKind

CELLS_PER_BLOCK = 1 << 20
SHARED_SPAN = 8  # starts may spread over so many cells a row before looking for equal ones costs more than it saves
SHARED_BY = 2  # rows that share a run on average, for them to be worth a table


@dataclass(frozen=True, eq=False)
class Windows:
    """B runs of a flat array that are cut when they are asked for, a few rows at a time, while they fit the cache.

    ``windows[rows]`` is an array (b, size), NaN outside the bounds; numpy takes the whole as an array (B, size).

    Attributes
    ----------
    flat : FloatArray
    start, low, high : IntArray, shape (B,)
        First cell of each run, and the bounds ``[low, high)`` of the series it belongs to.
    size : int
    inside : bool
        Whether no run crosses its bounds.
    spent : bool
        Whether nobody asks for the residuals of a fit to these returns.
    """

    flat: FloatArray
    start: IntArray
    low: IntArray
    high: IntArray
    size: int
    inside: bool
    spent: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.start), self.size

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: slice | IntArray) -> FloatArray:
        start = self.start[rows]
        if self.inside and self.size and len(start):
            return _sliding(self.flat, self.size)[start]
        return runs(self.flat, start, self.size, self.low[rows], self.high[rows])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> FloatArray:
        return self[:]


Cells: TypeAlias = FloatArray | Windows
Columns: TypeAlias = FloatArray | tuple[Cells, ...]


def windows_of(flat: FloatArray, start: IntArray, size: int, bounds: tuple[IntArray, IntArray]) -> Windows:
    """Return the runs ``flat[start : start + size]`` of every row, uncut."""
    low, high = bounds
    return Windows(flat, start, low, high, size, bool(((start >= low) & (start + size <= high)).all()))


def asked_for(y: Cells) -> bool:
    """Return whether the residuals of a fit to ``y`` are to be kept."""
    return not (isinstance(y, Windows) and y.spent)


def shared_runs(cells: Cells) -> tuple[Windows, IntArray] | None:
    """Return the distinct runs and which of them each row is; None where rows share few, or finding out costs more."""
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
    where = np.zeros(len(start), np.int64), np.full(len(start), len(cells.flat))
    return Windows(cells.flat, start, *where, cells.size, inside=True), row


def fresh(cells: Cells, rows: slice | IntArray) -> FloatArray:
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

    y: Any
    X: Any
    event_y: Any
    event_X: Any
    n_bars: IntArray
    start: IntArray
    reference: IntArray
    first: IntArray
    before: int = 0


def runs(flat: FloatArray, start: IntArray, size: int, low: IntArray, high: IntArray) -> FloatArray:
    """Return ``flat[start : start + size]`` for every row, NaN outside ``[low, high)``; shape (B, size)."""
    if size == 0 or len(start) == 0:
        return np.empty((len(start), size))
    inside = (start >= low) & (start + size <= high)
    if inside.all():
        return _sliding(flat, size)[start]
    made = np.full((len(start), size), np.nan)
    if inside.any():
        made[inside] = _sliding(flat, size)[start[inside]]
    for row in np.flatnonzero(~inside):
        first, last = max(start[row], low[row]), min(start[row] + size, high[row])
        if first < last:
            made[row, first - start[row] : last - start[row]] = flat[first:last]
    return made


def _sliding(flat: FloatArray, size: int) -> FloatArray:
    step = flat.strides[0]
    shape = (max(len(flat) - size + 1, 0), size)
    return np.ndarray(shape, np.float64, flat.data, strides=(step, step))


def merged(flat: FloatArray, first: IntArray, stop: IntArray, kind: ReturnKind) -> FloatArray:
    """Return the return over the bars ``first .. stop - 1`` of every row: summed logs, or compounded simple ones."""
    total: FloatArray = flat[first]
    for row in np.flatnonzero(stop - first > 1):
        piece = flat[first[row] : stop[row]]
        total[row] = piece.sum() if kind == "log" else np.expm1(np.log1p(piece).sum())
    return total


def event_cells(
    flat: FloatArray,
    where: tuple[IntArray, IntArray],
    bounds: tuple[IntArray, IntArray],
    tau: IntArray,
    kind: ReturnKind,
) -> Cells:
    """Return the event-window cells of every row, tau = 0 merged; shape (B, L2), uncut where nothing is merged.

    ``where`` is (reference, first) and ``bounds`` (low, high), all as places in ``flat``.
    """
    reference, first = where
    low, high = bounds
    start, stop = int(tau[0]), int(tau[-1])
    if bool((first == reference + 1).all()):
        return windows_of(flat, reference + start + 1, len(tau), bounds)
    parts = []
    if start < 0:
        parts.append(runs(flat, reference + start + 1, min(stop, -1) - start + 1, low, high))
    if start <= 0 <= stop:
        parts.append(merged(flat, reference + 1, first + 1, kind)[:, None])
    if stop > 0:
        parts.append(runs(flat, first + max(start, 1), stop - max(start, 1) + 1, low, high))
    return np.concatenate(parts, axis=1)


def cut(
    series: SeriesSet, learn: FloatArray, positions: Positions, windows: WindowSpec, rows: slice, kind: ReturnKind
) -> Block:
    """Cut the block of events ``rows`` out of the data; windows of plain bars wait until somebody reads them.

    ``learn`` are the values that models may learn from: those of ``series`` with gap returns, and other events'
    windows where that was asked, taken out.
    """
    which, reference, first = positions.series[rows], positions.reference[rows], positions.first[rows]
    tau = np.arange(windows.event.start, windows.event.stop + 1)
    L1 = 0 if windows.estimation is None else len(windows.estimation)
    lag = 0 if windows.estimation is None else windows.estimation.start + 1
    low, time_low = series.offset[which], series.time_offset[which]
    length = series.length[which]
    bounds, time_bounds = (low, low + length), (time_low, time_low + length)
    at, time_at = (low + reference, low + first), (time_low + reference, time_low + first)
    start = time_at[0] + lag
    merged_bars = first - reference
    n_bars: IntArray = np.broadcast_to(np.int64(1), (len(which), len(tau)))
    if (merged_bars > 1).any():
        n_bars = n_bars.copy()
        n_bars[:, tau == 0] = merged_bars[:, None]
    return Block(
        y=windows_of(learn, at[0] + lag, L1, bounds),
        X=tuple(windows_of(f, start, L1, time_bounds) for f in series.factors),
        event_y=event_cells(series.values, at, bounds, tau, kind),
        event_X=tuple(event_cells(f, time_at, time_bounds, tau, kind) for f in series.factors),
        n_bars=n_bars,
        start=start + series.time_origin,
        reference=time_at[0] + series.time_origin,
        first=time_at[1] + series.time_origin,
        before=int((tau < 0).sum()),
    )


def head(cells: Cells, size: int) -> FloatArray:
    """Return the first ``size`` cells of every row."""
    if isinstance(cells, Windows):
        return replace(cells, size=min(size, cells.size))[:]
    return cells[:, :size]


def whole(block: Block) -> Block:
    """Return the block with its estimation windows cut, for models that compute on all of them at once."""
    return replace(studied(block), y=np.asarray(block.y), X=stacked(block.X, block.y.shape))


def studied(block: Block) -> Block:
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
