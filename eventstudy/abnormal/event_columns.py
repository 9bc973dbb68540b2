"""Values of events: appended block by block in the order of the data, read in the order of the event table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import BoolArray, IntArray


class EventColumns:
    """Arrays with a row per event, filled by blocks and read once, sorted by row and less the unused events.

    Values are scattered into place and compacted in place: a second copy would double the memory of a million events.

    Parameters
    ----------
    row : IntArray, shape (N,)
        Row of each event in the event table.
    size : int
        Rows of the event table.
    """

    def __init__(self, row: IntArray, size: int) -> None:
        seen = np.zeros(size, dtype=np.bool_)
        seen[row] = True
        self._place = (np.cumsum(seen) - 1)[row]
        self._order: NDArray[np.intp] = np.empty(len(row), dtype=np.intp)
        self._order[self._place] = np.arange(len(row))
        self.kept = self._order
        self._used: BoolArray | None = None
        self._columns: dict[str, NDArray[Any]] = {}

    def append(self, name: str, rows: slice, value: NDArray[Any] | None) -> None:
        """Append the values of the events ``rows``, block after block; a value that is None has no column."""
        if value is None:
            return
        if len(value) == len(self._place):  # one block has all events: reading them in order is faster
            self._columns[name] = np.take(value, self._order, axis=0)
            return
        if name not in self._columns:
            self._columns[name] = np.empty((len(self._place), *value.shape[1:]), dtype=value.dtype)
        self._columns[name][self._place[rows]] = value

    def filter(self, used: BoolArray) -> None:
        """Leave out, from here on, the events that are not used; ``used`` is in the order of the event table."""
        if not used.all():
            self.kept, self._used = self.kept[used], used

    def column(self, name: str) -> Any:
        """Return a column in the order of the event table, once; None if nothing was appended."""
        value = self._columns.pop(name, None)
        return value if value is None or self._used is None else compact(value, self._used)


def compact(array: NDArray[Any], keep: BoolArray) -> NDArray[Any]:
    """Move the kept rows to the front in place and return them: a copy would double the memory of a million events."""
    if keep.all():
        return array
    rows = np.flatnonzero(keep)
    for low in range(0, len(rows), 4096):
        part = rows[low : low + 4096]
        array[low : low + len(part)] = array[part]
    return array[: len(rows)]
