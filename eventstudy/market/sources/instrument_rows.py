"""The rows of the instruments of one file, cut from its columns when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.market.sources.grid import Lines


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one instrument as they stand in a file.

    Attributes
    ----------
    line : IntArray, shape (T,)
        Line of the file of each row.
    wall : IntArray, shape (T,)
        What the timestamps read, or instants of UTC where they carry an offset; microseconds since 1970.
    has_offset : bool
    columns : mapping of str to FloatArray
        ``close`` (or the returns of a table that holds returns) always, and what else was read.
    """

    line: IntArray
    wall: IntArray
    has_offset: bool
    columns: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True, eq=False)
class LongColumns:
    """The columns of a table with the rows of many instruments below each other.

    Attributes
    ----------
    lines : Lines
        Which line of the file each row stands on.
    wall, has_offset, columns
        As of ``Rows``.
    """

    lines: Lines
    wall: IntArray
    has_offset: bool
    columns: Mapping[str, FloatArray]


class RowsByCode(Mapping[str, Rows]):
    """The rows of each instrument of a long table; they are cut when asked for, because 10^5 of them cost memory.

    Parameters
    ----------
    columns : LongColumns
    codes : sequence of str
        The instruments.
    place : IntArray, shape (T,)
        Number of each row's instrument, -1 for a row without one.
    wanted : collection of str
        Only these are kept; all where it is empty.
    """

    def __init__(self, columns: LongColumns, codes: list[str], place: IntArray, wanted: Collection[str] = ()) -> None:
        self._columns = columns
        self._order, numbers, self._starts, self._stops = _cuts(place, len(codes))
        names = (codes[number] for number in numbers.tolist())
        self._cut = {name: cut for cut, name in enumerate(names) if not wanted or name in wanted}

    def __getitem__(self, code: str) -> Rows:
        cut = self._cut[code]
        rows: Any = slice(int(self._starts[cut]), int(self._stops[cut]))
        if self._order is not None:
            rows = self._order[rows]
            line = rows
        else:
            line = np.arange(rows.start, rows.stop, dtype=np.int64)
        whole = self._columns
        parts = {name: values[rows] for name, values in whole.columns.items()}
        return Rows(whole.lines.of(line), whole.wall[rows], whole.has_offset, parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cut)

    def __len__(self) -> int:
        return len(self._cut)

    def sizes(self) -> list[int]:
        """Return the number of rows of each instrument, in their order."""
        cuts = list(self._cut.values())
        found: list[int] = (self._stops - self._starts)[cuts].tolist()
        return found


def _cuts(place: IntArray, n_codes: int) -> tuple[Any, IntArray, IntArray, Any]:
    """Return the order of the rows by instrument, None where they stand together, and each instrument's part of it."""
    starts = np.flatnonzero(np.concatenate((np.ones(min(len(place), 1), np.bool_), place[1:] != place[:-1])))
    numbers, stops = place[starts], np.append(starts[1:], len(place))[: len(starts)]
    order: Any = None
    if len(starts) != len(np.unique(numbers)):
        order = np.argsort(place, kind="stable").astype(np.int32 if len(place) < 2**31 else np.int64)
        counts = np.bincount(place[place >= 0], minlength=n_codes)
        stops = np.cumsum(counts) + int((place < 0).sum())
        numbers, starts = np.arange(n_codes), stops - counts
    held = (numbers >= 0) & (stops > starts)
    return order, numbers[held], starts[held], stops[held]


def sizes_of(series: Mapping[str, Rows]) -> list[int]:
    """Return the number of rows of each instrument, without cutting them where that can be known."""
    return series.sizes() if isinstance(series, RowsByCode) else list(map(len, series.values()))
