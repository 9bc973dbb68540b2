"""Grid: the columns of one file before it is known what they hold; every format becomes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import BarsError
from eventstudy.market.sources.number_text import read_numbers
from eventstudy.show.escape import plain

Kind = Literal["number", "time", "date", "clock", "text"]
CORRECT_IT = "Correct it, or name another column."
# How a date or an instant may begin; anything else in the first row makes it a header.
DATE_LIKE = re.compile(
    r"(\d{4}|1\d\d)\s*[-./年년]\s*\d{1,2}\s*[-./月월]\s*\d|(1[6-9]|20)\d\d-(0[1-9]|1[0-2])$"
    r"|\d{1,2}(?:[-./ ]|\. )(\d{1,2}|[^\W\d]{3,9})[-./ ,]+\d{2,4}"
    r"|[^\W\d]{3,9}\.? \d{1,2},? \d{4}"
    r"|(1[6-9]|20)\d{6}([T -]|$)|(1[6-9]|20)\d{12}$|\d{10}(\d{3}|\d{6}|\d{9})?(\.\d*)?$|(18|19|20)\d\d(0[1-9]|1[0-2])$"
    r"|\d[\d.]*E\+(0?9|1[0-8])$",
    re.IGNORECASE,
)


class Skipped(NamedTuple):
    """A line below the header that is not a row of the table, and its words; "" for a blank line."""

    line: int
    words: str = ""


class Lines(NamedTuple):
    """Which line of the file each row stands on: that of the first row, and the lines below it that are not rows."""

    first: int
    skipped: tuple[int, ...] = ()

    def of(self, rows: IntArray) -> IntArray:
        """Return the lines of rows, counted from 0.

        >>> Lines(2, (4, 5)).of(np.array([0, 1, 2, 3])).tolist()
        [2, 3, 6, 7]
        """
        if not self.skipped:
            return rows.astype(np.int64, copy=False) + self.first
        rows_before = np.array(self.skipped) - self.first - np.arange(len(self.skipped))
        return rows.astype(np.int64, copy=False) + self.first + np.searchsorted(rows_before, rows, side="right")

    def at(self, row: int) -> int:
        """Return the line of one row."""
        return int(self.of(np.array([row]))[0])


@dataclass(frozen=True, eq=False)
class Grid:
    """Columns of one file.

    Attributes
    ----------
    path : str
        For messages.
    header : tuple of tuple of str
        Of each column its name, or its names where the file has several header rows; () without a header.
    sample : tuple of str
        The first row of data.
    first_line : int
        Line of the file on which the data begin.
    fetch : callable
        Mapping of column number to kind -> mapping of column number to arrow column. Numbers that are not written as
        plain numbers come as text.
    decimal : str
        The file's decimal mark, where it is known.
    about : mapping of str to str
        What the file says about itself outside its rows: the instrument, the zone.
    skipped : list of Skipped
        Lines that were not fetched, because they hold words and no price or are blank between such lines and the rows.
    """

    path: str
    header: tuple[tuple[str, ...], ...]
    sample: tuple[str, ...]
    first_line: int
    fetch: Callable[[Mapping[int, Kind]], dict[int, Any]]
    decimal: str = ""
    about: Mapping[str, str] | None = None
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def lines(self) -> Lines:
        """The lines of the rows that were fetched last."""
        return Lines(self.first_line, tuple(line for line, _ in self.skipped))

    @property
    def names(self) -> tuple[str, ...]:
        """One name per column."""
        return tuple(" ".join(part for part in levels if part) for levels in self.header)


def date_like(text: str) -> bool:
    """Return whether a text begins as dates and instants do."""
    return bool(DATE_LIKE.match(text.strip().strip('"')))


def value_of(scalar: Any) -> Any:
    """Return a value of Arrow as Python's; a time that Python cannot hold is a text that no reader takes for a time.

    >>> value_of(pa.scalar(10**15, pa.timestamp("s")))
    'timestamp[s] 1000000000000000'
    """
    try:
        return scalar.as_py()
    except (OverflowError, ValueError, LookupError):
        return f"{scalar.type} {getattr(scalar, 'value', '')}"


def values_of(column: Any) -> list[Any]:
    """Return the values of an Arrow array as :func:`value_of` does."""
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError, LookupError):
        return [value_of(scalar) for scalar in column]


def of_table(path: str, table: pa.Table, header: tuple[tuple[str, ...], ...], first_line: int = 1) -> Grid:
    """Return a table in memory as a grid."""

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        return {number: table.column(number) for number in kinds}

    row = [str(value_of(table.column(i)[0])) if table.num_rows else "" for i in range(table.num_columns)]
    return Grid(path, header, tuple("" if cell == "None" else cell for cell in row), first_line, fetch)


def numbers_of(grid: Grid, column: Any, number: int, *, codes: bool = False) -> FloatArray:
    """Return a column as numbers.

    ``codes`` reads single letters (missing values of CRSP) as missing.

    Raises
    ------
    BarsError
        Naming the first line and value that is not a number.
    """
    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return numbers_of_text(grid, column, number, codes=codes)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def numbers_of_text(grid: Grid, column: Any, number: int, *, codes: bool) -> FloatArray:
    """Return the numbers of a column of texts; each distinct text is read once."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    joined = one_chunk(column)
    texts = [str(text) for text in joined.dictionary.to_pylist()]
    values, wrong = read_numbers(texts, decimal=grid.decimal)
    if codes:
        wrong = [place for place in wrong if not re.fullmatch(r"\s*[A-Za-z]\s*", texts[place])]
    places = joined.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if wrong:
        rows = np.flatnonzero(np.isin(places, wrong))
        if len(rows):
            name = grid.names[number] if grid.header else f"number {number + 1}"
            text = plain(texts[places[rows[0]]], 60)
            both = re.fullmatch(r"\D{0,4}\d{1,3},\d{3}\D{0,4}", text.strip())
            what = (
                "may be a thousand or have a decimal comma: no value of the column decides"
                if both
                else "is in another unit than the rows above it"
                if not read_numbers([text])[1]
                else "is not a number"
            )
            raise BarsError(
                f"{grid.path}, line {grid.lines.at(rows[0])}, column {name!r}: {text!r} {what}.",
                remedy="Write it without the comma, or with a decimal point." if both else CORRECT_IT,
            )
    return np.asarray(np.append(values, np.nan)[places], dtype=np.float64)


def one_chunk(column: Any) -> Any:
    """Return a dictionary column as one array."""
    joined = column.unify_dictionaries().combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not isinstance(joined, pa.ChunkedArray):
        return joined
    return joined.chunk(0) if joined.num_chunks else pa.array([], pa.string()).dictionary_encode()
