"""Excel and OpenDocument sheets to a grid, through python-calamine."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from eventstudy.errors import DataError, did_you_mean
from eventstudy.market.sources.csv_table import header_levels, is_across, is_data, where_it_begins
from eventstudy.market.sources.grid import Grid, date_like, of_table
from eventstudy.market.sources.unpack import Stored

MOST_HEADERS, HEAD_ROWS = 3, 80


def workbook_grids(stored: Stored, sheet: str = "", names: Sequence[str] = ()) -> list[tuple[str, Grid]]:
    """Return the sheets of a workbook as grids with their names: the sheet named, or those with rows of dates.

    Raises
    ------
    DataError
        If the workbook cannot be read, or has no such sheet.
    """
    import python_calamine

    try:
        book = python_calamine.load_workbook(stored.binary())
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(f"{stored.path} is not a readable workbook: {error}.", remedy="Save it again.") from None
    chosen = chosen_sheets(stored, sheets, sheet)
    if sum(len(rows) > 1 for rows in sheets.values()) <= 1 or sheet:  # nothing else could have been meant
        return [("", grid_of_rows(str(stored.path), [list(row) for row in sheets[chosen[0]]], names))]
    places = {name: f"{stored.path}, sheet {name}" if len(chosen) > 1 else str(stored.path) for name in chosen}
    return [(name, grid_of_rows(places[name], [list(row) for row in sheets[name]], names)) for name in chosen]


def chosen_sheets(stored: Stored, sheets: Mapping[str, Sequence[Sequence[Any]]], sheet: str) -> list[str]:
    """Return the sheets that hold tables of prices."""
    if sheet:
        if sheet not in sheets:
            raise DataError(
                f"{stored.path} has no sheet {sheet!r}; it has {', '.join(sheets)}.",
                remedy=did_you_mean(sheet, sheets),
            )
        return [sheet]
    filled = [name for name, rows in sheets.items() if len(rows) > 1]
    if not filled:
        raise DataError(f"{stored.path} has 0 sheets with rows.", remedy="Give a workbook with a table.")
    return [name for name in filled if has_dates(sheets[name])] or filled[:1]


def has_dates(rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether the first rows of a sheet are those of a table: dates below or beside one another."""
    places: Counter[int] = Counter()
    for row in rows[:HEAD_ROWS]:
        dates = [n for n, cell in enumerate(row) if is_date(cell)]
        places.update(dates)
        if len(dates) > 2:
            return True
    return max(places.values(), default=0) > 1


def is_date(cell: Any) -> bool:
    """Return whether a cell is a date or begins as one; a number may be a day as spreadsheets count them."""
    return isinstance(cell, date) or (isinstance(cell, str | float) and date_like(as_text(cell)[:10]))


def grid_of_rows(path: str, rows: list[list[Any]], names: Sequence[str] = ()) -> Grid:
    """Return rows of values as a grid; header rows and a title above them are recognized as in a text."""
    texts = [[as_text(cell) for cell in row] for row in rows]
    across = next((text for text in texts if any(text)), [])
    if is_across([as_text(cell)[:10] for cell in across if as_text(cell)]):
        rows = [list(row) for row in zip_longest(*rows)]
        texts = [[as_text(cell) for cell in row] for row in rows]
    filled = [max((i + 1 for i, cell in enumerate(row) if cell), default=0) for row in texts]
    texts = [row[:size] for row, size in zip(texts, filled, strict=True)]
    if not any(texts):
        raise DataError(f"{path} is empty.", remedy="Give a table with a header and rows.")
    width, start = where_it_begins(texts)
    if start and is_merged_above(texts[start - 1], width):
        start -= 1
    width = max(width, max(filled))
    data = next((i for i in range(start, min(len(rows), start + MOST_HEADERS + 1)) if is_data(texts[i])), start + 1)
    padded = [row + [""] * (width - len(row)) for row in texts[start:data]]
    header = tuple((name,) for name in names) if names else header_levels(padded, width) if padded else ()
    if data >= len(rows):
        raise DataError(f"{path} has a header and no rows.", remedy="Check the period and the download.")
    cells = [row + [None] * (width - len(row)) for row, size in zip(rows[data:], filled[data:], strict=True) if size]
    columns = [as_column([row[i] for row in cells]) for i in range(width)]
    table = pa.table(columns, names=[f"c{i}" for i in range(width)])
    return of_table(path, table, header, data + 1)


def is_merged_above(row: Sequence[str], width: int) -> bool:
    """Return whether a row that ends before the table names its columns in merged cells: AAA, blank, BBB, blank."""
    blanks = re.findall("0+", "".join("01"[bool(cell)] for cell in row[1:]))
    return sum(map(bool, row)) > 1 and width - len(row) <= max(map(len, blanks), default=0)


def as_text(cell: Any) -> str:
    """Return a cell as it would stand in a text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()  # what a spreadsheet makes of the ticker TRUE, and shows
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def is_number(cell: Any) -> bool:
    """Return whether a cell is a number that a float can hold."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return abs(cell) <= sys.float_info.max
    return isinstance(cell, float)


def as_column(cells: list[Any]) -> Any:
    """Return a column of cells as instants, numbers or texts, whichever all of them are."""
    known = [cell for cell in cells if cell is not None and cell != ""]
    if known and all(isinstance(cell, date | datetime) for cell in known):
        stamps = [
            c if isinstance(c, datetime) else datetime.combine(c, time.min) if isinstance(c, date) else None
            for c in cells
        ]
        return pa.array(stamps, pa.timestamp("us"))
    if all(map(is_number, known)):
        return pa.array([float(c) if isinstance(c, int | float) else None for c in cells], pa.float64())
    return pa.array([as_text(cell) or None for cell in cells], pa.string()).dictionary_encode()
