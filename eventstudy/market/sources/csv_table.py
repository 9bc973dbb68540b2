"""A CSV file to columns of numbers and clock readings, at the speed of pyarrow's own reader."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources.download import printable
from eventstudy.market.sources.layouts import PRICES, Layout, plain
from eventstudy.market.sources.stamp_columns import (
    compact_clocks,
    compact_midnights,
    read_clocks,
    read_midnights,
    read_stamps,
)

HEAD_BYTES, HEAD_LINES, LONGEST_LINE = 4096, 6, 100_000
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# How files begin that are no table of UTF-8 text: what they are, and what to do.
ODD_BEGINS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"\xff\xfe|\xfe\xff"), "is written in UTF-16", "Save it as UTF-8."),
    (re.compile(rb"PK\x03\x04"), "is a zip archive or a workbook", "Unpack it, or save the sheet as CSV."),
    (re.compile(rb"\x1f\x8b"), "is packed with gzip", "Unpack it."),
    (re.compile(rb"PAR1"), "is a Parquet file", "Give it a name that ends in .parquet."),
    (re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE), "is a web page or XML, no table", "Fetch it again."),
    (re.compile(rb"\s*[\[{]"), "is JSON, no table", "Save it as CSV with a header."),
    (re.compile(rb"[^\x00]*\x00", re.DOTALL), "is no text, or written in UTF-16", "Save it as CSV in UTF-8."),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a file: delimiter, decimal mark, column names, where data begin, and the first row."""

    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_header: bool
    skip: int
    first_line: int
    first_row: tuple[str, ...]


def peek(path: Path, layout: Layout) -> Head:
    """Look at the first lines of a file: its delimiter, its header and its first row.

    Raises
    ------
    DataError
        If it is no table of text, or has no row.
    """
    lines = first_lines(path)
    skip = 2 if layout.skip and lines and lines[0].strip() == layout.skip else 0
    lines = lines[skip:]
    if not lines or not lines[0].strip():
        raise DataError(f"{path} is empty.", remedy="Give a file with a header and rows.")
    delimiter = max(",;\t|", key=lines[0].count)
    rows = list(csv.reader(lines, delimiter=delimiter))
    has_header = not (layout.header and rows[0][0][:1].isdigit())
    if has_header and len(rows) < 2:
        raise DataError(f"{path} has a header and no rows.", remedy="An empty file may be a holiday; check the period.")
    names = rows[0] if has_header else layout.header[: len(rows[0])]
    values = rows[int(has_header) :]
    comma = delimiter != "," and any(DECIMAL_COMMA.fullmatch(value.strip()) for row in values for value in row)
    first_line = skip + 1 + has_header
    return Head(delimiter, "," if comma else ".", tuple(names), has_header, skip, first_line, tuple(values[0]))


def first_lines(path: Path) -> list[str]:
    """Return the first few lines of a file of text."""
    try:
        with path.open("rb") as file:
            begin = file.read(HEAD_BYTES)
        for odd, words, remedy in ODD_BEGINS:
            if odd.match(begin):
                raise DataError(f"{path} {words}.", remedy=remedy)
        with path.open(encoding="utf-8-sig", newline="") as text:
            lines = [line for _ in range(HEAD_LINES) if (line := text.readline(LONGEST_LINE))]
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", remedy="Check the path.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    if any(len(line) >= LONGEST_LINE for line in lines):
        raise DataError(
            f"{path} has a line of more than {LONGEST_LINE:,} characters, which is no row of a table.",
            remedy="Write one row a line.",
        )
    return lines


TEXT = pa.dictionary(pa.int32(), pa.string())
MISSING = ["", "-", "NaN", "nan", "NA", "N/A", "null", "NULL", "None"]
OFFSET = re.compile(r"\d\d?:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)$")
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
BLOCK = 1 << 20
ROW = re.compile(r"Row #(\d+)")
VALUE = re.compile(
    r"In CSV column #(\d+): .*conversion error to (double|timestamp|int64).*invalid value '(.*)'", re.DOTALL
)
COUNT = re.compile(r"Expected (\d+) columns, got (\d+)")
KINDS = {"double": "number", "timestamp": "time", "int64": "count of time"}
EPOCH_UNITS = {10: 1_000_000, 13: 1_000, 16: 1}


@dataclass(frozen=True, eq=False)
class TextTable:
    """What a file holds: clock readings (or instants, where stamps carry an offset), prices, and lines."""

    line: IntArray
    wall: IntArray
    has_offset: bool
    columns: Mapping[str, FloatArray]


def read_csv_table(path: Path, layout: Layout, mapping: Mapping[str, str], ticker: str) -> TextTable:
    """Read the columns that a layout or ``mapping`` names; of several instruments only the rows of ``ticker``."""
    head = peek(path, layout)
    chosen = choose_columns(head.names, layout, mapping, path)
    table = parse(path, head, chosen)
    line = np.arange(head.first_line, head.first_line + table.num_rows, dtype=np.int64)
    keep = rows_of(table, chosen.get("ticker", ""), ticker, path)
    if keep is not None:
        table, line = table.filter(pa.array(keep)), line[keep]
    wall, has_offset = read_time(table, chosen, head)
    prices = {name: table[chosen[name]].to_numpy() for name in PRICES if name in chosen}
    return TextTable(line, wall, has_offset, prices)


def choose_columns(names: Iterable[str], layout: Layout, mapping: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return which column of the file holds what: ``mapping`` first, then the names of the layout."""
    names = tuple(names)
    unknown = [column for column in mapping.values() if column not in names]
    if unknown:
        raise DataError(f"{path} has no column {unknown[0]!r}; it has {', '.join(names)}.")
    by_name = {plain(name).split("_")[0]: name for name in reversed(names)}  # "Close_USD_RUB" holds the close
    by_name |= {plain(name): name for name in reversed(names)}
    wanted = {"date": layout.date, "clock": layout.clock, "time": layout.time, "ticker": layout.ticker, **layout.prices}
    found = {
        role: next(by_name[n] for n in options if n in by_name)
        for role, options in wanted.items()
        if any(n in by_name for n in options)
    } | dict(mapping)
    if "time" in mapping or not {"date", "clock"} <= found.keys():
        found.pop("clock", None)
        found["time"] = found.get("time") or found.get("date", "")
        found.pop("date", None)
    else:
        found.pop("time", None)
    twice = [column for column in found.values() if names.count(column) > 1]
    if twice:
        raise DataError(f"{path} has two columns named {twice[0]!r}.", remedy="Rename one of them.")
    for role in ("close", "date" if "date" in found else "time"):
        if not found.get(role):
            raise DataError(
                f"{path}: no column of {', '.join(names)} is known to hold the {role}.",
                remedy=f"Name it: columns={{'{role}': 'NAME'}}.",
            )
    return found


def parse(path: Path, head: Head, chosen: Mapping[str, str]) -> pa.Table:
    """Read the chosen columns with pyarrow; a value that is no number is refused with its place.

    Dates and clocks that are not all written like the first one are read as text, each distinct one once.
    """
    first = dict(zip(head.names, head.first_row, strict=False))
    types = {column: column_type(role, first.get(column, "")) for role, column in chosen.items()}
    loose = {column: TEXT if may_be_text(kind) else kind for column, kind in types.items()}
    for kinds in (types, loose):
        with suppress(pa.ArrowInvalid):
            return read_typed(path, head, kinds)
    try:  # row by row, so that the reader can say where it fails
        return read_typed(path, head, loose, threads=False)
    except pa.ArrowInvalid as error:
        raise BarsError(f"{path}{place_of(str(error), head)}", remedy="Correct it, or name other columns.") from None


def may_be_text(kind: Any) -> bool:
    """Return whether a column read as numbers or stamps can be read as the text of dates and clocks instead."""
    return bool(pa.types.is_int32(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))


def read_typed(path: Path, head: Head, types: Mapping[str, Any], *, threads: bool = True) -> pa.Table:
    """Read columns as the types given."""
    return arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            skip_rows=head.skip + int(head.has_header),
            column_names=list(head.names),
            block_size=BLOCK,
            use_threads=threads,
        ),
        parse_options=arrow_csv.ParseOptions(delimiter=head.delimiter, ignore_empty_lines=True),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(types),
            column_types=dict(types),
            null_values=MISSING,
            strings_can_be_null=True,
            decimal_point=head.decimal,
        ),
    )


def place_of(said: str, head: Head) -> str:
    """Return pyarrow's complaint as the end of a sentence: the line, the column, and what is wrong there."""
    row = ROW.search(said)
    line = f", line {row[1]}" if row else ""
    if value := VALUE.search(said):
        return f"{line}, column {head.names[int(value[1])]!r}: {printable(value[3], 60)!r} is no {KINDS[value[2]]}."
    if count := COUNT.search(said):
        return f"{line}: {count[2]} values stand where the header has {count[1]}."
    if "zone offset" in said:
        return f"{line}: stamps with and without an offset stand in one column."
    if "straddling" in said:
        return f": a row is longer than {BLOCK:,} characters, which is no row of a table."
    return f"{line}: {printable(said)}."


def column_type(role: str, first: str) -> Any:
    """Return the arrow type a column is read as, by what it holds and how its first value is written.

    Dates and clocks without a sign (20210413, 181000) are read as numbers, others as text, each distinct one once.
    """
    if role in PRICES:
        return pa.float64()
    if role in {"date", "clock"}:
        return pa.int32() if first.isdigit() and len(first) == (8 if role == "date" else 6) else TEXT
    if role != "time":
        return TEXT
    if OFFSET.search(first):
        return pa.timestamp("us", "UTC")
    if ISO.fullmatch(first):
        return pa.timestamp("us")
    return pa.int64() if first.isdigit() and len(first) >= 10 and len(first) != 14 else TEXT


def tickers_in(path: Path, layout: Layout, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Return the instruments a file tells apart in a column of its own, in order; none where it has no such column."""
    head = peek(path, layout)
    column = choose_columns(head.names, layout, mapping, path).get("ticker")
    if not column:
        return ()
    table = parse(path, head, {"ticker": column})
    return tuple(str(t) for t in pc.unique(table[column].cast(pa.string())).to_pylist() if t is not None)


def rows_of(table: pa.Table, column: str, ticker: str, path: Path) -> np.ndarray[Any, Any] | None:
    """Return which rows belong to a ticker, or None where the file holds one instrument only."""
    if not column:
        return None
    known = [str(t) for t in pc.unique(table[column]).to_pylist()]
    if len(known) < 2:
        return None
    if ticker not in known:
        raise DataError(
            f"{path} holds {len(known)} instruments and none is {ticker!r}: {', '.join(known[:20])}.",
            remedy="Name one of them as the instrument.",
        )
    return np.asarray(pc.equal(table[column].cast(pa.string()), ticker).to_numpy(), dtype=np.bool_)


def read_time(table: pa.Table, chosen: Mapping[str, str], head: Head) -> tuple[IntArray, bool]:
    """Return clock readings in microseconds, and whether they are instants because the stamps carry an offset."""
    if "date" in chosen:
        days, clocks = table[chosen["date"]], table[chosen["clock"]]
        wall = mapped(days, read_midnights, chosen["date"], compact_midnights)
        wall += mapped(clocks, read_clocks, chosen["clock"], compact_clocks)
        return wall, False
    column = table[chosen["time"]]
    if column.null_count:
        raise BarsError(f"The column {chosen['time']!r} has {column.null_count} rows without a time.")
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64()).to_numpy(), column.type.tz is not None
    if pa.types.is_integer(column.type):
        return epoch_column(column.to_numpy(), head.first_line), True
    return mapped(column, read_stamps, chosen["time"]), False


def mapped(column: pa.ChunkedArray, read: Any, name: str, compact: Any = None) -> IntArray:
    """Return a column of numbers by ``compact``, a column of texts with each distinct one read once."""
    if column.null_count:
        raise BarsError(f"The column {name!r} has {column.null_count} rows without a value.")
    if pa.types.is_int32(column.type):
        return np.asarray(compact(column.to_numpy()), dtype=np.int64)
    joined = column.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.chunk(0)
    values = read([str(t).strip() for t in joined.dictionary.to_pylist()])
    return np.asarray(values[joined.indices.to_numpy()], dtype=np.int64)


def epoch_column(numbers: IntArray, first_line: int) -> IntArray:
    """Return instants of a column of epoch counts; seconds, milli- and microseconds are told apart by their length."""
    digits = np.floor(np.log10(np.maximum(numbers, 1))).astype(np.int64) + 1
    mixed = np.flatnonzero(digits != digits[0])
    if len(mixed):
        raise BarsError(
            f"Row {first_line + mixed[0]} counts time in another unit than the first row: {numbers[mixed[0]]} "
            f"against {numbers[0]} ({len(mixed)} such rows).",
            remedy="Write every row in one unit.",
        )
    if int(digits[0]) not in EPOCH_UNITS:
        raise BarsError(f"{numbers[0]} is no epoch count in seconds, milliseconds or microseconds.")
    return np.asarray(numbers * EPOCH_UNITS[int(digits[0])], dtype=np.int64)
