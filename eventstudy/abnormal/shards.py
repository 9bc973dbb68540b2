"""Work on blocks of events, and the part of it that a worker needs: events in order of instrument, so few instruments.

Blocks are computed by the same operations wherever they run; a shard only leaves out what its blocks never read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eventstudy.abnormal.panel import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Work:
    """``function(series, learn, positions, *settings, rows)`` on any block ``rows`` of the events in ``positions``.

    A setting with a value per event has a method ``shard(rows)``.
    """

    function: Callable[..., Any]
    series: SeriesSet
    learn: FloatArray
    positions: Positions
    settings: tuple[Any, ...]

    def __call__(self, rows: slice) -> Any:
        return self.function(self.series, self.learn, self.positions, *self.settings, rows)

    def shard(self, rows: slice) -> Work:
        """Return the same work with the instruments of the events ``rows`` alone; its rows count from 0."""
        positions = _positions(self.positions, rows)
        which = positions.series
        first, last = int(which.min()), int(which.max())
        series, cells = between(self.series, first, last)
        learn = series.values if self.learn is self.series.values else self.learn[cells]
        own = tuple(one.shard(rows) if hasattr(one, "shard") else one for one in self.settings)
        return Work(self.function, series, learn, replace(positions, series=which - first), own)


def _positions(positions: Positions, rows: slice) -> Positions:
    none = np.empty((rows.stop - rows.start, 0), dtype=np.int64)
    columns = (positions.row[rows], positions.series[rows], positions.reference[rows], positions.first[rows])
    return Positions(*columns, none, none, none)


def between(series: SeriesSet, first: int, last: int) -> tuple[SeriesSet, slice]:
    """Return the series ``first .. last`` as blocks read them, and their place among the values.

    Blocks read values and regressors; days and clocks are left out.
    """
    which = slice(first, last + 1)
    cells = slice(int(series.offset[first]), int(series.offset[last] + series.length[last]))
    low, high = int(series.time_offset[first]), int(series.time_offset[last] + series.length[last])
    none = np.empty(0, dtype=np.int64)
    part = replace(
        series,
        codes=series.codes[which],
        values=series.values[cells],
        offset=series.offset[which] - cells.start,
        length=series.length[which],
        closes=none,
        time_offset=series.time_offset[which] - low,
        trading_day=none,
        clock=none,
        spans_break=none.astype(np.bool_),
        step_us=series.step_us[which],
        factors=series.factors[:, low:high],
        time_origin=series.time_origin + low,
    )
    return part, cells
