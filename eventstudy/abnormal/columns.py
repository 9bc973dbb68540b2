"""Values of events: put down block by block in the order of the data, taken up in the order of the event table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import BoolArray, IntArray

JOINED_EVENTS = 50_000


class Columns:
    """Arrays with a row per event, filled by blocks and handed out once, sorted by row and less the unused events.

    Blocks are joined and taken in order in one go. Of many events they are scattered into place and compacted in
    place, because a second copy would double the memory of a million.

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
        self.kept: NDArray[np.intp] = np.empty(len(row), dtype=np.intp)
        self.kept[self._place] = np.arange(len(row))
        self._used: BoolArray | None = None
        self._joined = len(row) <= JOINED_EVENTS
        self._parts: dict[str, list[NDArray[Any]]] = {}
        self._placed: dict[str, NDArray[Any]] = {}

    def put(self, name: str, rows: slice, value: NDArray[Any] | None) -> None:
        """Put down the values of the events ``rows``, block after block; a value that is None has no column."""
        if value is None:
            return
        if self._joined:
            self._parts.setdefault(name, []).append(value)
            return
        if name not in self._placed:
            self._placed[name] = np.empty((len(self._place), *value.shape[1:]), dtype=value.dtype)
        self._placed[name][self._place[rows]] = value

    def keep(self, used: BoolArray) -> None:
        """Leave out, from here on, the events that are not used; ``used`` is in the order of the event table."""
        if not used.all():
            self.kept, self._used = self.kept[used], used

    def taken(self, name: str) -> Any:
        """Return a column in the order of the event table; None where nobody put one down."""
        if name in self._parts:
            parts = self._parts.pop(name)
            return np.take(parts[0] if len(parts) == 1 else np.concatenate(parts), self.kept, axis=0)
        value = self._placed.pop(name, None)
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
