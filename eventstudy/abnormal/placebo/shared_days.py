"""Placebo days that the tests of a window share with the intraday response of the same event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.placebo.balance import MISSING_BARS, DaysLeftOut
from eventstudy.abnormal.windows import BarSpan
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, value

# Of the bars that most days have: fewer on a day are a halt or a half session.
PRESENT = 0.9
# Where trading goes on through midnight, an older price is not one of the day.
LONGEST_AGE_US = DAY_US // 2
FOR_EVER = np.iinfo(np.int64).max


@value
class SharedDays:
    """The D placebo days of one intraday response, nearest first; all clock times in microseconds since 1970 local.

    Attributes
    ----------
    day : IntArray, shape (D,)
        Days since 1970-01-01.
    event_day : int
    factor : FloatArray, shape (D,)
        Volatility of the event day before the news over that of the day; NaN where it cannot be measured.
    wall : IntArray, shape (T,)
        When the bars of the series close.
    zero : int
        The last closing time that cannot contain the news, whether or not a bar closes there.
    start, end : int
        Ends of the response's window: within it no further day is left out.
    left_out : tuple of DaysLeftOut
    around_the_clock : bool
        Whether trading goes on through midnight.
    until : IntArray, shape (D,), or None
        Clock time of the event day up to which each day serves; None where all serve throughout.
    """

    day: IntArray
    event_day: int
    factor: FloatArray
    wall: IntArray
    zero: int
    start: int
    end: int
    left_out: tuple[DaysLeftOut, ...]
    around_the_clock: bool
    until: IntArray | None = None

    def with_days_until(self, until: int, days: IntArray, factor: FloatArray) -> SharedDays:
        """Return the days and further ones, eligible for windows that end by a clock time of the event day."""
        ends = np.concatenate([np.full(len(self.day), FOR_EVER), np.full(len(days), until)])
        day, both = np.concatenate([self.day, days]), np.concatenate([self.factor, factor])
        nearest = np.argsort(np.abs(day - self.event_day), kind="stable")
        return replace(self, day=day[nearest], factor=both[nearest], until=ends[nearest])

    def eligible(self, ends: BarSpan[int]) -> SharedDays:
        """Return the days that are eligible for the window between two clock times of the event day."""
        if self.until is None:
            return self
        keep = ends.tail <= self.until
        left_out = self.left_out if not keep.all() else tuple(
            replace(one, days=one.days - int((self.until < FOR_EVER).sum())) if one.reason == MISSING_BARS else one
            for one in self.left_out
        )  # fmt: skip
        return replace(self, day=self.day[keep], factor=self.factor[keep], left_out=left_out, until=None)

    def ends(self, span: BarSpan[int], reference: int) -> BarSpan[int] | None:
        """Return the clock times at which a window of the event day begins and ends; None if it leaves the day."""
        wall = self.wall
        head, tail = int(wall[span.head]), int(wall[span.tail])
        if span.head == reference and head <= self.zero < wall[reference + 1]:
            head = self.zero
        elif not self.around_the_clock and (head - 1) // DAY_US != self.event_day:
            return None
        if not self.around_the_clock and (tail - 1) // DAY_US != self.event_day:
            return None
        return BarSpan(head, tail)

    def bars_at(self, at: int) -> IntArray:
        """Return the last bar at or before a clock time of the event day on each placebo day; -1 where none can be."""
        moments = at + (self.day - self.event_day) * DAY_US
        bars = np.asarray(np.searchsorted(self.wall, moments, side="right") - 1, dtype=np.int64)
        if at >= self.zero:  # on each of these days there is a price by then
            return bars
        closes = self.wall[bars]
        near = moments - closes < LONGEST_AGE_US if self.around_the_clock else (closes - 1) // DAY_US == self.day
        return np.where((bars >= 0) & near, bars, -1)

    def covers(self, ends: BarSpan[int]) -> bool:
        """Return whether the response's window holds the window between two clock times."""
        return self.start <= ends.head and ends.tail <= self.end


def holds_most_bars(spans: BarSpan[IntArray]) -> BoolArray:
    """Return which spans have nine in ten of the bars that half of them have, less what silent bars explain.

    >>> holds_most_bars(BarSpan(np.zeros(4, int), np.array([40, 40, 40, 35]))).tolist()
    [True, True, True, False]
    """
    bars = spans.tail - spans.head
    usual, most = float(np.median(bars)) if len(bars) else 0.0, int(bars.max(initial=1))
    silent = 1 - usual / max(most, 1)
    return np.asarray(bars >= PRESENT * usual - 3 * np.sqrt(most * silent * (1 - silent)))
