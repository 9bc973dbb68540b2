"""What every stage of a study reads: series, the returns that models are estimated on, and positions of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import FloatArray

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class EventData:
    """The data of N events.

    Attributes
    ----------
    series : SeriesSet
    estimation_values : FloatArray, shape of ``series.values``
        Returns that models are estimated on: those of the series, NaN where a return spans a trading break or, if the
        study asks for it, belongs to an event.
    positions : Positions
        N events in the order of the data.
    """

    series: SeriesSet
    estimation_values: FloatArray
    positions: Positions

    def __len__(self) -> int:
        return len(self.positions)

    def part(self, rows: slice) -> EventData:
        """Return the events ``rows`` and the instruments they are on; nothing else of the series is kept."""
        positions = self.positions[rows]
        first, last = int(positions.series.min()), int(positions.series.max())
        series, values = _between(self.series, first, last)
        same = self.estimation_values is self.series.values
        estimation_values = series.values if same else self.estimation_values[values]
        return EventData(series, estimation_values, replace(positions, series=positions.series - first))


def _between(series: SeriesSet, first: int, last: int) -> tuple[SeriesSet, slice]:
    """Return the series ``first .. last`` as blocks read them, and their place among the values.

    Blocks read values and regressors; days and clocks are left out.
    """
    which = slice(first, last + 1)
    cells = slice(int(series.offset[first]), int(series.offset[last] + series.length[last]))
    begin = series.time_offset[which]
    low, high = int(begin.min()), int((begin + series.length[which]).max())
    none = np.empty(0, dtype=np.int64)
    part = replace(
        series,
        codes=series.codes[which],
        values=series.values[cells],
        offset=series.offset[which] - cells.start,
        length=series.length[which],
        closes=none,
        time_offset=begin - low,
        trading_day=none,
        clock=none,
        spans_break=none.astype(np.bool_),
        step_us=series.step_us[which],
        missing_days=none,
        frame_closes=None,
        frame_row=None,
        gap_limit=series.gap_limit[which],
        factors=series.factors[:, low:high],
        time_origin=series.time_origin + low,
    )
    return part, cells


@dataclass(frozen=True, eq=False)
class BlockTask(Generic[Part]):
    """``function(data, settings, rows)`` on any block of events; settings with a value per event have a ``part``."""

    function: Callable[[EventData, Any, slice], Part]
    data: EventData
    settings: Any

    def __call__(self, rows: slice) -> Part:
        return self.function(self.data, self.settings, rows)

    def part(self, rows: slice) -> BlockTask[Part]:
        """Return the same task with the events ``rows`` alone; its rows count from 0."""
        settings = self.settings.part(rows) if hasattr(self.settings, "part") else self.settings
        return BlockTask(self.function, self.data.part(rows), settings)


# Maps a task over blocks of events, in their order: the built-in ``map``, or one through an executor.
Run: TypeAlias = Callable[[BlockTask[Part], list[slice]], Iterable[Part]]
