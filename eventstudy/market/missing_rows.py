"""Rows of a table of returns in which an instrument has none: days on which it did not trade, or missing returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, Missing

# How rows without a return are read: none is a bar; the last of each gap is a bar whose return is missing; all are.
Reading = Literal["no bar", "last is a bar", "return"]
# Of so many different gaps at least one is a holiday of one day, where the return after a gap spans it.
SEVERAL = 3


@dataclass(frozen=True, eq=False)
class Days:
    """Dates of the rows of a table, and whether each is a trading day where a calendar says it."""

    day: IntArray
    is_open: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class Gaps:
    """Runs of rows without a return between two returns of one instrument.

    Attributes
    ----------
    rows : IntArray
        Places of all these cells among the values, instrument by instrument.
    series, first, last : IntArray, shape (G,)
        Instrument of each gap, its first and its last row.
    n_rows : int
        Rows of the table.
    """

    rows: IntArray
    series: IntArray
    first: IntArray
    last: IntArray
    n_rows: int

    def __len__(self) -> int:
        return len(self.series)

    def left_out(self, reading: Reading) -> IntArray:
        """Return the places of the cells that are not bars."""
        if reading == "return":
            return self.rows[:0]
        if reading == "no bar":
            return self.rows
        return np.setdiff1d(self.rows, self.series * self.n_rows + self.last, assume_unique=True)


def find_gaps(values: FloatArray) -> Gaps:
    """Return the gaps of instruments, shape (S, T), without the rows before the first and after the last return."""
    T, flat = values.shape[1], values.reshape(-1)
    # A sum of squares is NaN only if a value is, and costs a third of a comparison of all cells.
    cells = np.flatnonzero(flat != flat) if np.isnan(np.dot(flat, flat)) else np.empty(0, dtype=np.int64)
    series, row = np.divmod(cells, max(T, 1))
    begins = np.ones(len(cells), dtype=np.bool_)
    begins[1:] = (np.diff(cells) != 1) | (np.diff(series) != 0)
    start = np.flatnonzero(begins)
    end = np.append(start[1:], len(cells)) - 1
    inside = (row[start] > 0) & (row[end] < T - 1) if len(cells) else np.empty(0, dtype=np.bool_)
    kept = np.repeat(inside, end - start + 1)
    start, end = start[inside], end[inside]
    return Gaps(cells[kept], series[start], row[start], row[end], T)


def reading_of(missing: Missing, values: FloatArray, gaps: Gaps, days: Days) -> Reading:
    """Return how the rows without a return of a table are read; "auto" takes them for no bars of the instrument.

    The exception are returns that were computed from one price to the next with some prices missing: there each gap
    has the row without a price and the row after it. So at least ``SEVERAL`` gaps have two rows or more and none has
    one, or each gap ends on the first trading day after a closed one, where a calendar is known.
    """
    if missing != "auto":
        return missing
    if not len(gaps) or (gaps.first == gaps.last).any() or ends_at_weekends(values, gaps, days.day):
        return "no bar"
    if days.is_open is not None:
        ends_open, begins_open = days.is_open[gaps.last], days.is_open[gaps.last - 1]
        if not ends_open.all():
            return "no bar"
        if not begins_open.any():
            return "last is a bar"
    several = len(np.unique(gaps.first * gaps.n_rows + gaps.last)) >= SEVERAL
    return "last is a bar" if several else "no bar"


def ends_at_weekends(values: FloatArray, gaps: Gaps, day: IntArray) -> bool:
    """Return whether some gap ends on a Saturday or Sunday of an instrument that has no return at weekends."""
    weekend = (day + 3) % 7 > 4
    series = np.unique(gaps.series[weekend[gaps.last]])
    if not len(series):
        return False
    return not np.isfinite(values[np.ix_(series, np.flatnonzero(weekend))]).any(axis=1).all()
