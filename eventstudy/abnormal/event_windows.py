"""Event windows of many events on the axis of closes: bars, instants and regressors, computed when read."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.gather import Bounds, Cells, event_cells, shared_runs, stacked
from eventstudy.abnormal.models.fit_rules import row_dot
from eventstudy.abnormal.windows import EventBars
from eventstudy.arrays import FloatArray, IntArray, ReturnKind, value

# Instants of so many cells are looked up; a study of more is not plotted.
CLOSES_CELLS = 2_000_000


@value
class EventWindows:
    """Where N event windows of L2 cells lie; tau = 0 holds the bars ``reference + 1 .. first``.

    Attributes
    ----------
    axis : IntArray, shape (T,)
        Closing instants.
    factors : FloatArray, shape (k, T)
        Regressors of the event window.
    reference, first, low, high : IntArray, shape (N,)
        Places on the axis: the last close before the news, the first after it, and the bounds of the event's series.
    tau : IntArray, shape (L2,)
    kind : {"log", "simple"}
        How returns of merged bars are put together.
    """

    axis: IntArray
    factors: FloatArray
    reference: IntArray
    first: IntArray
    low: IntArray
    high: IntArray
    tau: IntArray
    kind: ReturnKind

    def __len__(self) -> int:
        return len(self.reference)

    def __getitem__(self, rows: Any) -> EventWindows:
        places = {name: getattr(self, name)[rows] for name in ("reference", "first", "low", "high")}
        return replace(self, **places)

    def between(self) -> EventWindows:
        """Return the same windows on the part of the axis that they reach."""
        if not len(self):
            return replace(self, axis=self.axis[:0], factors=self.factors[:, :0])
        start = max(0, int(self.reference.min()) + 1 + min(0, int(self.tau[0])))
        stop = int(self.first.max()) + 1 + max(0, int(self.tau[-1]))
        places = {name: getattr(self, name) - start for name in ("reference", "first", "low", "high")}
        return replace(self, axis=self.axis[start:stop], factors=self.factors[:, start:stop], **places)

    @cached_property
    def n_bars(self) -> IntArray:
        """Bars merged into each cell, shape (N, L2); one shared row of ones where no event merges any."""
        merged = self.first - self.reference
        if bool((merged == 1).all()) or not (self.tau == 0).any():
            return np.broadcast_to(np.ones(len(self.tau), dtype=np.int64), (len(self), len(self.tau)))
        n_bars = np.ones((len(self), len(self.tau)), dtype=np.int64)
        n_bars[:, self.tau == 0] = merged[:, None]
        return n_bars

    @cached_property
    def closes(self) -> IntArray:
        """Closing instants of the cells, shape (N, L2); width 0 where there are too many."""
        if len(self) * len(self.tau) > CLOSES_CELLS:
            return np.empty((len(self), 0), dtype=np.int64)
        reference, first = self.reference[:, None], self.first[:, None]
        return self.axis[np.where(self.tau < 0, reference + self.tau + 1, first + self.tau)]

    @cached_property
    def regressors(self) -> FloatArray:
        """Regressors, shape (k, N, L2)."""
        return stacked(tuple(map(self._cells, self.factors)), (len(self), len(self.tau)))

    def sums(self, cells: slice) -> list[FloatArray]:
        """Return bars, and each regressor summed, over the ``cells`` of every window: 1 + k arrays of shape (N,)."""
        regressors = (_row_sums(self._cells(factor), cells) for factor in self.factors)
        return [self.bars(cells).astype(np.float64), *regressors]

    def bars(self, cells: slice) -> IntArray:
        """Return the bars in ``cells`` of every window, shape (N,)."""
        if self.n_bars.strides[0] == 0 and len(self):
            return np.full(len(self), self.n_bars[0, cells].sum())
        total: IntArray = self.n_bars[:, cells].sum(axis=1)
        return total

    def _cells(self, factor: FloatArray) -> Cells:
        bars, bounds = EventBars(self.reference, self.first), Bounds(self.low, self.high)
        return event_cells(factor, bars, bounds, self.tau, kind=self.kind)


def windows_at(data: EventData, rows: IntArray, *, tau: IntArray, kind: ReturnKind, regressors: int) -> EventWindows:
    """Return the event windows of ``rows`` with the first ``regressors`` factors."""
    series, positions = data.series, data.positions
    which = positions.series[rows]
    low = series.time_offset[which]
    return EventWindows(
        axis=series.closes,
        factors=series.factors[:regressors],
        reference=low + positions.reference[rows],
        first=low + positions.first[rows],
        low=low,
        high=low + series.length[which],
        tau=tau,
        kind=kind,
    )


def _row_sums(x: Cells, cells: slice) -> FloatArray:
    """Sum the ``cells`` of every row; rows that share a run are summed once."""
    ones = np.ones(cells.stop - cells.start)
    shared = shared_runs(x)
    if shared is None:
        return row_dot(np.asarray(x)[:, cells], ones)
    runs, row = shared
    return row_dot(runs[:][:, cells], ones)[row]
