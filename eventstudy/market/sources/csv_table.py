"""Delimited text to a grid of columns, at the speed of pyarrow's own reader."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise, zip_longest
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources.grid import Grid, Kind, Skipped, date_like
from eventstudy.market.sources.number_text import MISSING, decimal_mark
from eventstudy.market.sources.unpack import Stored
from eventstudy.show.escape import plain

HEAD_LINES, LONGEST_LINE, MOST_HEADERS = 80, 100_000, 3
UNIT = re.compile(r"\(.*\)|\[.*\]")
NUMBER_LIKE = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+([.,]\d+)?")
NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?")
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# How texts begin that are not a table: what they are, and what to do.
NOT_A_TABLE: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE),
        "is a web page or XML, not a table",
        "Download it again.",
    ),
)
STATED_DELIMITER = re.compile(r"sep=(\S|\t)", re.IGNORECASE)  # a first line for spreadsheets
BLOCK = 1 << 20
TEXT = pa.dictionary(pa.int32(), pa.string())
NULLS = sorted({form for word in MISSING for form in (word, word.upper(), word.capitalize(), "NaN", "NaT")})
# What stands for a missing name: NA, NAN and NULL are not among them, for they are tickers.
NAMELESS = ("", "-", "--", ".", "nan", "NaN", "NaT", "<NA>", "null", "none", "None", "#N/A", "N/A", "n/a")
NANOSECONDS = re.compile(r"[.,]\d{7,9}(?!\d)")
OFFSET = re.compile(r"\d\d?:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)$")
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
ROW = re.compile(r"Row #(\d+)")
VALUE = re.compile(r"In CSV column #(\d+): .*conversion error to (\w+).*invalid value '(.*)'", re.DOTALL)
COUNT = re.compile(r"Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of a text: delimiter, decimal mark, header rows, first row of data and its line (from 1).

    ``proven`` is the decimal mark where a number of these lines proves it, and otherwise empty.
    """

    delimiter: str
    decimal: str
    header: tuple[tuple[str, ...], ...]
    width: int
    first_line: int
    sample: tuple[str, ...]
    proven: str


def csv_grid(stored: Stored, names: Sequence[str] = ()) -> Grid:
    """Return delimited text as a grid; ``names`` are the columns of a file without a header.

    Raises
    ------
    DataError
        If the text is not a table, or has no row.
    """
    stored = with_dates_down(with_tabs(stored))
    head = peek(stored, tuple(names))

    skipped: list[Skipped] = []

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        skipped.clear()
        return read_columns(stored, head, kinds, skipped)

    about = {"kind": "csv"}
    return Grid(str(stored.path), head.header, head.sample, head.first_line, fetch, head.proven, about, skipped)


def with_tabs(stored: Stored) -> Stored:
    """Return text whose columns are separated by blanks with tabs in their place; other text as it is."""
    lines = [line for line in stored.head.splitlines()[:HEAD_LINES] if line.strip()]
    if len(lines) < 2 or any(mark in line for line in lines for mark in ",;\t|<{["):
        return stored
    widths = {len(line.split()) for line in lines[1:-1] or lines[1:]}
    if len(widths) != 1 or max(widths) < 2:
        return stored
    text = re.sub(r"[ ]+", "\t", re.sub(r"(?m)^ +| +$", "", stored.bytes().decode("utf-8-sig", "replace")))
    return replace(stored, data=text.encode(), head=text[: len(stored.head)])


def with_dates_down(stored: Stored) -> Stored:
    """Return a table whose dates stand in its first row with rows and columns exchanged; other text as it is."""
    first = stored.head.splitlines()[0] if stored.head.strip() else ""
    delimiter = delimiter_of([first])
    cells = next(csv.reader([first], delimiter=delimiter)) if first else []
    if not is_across(cells):
        return stored
    rows = [
        row
        for row in csv.reader(stored.bytes().decode("utf-8-sig", "replace").splitlines(), delimiter=delimiter)
        if row
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip_longest(*rows, fillvalue=""))
    return replace(stored, data=text.getvalue().encode(), head=text.getvalue()[: 1 << 17])


def is_across(cells: Sequence[str]) -> bool:
    """Return whether a row is a row of dates: at least three, and at most three cells that are something else."""
    dates = sum(map(date_like, cells))
    return dates >= 3 and len(cells) - dates <= 3


def peek(stored: Stored, names: tuple[str, ...] = ()) -> Head:
    """Look at the first lines of a text: its delimiter, where the table begins, its header rows, its first row."""
    path = stored.path
    for pattern, what, remedy in NOT_A_TABLE:
        if pattern.match(stored.head):
            raise DataError(f"{path} {what}.", remedy=remedy)
    lines = first_lines(stored)
    stated = STATED_DELIMITER.fullmatch(lines[0].strip()) if lines else None
    if stated:
        lines = ["", *lines[1:]]
    if not any(line.strip() for line in lines):
        raise DataError(f"{path} is empty.", remedy="Give a file with a header and rows.")
    delimiter = stated[1] if stated else delimiter_of(lines)
    rows = list(csv.reader(lines, delimiter=delimiter))
    width, start = where_it_begins(without_last_delimiter(rows))
    start, data = header_and_data(rows, width, start)
    if names and data > start and all(NUMBER.fullmatch(cell.strip()) for cell in rows[start]):
        data = start  # 2021, 4, 13, 75.94: a row of data under the names given
    if data == start and not names:
        header: tuple[tuple[str, ...], ...] = ()
    elif names:
        header = tuple((name,) for name in (*names, *[""] * (width - len(names)))[:width])
    else:
        header = header_levels(rows[start:data], width)
    if not any(rows[data:]):
        raise DataError(f"{path} has a header and no rows.", remedy="Check the period and the download.")
    values = [row for row in rows[data:] if row]
    commas = delimiter != "," and any(DECIMAL_COMMA.fullmatch(v.strip()) for row in values for v in row)
    sample = tuple(cell.strip() for cell in values[0][:width])
    cells = [cell.strip() for row in values for cell in row if NUMBER_LIKE.fullmatch(cell.strip())]
    proven = "," if commas else decimal_mark([cell for cell in cells if not date_like(cell)])
    return Head(delimiter, "," if commas else ".", header, width, data + 1, sample, proven)


def header_and_data(rows: Sequence[Sequence[str]], width: int, start: int) -> tuple[int, int]:
    """Return the first header row and the first row of data of a table that begins at a row.

    Where more rows than headers have stand above the data (title, unit, source, code), the last of them is the header.
    """
    data = next((i for i in range(start, len(rows)) if is_data(rows[i]) and len(rows[i]) >= min(width, 2)), start + 1)
    if data - start <= MOST_HEADERS:
        return start, data
    following = [i for i in range(data, len(rows)) if rows[i]][:2]
    if len(following) == 2 and all(is_data(rows[i]) and len(rows[i]) == len(rows[data - 1]) for i in following):
        return data - 1, data
    return start, start + 1


def first_lines(stored: Stored) -> list[str]:
    """Return the first lines of a text, without the last one where the sample cuts it."""
    lines = stored.head.splitlines()
    complete = stored.head.endswith(("\n", "\r")) or len(stored.head) < LONGEST_LINE
    lines = lines if complete or len(lines) == 1 else lines[:-1]
    if any(len(line) >= LONGEST_LINE for line in lines):
        raise DataError(
            f"{stored.path} has a line of more than {LONGEST_LINE:,} characters, too long for a row of a table.",
            remedy="Write one row a line.",
        )
    return lines[:HEAD_LINES]


def delimiter_of(lines: Sequence[str]) -> str:
    """Return the delimiter that splits most lines into the same number of fields, and into most fields."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        if not widths:
            return (0, 0)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        return count, width

    return max(",;\t|", key=score)


def without_last_delimiter(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Return the rows with a cell more in a header whose rows of data alone end with a delimiter."""
    first = next((i for i, row in enumerate(rows) if is_data(row)), 0)
    data = [row for row in rows[first:] if row]
    if not first or len(rows[first - 1]) + 1 != len(data[0]) or any(row[-1].strip() for row in data):
        return rows
    return [*rows[: first - 1], [*rows[first - 1], ""], *rows[first:]]


def where_it_begins(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return the width of the table and its first row: files may put a title or a page of text above it."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return len(rows[0]), next(i for i, row in enumerate(rows) if row)
    width = max(widths, key=lambda w: (widths[w], w))
    start = next(i for i, row in enumerate(rows) if len(row) == width)
    below = [i for i in range(start, len(rows)) if rows[i]]  # blank lines may stand between the rows
    for this, following in pairwise(below):
        if this == start and len(rows[following]) != width and any(len(rows[i]) == width for i in below if i > this):
            start = next(i for i in below if i > this and len(rows[i]) == width)
    return width, start


def is_data(row: Sequence[str]) -> bool:
    """Return whether a row holds data: a date or an instant stands in it."""
    return any(map(date_like, row))


def header_levels(rows: Sequence[Sequence[str]], width: int) -> tuple[tuple[str, ...], ...]:
    """Return the names of every column, one for each header row.

    A row that names only the index, as pandas writes for columns with two levels, names the first column.
    """
    rows = [row for row in rows if row and not is_remark(row)] or rows[:1]
    index_rows = [row for row in rows[1:] if row[0].strip() and not any(cell.strip() for cell in row[1:])]
    kept = [row for row in rows if not any(row is other for other in index_rows)]
    levels = [tuple(row[i].strip() if i < len(row) else "" for row in kept) for i in range(width)]
    if index_rows:
        levels[0] = (index_rows[-1][0].strip(), *[""] * (len(kept) - 1))
    return tuple(levels)


def is_remark(row: Sequence[str]) -> bool:
    """Return whether a row above a table is a comment, or names the units of the columns: (local), (USD)."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return bool(cells) and (cells[0].startswith("#") or all(UNIT.fullmatch(cell) for cell in cells))


def read_columns(stored: Stored, head: Head, kinds: Mapping[int, Kind], skipped: list[Skipped]) -> dict[int, Any]:
    """Read columns as the kinds given; numbers and times that pyarrow cannot read come as text.

    Rows below the table (footnotes, a second table) end it: they are not read. Rows of a date and words among those of
    prices join ``skipped``.
    """
    types = {number: column_type(kind, _at(head.sample, number)) for number, kind in kinds.items()}
    loose = {n: TEXT if kind != pa.timestamp("us", "UTC") else kind for n, kind in types.items()}
    times = {n: TEXT if kinds[n] != "number" and types[n] != pa.timestamp("us", "UTC") else t for n, t in types.items()}
    for attempt in (types, times, loose):
        with suppress(pa.ArrowInvalid):
            return with_words(read_typed(stored, head, attempt), stored, head, kinds)
    try:  # row by row, so that the reader can say where it fails
        return with_words(read_typed(stored, head, loose, threads=False), stored, head, kinds)
    except pa.ArrowInvalid as error:
        shorter = None
        with suppress(csv.Error, DataError):  # of a file too large to be read as a whole, its first error is named
            shorter = without_words(stored, head, skipped) or without_footer(stored, head)
        if shorter is not None:
            return read_columns(shorter, head, kinds, skipped)
        message = place_of(str(error), head)
        raise BarsError(f"{stored.path}{message}", remedy="Correct it, or name other columns.") from None


def with_words(read: dict[int, Any], stored: Stored, head: Head, kinds: Mapping[int, Kind]) -> dict[int, Any]:
    """Return columns in which no word of a column of text is missing: NA and NULL are tickers."""
    words = {n: TEXT for n, column in read.items() if kinds[n] == "text" and column.null_count}
    return read | read_typed(stored, head, words, nulls=NAMELESS) if words else read


def _at(sample: Sequence[str], number: int) -> str:
    return sample[number] if number < len(sample) else ""


def read_typed(
    stored: Stored, head: Head, types: Mapping[int, Any], *, threads: bool = True, nulls: Sequence[str] = NULLS
) -> dict[int, Any]:
    """Read columns as the arrow types given."""
    names = [f"c{number}" for number in range(head.width)]
    with stored.source() as source:
        table = arrow_csv.read_csv(
            source,
            read_options=arrow_csv.ReadOptions(
                skip_rows=head.first_line - 1, column_names=names, block_size=BLOCK, use_threads=threads
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=head.delimiter, ignore_empty_lines=True),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=[names[number] for number in types],
                column_types={names[number]: kind for number, kind in types.items()},
                null_values=nulls,
                strings_can_be_null=True,
                decimal_point=head.decimal,
            ),
        )
    return {number: table.column(place) for place, number in enumerate(types)}


def without_words(stored: Stored, head: Head, skipped: list[Skipped]) -> Stored | None:
    """Return the text without rows of a date and words (``0.96 Dividend``), which join ``skipped``; None for none."""
    lines = stored.bytes().decode("utf-8-sig", "replace").splitlines(keepends=True)
    if max(map(len, lines)) >= LONGEST_LINE:
        return None
    none, before = [], 0
    rows = csv.reader(iter(lines), delimiter=head.delimiter)
    for row in rows:
        after = rows.line_num
        if after >= head.first_line and not row:
            none.append(Skipped(after))
        elif after >= head.first_line and 2 <= len(row) < head.width and is_of_words(row):
            lines[before:after] = ["\n"] * (after - before)
            none += [Skipped(before + 1, row[1].strip()), *(Skipped(n) for n in range(before + 2, after + 1))]
        before = after
    if not any(words for _, words in none):
        return None
    skipped += none
    return replace(stored, data="".join(lines).encode())


def is_of_words(row: Sequence[str]) -> bool:
    """Return whether a row is a date and, in its other cells, words."""
    return date_like(row[0]) and all(re.search(r"[^\W\d_]{3}", cell) for cell in row[1:] if cell.strip())


def without_footer(stored: Stored, head: Head) -> Stored | None:
    """Return the text up to the first row that does not belong to the table; None where rows of data are broken.

    Text below a table and a second table below it have another width or begin with something that is not a date.
    """
    content = stored.bytes().decode("utf-8-sig", "replace")
    lines = content.splitlines(keepends=True)
    if max(map(len, lines)) >= LONGEST_LINE:
        return None
    rows = csv.reader(iter(lines), delimiter=head.delimiter)
    for row in rows:
        end = rows.line_num
        if end < head.first_line or not row:
            continue
        if len(row) != head.width:
            if is_data(row) or row_ends_the_text(row, lines[end:], head):
                return None
            return replace(stored, data="".join(lines[: end - 1]).encode())
    return None


def row_ends_the_text(row: Sequence[str], rest: Sequence[str], head: Head) -> bool:
    """Return whether rows written like the first one go on below a row, so that it is a broken row."""
    shape = re.sub(r"\d", "9", head.sample[0])
    following = csv.reader(islice(rest, HEAD_LINES), delimiter=head.delimiter)
    return any(len(r) == head.width and re.sub(r"\d", "9", r[0].strip()) == shape for r in following)


def place_of(complaint: str, head: Head) -> str:
    """Return pyarrow's complaint as the end of a sentence: the line, the column, and what is wrong there."""
    row = ROW.search(complaint)
    line = f", line {row[1]}" if row else ""
    if value := VALUE.search(complaint):
        name = " ".join(head.header[int(value[1])]) if head.header else f"number {int(value[1]) + 1}"
        what = "an instant with an offset" if value[2] == "timestamp" else "a number"
        if value[2] == "timestamp" and "zone offset" in complaint:
            return f"{line}: the column {name!r} holds timestamps with and without a UTC offset."
        return f"{line}, column {name!r}: {plain(value[3], 60)!r} is not {what}."
    if count := COUNT.search(complaint):
        return f"{line}: the row has {count[2]} values, the header has {count[1]}."
    if "zone offset" in complaint:
        return f"{line}: timestamps with and without a UTC offset are in one column."
    if "straddling" in complaint:
        return f": a row is longer than {BLOCK:,} characters, too long for a row of a table."
    return f"{line}: {plain(complaint)}."


def column_type(kind: Kind, first: str) -> Any:
    """Return the arrow type a column is read as, by what it holds and how its first value is written.

    Dates and clocks without a sign (20210413, 181000) are read as numbers, others as text, each distinct one once.
    """
    if kind == "number":
        return pa.float64()
    if kind in {"date", "clock"}:
        return pa.int32() if first.isdigit() and len(first) == (8 if kind == "date" else 6) else TEXT
    if kind != "time":
        return TEXT
    if NANOSECONDS.search(first):
        return TEXT  # more digits than arrow's microseconds take
    if OFFSET.search(first) and first[:4].isdigit() and first[4:5] == "-":
        return pa.timestamp("us", "UTC")
    if ISO.fullmatch(first):
        return pa.timestamp("us")
    return pa.int64() if first.isdigit() and len(first) in {10, 13, 16, 19} else TEXT
