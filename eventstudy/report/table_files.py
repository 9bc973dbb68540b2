"""A result's tables as files: CSV that spreadsheets cannot run, JSON without NaN, Parquet, Markdown."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from eventstudy.report.tables import Table
from eventstudy.show.escape import FORMULA_STARTS, for_markdown, for_spreadsheet, plain
from eventstudy.show.json_text import json_text

if TYPE_CHECKING:
    import pandas as pd


MOST = 10_000


def json_bytes(value: Any) -> bytes:
    """Return JSON for machines and people; a number that is not finite is null."""
    return (json_text(value) + "\n").encode("utf-8")


def escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with formulas in text cells turned into text; a column names the cells that were changed.

    Numbers are left alone, so -1.5 stays -1.5. Where no cell was changed, no column is added.
    """
    escaped_frame = frame.copy()
    names: list[list[str]] = [[] for _ in range(len(escaped_frame))]
    for column in escaped_frame.columns:
        if not _is_text(escaped_frame[column]):
            continue
        before = [None if _missing(cell) else str(cell) for cell in escaped_frame[column]]
        after = [None if cell is None else for_spreadsheet(cell) for cell in before]
        escaped_frame[column] = after
        for changed, cell in zip(names, before, strict=True):
            if cell is not None and (cell.startswith(FORMULA_STARTS) or plain(cell, MOST).startswith(FORMULA_STARTS)):
                changed.append(str(column))
    escaped_frame.columns = [for_spreadsheet(str(column)) for column in escaped_frame.columns]
    if any(names):
        escaped_frame["escaped"] = [" ".join(changed) for changed in names]
    return escaped_frame


def _is_text(column: pd.Series) -> bool:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    return not (is_numeric_dtype(column) or is_bool_dtype(column) or is_datetime64_any_dtype(column))


def _missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def marked(frame: pd.DataFrame, *, simulated: bool) -> pd.DataFrame:
    """Return the frame with a column that says SIMULATED in every row of simulated data."""
    return frame.assign(data="SIMULATED") if simulated else frame


def frame_csv(frame: pd.DataFrame, *, simulated: bool = False) -> bytes:
    """Return a frame as CSV (UTF-8): numbers come back bit for bit, instants as ISO 8601, no cell is a formula."""
    text: str = escaped(marked(frame, simulated=simulated)).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def frame_parquet(frame: pd.DataFrame, *, simulated: bool = False) -> bytes:
    """Return a frame as Parquet; text is stored as text, so nothing needs escaping."""
    buffer = io.BytesIO()
    marked(frame, simulated=simulated).to_parquet(buffer, index=False)
    return buffer.getvalue()


def frame_json(frame: pd.DataFrame, *, simulated: bool = False) -> bytes:
    """Return a frame as a JSON list of rows, null where there is no number."""
    rows = marked(frame, simulated=simulated).to_dict(orient="records")
    return json_bytes(rows)


def table_markdown(table: Table) -> str:
    """Return a table as Markdown, its caption in bold above it."""
    titles = [for_markdown(column.title) for column in table.columns]
    rules = ["---:" if column.numeric else "---" for column in table.columns]
    rows = [
        [cell if column.numeric else for_markdown(cell) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.shown()
    ]
    lines = ["| " + " | ".join(row) + " |" for row in [titles, rules, *rows]]
    return f"**{for_markdown(table.heading)}**\n\n" + "\n".join(lines) + "\n"
