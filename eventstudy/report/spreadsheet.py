"""A result's tables as one Excel workbook, where the extra ``excel`` is installed; text is text, never a formula."""

from __future__ import annotations

import io
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eventstudy.errors import UsageError
from eventstudy.report.table_files import MOST, marked
from eventstudy.show.escape import plain
from eventstudy.study.reaction_frames import reaction_names

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.study.result import StudyResult

SHEETS = ("car", "aar", "fits", "tests", "outcomes")
# Nothing in the file may tell when it was made: the same result gives the same bytes.
NO_DATE = datetime(1980, 1, 1)  # noqa: DTZ001 - the format knows no zones
TEXT_ONLY = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def workbook(result: StudyResult) -> bytes:
    """Return an Excel workbook with a sheet per table, decimal log returns as numbers and empty cells for no number.

    Raises
    ------
    UsageError
        If xlsxwriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError:
        raise UsageError(
            "A workbook needs xlsxwriter, which is not installed.",
            remedy="Run: pip install 'market-eventstudy[excel]', or take car.csv.",
        ) from None
    made = io.BytesIO()
    book = Workbook(made, TEXT_ONLY)
    book.set_properties({"title": plain(result.spec.title or result.spec.name, 200), "created": NO_DATE})
    for name in (*SHEETS, *reaction_names(result.reactions)):
        _fill(book, name, marked(result.to_frame(name), simulated=result.simulated))
    book.close()
    return made.getvalue()


def _fill(book: Any, name: str, frame: pd.DataFrame) -> None:
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    for j, column in enumerate(frame.columns):
        sheet.write_string(0, j, plain(str(column), 100), bold)
        for i, cell in enumerate(frame[column].tolist(), start=1):
            _write(sheet, i, j, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofit()


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        if math.isfinite(cell):
            sheet.write_number(row, column, cell)
    elif cell is not None and cell == cell:  # a missing time is not equal to itself
        sheet.write_string(row, column, plain(cell.isoformat() if hasattr(cell, "isoformat") else str(cell), MOST))
