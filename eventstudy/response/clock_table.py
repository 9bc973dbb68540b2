"""Which bar stands for each time of the clock, laid out once per series: windows of many days are cut out of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray, runs, value


@value(slots=True)
class BarsAt:
    """The latest bar at or before each of some clock times; all of one shape.

    Attributes
    ----------
    row : IntArray
        Its row; 0 where there is none.
    on_time : BoolArray
        Whether its price stands: it is of the same day or, around the clock, of the last hours.
    traded : BoolArray
        Whether it closes in the step that ends there.
    """

    row: IntArray
    on_time: BoolArray
    traded: BoolArray


@value
class ClockTable:
    """The bars at every step of every calendar day, one after the other.

    Attributes
    ----------
    first : int
        Clock time of the first step, microseconds since 1970-01-01 local.
    step_us : int
        Divides the day.
    bars : BarsAt, shape (S,)
    """

    first: int
    step_us: int
    bars: BarsAt

    def windows(self, days: IntArray, offsets: IntArray) -> BarsAt | None:
        """Return the bars at clock times ``offsets`` (..., T) of ``days`` (...), shape (..., T).

        None where the offsets are not consecutive steps of the table, or reach out of it.
        """
        begins, bars = self._begins(days, offsets), self.bars
        if begins is None:
            return None
        length = offsets.shape[-1]
        row, on_time, traded = runs(bars.row, length), runs(bars.on_time, length), runs(bars.traded, length)
        return BarsAt(row[begins], on_time[begins], traded[begins])

    def traded(self, days: IntArray, offsets: IntArray) -> BoolArray | None:
        """Return whether a bar closes in the step that ends at each of these times; None as in ``windows``."""
        begins = self._begins(days, offsets)
        return None if begins is None else runs(self.bars.traded, offsets.shape[-1])[begins]

    def count_traded(self, days: IntArray, offsets: IntArray) -> IntArray | None:
        """Return in how many of these steps a bar closes, shape (...); None as in ``windows``."""
        return self._count(self._traded_before, days, offsets)

    def count_on_time(self, days: IntArray, offsets: IntArray) -> IntArray | None:
        """Return at how many of these times the price of the bar before stands, shape (...); None as in ``windows``."""
        return self._count(self._on_time_before, days, offsets)

    @cached_property
    def _traded_before(self) -> IntArray:
        return _counted_before(self.bars.traded)

    @cached_property
    def _on_time_before(self) -> IntArray:
        return _counted_before(self.bars.on_time)

    def _count(self, before: IntArray, days: IntArray, offsets: IntArray) -> IntArray | None:
        begins = self._begins(days, offsets)
        return None if begins is None else np.asarray(before[begins + offsets.shape[-1]] - before[begins])

    def _begins(self, days: IntArray, offsets: IntArray) -> IntArray | None:
        length = offsets.shape[-1]
        if not length or not offsets.size:
            return None
        start = offsets[..., 0] - self.first
        consecutive = (offsets[..., -1] - offsets[..., 0] == (length - 1) * self.step_us).all()
        if not consecutive or (start % self.step_us).any():
            return None
        begins: IntArray = np.asarray(days) * (DAY_US // self.step_us) + start // self.step_us
        if begins.size and (begins.min() < 0 or begins.max() + length > len(self.bars.row)):
            return None
        return begins


def _counted_before(flags: BoolArray) -> IntArray:
    """Return how many of the flags (S,) before each place are True, shape (S + 1,)."""
    return np.asarray(np.concatenate([[0], np.cumsum(flags)]), dtype=np.int32)
