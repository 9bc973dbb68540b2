"""The first lines of a file: is it a table of text at all, what parts its columns, how are its numbers written."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from eventstudy.errors import DataError
from eventstudy.market.sources.layouts import Layout

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
