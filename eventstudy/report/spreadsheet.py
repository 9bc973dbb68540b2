"""A result's tables as one Excel workbook, where the extra ``excel`` is installed; text is text, never a formula."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eventstudy.errors import UsageError
from eventstudy.report.excel_columns import FORMATS, heading
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
    """Return an Excel workbook with a sheet per table: decimal returns shown as percent, empty cells for no number.

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
    buffer = io.BytesIO()
    book = Workbook(buffer, TEXT_ONLY)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    book.set_properties({"title": plain(result.spec.title or result.spec.name, 200), "created": NO_DATE})
    formats = {name: book.add_format({"num_format": form}) for name, form in FORMATS.items()}
    percent = result.spec.variable == "return" and result.spec.returns != "difference"
    for name in (*SHEETS, *reaction_names(result.reactions)):
        frame = marked(_in_words(_with_windows(result, result.to_frame(name))), simulated=result.simulated)
        _fill(book.add_worksheet(name), frame, {"": None, **formats}, bold, percent=percent)
    book.close()
    return buffer.getvalue()


def _with_windows(result: StudyResult, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with each window also in words, before its bounds: on the clock of one event, else in days."""
    from eventstudy.abnormal.windows import Window
    from eventstudy.report.figure_data import window_words
    from eventstudy.report.key_figures import capital

    if not {"start", "stop"} <= set(frame.columns):
        return frame
    one = len(set(result.abnormal.events.tolist())) == 1
    bounds = list(zip(frame["start"].tolist(), frame["stop"].tolist(), strict=True))
    named = {w: capital(window_words(result, Window(int(w[0]), int(w[1])), 0 if one else None)) for w in set(bounds)}
    worded = frame.copy()
    worded.insert(list(frame.columns).index("start"), "window", [named[w] for w in bounds])
    return worded


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with tests, models, alignments and windows as a reader names them."""
    from eventstudy.report.finding import words
    from eventstudy.report.specification_tables import ALIGNMENTS

    worded = frame.copy()
    for name in {"test", "model"} & set(frame.columns):
        worded[name] = [words(one) if isinstance(one, str) else one for one in frame[name].tolist()]
    for name in {"window", "estimation"} & set(frame.columns):
        worded[name] = [span_words(one) if isinstance(one, tuple) else one for one in frame[name].tolist()]
    if "anchor" in frame.columns:
        worded["anchor"] = [ALIGNMENTS.get(one, one) for one in frame["anchor"].tolist()]
    return worded


def span_words(window: tuple[int, int]) -> str:
    """Return the ends of a window in event time: ``-250 to -11``, ``0``.

    >>> span_words((-250, -11)), span_words((0, 0)), span_words((0, 1))
    ('-250 to -11', '0', '0 to +1')
    """
    start, stop = (f"{end:+d}" if end else "0" for end in window)
    return start if start == stop else f"{start} to {stop}"


def _fill(sheet: Any, frame: pd.DataFrame, formats: Mapping[str, Any], bold: Any, *, percent: bool) -> None:
    """Write a frame below a frozen row of headings, each column in the format of what it holds, with a filter."""
    shown = [heading(str(column), percent=percent) for column in frame.columns]
    for j, (column, of) in enumerate(zip(frame.columns, shown, strict=True)):
        sheet.write_string(0, j, plain(of.words, 100), bold)
        numeric = frame[column].dtype.kind == "f"
        form = formats[of.form or ("measure" if numeric else "")]
        for i, cell in enumerate(frame[column].tolist(), start=1):
            _write(sheet, (i, j), cell, form)
        # Numbers are as wide as their format, not as their digits.
        longest = max((len(str(cell)) for cell in frame[column].tolist()), default=0) if not numeric else 8
        sheet.set_column(j, j, min(max(longest, 10, max(map(len, of.words.split()), default=0)) + 2, 48))
    sheet.freeze_panes(1, min(2, len(frame.columns)))
    sheet.autofilter(0, 0, len(frame), max(len(frame.columns) - 1, 0))


def _write(sheet: Any, place: tuple[int, int], cell: Any, form: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(*place, cell)
    elif isinstance(cell, int | float):
        if math.isfinite(cell):
            sheet.write_number(*place, cell, form)
    elif isinstance(cell, datetime) and cell == cell:  # a missing time is not equal to itself
        sheet.write_datetime(*place, cell.astimezone(UTC).replace(tzinfo=None), form)
    elif cell is not None and cell == cell:
        sheet.write_string(*place, plain(cell.isoformat() if hasattr(cell, "isoformat") else str(cell), MOST))
