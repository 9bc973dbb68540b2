"""Open, high, low and close told apart by their values, where no name of a column is known, or there are no names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources.grid import Grid, Kind, Lines, date_like, numbers_of
from eventstudy.market.sources.one_bar import ENOUGH_ROWS, Bar, find_bar
from eventstudy.market.sources.time_columns import date_and_clock, timestamps

MOST_COLUMNS, MOST_ROWS = 24, 5_000
CODE = re.compile(r"(?=.*[^\W\d])[\w.:/=^ -]{2,40}")  # how a column of instruments may be written


def roles_by_values(grid: Grid, names: tuple[str, ...], places: tuple[int, int, int]) -> dict[str, int]:
    """Return the columns of open, high, low and close; {} where no columns are one bar.

    ``places`` are the columns of time, clock and ticker, -1 for none. The values of the instrument with most rows
    decide.

    Raises
    ------
    DataError
        If columns are a bar, but do not prove which of two is the close, or another column moves as the close does.
    """
    numbers = [n for n in range(len(names)) if n not in places]
    if not 4 <= len(numbers) <= MOST_COLUMNS:
        return {}
    time, clock, ticker = places
    kinds: dict[int, Kind] = dict.fromkeys(numbers, "number")
    kinds |= {time: "date", clock: "clock"} if clock >= 0 else {time: "time"}
    read = grid.fetch(kinds | ({ticker: "text"} if ticker >= 0 else {}))
    rows = rows_of_one(read, places, names, grid.lines)
    values: dict[int, FloatArray] = {}
    for n in numbers:
        try:
            values[n] = numbers_of(grid, read[n], n)[rows]
        except BarsError:  # a column of words
            continue
    found = find_bar(values) if len(rows) else None
    if found is None:
        return {}
    refuse_undecided(grid, names, found)
    refuse_twin_of_close(grid, names, found, values)
    return {"open": found.between[0], "high": found.high, "low": found.low, "close": found.between[1]}


def rows_of_one(
    read: Mapping[int, Any], places: tuple[int, int, int], names: tuple[str, ...], lines: Lines
) -> IntArray:
    """Return the rows of the instrument with most rows in order of time; none where a time occurs twice."""
    ticker = places[2]
    wall = wall_of(read, places[0], places[1], names, lines)
    rows = np.arange(len(wall))
    if ticker >= 0:
        codes = np.array([str(code) for code in read[ticker].to_pylist()])
        distinct, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
        rows = np.flatnonzero(place == int(np.argmax(counts))) if len(distinct) else rows
    rows = rows[np.argsort(wall[rows], kind="stable")][:MOST_ROWS]
    return rows if (np.diff(wall[rows]) > 0).all() else rows[:0]


def wall_of(read: Mapping[int, Any], time: int, clock: int, names: tuple[str, ...], lines: Lines) -> IntArray:
    """Return the wall clock of every row."""
    if clock >= 0:
        return date_and_clock(read[time], read[clock], (names[time], names[clock]))
    return timestamps(read[time], names[time], lines)[0]


def unnamed_ticker(grid: Grid, names: tuple[str, ...], time: int, clock: int) -> int:
    """Return the column of instruments of a table none of whose columns has a known name but that of time; -1: none."""
    read = grid.fetch({time: "date", clock: "clock"} if clock >= 0 else {time: "time"})
    return instruments_by_values(grid, {time, clock}, wall_of(read, time, clock, names, grid.lines))


def refuse_undecided(grid: Grid, names: tuple[str, ...], found: Bar) -> None:
    """Refuse a bar whose close is not proven."""
    if found.decided:
        return
    high, low, one, other = (names[n] for n in (found.high, found.low, *found.between[:2]))
    raise DataError(
        f"{grid.path}: {high!r} is never below and {low!r} never above {one!r} and {other!r}: they are the "
        "high, low, open and close of one instrument, not four instruments, and the values do not show which is the "
        "close.",
        remedy=f'Name the close: columns = {{ close = "{other}" }}. If they are instruments, list them: '
        'instruments = ["..."].'
        if grid.header
        else "Name the columns in order: columns = ['time', 'open', 'high', 'low', 'close', 'volume'].",
    )


def refuse_twin_of_close(grid: Grid, names: tuple[str, ...], found: Bar, values: Mapping[int, FloatArray]) -> None:
    """Refuse a table with another column that moves as the close does at another level: no name says which is which."""
    close = values[found.between[1]]
    for n, other in values.items():
        if n in (found.high, found.low, *found.between):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            move, apart = np.diff(np.log(close)), np.abs(np.diff(np.log(other)) - np.diff(np.log(close)))
            alike = apart < 0.05 * np.nanmedian(np.abs(move[move != 0])) if move.any() else apart < 0
        if alike.mean() > 0.6 and not np.allclose(other, close, equal_nan=True):
            one, two = names[found.between[1]], names[n]
            raise DataError(
                f"{grid.path}: {one!r} and {two!r} move alike at different levels, as close and adjusted close do.",
                remedy=f'Name the one to study: prices = "{one}" or prices = "{two}".',
            )


def instruments_by_values(grid: Grid, used: Collection[int], wall: IntArray) -> int:
    """Return the column that tells the instruments of a table apart under a name that is not known; -1 for none.

    Times repeat; with that column they do not, and it has few values, each on many rows.
    """
    times = len(np.unique(wall))
    if not grid.header or len(wall) < ENOUGH_ROWS or times > 0.7 * len(wall):
        return -1
    for n, cell in enumerate(grid.sample):
        if n in used or n >= len(grid.header) or not re.fullmatch(r"(?=.*\w)[^,;]{2,80}", cell):
            continue
        codes = np.unique([str(code) for code in grid.fetch({n: "text"})[n].to_pylist()], return_inverse=True)
        few = len(codes[0]) <= max(2, 2 * len(wall) // times)
        if few and len(np.unique(np.column_stack((wall, codes[1])), axis=0)) == len(wall):
            return n
    return -1


def unnamed_columns(grid: Grid) -> tuple[tuple[str, ...], tuple[int, int, int]]:
    """Return names for the columns of a file without a header, and its columns of time, clock and ticker."""
    names = tuple(f"column {n + 1}" for n in range(len(grid.sample)))
    time = next((n for n, cell in enumerate(grid.sample) if date_like(cell)), -1)
    after = grid.sample[time + 1] if 0 <= time < len(names) - 1 else ""
    has_clock = re.fullmatch(r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?", after) or (
        re.fullmatch(r"0|\d{3,4}|\d{6}", after) and re.fullmatch(r"\d{8}", grid.sample[time])
    )
    clock = time + 1 if has_clock else -1
    for n, cell in enumerate(grid.sample):  # instruments stand before the prices; a currency may follow them
        if n not in (time, clock):
            return names, (time, clock, n if CODE.fullmatch(cell) else -1)
    return names, (time, clock, -1)
